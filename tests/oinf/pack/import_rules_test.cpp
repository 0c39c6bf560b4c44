#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "oinf/pack/config_metadata.h"
#include "oinf/pack/image_rules.h"
#include "oinf/pack/labels.h"
#include "oinf/pack/special_tokens.h"
#include "oinf/pack/vocab_files.h"

using namespace openinfer;
using namespace openinfer::pack;
using nlohmann::json;

namespace {

using Values = std::map<std::string, MetaValue>;

Values values(const std::vector<std::pair<std::string, MetaValue>>& list) { return {list.begin(), list.end()}; }

}  // namespace

TEST_CASE("a configuration keeps its names, nested ones joined with dots") {
  ConfigMetadata found;
  add_config(json::parse(R"({"a": 1, "b": {"c": 1.5, "d": {"e": "x"}}, "f": true, "g": null, "h": [1, 2], "i": [1, 2.5],
                             "j": ["x"], "k": [true], "l": [], "m": [{"n": 3}, {"n": 4}], "o": [1, "x"],
                             "p": 18446744073709551615, "q": -3})"),
             "p.", found);
  CHECK(values(found.metadata) == Values{{"p.a", int64_t{1}},
                                         {"p.b.c", 1.5},
                                         {"p.b.d.e", std::string("x")},
                                         {"p.f", true},
                                         {"p.h", std::vector<int64_t>{1, 2}},
                                         {"p.i", std::vector<double>{1, 2.5}},
                                         {"p.j", std::vector<std::string>{"x"}},
                                         {"p.k", std::vector<bool>{true}},
                                         {"p.l", std::vector<int64_t>{}},
                                         {"p.m.0.n", int64_t{3}},
                                         {"p.m.1.n", int64_t{4}},
                                         {"p.p", 18446744073709551615.0},
                                         {"p.q", int64_t{-3}}});
  CHECK(found.dropped == std::vector<std::string>{"p.o: a list of mixed or nested values"});
  CHECK(integer_sizes(found.metadata) ==
        std::vector<std::pair<std::string, int64_t>>{{"p.a", 1}, {"p.m.0.n", 3}, {"p.m.1.n", 4}, {"p.q", -3}});
}

TEST_CASE("labels are the names of id2label by index") {
  CHECK(labels_of(json::parse(R"({"id2label": {"10": "k", "0": "a", "2": "c"}})")) ==
        std::vector<std::string>{"a", "", "c", "", "", "", "", "", "", "", "k"});
  CHECK_FALSE(labels_of(json::parse(R"({"id2label": {"x": "a"}})")));
  CHECK_FALSE(labels_of(json::parse(R"({"id2label": {"99999999999": "a"}})")));
  CHECK_FALSE(labels_of(json::parse(R"({"id2label": {"0": 1}})")));
  CHECK_FALSE(labels_of(json::parse("{}")));
}

TEST_CASE("stop tokens are one, several or none") {
  const auto stops = [](const char* config, const char* generation) {
    return stop_tokens(json::parse(config),
                       *generation == '\0' ? std::nullopt : std::optional(json::parse(generation)));
  };
  CHECK(stops(R"({"eos_token_id": 2})", "") == std::vector<int64_t>{2});
  CHECK(stops(R"({"eos_token_id": 2})", R"({"eos_token_id": [3, 4]})") == std::vector<int64_t>{3, 4});
  CHECK(stops(R"({"eos_token_id": 2})", "{}") == std::vector<int64_t>{2});
  CHECK(stops(R"({"eos_token_id": null})", "").empty());
}

