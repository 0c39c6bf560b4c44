// Expressions, references, indices and values.
#include <algorithm>

#include "dsl/parser.h"

namespace openinfer::dsl {
namespace {

bool is_binary(TokenKind kind, bool term) {
  if (term) return kind == TokenKind::star || kind == TokenKind::slash || kind == TokenKind::percent;
  return kind == TokenKind::plus || kind == TokenKind::minus;
}

ExprKind binary_kind(TokenKind kind) {
  switch (kind) {
    case TokenKind::plus:
      return ExprKind::add;
    case TokenKind::minus:
      return ExprKind::sub;
    case TokenKind::star:
      return ExprKind::mul;
    case TokenKind::slash:
      return ExprKind::div;
    default:
      return ExprKind::mod;
  }
}

std::optional<ExprKind> function_kind(std::string_view word) {
  if (word == "min") return ExprKind::min;
  if (word == "max") return ExprKind::max;
  if (word == "floor") return ExprKind::floor;
  if (word == "ceil") return ExprKind::ceil;
  return std::nullopt;
}

}  // namespace

// ---- expressions
// -----------------------------------------------------------------------------------------------------

ExprId Parser::add_expr(Expr expr, size_t first) {
  if (panic_) return {};
  expr.span = span_from(first);
  int depth = 0;
  const auto below = [&](ExprId id) { depth = std::max<int>(depth, expr_depth_[static_cast<size_t>(id)]); };
  for (ExprId arg : expr.args) below(arg);
  for (const Index& index : expr.ref.index)
    for (const auto* bound : {&index.lo, &index.hi})
      if (*bound && !(*bound)->from_end) below((*bound)->expr);
  if (depth >= kMaxNesting) {
    error(Code::E0006, "expression is more than " + std::to_string(kMaxNesting) + " deep", expr.span);
    return {};
  }
  expr_depth_.push_back(static_cast<uint16_t>(depth + 1));
  return file_.add(std::move(expr));
}

ExprId Parser::parse_expr() {
  const Nesting nesting(*this, expr_nesting_);
  const size_t first = at_;
  ExprId left = parse_term();
  while (is_binary(peek().kind, false)) {
    Expr expr;
    expr.kind = binary_kind(take().kind);
    expr.args = {left, parse_term()};
    left = add_expr(std::move(expr), first);
  }
  return left;
}

ExprId Parser::parse_term() {
  const size_t first = at_;
  ExprId left = parse_factor();
  while (is_binary(peek().kind, true)) {
    Expr expr;
    expr.kind = binary_kind(take().kind);
    expr.args = {left, parse_factor()};
    left = add_expr(std::move(expr), first);
  }
  return left;
}

ExprId Parser::parse_factor() {
  if (at(TokenKind::integer)) return parse_integer();
  if (accept(TokenKind::left_parenthesis)) {
    const ExprId inner = parse_expr();
    expect(TokenKind::right_parenthesis);
    return inner;
  }
  if (!at(TokenKind::identifier)) {
    error_expected("an integer expression");
    return {};
  }
  if (peek(1).kind == TokenKind::left_parenthesis)
    if (const auto kind = function_kind(text(peek()))) return parse_function(*kind);
  const size_t first = at_;
  Expr expr;
  expr.kind = ExprKind::ref;
  expr.ref = parse_ref("a name");
  return add_expr(std::move(expr), first);
}

ExprId Parser::parse_function(ExprKind kind) {
  const size_t first = at_;
  const std::string word(text(take()));
  take();
  Expr expr;
  expr.kind = kind;
  const bool rounds = kind == ExprKind::floor || kind == ExprKind::ceil;
  do expr.args.push_back(parse_expr());
  while (!rounds && accept(TokenKind::comma));
  expect(TokenKind::right_parenthesis);
  if (panic_) return {};
  if (rounds && file_.expr(expr.args[0]).kind != ExprKind::div)
    report(Code::E0005, "`" + word + "` rounds a quotient: " + word + "(a / b)", file_.expr(expr.args[0]).span);
  if (!rounds && expr.args.size() < 2)
    report(Code::E0005, "`" + word + "` takes two or more expressions", span_from(first));
  return add_expr(std::move(expr), first);
}

ExprId Parser::parse_integer() {
  const size_t first = at_;
  const Token& token = take();
  Expr expr;
  expr.kind = ExprKind::integer;
  expr.integer = check_number(token, false).integer;
  expr.spelling = text(token);
  return add_expr(std::move(expr), first);
}

NumberLiteral Parser::check_number(const Token& token, bool negative) {
  NumberLiteral number = scan_number(text(token));
  if (token.sound && number.suffix && !literal_fits(*number.suffix, negative, number))
    report(Code::E0003, std::string(negative ? "-" : "") + std::string(text(token)) + " does not fit its type",
           span(token));
  return number;
}

// ---- references
// ------------------------------------------------------------------------------------------------------

Ref Parser::parse_ref(std::string_view what) {
  Ref ref;
  const size_t first = at_;
  ref.name = expect_ident(what);
  if (accept(TokenKind::left_bracket)) {
    ref.indexed = true;
    if (!at(TokenKind::right_bracket)) do
        ref.index.push_back(parse_index());
      while (accept(TokenKind::comma));
    expect(TokenKind::right_bracket);
  }
  ref.span = span_from(first);
  return ref;
}

Index Parser::parse_index() {
  Index index;
  const size_t first = at_;
  if (!at(TokenKind::dot_dot)) index.lo = parse_bound();
  if (accept(TokenKind::dot_dot)) {
    index.slice = true;
    if (!at(TokenKind::comma) && !at(TokenKind::right_bracket)) index.hi = parse_bound();
  }
  index.span = span_from(first);
  return index;
}

Bound Parser::parse_bound() {
  Bound bound;
  const size_t first = at_;
  if (accept(TokenKind::minus)) {
    if (at(TokenKind::integer)) {
      const Token& token = take();
      bound.from_end = check_number(token, true).integer;
      bound.spelling = text(token);
    } else {
      error_expected("an integer behind `-`");
    }
  } else {
    bound.expr = parse_expr();
  }
  bound.span = span_from(first);
  return bound;
}

// ---- values
// ----------------------------------------------------------------------------------------------------------

Value Parser::parse_value() {
  const Nesting nesting(*this, value_depth_);
  const size_t first = at_;
  Value value;
  if (accept(TokenKind::minus)) return parse_number(true, first);
  if (at(TokenKind::floating) || at_word("inf") || at_word("nan")) return parse_number(false, first);
  if (at_word("true") || at_word("false")) {
    value.kind = ValueKind::boolean;
    value.boolean = text(take()) == "true";
  } else if (at(TokenKind::string)) {
    value.kind = ValueKind::string;
    value.text = tokens_.strings[take().string];
  } else if (accept(TokenKind::left_bracket)) {
    value.kind = ValueKind::list;
    while (!panic_ && !at(TokenKind::right_bracket)) {
      value.list.push_back(parse_value());
      if (!accept(TokenKind::comma)) break;
    }
    expect(TokenKind::right_bracket);
  } else if (at(TokenKind::integer) || at(TokenKind::identifier) || at(TokenKind::left_parenthesis)) {
    value.expr = parse_expr();
  } else {
    error_expected("a value");
  }
  value.span = span_from(first);
  return value;
}

Value Parser::parse_number(bool negative, size_t first) {
  Value value;
  value.negative = negative;
  if (at_word("inf") || at_word("nan")) {
    value.kind = text(take()) == "inf" ? ValueKind::inf : ValueKind::nan;
  } else if (at(TokenKind::integer) || at(TokenKind::floating)) {
    const Token& token = take();
    const NumberLiteral number = check_number(token, negative);
    value.kind = number.floating ? ValueKind::floating : ValueKind::integer;
    value.magnitude = number.integer;
    value.number = number.number;
    value.spelling = text(token);
  } else {
    error_expected("a number behind `-`");
  }
  value.span = span_from(first);
  return value;
}

}  // namespace openinfer::dsl
