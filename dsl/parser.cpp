#include "dsl/parser.h"

#include <algorithm>

#include "dsl/parse.h"

namespace openinfer::dsl {
namespace {

constexpr size_t kMaxErrors = 200;  // of one file: a picture given for a graph must not fill the terminal

std::string_view kind_text(TokenKind kind) {
  switch (kind) {
    case TokenKind::end:
      return "the end of the file";
    case TokenKind::nothing:
      return "nothing";
    case TokenKind::identifier:
      return "a name";
    case TokenKind::integer:
      return "an integer";
    case TokenKind::floating:
      return "a number";
    case TokenKind::string:
      return "a string";
#define OINF_X(id, text) \
  case TokenKind::id:    \
    return "`" text "`";
      OINF_PUNCTUATION(OINF_X)
#undef OINF_X
  }
  return "";
}

}  // namespace

File parse(FileId file, const SourceMap& sources, Diagnostics& diagnostics) {
  return Parser(file, sources, diagnostics).parse_file();
}

Parser::Parser(FileId file, const SourceMap& sources, Diagnostics& diagnostics)
    : file_id_(file), text_(sources.text(file)), tokens_(lex(file, sources, diagnostics)), diagnostics_(diagnostics) {}

// ---- tokens
// ----------------------------------------------------------------------------------------------------------

const Token& Parser::peek(size_t ahead) const {
  static constexpr Token kNothing{TokenKind::nothing};
  if (panic_) return kNothing;
  return tokens_.list[std::min(at_ + ahead, tokens_.list.size() - 1)];
}

bool Parser::at_word(std::string_view word) const { return at(TokenKind::identifier) && text(peek()) == word; }

Span Parser::span_from(size_t first) const {
  const Token& begin = tokens_.list[first];
  return {file_id_, begin.begin, at_ > first ? tokens_.list[at_ - 1].end : begin.end};
}

const Token& Parser::take() {
  const Token& token = tokens_.list[at_];
  if (at_ + 1 < tokens_.list.size()) ++at_;
  return token;
}

bool Parser::accept(TokenKind kind) {
  if (!at(kind)) return false;
  take();
  return true;
}

bool Parser::expect(TokenKind kind, std::string_view where) {
  if (accept(kind)) return true;
  error_expected(std::string(kind_text(kind)) + std::string(where));
  return false;
}

void Parser::expect_semicolon() {
  if (panic_ || accept(TokenKind::semicolon)) return;
  const bool line_ends = peek().newlines > 0 || at(TokenKind::right_brace) || at(TokenKind::end);
  if (!line_ends) return error_expected("`;`");
  const uint32_t end = tokens_.list[at_ - 1].end;
  report(Code::E0005, "expected `;`", {file_id_, end, end});
}

Ident Parser::expect_ident(std::string_view what) {
  if (!at(TokenKind::identifier)) {
    error_expected(what);
    return {};
  }
  const Token& token = take();
  return {std::string(text(token)), span(token)};
}

std::string Parser::expect_string(std::string_view what) {
  if (at(TokenKind::string)) return tokens_.strings[take().string];
  error_expected(what);
  return {};
}

// ---- errors
// ----------------------------------------------------------------------------------------------------------

// The lexer has refused a character of this line and statement.
bool Parser::beside_fault(Span span) const {
  const auto& faults = tokens_.faults;
  const auto after = std::lower_bound(faults.begin(), faults.end(), span.begin);
  constexpr uint32_t kFar = 1000;  // a line of megabytes is not searched once for each of its errors
  const auto joined = [&](uint32_t from, uint32_t to) {
    return to - from < kFar && text_.substr(from, to - from).find_first_of("\n;") == std::string_view::npos;
  };
  return (after != faults.end() && joined(span.begin, *after)) ||
         (after != faults.begin() && joined(*(after - 1), span.begin));
}

Diagnostic* Parser::report(Code code, std::string message, Span span) {
  if (last_error_ == span.begin || errors_ > kMaxErrors) return nullptr;
  // Behind what the lexer has reported nothing needs to be said.
  const bool cut_off = tokens_.list[at_].kind == TokenKind::end && !tokens_.list[at_].sound;
  if (cut_off || (at_ > 0 && !tokens_.list[at_ - 1].sound)) return nullptr;
  if (beside_fault(span)) return nullptr;
  last_error_ = span.begin;
  if (++errors_ > kMaxErrors) message = "too many errors; the others are not shown";
  return &diagnostics_.emplace_back(code, std::move(message), span);
}

Diagnostic* Parser::error(Code code, std::string message, Span span) {
  if (panic_) return nullptr;
  Diagnostic* diagnostic = report(code, std::move(message), span);
  panic_ = true;
  return diagnostic;
}

std::string Parser::found() const {
  switch (peek().kind) {
    case TokenKind::identifier:
    case TokenKind::integer:
    case TokenKind::floating:
      return "`" + std::string(text(peek())) + "`";
    default:
      return std::string(kind_text(peek().kind));
  }
}

void Parser::error_expected(std::string_view what, const std::vector<std::string_view>& candidates) {
  if (panic_) return;
  const std::string_view near = at(TokenKind::identifier) ? nearest_name(text(peek()), candidates) : std::string_view();
  Diagnostic* d = error(Code::E0005, "expected " + std::string(what) + ", found " + found(), span(peek()));
  if (d != nullptr && !near.empty()) d->help = "did you mean `" + std::string(near) + "`?";
}

bool Parser::at_statement() const {
  static constexpr std::string_view kWords[] = {"assign", "barrier", "block",    "branch", "break",   "cache", "call",
                                                "def",    "dep",     "emit",     "fuse",   "include", "loop",  "op",
                                                "return", "sizes",   "transfer", "yield",  "await"};
  if (!at(TokenKind::identifier) || std::find(std::begin(kWords), std::end(kWords), text(peek())) == std::end(kWords))
    return false;
  const TokenKind next = peek(1).kind;
  return next == TokenKind::identifier || next == TokenKind::left_brace || next == TokenKind::dot ||
         next == TokenKind::semicolon || next == TokenKind::string;
}

void Parser::recover(size_t first) {
  panic_ = false;
  size_t depth = 0;
  for (; !at(TokenKind::end); take()) {
    if (depth == 0 && at_ > first && peek().newlines > 0 && at_statement()) return;
    if (at(TokenKind::left_brace)) ++depth;
    if (at(TokenKind::right_brace)) {
      if (depth == 0) return;
      --depth;
      if (depth == 0 && peek(1).kind != TokenKind::arrow) {  // fuse { } >> y; goes on
        take();
        return;
      }
    }
    if (at(TokenKind::semicolon) && depth == 0) {
      take();
      return;
    }
  }
}

bool Parser::reach_body() {
  if (at(TokenKind::left_brace)) return true;
  error_expected("`{`");
  for (size_t i = at_; i < tokens_.list.size(); ++i) {
    const Token& token = tokens_.list[i];
    if (token.kind == TokenKind::left_brace) {
      at_ = i;
      panic_ = false;
      return false;
    }
    if (token.kind == TokenKind::semicolon || token.kind == TokenKind::right_brace) return false;
    if (i > at_ && token.newlines > 0 && token.kind != TokenKind::arrow) return false;
  }
  return false;
}

// ---- depth
// -----------------------------------------------------------------------------------------------------------

Parser::Nesting::Nesting(Parser& parser, int& depth) : depth_(depth) {
  if (++depth_ > kMaxNesting)
    parser.error(Code::E0006, "nested more than " + std::to_string(kMaxNesting) + " deep", parser.span(parser.peek()));
}

}  // namespace openinfer::dsl
