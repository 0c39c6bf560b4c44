#include "oinf/pack/gguf_pre_tokenizer.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace openinfer::pack {
namespace {

using Json = nlohmann::json;

constexpr const char* kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kQwen35 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kGpt4o =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kTekken =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kSeedCoder =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kBailing =
    R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)";
constexpr const char* kBloom = " ?[^(\\s|.,!?…。，、।۔،)]+";
// The letters with case of the Unicode version that the model was made with.
constexpr const char* kDeepSeekWords =
    R"(\s?[)"
    R"(A-Za-z\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF}\x{1C4}-\x{293}\x{295}-\x{2AF}\x{370}-)"
    R"(\x{373}\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A}\x{38C}\x{38E}-\x{3A1}\x{3A3}-\x{3F5})"
    R"(\x{3F7}-\x{481}\x{48A}-\x{52F}\x{531}-\x{556}\x{10A0}-\x{10C5}\x{13A0}-\x{13F5}\x{13F8}-\x{13FD}\x{1C90}-)"
    R"(\x{1CBA}\x{1CBD}-\x{1CBF}\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77}\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}\x{1F18}-)"
    R"(\x{1F1D}\x{1F20}-\x{1F45}\x{1F48}-\x{1F4D}\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D}\x{1F5F}-\x{1F7D})"
    R"(\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE}\x{1FC2}-\x{1FC4}\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}\x{1FD6}-)"
    R"(\x{1FDB}\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4}\x{1FF6}-\x{1FFC}\x{2102}\x{2107}\x{210A}-\x{2113}\x{2115})"
    R"(\x{2119}-\x{211D}\x{2124}\x{2126}\x{2128}\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139}\x{213C}-\x{213F})"
    R"(\x{2145}-\x{2149}\x{214E}\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4}\x{2CEB}-\x{2CEE}\x{2CF2})"
    R"(\x{2CF3}\x{A640}-\x{A66D}\x{A680}-\x{A69B}\x{A722}-\x{A76F}\x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-)"
    R"(\x{ABBF}\x{FB00}-\x{FB06}\x{FB13}-\x{FB17}\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}\x{10400}-\x{1044F}\x{104B0}-)"
    R"(\x{104D3}\x{104D8}-\x{104FB}\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF}\x{1E900}-\x{1E943})"
    "]+";
constexpr const char* kDeepSeekMarks = "\\s?[!-/:-~！-／：-～‘-‟　-。]+";
constexpr const char* kDeepSeekHan = "[一-龥ࠀ-一가-퟿]+";
constexpr const char* kDeepSeek3 =
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kFalconMarks = R"([\p{P}\$\+<=>\^~\|`]+)";

// What the name stands for.
struct Cut {
  std::vector<const char*> patterns;  // each cuts the pieces of the one before
  bool gpt2 = false;                  // GPT-2's expression comes after them …
  std::vector<const char*> then;      // … and these after that
};

const Cut kGpt2Cut{{}, true, {}};
const Cut kDigitsCut{{R"(\p{N})"}, true, {}};
const Cut kLlama3Cut{{kLlama3}, false, {}};
const Cut kQwen2Cut{{kQwen2}, false, {}};
const Cut kQwen35Cut{{kQwen35}, false, {}};
const Cut kGpt4oCut{{kGpt4o}, false, {}};
const Cut kTekkenCut{{kTekken}, false, {}};
const Cut kSeedCoderCut{{kSeedCoder}, false, {}};
const Cut kBailingCut{{kBailing}, false, {}};
const Cut kBloomCut{{kBloom}, false, {}};
const Cut kVikingCut{{kBloom, R"(\p{N})"}, false, {}};
const Cut kDeepSeekCut{{"[\r\n]", kDeepSeekWords, kDeepSeekMarks, R"(\s+$)", kDeepSeekHan, R"(\p{N}+)"}, false, {}};
const Cut kDeepSeekCoderCut{{"[\r\n]", R"(\s?\p{L}+)", R"(\s?\p{P}+)", kDeepSeekHan, R"(\p{N})"}, false, {}};
const Cut kDeepSeek3Cut{{R"(\p{N}{1,3})", "[一-龥぀-ゟ゠-ヿ]+", kDeepSeek3}, false, {}};
const Cut kFalconCut{{kFalconMarks}, true, {"[0-9][0-9][0-9]"}};
const Cut kDefaultCut{{R"([\p{P}\$\+<=>\^~\|]+)"}, true, {R"(\p{N}+)", "[0-9][0-9][0-9]"}};
const Cut kChameleonCut{{"<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", "([\\t\\n]|    |  )", R"(\p{N})",
                         R"([\p{P}!-/:-@\[-`{-~])"},
                        true,
                        {}};