TEST_CASE("special ids that the configuration lacks come from the tokenizer") {
  PackageDescription d;
  d.sizes = {{"bos_token_id", 7}};
  d.metadata = {{"bos_token_id", int64_t{7}}, {"eos_token_id", std::vector<int64_t>{5, 6}}};
  d.tokenizer.emplace();
  d.tokenizer->vocabulary = {"[PAD]", "[UNK]", "x", "[CLS]"};
  d.tokenizer->added = {{4, "[MASK]", true}};
  add_special_ids(json::parse(R"({"mask_token": {"content": "[MASK]"}, "bos_token": "[CLS]"})"),
                  json::parse(R"({"pad_token": "[PAD]", "cls_token": "[CLS]", "unk_token": "absent"})"), d);
  const std::map<std::string, int64_t> sizes(d.sizes.begin(), d.sizes.end());
  CHECK(sizes ==
        std::map<std::string, int64_t>{
            {"bos_token_id", 7}, {"eos_token_id", 5}, {"mask_token_id", 4}, {"pad_token_id", 0}, {"cls_token_id", 3}});
  CHECK(values(d.metadata).at("cls_token_id") == MetaValue(int64_t{3}));
}

TEST_CASE("add_bos_token and add_eos_token put tokens around a text where tokenizer.json puts none") {
  TokenizerData bare;
  bare.vocabulary = {"<s>", "</s>", "x"};
  bare.added = {{0, "<s>", true}, {1, "</s>", true}};
  const auto config = [](const char* text) { return std::optional<json>(json::parse(text)); };
  TokenizerData both = bare;
  add_begin_and_end(std::nullopt, config(R"({"add_bos_token": true, "add_eos_token": true, "bos_token": "<s>",
      "eos_token": {"content": "</s>"}})"),
                    both);
  const json made = json::parse(both.post_processor);
  REQUIRE(made["single"].size() == 3);
  CHECK(made["single"][0]["SpecialToken"]["id"] == "<s>");
  CHECK(made["single"][1].contains("Sequence"));
  CHECK(made["single"][2]["SpecialToken"]["id"] == "</s>");
  CHECK(made["special_tokens"]["</s>"]["ids"][0] == 1);
  // Nothing is asked for, or the tokenizer has its own way.
  TokenizerData same = bare;
  add_begin_and_end(std::nullopt, config(R"({"bos_token": "<s>", "add_bos_token": false})"), same);
  CHECK(same.post_processor.empty());
  TokenizerData own = bare;
  own.post_processor = R"({"type": "TemplateProcessing"})";
  add_begin_and_end(std::nullopt, config(R"({"add_bos_token": true, "bos_token": "<s>"})"), own);
  CHECK(own == [&] {
    TokenizerData d = bare;
    d.post_processor = R"({"type": "TemplateProcessing"})";
    return d;
  }());
}

TEST_CASE("vocab.json and merges.txt say what tokenizer.json would") {
  const auto made = [](const char* vocab, const char* merges, const char* added, const char* special) {
    const auto text = tokenizer_json_of(json::parse(vocab), merges, json::parse(added), json::parse(special), {});
    REQUIRE(text.ok());
    return json::parse(*text);
  };
  const json gpt2 = made(R"({"a": 0, "b": 1, "ab": 2})", "#version: 0.2\na b\r\n", R"({"<|x|>": 3, "plain": 4})",
                         R"({"additional_special_tokens": ["<|x|>"]})");
  CHECK(gpt2["model"]["merges"] == json{"a b"});
  CHECK(gpt2["added_tokens"][0] == json{{"content", "<|x|>"}, {"id", 3}, {"special", true}});
  CHECK(gpt2["added_tokens"][1]["special"] == false);
  CHECK(gpt2["decoder"]["type"] == "ByteLevel");
  const json words = made(R"({"model": {"type": "WordLevel", "vocab": {"a": 0}}, "added_tokens": []})", "", "{}", "{}");
  CHECK(words["model"]["ignore_merges"] == true);
  CHECK(tokenizer_json_of(json::parse(R"({"model": {"type": "Unigram"}})"), "", {}, {}, {}).error().code ==
        Code::P0024);
  CHECK(tokenizer_json_of(json::array(), "", {}, {}, {}).error().code == Code::P0025);
  CHECK(is_byte_level(json{{"model_type", "whisper"}}, std::nullopt));
  CHECK(is_byte_level(json::object(), json{{"tokenizer_class", "GPT2TokenizerFast"}}));
  CHECK_FALSE(is_byte_level(json{{"model_type", "clip"}}, std::nullopt));
}

