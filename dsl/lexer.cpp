#include <algorithm>
#include <array>
#include <iterator>

#include "dsl/string_literal.h"
#include "dsl/token.h"
#include "ir/literal.h"
#include "ir/utf8.h"

namespace openinfer::dsl {
namespace {

struct Punctuation {
  TokenKind kind;
  std::string_view text;
};
constexpr Punctuation kPunctuation[] = {
#define OINF_X(id, text) {TokenKind::id, text},
    OINF_PUNCTUATION(OINF_X)
#undef OINF_X
};

class Lexer {
 public:
  Lexer(FileId file, std::string_view text, Diagnostics& diagnostics)
      : file_(file), text_(text), diagnostics_(diagnostics) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  Tokens run() {
    while (at_ < text_.size()) next();
    token(TokenKind::end, 0);
    tokens_.list.back().sound = !cut_off_;
    return std::move(tokens_);
  }

 private:
  void error(Code code, std::string message, size_t begin, size_t end) {
    diagnostics_.emplace_back(code, std::move(message),
                              Span{file_, static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
  }

  void token(TokenKind kind, size_t length) {
    Token t;
    t.kind = kind;
    t.newlines = newlines_;
    t.begin = static_cast<uint32_t>(at_);
    t.end = static_cast<uint32_t>(at_ + length);
    tokens_.list.push_back(t);
    at_ += length;
    newlines_ = 0;
    in_garbage_ = false;
  }

  void next() {
    const char c = text_[at_];
    if (c == ' ' || c == '\t' || c == '\r') {
      ++at_;
    } else if (c == '\n') {
      ++at_;
      newlines_ = static_cast<uint8_t>(std::min(newlines_ + 1, 2));
    } else if (is_identifier_start(c)) {
      size_t n = 1;
      while (at_ + n < text_.size() && is_identifier_part(text_[at_ + n])) ++n;
      token(TokenKind::identifier, n);
    } else if (is_digit(c)) {
      number();
    } else if (c == '"') {
      string();
    } else if (text_.substr(at_, 2) == "//" || text_.substr(at_, 2) == "/*") {
      comment();
    } else {
      punctuation();
    }
  }

  void number() {
    const NumberLiteral n = scan_number(text_.substr(at_));
    if (!n.error.empty()) error(Code::E0003, n.error, at_, at_ + n.length);
    token(n.floating ? TokenKind::floating : TokenKind::integer, n.length);
    tokens_.list.back().sound = n.error.empty();
  }

  void string() {
    StringLiteral s = scan_string(text_.substr(at_));
    if (!s.terminated) error(Code::E0002, "string has no closing quote on its line", at_, at_ + s.length);
    for (const StringLiteral::Fault& f : s.faults) error(Code::E0004, f.message, at_ + f.begin, at_ + f.end);
    token(TokenKind::string, s.length);
    tokens_.list.back().sound = s.terminated;
    tokens_.list.back().string = static_cast<uint32_t>(tokens_.strings.size());
    tokens_.strings.push_back(std::move(s.text));
  }

  void comment() {
    const std::string_view rest = text_.substr(at_);
    size_t length = std::min(rest.find('\n'), rest.size());
    if (rest[1] == '*') {
      length = block_comment_length(rest);
      if (length == 0) {
        error(Code::E0002, "comment has no closing */", at_, at_ + 2);
        at_ = text_.size();
        cut_off_ = true;
        return;
      }
    }
    CommentToken c;
    c.text = rest.substr(0, length);
    std::erase(c.text, '\r');
    if (rest[1] == '/') c.text.erase(c.text.find_last_not_of(" \t") + 1);
    c.one_line = c.text.find('\n') == std::string::npos;
    c.next = static_cast<uint32_t>(tokens_.list.size());
    c.newlines = newlines_;
    tokens_.comments.push_back(std::move(c));
    at_ += length;
    newlines_ = 0;
  }

  void punctuation() {
    const Punctuation* best = nullptr;  // the longest
    for (const Punctuation& p : kPunctuation)
      if (text_.substr(at_).starts_with(p.text) && (best == nullptr || p.text.size() > best->text.size())) best = &p;
    if (best != nullptr) return token(best->kind, best->text.size());
    // One error for a run of such characters, not one each.
    const size_t n = utf8_length(text_, at_);
    if (!in_garbage_) {
      error(Code::E0001, "unexpected character `" + std::string(text_.substr(at_, n)) + "`", at_, at_ + n);
      tokens_.faults.push_back(static_cast<uint32_t>(at_));
    }
    in_garbage_ = true;
    at_ += foreign(n);
  }

  // How much of the line is skipped with a character of another language: a comment as #, a string in single quotes.
  size_t foreign(size_t n) {
    const std::string_view line = text_.substr(at_, std::min(text_.find('\n', at_), text_.size()) - at_);
    if (line[0] == '#') {
      diagnostics_.back().help = "a comment begins with `//`";
      return line.size();
    }
    const char before = at_ > 0 ? text_[at_ - 1] : ' ';
    if (line.starts_with("→") || (line[0] == '>' && (before == '-' || before == '=')))
      diagnostics_.back().help = "results stand behind `>>`";
    const size_t closing = line[0] == '\'' ? line.find('\'', 1) : std::string_view::npos;
    if (closing == std::string_view::npos) return n;
    diagnostics_.back().help = "a string stands in double quotes";
    return closing + 1;
  }

  FileId file_;
  std::string_view text_;
  Diagnostics& diagnostics_;
  Tokens tokens_;
  size_t at_ = 0;
  uint8_t newlines_ = 0;
  bool in_garbage_ = false;
  bool cut_off_ = false;  // by a comment without an end
};

}  // namespace

Tokens lex(FileId file, const SourceMap& sources, Diagnostics& diagnostics) {
  const std::string_view text = sources.text(file);
  const auto refuse = [&](Code code, std::string message, uint32_t at) {
    diagnostics.emplace_back(code, std::move(message), Span{file, at, at + 1});
    Tokens none;
    none.list.emplace_back();
    return none;
  };
  if (text.size() > kMaxTextBytes)
    return refuse(Code::E0008,
                  "text of " + std::to_string(text.size()) + " bytes, more than " + std::to_string(kMaxTextBytes), 0);
  if (const size_t bad = first_not_utf8(text); bad != std::string_view::npos)
    return refuse(Code::E0007, "this byte is not UTF-8", static_cast<uint32_t>(bad));
  return Lexer(file, text, diagnostics).run();
}

}  // namespace openinfer::dsl
