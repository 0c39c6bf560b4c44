#include "oinf/pack/convert.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <random>

#include "ir/panel16.h"
#include "oinf/pack/float_rows.h"
#include "oinf/package.h"
#include "oinf/scalar.h"
#include "safetensors_file.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

const std::string kData = std::string(OPENINFER_SOURCE_DIR) + "/tests/data/";

pack::ModelSource source_of(const std::string& path) {
  auto source = pack::open_source(path);
  if (!source.ok()) FAIL(source.error().message);
  return std::move(source).value();
}

std::shared_ptr<const Package> converted(const pack::ModelSource& source, const pack::ConvertOptions& options,
                                         const std::string& path) {
  const auto report = pack::convert(source, source.description, options, path);
  if (!report.ok()) FAIL(report.error().message);
  CHECK(report->tensors == source.tensors.size());
  auto package = Package::open(path);
  if (!package.ok()) FAIL(package.error().message);
  CHECK((*package)->verify().empty());
  return *package;
}

}  // namespace

TEST_CASE("every fixture is packed with the bytes that it has") {
  TemporaryFolder folder;
  for (const char* name :
       {"llama-gqa", "llama3-rope", "vit-rgb", "bert-base-like", "clip-text", "whisper", "digits-vit"}) {
    CAPTURE(name);
    const auto source = source_of(kData + name);
    pack::ConvertOptions options;
    options.use_panel16 = [](std::string_view tensor) { return tensor.ends_with(".weight"); };
    const auto package = converted(source, options, folder.file("x.oinf"));
    for (const pack::SourceTensor& t : source.tensors) {
      const auto info = package->find_tensor(t.name);
      REQUIRE(info);
      CHECK(info->dtype == t.dtype);
      CHECK(info->shape == t.shape);
      CHECK((info->layout == Layout::panel16) == (t.name.ends_with(".weight") && t.shape.rank() > 1));
      const auto payload = *package->payload(t.name);
      std::vector<std::byte> rows(payload.begin(), payload.end());
      if (info->layout == Layout::panel16) rows = *unpack_panel16(t.dtype, t.shape, payload);
      CHECK(std::equal(rows.begin(), rows.end(), t.data.begin(), t.data.end()));
    }
  }
}

TEST_CASE("a Hugging Face folder brings its configuration") {
  TemporaryFolder folder;
  const auto vit = converted(source_of(kData + "digits-vit"), {}, folder.file("vit.oinf"));
  CHECK(vit->architecture() == "vit");
  CHECK(vit->labels().size() == 10);
  CHECK(vit->find_size("hidden_size") == 96);
  CHECK(vit->find_metadata("id2label.0") == nullptr);
  CHECK(*vit->find_metadata("layer_norm_eps") == MetaValue(1e-12));
  CHECK(*vit->find_metadata("image.mean") == MetaValue(std::vector<double>{0.5}));
  CHECK(*vit->find_metadata("stop_tokens") == MetaValue(std::vector<int64_t>{}));
  CHECK(vit->provenance().sources.size() == 3);

  const auto tale =
      converted(source_of(std::string(OPENINFER_SOURCE_DIR) + "/examples/storyteller"), {}, folder.file("s.oinf"));
  CHECK(*tale->find_metadata("stop_tokens") == MetaValue(std::vector<int64_t>{1}));
  CHECK(*tale->find_metadata("generation_config.eos_token_id") == MetaValue(int64_t{1}));
  CHECK(*tale->find_metadata("rope_parameters.rope_theta") == MetaValue(10000.0));
  CHECK_FALSE(tale->find_metadata("pad_token_id"));
  const auto tokenizer = tale->tokenizer();
  REQUIRE(tokenizer.ok());
  CHECK(tokenizer->vocabulary.size() == 2048);
}

TEST_CASE("converting is deterministic, and says how far it is") {
  TemporaryFolder folder;
  const auto source = source_of(kData + "llama-gqa");
  uint64_t last = 0, all = 0;
  pack::ConvertOptions options;
  options.progress = [&](uint64_t done, uint64_t total) {
    CHECK(done >= last);
    last = done;
    all = total;
  };
  converted(source, options, folder.file("a"));
  CHECK(last == all);
  last = 0;
  converted(source_of(kData + "llama-gqa"), options, folder.file("b"));
  CHECK(read_file(folder.file("a")) == read_file(folder.file("b")));
}