TEST_CASE("the chat template is the one named default") {
  CHECK(chat_template(json::parse(R"({"chat_template": "x"})")) == "x");
  CHECK(chat_template(json::parse(
            R"({"chat_template": [{"name": "tool", "template": "t"}, {"name": "default", "template": "d"}]})")) == "d");
  CHECK(chat_template(std::nullopt).empty());
}

TEST_CASE("picture settings become image metadata") {
  const auto rules = [](const char* text, std::optional<int64_t> side = std::nullopt) {
    return image_rules(json::parse(text), side);
  };
  const ImageRules vit =
      rules(R"({"image_processor_type": "ViTImageProcessorFast", "do_normalize": true, "image_mean": [0.5],
      "image_std": [0.25], "size": {"height": 28, "width": 28}, "do_resize": true, "rescale_factor": 0.00392156862745098})",
            28);
  CHECK(vit.problem.empty());
  CHECK(values(vit.metadata) == Values{{"image.fit", std::string("stretch")},
                                       {"image.resize", std::string("linear")},
                                       {"image.white", 1.0},
                                       {"image.mean", std::vector<double>{0.5}},
                                       {"image.std", std::vector<double>{0.25}}});
  const ImageRules clip = rules(R"({"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 224},
      "crop_size": {"height": 224, "width": 224}, "do_center_crop": true, "resample": 1, "do_rescale": false})");
  CHECK(clip.problem.empty());
  CHECK(values(clip.metadata) == Values{{"image.fit", std::string("crop")},
                                        {"image.short", int64_t{224}},
                                        {"image.resize", std::string("lanczos")},
                                        {"image.white", 255.0}});
  const ImageRules next = rules(
      R"({"feature_extractor_type": "ConvNextFeatureExtractor", "size": {"shortest_edge": 224}, "crop_pct": 0.875, "resample": 3})");
  CHECK(next.problem.empty());
  CHECK(values(next.metadata).at("image.short") == MetaValue(int64_t{256}));
  CHECK(rules(R"({"feature_extractor_type": "WhisperFeatureExtractor", "sampling_rate": 16000})").metadata.empty());
}

TEST_CASE("picture settings without a counterpart are named, not guessed") {
  const auto problem = [](const char* text, std::optional<int64_t> side = std::nullopt) {
    const ImageRules r = image_rules(json::parse(text), side);
    CHECK(r.metadata.empty());
    return r.problem;
  };
  CHECK(problem(R"({"image_processor_type": "X", "do_resize": true, "size": {"height": 8, "width": 8}})") ==
        "resample is not said");
  CHECK(problem(R"({"do_resize": true, "resample": 2, "size": {"shortest_edge": 8}})") ==
        R"(size {"shortest_edge":8})");
  CHECK(problem(R"({"do_resize": true, "resample": 2, "size": {"height": 8, "width": 9}})") ==
        R"(size {"height":8,"width":9})");
  CHECK(problem(R"({"do_resize": true, "resample": 7, "size": {"height": 8, "width": 8}})") == "resample 7");
  CHECK(problem(R"({"do_resize": true, "resample": 2, "do_pad": true, "size": {"height": 8, "width": 8}})") ==
        "do_pad");
  CHECK(problem(R"({"do_resize": false, "image_mean": [0.5]})") == "do_resize is false");
  CHECK(problem(R"({"do_resize": true, "resample": 2, "size": {"height": 8, "width": 8}})", 9) ==
        "a picture of 8 for a model of 9");
  CHECK(problem(R"({"do_resize": true, "resample": 2, "size": {"height": 8, "width": 8}, "image_mean": "x"})") ==
        "image_mean");
  CHECK(
      problem(
          R"({"do_resize": true, "resample": 2, "size": {"height": 8, "width": 8}, "do_center_crop": true, "crop_size": 8})") ==
      R"(size {"height":8,"width":8} with a crop)");
}
