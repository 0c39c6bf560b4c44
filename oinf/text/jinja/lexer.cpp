// Cuts a template into tokens, white space as chat templates want it: trim_blocks, lstrip_blocks and the signs - and +.
#include <algorithm>
#include <array>
#include <cctype>

#include "ir/utf8.h"
#include "oinf/text/jinja/syntax.h"
#include "oinf/text/unicode.h"

namespace openinfer::jinja {
namespace {

constexpr size_t kMaxSource = size_t{1} << 22;

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Lexer {
 public:
  explicit Lexer(std::string source) : source_(std::move(source)) {}

  Result<std::vector<Token>> run() {
    while (at_ < source_.size()) OINF_TRY(next_part());
    push(Token::Kind::end, "");
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] Diagnostic error(const std::string& message) const {
    return {Code::P0030, "line " + std::to_string(line_) + ": " + message};
  }

  void push(Token::Kind kind, std::string text) { tokens_.push_back({kind, line_, std::move(text)}); }

  // Moves to `end`, counting lines.
  void advance(size_t end) {
    line_ += static_cast<int>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(at_),
                                         source_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
    if (end > at_) line_start_ = source_[end - 1] == '\n';
    at_ = end;
  }

  [[nodiscard]] bool follows(std::string_view text) const { return source_.compare(at_, text.size(), text) == 0; }

  // The text up to the next {{, {% or {#, and what begins there.
  Status next_part() {
    size_t open = at_;
    do {
      open = source_.find('{', open);
      if (open == source_.npos || open + 1 >= source_.size()) open = source_.size();
    } while (open < source_.size() && std::string_view("{%#").find(source_[open + 1]) == std::string_view::npos &&
             ++open > 0);
    std::string text = source_.substr(at_, open - at_);
    const bool starts_line = line_start_;
    if (open == source_.size()) {
      if (!text.empty()) push(Token::Kind::text, std::move(text));
      advance(open);
      return {};
    }
    const char kind = source_[open + 1];
    const char sign = open + 2 < source_.size() ? source_[open + 2] : '\0';
    if (sign == '-') {
      while (!text.empty() && is_space(text.back())) text.pop_back();
    } else if (sign != '+' && kind != '{') {
      strip_line(text, starts_line);
    }
    if (!text.empty()) push(Token::Kind::text, std::move(text));
    advance(open);
    if (kind == '#') return skip_comment();
    at_ += sign == '-' || sign == '+' ? 3 : 2;
    line_start_ = false;
    if (kind == '{') {
      push(Token::Kind::print_begin, "");
      return expression_tokens("}}", Token::Kind::print_end);
    }
    if (Result<bool> raw = raw_block(); !raw.ok() || *raw) return raw.ok() ? Status() : Status(raw.error());
    push(Token::Kind::block_begin, "");
    return expression_tokens("%}", Token::Kind::block_end);
  }

  // lstrip_blocks: a line's white space in front of a block goes.
  static void strip_line(std::string& text, bool starts_line) {
    const size_t newline = text.rfind('\n');
    if (newline == text.npos && !starts_line) return;
    const size_t begin = newline == text.npos ? 0 : newline + 1;
    if (std::all_of(text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(), is_space)) text.resize(begin);
  }

  // Behind a block or a comment: the sign - takes all white space, without a sign one newline goes.
  void end_tag(size_t end, char sign) {
    advance(end);
    if (sign == '-') {
      size_t stop = at_;
      while (stop < source_.size() && is_space(source_[stop])) ++stop;
      advance(stop);
    } else if (sign != '+' && at_ < source_.size() && source_[at_] == '\n') {
      advance(at_ + 1);
    }
  }

  Status skip_comment() {
    const size_t close = source_.find("#}", at_ + 2);
    if (close == source_.npos) return error("a comment has no end");
    const char sign = close > at_ + 2 ? source_[close - 1] : '\0';
    end_tag(close + 2, sign);
    return {};
  }

  // {% raw %} … {% endraw %}: true when it was one.
  Result<bool> raw_block() {
    const auto tag = [this](size_t from, std::string_view word) -> size_t {  // just behind the tag, or npos
      const auto skip = [&] {
        while (from < source_.size() && is_space(source_[from])) ++from;
      };
      skip();
      if (source_.compare(from, word.size(), word) != 0) return source_.npos;
      from += word.size();
      skip();
      if (from < source_.size() && (source_[from] == '-' || source_[from] == '+')) ++from;
      return source_.compare(from, 2, "%}") == 0 ? from + 2 : source_.npos;
    };
    const size_t begin = tag(at_, "raw");
    if (begin == source_.npos) return false;
    end_tag(begin, source_[begin - 3]);
    for (size_t open = source_.find("{%", at_); open != source_.npos; open = source_.find("{%", open + 2)) {
      const char sign = open + 2 < source_.size() ? source_[open + 2] : '\0';
      const size_t end = tag(open + 2 + (sign == '-' || sign == '+' ? 1 : 0), "endraw");
      if (end == source_.npos) continue;
      std::string text = source_.substr(at_, open - at_);
      if (sign == '-') {
        while (!text.empty() && is_space(text.back())) text.pop_back();
      } else if (sign != '+') {
        strip_line(text, line_start_);
      }
      if (!text.empty()) push(Token::Kind::text, std::move(text));
      end_tag(end, source_[end - 3]);
      return true;
    }
    return error("a raw block has no end");
  }

  Status expression_tokens(std::string_view close, Token::Kind end_kind) {
    std::string open_brackets;
    for (;;) {
      while (at_ < source_.size() && is_space(source_[at_])) advance(at_ + 1);
      if (at_ >= source_.size()) return error("a tag has no end");
      if (open_brackets.empty()) {
        const bool minus = source_[at_] == '-', plus = source_[at_] == '+' && close == "%}";
        const size_t from = at_ + (minus || plus ? 1 : 0);
        if (source_.compare(from, 2, close) == 0) {
          push(end_kind, "");
          if (close == "%}" || minus) {
            end_tag(from + 2, minus ? '-' : plus ? '+' : '\0');
          } else {
            advance(from + 2);
          }
          return {};
        }
      }
      OINF_TRY(expression_token(open_brackets));
    }
  }

  Status expression_token(std::string& open_brackets) {
    const char c = source_[at_];
    if (is_name_start(c)) {
      size_t end = at_;
      while (end < source_.size() && (is_name_start(source_[end]) || is_digit(source_[end]))) ++end;
      push(Token::Kind::name, source_.substr(at_, end - at_));
      at_ = end;
      return {};
    }
    if (is_digit(c)) return number();
    if (c == '"' || c == '\'') return string(c);
    constexpr std::array<std::string_view, 6> kLong = {"**", "//", "==", "!=", ">=", "<="};
    for (const std::string_view op : kLong)
      if (follows(op)) {
        push(Token::Kind::op, std::string(op));
        at_ += 2;
        return {};
      }
    if (std::string_view("+-*/%~<>=.,:|()[]{}").find(c) == std::string_view::npos)
      return error(std::string("unexpected character `") + c + "`");
    if (c == '(' || c == '[' || c == '{') open_brackets.push_back(c == '(' ? ')' : c == '[' ? ']' : '}');
    if (c == ')' || c == ']' || c == '}') {
      if (open_brackets.empty() || open_brackets.back() != c) return error(std::string("unexpected `") + c + "`");
      open_brackets.pop_back();
    }
    push(Token::Kind::op, std::string(1, c));
    ++at_;
    return {};
  }

  Status number() {
    std::string digits;
    bool real = false;
    const auto take = [&] {
      while (at_ < source_.size() && (is_digit(source_[at_]) || source_[at_] == '_')) {
        if (source_[at_] != '_') digits.push_back(source_[at_]);
        ++at_;
      }
    };
    take();
    if (at_ + 1 < source_.size() && source_[at_] == '.' && is_digit(source_[at_ + 1])) {
      real = true;
      digits.push_back(source_[at_++]);
      take();
    }
    if (at_ < source_.size() && (source_[at_] == 'e' || source_[at_] == 'E')) {
      size_t next = at_ + 1;
      if (next < source_.size() && (source_[next] == '+' || source_[next] == '-')) ++next;
      if (next < source_.size() && is_digit(source_[next])) {
        real = true;
        digits.append(source_, at_, next - at_);
        at_ = next;
        take();
      }
    }
    if (digits.size() > 300) return error("a number is too long");
    push(real ? Token::Kind::real : Token::Kind::integer, std::move(digits));
    return {};
  }

  Status string(char quote) {
    std::string text;
    const size_t begin = at_++;
    for (;; ++at_) {
      if (at_ >= source_.size()) {
        at_ = begin;
        return error("a string has no end");
      }
      const char c = source_[at_];
      if (c == quote) break;
      if (c != '\\') {
        text.push_back(c);
        continue;
      }
      if (++at_ >= source_.size()) return error("a string has no end");
      OINF_TRY(escape(text));
    }
    ++at_;
    line_ += static_cast<int>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(begin),
                                         source_.begin() + static_cast<std::ptrdiff_t>(at_), '\n'));
    push(Token::Kind::string, std::move(text));
    return {};
  }

