#include "oinf/text/sentencepiece_model.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "ir/utf8.h"
#include "oinf/text/base64.h"
#include "oinf/text/json_access.h"

namespace openinfer {
namespace {

using text_json::Json;

constexpr size_t kMaxVocabulary = size_t{1} << 22;
constexpr std::string_view kBlank = "\u2581";
enum : uint64_t { kUnigram = 1, kBpe = 2 };
enum : uint8_t { kUnknownType = 2, kControlType = 3, kUserDefinedType = 4, kByteType = 6 };

Diagnostic malformed(std::string message) { return {Code::P0025, "tokenizer.model: " + std::move(message)}; }

// One field of a message. Numbers are in `number`, strings and messages in `bytes`.
struct Field {
  uint32_t id = 0;
  uint64_t number = 0;
  std::string_view bytes;
  [[nodiscard]] float as_float() const {
    const auto bits = static_cast<uint32_t>(number);
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
};

// The fields of a protocol buffer's message, one after the other.
class Message {
 public:
  explicit Message(std::string_view bytes) : bytes_(bytes) {}

  // Nothing at the end, and where the message is malformed: ok() tells.
  std::optional<Field> next() {
    if (at_ >= bytes_.size() || !ok_) return std::nullopt;
    const uint64_t key = varint();
    Field field;
    field.id = static_cast<uint32_t>(key >> 3);
    switch (key & 7u) {
      case 0:
        field.number = varint();
        break;
      case 1:
        field.number = fixed(8);
        break;
      case 2: {
        const uint64_t length = varint();
        if (length > bytes_.size() - at_) ok_ = false;
        if (ok_) field.bytes = bytes_.substr(at_, length);
        if (ok_) at_ += length;
        break;
      }
      case 5:
        field.number = fixed(4);
        break;
      default:
        ok_ = false;
    }
    return ok_ ? std::optional(field) : std::nullopt;
  }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ >= bytes_.size()) break;
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  uint64_t fixed(size_t size) {
    uint64_t value = 0;
    if (bytes_.size() - at_ < size) {
      ok_ = false;
      return 0;
    }
    for (size_t i = 0; i < size; ++i) value |= uint64_t{static_cast<unsigned char>(bytes_[at_ + i])} << (8 * i);
    at_ += size;
    return value;
  }

  std::string_view bytes_;
  size_t at_ = 0;
  bool ok_ = true;
};

class Importer {
 public:
  Result<TokenizerData> run(std::string_view bytes) {
    Message model(bytes);
    while (const auto field = model.next()) {
      if (field->id == 1) OINF_TRY(read_piece(field->bytes));
      if (field->id == 2) OINF_TRY(read_trainer(field->bytes));
      if (field->id == 3) OINF_TRY(read_normalizer(field->bytes));
    }
    if (!model.ok()) return malformed("a message is cut off");
    if (data_.vocabulary.empty()) return malformed("it has no pieces");
    OINF_TRY(set_model());
    set_components();
    return std::move(data_);
  }

 private:
  Status read_piece(std::string_view bytes) {
    if (data_.vocabulary.size() == kMaxVocabulary) return malformed("more than 2^22 pieces");
    std::string text;
    float score = 0;
    uint64_t type = 1;
    Message piece(bytes);
    while (const auto field = piece.next()) {
      if (field->id == 1) text = field->bytes;
      if (field->id == 2) score = field->as_float();
      if (field->id == 3) type = field->number;
    }
    if (!piece.ok() || type < 1 || type > kByteType) return malformed("a piece is malformed");
    if (type == kUnknownType && !unknown_) unknown_ = data_.vocabulary.size();
    if (type == kControlType || type == kUserDefinedType) {
      AddedToken added;
      added.id = static_cast<uint32_t>(data_.vocabulary.size());
      added.content = text;
      added.special = type == kControlType;
      data_.added.push_back(std::move(added));
    }
    data_.vocabulary.push_back(std::move(text));
    data_.scores.push_back(score);
    data_.types.push_back(static_cast<uint8_t>(type));
    return {};
  }

  Status read_trainer(std::string_view bytes) {
    Message trainer(bytes);
    while (const auto field = trainer.next()) {
      if (field->id == 3) model_type_ = field->number;
      if (field->id == 24) suffix_ = field->number != 0;
      if (field->id == 35) byte_fallback_ = field->number != 0;
    }
    return trainer.ok() ? Status() : malformed("the training settings are cut off");
  }

  Status read_normalizer(std::string_view bytes) {
    Message normalizer(bytes);
    while (const auto field = normalizer.next()) {
      if (field->id == 2) map_ = field->bytes;
      if (field->id == 3) prefix_ = field->number != 0;
      if (field->id == 4) single_blanks_ = field->number != 0;
      if (field->id == 5) escape_ = field->number != 0;
    }
    return normalizer.ok() ? Status() : malformed("the normaliser's settings are cut off");
  }

  Status set_model() {
    if (model_type_ != kUnigram && model_type_ != kBpe)
      return Diagnostic(
          Code::P0024, "tokenizer.model of type " + std::to_string(model_type_) + "; 1 (unigram) and 2 (BPE) are read");
    if (suffix_) return Diagnostic(Code::P0024, "tokenizer.model that puts blanks behind words");
    data_.kind = model_type_ == kUnigram ? TokenizerKind::unigram : TokenizerKind::sentencepiece_bpe;
    Json options = {{"byte_fallback", byte_fallback_}, {"fuse_unk", true}};
    if (unknown_) {
      if (first_not_utf8(data_.vocabulary[*unknown_]) != std::string_view::npos)
        return malformed("the unknown piece is not UTF-8");
      options["unk_id"] = *unknown_;
      options["unk_token"] = data_.vocabulary[*unknown_];
    }
    data_.model_options = options.dump();
    return {};
  }

  void set_components() {
    const auto replace = [](const char* kind, std::string_view from, std::string_view to) {
      return Json{{"type", "Replace"}, {"pattern", {{kind, from}}}, {"content", to}};
    };
    Json steps = Json::array();
    if (!map_.empty()) steps.push_back({{"type", "Precompiled"}, {"precompiled_charsmap", base64(map_)}});
    if (single_blanks_) {
      steps.push_back(replace("Regex", R"(\A +| +\z)", ""));
      steps.push_back(replace("Regex", " {2,}", " "));
    }
    if (prefix_) steps.push_back({{"type", "Prepend"}, {"prepend", escape_ ? kBlank : std::string_view(" ")}});
    if (escape_) steps.push_back(replace("String", " ", kBlank));
    if (!steps.empty()) data_.normalizer = Json{{"type", "Sequence"}, {"normalizers", std::move(steps)}}.dump();
    Json decoders = Json::array({replace("String", kBlank, " "), {{"type", "ByteFallback"}}, {{"type", "Fuse"}}});
    if (prefix_) decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
    data_.decoder = Json{{"type", "Sequence"}, {"decoders", std::move(decoders)}}.dump();
  }

  TokenizerData data_;
  std::optional<size_t> unknown_;
  uint64_t model_type_ = kUnigram;
  bool suffix_ = false, byte_fallback_ = false;
  std::string_view map_;
  bool prefix_ = true, single_blanks_ = true, escape_ = true;
};

}  // namespace

Result<TokenizerData> import_sentencepiece_model(std::string_view bytes) { return Importer().run(bytes); }

}  // namespace openinfer
