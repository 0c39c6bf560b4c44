// Reads the expressions of a template's tags, by recursive descent; the depth is bounded, since evaluation recurses
// too. For parser.cpp, which adds the statements.
#pragma once

#include <algorithm>
#include <initializer_list>

#include "oinf/text/jinja/syntax.h"

namespace openinfer::jinja {

class ExpressionParser {
 protected:
  static constexpr int kMaxDepth = 100;
  using Kind = Expression::Kind;
  using Words = std::initializer_list<std::string_view>;

  explicit ExpressionParser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  // Counts how deep constructs nest.
  struct Depth {
    int& depth;
    explicit Depth(int& d) : depth(d) { ++depth; }
    ~Depth() { --depth; }
  };

  [[nodiscard]] const Token& peek(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  const Token& take() { return tokens_[std::min(at_++, tokens_.size() - 1)]; }
  [[nodiscard]] bool is_op(std::string_view op, size_t ahead = 0) const;
  [[nodiscard]] bool is_word(std::string_view word, size_t ahead = 0) const;
  bool accept_op(std::string_view op) { return is_op(op) ? (++at_, true) : false; }
  bool accept_word(std::string_view word) { return is_word(word) ? (++at_, true) : false; }

  [[nodiscard]] Diagnostic error(const std::string& message) const;
  [[nodiscard]] Diagnostic unexpected() const;
  Status expect_op(std::string_view op);
  Status end_block();
  Result<std::string> name();
  ExpressionPtr make(Kind kind) const;
  static ExpressionPtr join(Kind kind, std::string text, ExpressionPtr a, ExpressionPtr b);

  // One expression, or several with commas between, which are a tuple.
  Result<ExpressionPtr> tuple(bool conditionals = true);
  [[nodiscard]] bool ends_tuple() const;
  Result<ExpressionPtr> expression();
  Result<ExpressionPtr> either();
  Result<ExpressionPtr> both();
  Result<ExpressionPtr> negation();
  Result<ExpressionPtr> compare();

  // Left-associative operators, loosest first: + - below ~ below * / // %.
  Result<ExpressionPtr> sum();
  Result<ExpressionPtr> concat();
  Result<ExpressionPtr> product();
  Result<ExpressionPtr> power();
  Result<ExpressionPtr> unary(bool with_filters);
  Result<ExpressionPtr> primary();
  Status elements(Expression& e, std::string_view close);
  Result<ExpressionPtr> word();

  // Attributes, items, calls.
  Result<ExpressionPtr> postfix(ExpressionPtr value);
  Result<ExpressionPtr> subscript(ExpressionPtr value);

  // ( … ) behind a callee; parts[0] is there already.
  Status arguments(Expression& call);

  // | filters and `is` tests behind a value; without one the chain of a filter block, empty if there is none.
  Result<ExpressionPtr> filters(ExpressionPtr value);
  Result<std::string> dotted_name();
  Result<ExpressionPtr> test(ExpressionPtr value);

  std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace openinfer::jinja
