// Tokens of the graph language, and the comments between them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ir/diagnostic.h"
#include "ir/source.h"

namespace openinfer::dsl {

// clang-format off
#define OINF_PUNCTUATION(X)                                                                                     \
  X(semicolon, ";") X(colon, ":") X(comma, ",") X(dot, ".") X(dot_dot, "..")                                    \
  X(left_parenthesis, "(") X(right_parenthesis, ")") X(left_bracket, "[") X(right_bracket, "]")                 \
  X(left_brace, "{") X(right_brace, "}") X(at, "@") X(equals, "=") X(question_equals, "?=") X(arrow, ">>")      \
  X(plus, "+") X(minus, "-") X(star, "*") X(slash, "/") X(percent, "%")
// clang-format on

enum class TokenKind : uint8_t {
  end,      // of the file
  nothing,  // what a parser sees that has lost its way; never from the lexer
  identifier,
  integer,
  floating,
  string,
#define OINF_X(id, text) id,
  OINF_PUNCTUATION(OINF_X)
#undef OINF_X
};

struct Token {
  TokenKind kind = TokenKind::end;
  uint8_t newlines = 0;  // line ends between it and the token or comment before it: 0, 1, or 2 for more
  bool sound = true;     // false: the lexer has reported it
  uint32_t begin = 0;    // bytes of the file
  uint32_t end = 0;
  uint32_t string = 0;  // of a string: index into Tokens::strings
};

struct CommentToken {
  std::string text;      // with its // or /* */; no \r, no blanks at the end of a //
  uint32_t next = 0;     // index of the token that follows it
  uint8_t newlines = 0;  // as Token's
  bool one_line = true;
};

struct Tokens {
  std::vector<Token> list;             // the last one is `end`
  std::vector<CommentToken> comments;  // in the order of the text
  std::vector<std::string> strings;    // decoded
  std::vector<uint32_t> faults;        // bytes of the text where characters of no token stand, in order
};

// Largest text that is read.
inline constexpr size_t kMaxTextBytes = size_t{16} << 20;

// Always gives tokens; what is wrong goes to `diagnostics`. A text that is not UTF-8, or too large, gives none.
// O(length).
[[nodiscard]] Tokens lex(FileId file, const SourceMap& sources, Diagnostics& diagnostics);

}  // namespace openinfer::dsl