enum : unsigned { kNfc = 1, kWhole = 2, kBos = 4, kAround = 8 };

struct Row {
  std::string_view name;
  const Cut& cut;
  unsigned flags = 0;
};
const Row kRows[] = {
    {"default", kDefaultCut},
    {"gpt-2", kGpt2Cut},
    {"phi-2", kGpt2Cut},
    {"exaone4", kGpt2Cut},
    {"gigachat", kGpt2Cut},
    {"jais", kGpt2Cut},
    {"jina-de", kGpt2Cut},
    {"jina-es", kGpt2Cut},
    {"jina-v1-en", kGpt2Cut, kAround},
    {"jina-v2-code", kGpt2Cut, kAround},
    {"jina-v2-de", kGpt2Cut, kAround},
    {"jina-v2-es", kGpt2Cut, kAround},
    {"mellum", kGpt2Cut},
    {"modern-bert", kGpt2Cut, kAround},
    {"mpt", kGpt2Cut, kNfc},
    {"olmo", kGpt2Cut, kNfc},
    {"roberta-bpe", kGpt2Cut, kAround},
    {"trillion", kGpt2Cut},
    {"codeshell", kDigitsCut},
    {"command-r", kDigitsCut, kNfc},
    {"exaone", kDigitsCut},
    {"minerva-7b", kDigitsCut},
    {"refact", kDigitsCut},
    {"smollm", kDigitsCut},
    {"starcoder", kDigitsCut},
    {"dbrx", kLlama3Cut},
    {"chatglm-bpe", kLlama3Cut},
    {"falcon3", kLlama3Cut, kWhole | kBos},
    {"falcon-h1", kLlama3Cut, kWhole | kBos},
    {"glm4", kLlama3Cut},
    {"lfm2", kLlama3Cut, kWhole | kBos},
    {"llama-bpe", kLlama3Cut, kWhole | kBos},
    {"llama-v3", kLlama3Cut, kWhole | kBos},
    {"llama3", kLlama3Cut, kWhole | kBos},
    {"midm-2.0", kLlama3Cut, kWhole | kBos},
    {"pixtral", kLlama3Cut, kWhole | kBos},
    {"smaug-bpe", kLlama3Cut},
    {"deepseek-r1-qwen", kQwen2Cut, kNfc},
    {"hunyuan", kQwen2Cut},
    {"megrez", kQwen2Cut, kNfc},
    {"qwen2", kQwen2Cut, kNfc},
    {"stablelm2", kQwen2Cut, kNfc},
    {"qwen35", kQwen35Cut, kNfc},
    {"gpt-4o", kGpt4oCut},
    {"kanana2", kGpt4oCut},
    {"llama4", kGpt4oCut},
    {"tekken", kTekkenCut, kWhole | kBos},
    {"seed-coder", kSeedCoderCut},
    {"bailingmoe", kBailingCut},
    {"bailingmoe2", kBailingCut},
    {"llada-moe", kBailingCut},
    {"bloom", kBloomCut},
    {"gpt3-finnish", kBloomCut},
    {"poro-chat", kBloomCut},
    {"viking", kVikingCut},
    {"deepseek-llm", kDeepSeekCut},
    {"deepseek-coder", kDeepSeekCoderCut},
    {"deepseek-v3", kDeepSeek3Cut},
    {"hunyuan-dense", kDeepSeek3Cut},
    {"falcon", kFalconCut},
    {"chameleon", kChameleonCut, kBos},
};

Json split(const char* pattern) {
  return {{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}};
}

}  // namespace

Result<GgufPreTokenizer> gguf_pre_tokenizer(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name != name) continue;
    Json steps = Json::array();
    for (const char* pattern : row.cut.patterns) steps.push_back(split(pattern));
    steps.push_back({{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", row.cut.gpt2}});
    for (const char* pattern : row.cut.then) steps.push_back(split(pattern));
    GgufPreTokenizer made;
    made.pre_tokenizer = Json{{"type", "Sequence"}, {"pretokenizers", std::move(steps)}}.dump();
    if ((row.flags & kNfc) != 0) made.normalizer = Json{{"type", "NFC"}}.dump();
    made.ignore_merges = (row.flags & kWhole) != 0;
    made.add_bos = (row.flags & kBos) != 0;
    made.around = (row.flags & kAround) != 0;
    return made;
  }
  return Diagnostic(Code::P0024, fmt::format("pre-tokenizer `{}` of tokenizer.ggml.pre", name));
}

}  // namespace openinfer::pack