  // As Python reads what stands behind a backslash; at_ is left on its last character.
  Status escape(std::string& text) {
    constexpr std::string_view kNames = "abfnrtv\\'\"", kMeanings = "\a\b\f\n\r\t\v\\'\"";
    const char c = source_[at_];
    if (const size_t at = kNames.find(c); at != kNames.npos) return text.push_back(kMeanings[at]), Status();
    if (c == '\n') return {};
    const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    uint32_t code = 0;
    if (digits > 0) {
      for (size_t i = 1; i <= digits; ++i) {
        const char d = at_ + i < source_.size() ? source_[at_ + i] : '\0';
        if (std::isxdigit(static_cast<unsigned char>(d)) == 0) return error("an escape has too few digits");
        code = code << 4 | static_cast<uint32_t>(is_digit(d) ? d - '0' : (d | 0x20) - 'a' + 10);
      }
      at_ += digits;
    } else if (c >= '0' && c <= '7') {
      size_t end = at_;
      while (end < source_.size() && end < at_ + 3 && source_[end] >= '0' && source_[end] <= '7')
        code = code * 8 + static_cast<uint32_t>(source_[end++] - '0');
      at_ = end - 1;
    } else {
      text.push_back('\\');
      text.push_back(c);
      return {};
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return error("an escape is no character");
    append_utf8(text, code);
    return {};
  }

  std::string source_;
  size_t at_ = 0;
  int line_ = 1;
  bool line_start_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> tokenize(std::string_view source) {
  if (source.size() > kMaxSource) return Diagnostic(Code::P0030, "the template is longer than 4 MiB");
  if (first_not_utf8(source) != std::string_view::npos) return Diagnostic(Code::P0030, "the template is not UTF-8");
  std::string lines;
  lines.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      lines.push_back(source[i]);
    } else if (i + 1 >= source.size() || source[i + 1] != '\n') {
      lines.push_back('\n');
    }
  }
  if (lines.ends_with('\n')) lines.pop_back();  // one newline at the end is not the template's
  return Lexer(std::move(lines)).run();
}

}  // namespace openinfer::jinja