TEST_CASE("weights convert with one rounding, laid out or not") {
  TemporaryFolder folder;
  const auto source = source_of(kData + "vit-rgb");
  for (const DType to : {DType::f16, DType::bf16, DType::f32}) {
    pack::ConvertOptions options;
    options.dtype = to;
    options.use_panel16 = [](std::string_view tensor) { return tensor == "classifier.weight"; };
    const auto package = converted(source, options, folder.file("x.oinf"));
    for (const pack::SourceTensor& t : source.tensors) {
      const auto info = *package->find_tensor(t.name);
      REQUIRE(info.dtype == to);
      const auto payload = *package->payload(t.name);
      std::vector<std::byte> rows(payload.begin(), payload.end());
      if (info.layout == Layout::panel16) rows = *unpack_panel16(to, t.shape, payload);
      for (uint64_t i = 0; i < static_cast<uint64_t>(t.shape.elements()); ++i) {
        const double before = stored_float(DType::f32, t.data, i);
        const double after = stored_float(to, rows, i);
        const double expected = to == DType::f16    ? double{widen_f16(narrow_f16(before))}
                                : to == DType::bf16 ? double{widen_bf16(narrow_bf16(before))}
                                                    : before;
        if (after != expected) FAIL(t.name << " " << i);
      }
    }
  }
  pack::ConvertOptions bad;
  bad.dtype = DType::i8;
  CHECK(code_of(pack::convert(source, {}, bad, folder.file("y.oinf"))) == "P0027");
}

TEST_CASE("floats narrow as doubles do") {
  std::mt19937 generator(1);
  const auto random = [&] { return static_cast<uint32_t>(generator()); };
  for (int i = 0; i < 2'000'000; ++i) {
    uint32_t bits = random();
    // Exponents around those of f16, where the rules change.
    if (i % 2 == 0) bits = (bits & 0x807FFFFF) | (100 + random() % 50) << 23;
    float value;
    std::memcpy(&value, &bits, 4);
    const auto wide = static_cast<double>(value);
    if (std::isnan(value)) {
      CHECK((std::isnan(widen_f16(narrow_f16(value))) && std::isnan(widen_bf16(narrow_bf16(value)))));
      continue;
    }
    if (narrow_f16(value) != narrow_f16(wide) || narrow_bf16(value) != narrow_bf16(wide)) FAIL("bits " << bits);
  }
}

TEST_CASE("a cancelled conversion leaves what was there before") {
  TemporaryFolder folder;
  write_file(folder.file("x"), "before");
  pack::ConvertOptions options;
  int steps = 0;
  options.cancelled = [&] { return ++steps > 5; };
  const auto source = source_of(kData + "vit-rgb");
  CHECK(code_of(pack::convert(source, source.description, options, folder.file("x"))) == "C0001");
  CHECK(read_file(folder.file("x")).size() == 6);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("shards are one model") {
  TemporaryFolder folder;
  const auto tensor = [](const char* name) {
    return std::string("{\"") + name + R"(":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})";
  };
  write_file(folder.file("config.json"), R"({"model_type": "x"})");
  write_file(folder.file("s1"), safetensors(tensor("a"), 2));
  write_file(folder.file("s2"), safetensors(tensor("b"), 2));
  const auto with = [&](std::string_view map) {
    write_file(folder.file("model.safetensors.index.json"), std::string("{\"weight_map\":") + std::string(map) + "}");
    return code_of(pack::open_source(folder.path()));
  };
  CHECK(with(R"({"a": "s1", "b": "s2"})") == "");
  CHECK(source_of(folder.path()).tensors.size() == 2);
  CHECK(with(R"({"a": "s1", "b": "s3"})") == "P0023");
  CHECK(with(R"({"a": "s1", "c": "s2"})") == "P0023");
  CHECK(with(R"({"a": "../s1"})") == "P0023");
  CHECK(with(R"({"a": 1})") == "P0023");
  CHECK(with("[]") == "P0023");
  write_file(folder.file("s2"), safetensors(tensor("a"), 2));
  CHECK(with(R"({"a": "s1", "A": "s2"})") == "P0009");
}

TEST_CASE("what is no model is refused by its content") {
  TemporaryFolder folder;
  CHECK(code_of(pack::open_source(folder.path())) == "P0022");
  CHECK(code_of(pack::open_source(folder.file("absent"))) == "P0001");
  write_file(folder.file("model.safetensors"), "PK and so on");
  CHECK(code_of(pack::open_source(folder.file("model.safetensors"))) == "P0022");
  write_file(folder.file("config.json"), "{}");
  CHECK(code_of(pack::open_source(folder.path())) == "P0020");
  write_file(folder.file("model.safetensors"), safetensors("{}", 0));
  CHECK(code_of(pack::open_source(folder.path())) == "");
  write_file(folder.file("config.json"), "[1");
  CHECK(code_of(pack::open_source(folder.path())) == "P0021");
  write_file(folder.file("config.json"), "{}");
  write_file(folder.file("tokenizer.json"), "{}");
  CHECK(code_of(pack::open_source(folder.path())) == "P0025");
}
