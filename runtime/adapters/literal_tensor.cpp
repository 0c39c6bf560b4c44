#include "runtime/adapters/literal_tensor.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <string>

#include "runtime/adapters/convert.h"

namespace openinfer {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_decimal_digit(char c) { return c >= '0' && c <= '9'; }

// Length of a JSON number at the beginning of text, 0 when there is none. whole: it has neither fraction nor exponent.
size_t number_length(std::string_view text, bool& whole) {
  size_t at = 0;
  const auto digits = [&] {
    const size_t begin = at;
    while (at < text.size() && is_decimal_digit(text[at])) ++at;
    return at > begin;
  };
  if (at < text.size() && text[at] == '-') ++at;
  if (at + 1 < text.size() && text[at] == '0' && is_decimal_digit(text[at + 1])) return 0;
  if (!digits()) return 0;
  whole = true;
  if (at < text.size() && text[at] == '.') {
    ++at;
    whole = false;
    if (!digits()) return 0;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    whole = false;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits()) return 0;
  }
  return at;
}

// Reads the text twice: for its shape, then for its elements, so that memory is what the tensor takes.
class LiteralReader {
 public:
  LiteralReader(std::string_view text, DType dtype) : text_(text), dtype_(dtype) {}

  Result<HostTensor> run() {
    OINF_TRY(walk());
    for (int axis = 0; axis < rank_; ++axis) shape_.push_back(lengths_[static_cast<size_t>(axis)].value_or(0));
    OINF_ASSIGN(HostTensor tensor, HostTensor::zeros(dtype_, shape_));
    to_ = tensor.data();
    OINF_TRY(walk());
    return tensor;
  }

 private:
  static constexpr int kUnknownRank = -1;

  Diagnostic wrong(std::string what) const {
    return {Code::I0006, std::move(what) + " at offset " + std::to_string(at_)};
  }
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  bool take(char c) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Status walk() {
    at_ = 0;
    flat_ = 0;
    std::array<int64_t, kMaxRank> counts{};  // elements so far of each open list
    int depth = 0;
    bool value_next = true;
    do {
      if (value_next && take('[')) {
        if (depth == kMaxRank) return Diagnostic(Code::I0004, "lists nest deeper than 8 levels");
        counts[static_cast<size_t>(depth++)] = 0;
        if (rank_ != kUnknownRank && depth > rank_)
          return Diagnostic(Code::I0004,
                            "a list stands where element " + std::to_string(flat_) + " is a number elsewhere");
        skip_blanks();
        if (at_ >= text_.size() || text_[at_] != ']') continue;
        value_next = false;  // an empty list
        if (rank_ == kUnknownRank) rank_ = depth;
      } else if (value_next) {
        OINF_TRY(element(depth));
        value_next = false;
        if (depth > 0) ++counts[static_cast<size_t>(depth) - 1];
      } else if (take(',')) {
        value_next = true;
      } else if (take(']')) {
        --depth;
        OINF_TRY(end_list(depth, counts[static_cast<size_t>(depth)]));
        if (depth > 0) ++counts[static_cast<size_t>(depth) - 1];
      } else {
        return wrong("expected `,` or `]`");
      }
    } while (depth > 0);
    skip_blanks();
    if (at_ < text_.size()) return wrong("unexpected text behind the value");
    return {};
  }

  Status end_list(int axis, int64_t count) {
    std::optional<int64_t>& known = lengths_[static_cast<size_t>(axis)];
    if (!known) known = count;
    if (*known != count)
      return Diagnostic(Code::I0004, "lists of " + std::to_string(*known) + " and of " + std::to_string(count) +
                                         " elements stand beside each other");
    return {};
  }

  Status element(int depth) {
    skip_blanks();
    OINF_ASSIGN(const GivenNumber number, scan());
    if (rank_ == kUnknownRank) rank_ = depth;
    if (depth != rank_)
      return Diagnostic(Code::I0004, "element " + std::to_string(flat_) + " is not as deep in lists as the first");
    if (to_ && !store_given(number, dtype_, to_, flat_))
      return Diagnostic(Code::I0005, "element " + element_name(shape_, flat_) + (rank_ > 0 ? " is " : "is ") +
                                         std::string(scanned_) + ", which " + std::string(name(dtype_)) +
                                         " cannot hold");
    ++flat_;
    return {};
  }

  Result<GivenNumber> scan() {
    const std::string_view rest = text_.substr(at_);
    GivenNumber number;
    const auto done = [&](size_t length) {
      scanned_ = rest.substr(0, length);
      at_ += length;
      return number;
    };
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    struct Word {
      std::string_view text;
      GivenNumber::Kind kind;
      uint64_t magnitude;
      double real;
    };
    constexpr Word kWords[] = {{"true", GivenNumber::Kind::integer, 1, 0},
                               {"false", GivenNumber::Kind::integer, 0, 0},
                               {"inf", GivenNumber::Kind::real, 0, kInfinity},
                               {"-inf", GivenNumber::Kind::real, 0, -kInfinity},
                               {"nan", GivenNumber::Kind::real, 0, kNan},
                               // What JSON has no number for, as a text.
                               {"\"inf\"", GivenNumber::Kind::real, 0, kInfinity},
                               {"\"-inf\"", GivenNumber::Kind::real, 0, -kInfinity},
                               {"\"nan\"", GivenNumber::Kind::real, 0, kNan},
                               {"\"Infinity\"", GivenNumber::Kind::real, 0, kInfinity},
                               {"\"-Infinity\"", GivenNumber::Kind::real, 0, -kInfinity},
                               {"\"NaN\"", GivenNumber::Kind::real, 0, kNan}};
    for (const Word& word : kWords)
      if (rest.starts_with(word.text)) {
        number.kind = word.kind;
        number.magnitude = word.magnitude;
        number.real = word.real;
        return done(word.text.size());
      }
    bool whole = false;
    const size_t length = number_length(rest, whole);
    if (length == 0) return wrong("expected a number, `true`, `false`, `inf`, `-inf`, `nan` or a list");
    number.negative = rest[0] == '-';
    const char* const begin = rest.data() + (number.negative ? 1 : 0);
    const bool fits = std::from_chars(begin, rest.data() + length, number.magnitude).ec == std::errc();
    // -0 is a float's minus zero; a whole number past 64 bits can only be a float.
    if (!whole || !fits || (number.negative && number.magnitude == 0)) {
      number.kind = GivenNumber::Kind::decimal;
      number.text = rest.substr(0, length);
    }
    return done(length);
  }

  std::string_view text_;
  DType dtype_;
  size_t at_ = 0;
  int64_t flat_ = 0;
  int rank_ = kUnknownRank;
  std::array<std::optional<int64_t>, kMaxRank> lengths_;
  Shape shape_;
  std::byte* to_ = nullptr;  // in the second walk
  std::string_view scanned_;
};

}  // namespace

Result<HostTensor> parse_literal_tensor(std::string_view text, DType dtype) {
  if (is_block(dtype))
    return Diagnostic(Code::I0003, "no value of type " + std::string(name(dtype)) + " can be written");
  return LiteralReader(text, dtype).run();
}

}  // namespace openinfer
