#include "oinf/text/jinja/expression_parser.h"

#include <charconv>
#include <cstdlib>

namespace openinfer::jinja {

bool ExpressionParser::is_op(std::string_view op, size_t ahead) const {
  return peek(ahead).kind == Token::Kind::op && peek(ahead).text == op;
}

bool ExpressionParser::is_word(std::string_view word, size_t ahead) const {
  return peek(ahead).kind == Token::Kind::name && peek(ahead).text == word;
}

Diagnostic ExpressionParser::error(const std::string& message) const {
  return {Code::P0030, "line " + std::to_string(peek().line) + ": " + message};
}

Diagnostic ExpressionParser::unexpected() const {
  switch (peek().kind) {
    case Token::Kind::end:
      return error("unexpected end of the template");
    case Token::Kind::block_end:
    case Token::Kind::print_end:
      return error("unexpected end of the tag");
    default:
      return error("unexpected `" + peek().text + "`");
  }
}

Status ExpressionParser::expect_op(std::string_view op) {
  return accept_op(op) ? Status() : Status(error("expected `" + std::string(op) + "`"));
}

Status ExpressionParser::end_block() {
  if (peek().kind != Token::Kind::block_end) return unexpected();
  ++at_;
  return {};
}

Result<std::string> ExpressionParser::name() {
  if (peek().kind != Token::Kind::name) return error("expected a name");
  return take().text;
}

ExpressionPtr ExpressionParser::make(Kind kind) const {
  auto e = std::make_unique<Expression>();
  e->kind = kind;
  e->line = peek().line;
  return e;
}

ExpressionPtr ExpressionParser::join(Kind kind, std::string text, ExpressionPtr a, ExpressionPtr b) {
  auto e = std::make_unique<Expression>();
  e->kind = kind;
  e->line = a->line;
  e->text = std::move(text);
  e->parts.push_back(std::move(a));
  if (b) e->parts.push_back(std::move(b));
  return e;
}

Result<ExpressionPtr> ExpressionParser::tuple(bool conditionals) {
  OINF_ASSIGN(ExpressionPtr first, conditionals ? expression() : either());
  if (!is_op(",")) return first;
  auto e = make(Kind::tuple);
  e->parts.push_back(std::move(first));
  while (accept_op(",")) {
    if (ends_tuple()) break;
    OINF_ASSIGN(ExpressionPtr next, conditionals ? expression() : either());
    e->parts.push_back(std::move(next));
  }
  return e;
}

bool ExpressionParser::ends_tuple() const {
  return peek().kind == Token::Kind::block_end || peek().kind == Token::Kind::print_end || is_op(")") || is_word("if");
}

Result<ExpressionPtr> ExpressionParser::expression() {
  const Depth depth(depth_);
  if (depth_ > kMaxDepth) return error("expressions nest too deeply");
  OINF_ASSIGN(ExpressionPtr value, either());
  while (accept_word("if")) {
    OINF_ASSIGN(ExpressionPtr test, either());
    value = join(Kind::conditional, "", std::move(value), std::move(test));
    if (accept_word("else")) {
      OINF_ASSIGN(ExpressionPtr other, expression());
      value->parts.push_back(std::move(other));
    }
  }
  return value;
}

Result<ExpressionPtr> ExpressionParser::either() {
  OINF_ASSIGN(ExpressionPtr left, both());
  while (accept_word("or")) {
    OINF_ASSIGN(ExpressionPtr right, both());
    left = join(Kind::either, "", std::move(left), std::move(right));
  }
  return left;
}

Result<ExpressionPtr> ExpressionParser::both() {
  OINF_ASSIGN(ExpressionPtr left, negation());
  while (accept_word("and")) {
    OINF_ASSIGN(ExpressionPtr right, negation());
    left = join(Kind::both, "", std::move(left), std::move(right));
  }
  return left;
}

Result<ExpressionPtr> ExpressionParser::negation() {
  const Depth depth(depth_);
  if (depth_ > kMaxDepth) return error("expressions nest too deeply");
  if (!accept_word("not")) return compare();
  OINF_ASSIGN(ExpressionPtr inner, negation());
  return join(Kind::negation, "", std::move(inner), nullptr);
}

Result<ExpressionPtr> ExpressionParser::compare() {
  OINF_ASSIGN(ExpressionPtr left, sum());
  ExpressionPtr chain;
  for (;;) {
    std::string op;
    for (const std::string_view candidate : {"==", "!=", "<", "<=", ">", ">="})
      if (is_op(candidate)) op = candidate;
    if (is_word("in")) op = "in";
    if (is_word("not") && is_word("in", 1)) op = "not in";
    if (op.empty()) break;
    at_ += op == "not in" ? 2 : 1;
    if (!chain) chain = join(Kind::compare, "", std::move(left), nullptr);
    OINF_ASSIGN(ExpressionPtr right, sum());
    chain->parts.push_back(std::move(right));
    chain->operators.push_back(std::move(op));
  }
  return chain ? std::move(chain) : std::move(left);
}

Result<ExpressionPtr> ExpressionParser::sum() {
  OINF_ASSIGN(ExpressionPtr left, concat());
  while (is_op("+") || is_op("-")) {
    const std::string op = take().text;
    OINF_ASSIGN(ExpressionPtr right, concat());
    left = join(Kind::binary, op, std::move(left), std::move(right));
  }
  return left;
}

Result<ExpressionPtr> ExpressionParser::concat() {
  OINF_ASSIGN(ExpressionPtr left, product());
  if (!is_op("~")) return left;
  left = join(Kind::concat, "", std::move(left), nullptr);
  while (accept_op("~")) {
    OINF_ASSIGN(ExpressionPtr right, product());
    left->parts.push_back(std::move(right));
  }
  return left;
}

Result<ExpressionPtr> ExpressionParser::product() {
  OINF_ASSIGN(ExpressionPtr left, power());
  while (is_op("*") || is_op("/") || is_op("//") || is_op("%")) {
    const std::string op = take().text;
    OINF_ASSIGN(ExpressionPtr right, power());
    left = join(Kind::binary, op, std::move(left), std::move(right));
  }
  return left;
}

Result<ExpressionPtr> ExpressionParser::power() {
  OINF_ASSIGN(ExpressionPtr left, unary(true));
  while (accept_op("**")) {
    OINF_ASSIGN(ExpressionPtr right, unary(true));
    left = join(Kind::binary, "**", std::move(left), std::move(right));
  }
  return left;
}

Result<ExpressionPtr> ExpressionParser::unary(bool with_filters) {
  const Depth depth(depth_);
  if (depth_ > kMaxDepth) return error("expressions nest too deeply");
  ExpressionPtr value;
  if (is_op("-") || is_op("+")) {
    const std::string op = take().text;
    OINF_ASSIGN(ExpressionPtr inner, unary(false));
    value = join(Kind::unary, op, std::move(inner), nullptr);
  } else {
    OINF_ASSIGN(value, primary());
    OINF_ASSIGN(value, postfix(std::move(value)));
  }
  if (!with_filters) return value;
  return filters(std::move(value));
}

Result<ExpressionPtr> ExpressionParser::primary() {
  auto e = make(Kind::literal);
  const Token& t = peek();
  switch (t.kind) {
    case Token::Kind::name:
      return word();
    case Token::Kind::string: {
      std::string text = take().text;
      while (peek().kind == Token::Kind::string) text += take().text;
      e->value = Value::of(std::move(text));
      return e;
    }
    case Token::Kind::integer: {
      int64_t value = 0;
      const auto read = std::from_chars(t.text.data(), t.text.data() + t.text.size(), value);
      if (read.ec != std::errc()) return error("the number " + t.text + " is too large");
      e->value = Value::of(value);
      ++at_;
      return e;
    }
    case Token::Kind::real:
      e->value = Value::of(std::strtod(take().text.c_str(), nullptr));
      return e;
    default:
      break;
  }
  if (accept_op("(")) {
    e->kind = Kind::tuple;
    if (accept_op(")")) return e;
    OINF_ASSIGN(ExpressionPtr inner, tuple());
    OINF_TRY(expect_op(")"));
    return inner;
  }
  if (accept_op("[")) {
    e->kind = Kind::list;
    OINF_TRY(elements(*e, "]"));
    return e;
  }
  if (accept_op("{")) {
    e->kind = Kind::dict;
    while (!accept_op("}")) {
      OINF_ASSIGN(ExpressionPtr key, expression());
      OINF_TRY(expect_op(":"));
      OINF_ASSIGN(ExpressionPtr value, expression());
      e->parts.push_back(std::move(key));
      e->parts.push_back(std::move(value));
      if (!accept_op(",") && !is_op("}")) return error("expected `}`");
    }
    return e;
  }
  return unexpected();
}

Status ExpressionParser::elements(Expression& e, std::string_view close) {
  while (!accept_op(close)) {
    OINF_ASSIGN(ExpressionPtr item, expression());
    e.parts.push_back(std::move(item));
    if (!accept_op(",") && !is_op(close)) return error("expected `" + std::string(close) + "`");
  }
  return {};
}

Result<ExpressionPtr> ExpressionParser::word() {
  auto e = make(Kind::literal);
  const std::string text = take().text;
  if (text == "true" || text == "True") {
    e->value = Value::of(true);
  } else if (text == "false" || text == "False") {
    e->value = Value::of(false);
  } else if (text != "none" && text != "None") {
    for (const std::string_view reserved : {"if", "else", "in", "is", "and", "or", "not"})
      if (text == reserved) {
        --at_;
        return unexpected();
      }
    e->kind = Kind::name;
    e->text = text;
  }
  return e;
}

Result<ExpressionPtr> ExpressionParser::postfix(ExpressionPtr value) {
  for (int links = 0;; ++links) {
    if (links > kMaxDepth) return error("expressions nest too deeply");
    if (accept_op(".")) {
      if (peek().kind == Token::Kind::integer) {  // a.0 is a[0]
        auto index = make(Kind::literal);
        index->value = Value::of(static_cast<int64_t>(std::strtol(take().text.c_str(), nullptr, 10)));
        value = join(Kind::item, "", std::move(value), std::move(index));
        continue;
      }
      OINF_ASSIGN(std::string attribute, name());
      value = join(Kind::attribute, std::move(attribute), std::move(value), nullptr);
    } else if (accept_op("[")) {
      OINF_ASSIGN(value, subscript(std::move(value)));
    } else if (is_op("(")) {
      value = join(Kind::call, "", std::move(value), nullptr);
      OINF_TRY(arguments(*value));
    } else {
      return value;
    }
  }
}

Result<ExpressionPtr> ExpressionParser::subscript(ExpressionPtr value) {
  ExpressionPtr parts[3];
  int colons = 0;
  while (!is_op("]")) {
    if (accept_op(":")) {
      if (++colons > 2) return unexpected();
      continue;
    }
    if (parts[colons]) return unexpected();
    OINF_ASSIGN(parts[colons], colons == 0 ? tuple() : expression());
  }
  ++at_;
  if (colons == 0) {
    if (!parts[0]) return error("an index is missing");
    return join(Kind::item, "", std::move(value), std::move(parts[0]));
  }
  value = join(Kind::slice, "", std::move(value), nullptr);
  for (ExpressionPtr& part : parts) value->parts.push_back(std::move(part));
  return value;
}

Status ExpressionParser::arguments(Expression& call) {
  OINF_TRY(expect_op("("));
  while (!accept_op(")")) {
    if (accept_op("**")) {
      OINF_ASSIGN(call.star_star, expression());
    } else if (accept_op("*")) {
      OINF_ASSIGN(call.star, expression());
    } else if (peek().kind == Token::Kind::name && is_op("=", 1)) {
      std::string key = take().text;
      ++at_;
      OINF_ASSIGN(ExpressionPtr value, expression());
      call.named.emplace_back(std::move(key), std::move(value));
    } else {
      if (!call.named.empty()) return error("a positional argument behind a named one");
      OINF_ASSIGN(ExpressionPtr value, expression());
      call.parts.push_back(std::move(value));
    }
    if (!accept_op(",") && !is_op(")")) return error("expected `)`");
  }
  return {};
}

Result<ExpressionPtr> ExpressionParser::filters(ExpressionPtr value) {
  for (int links = 0;; ++links) {
    if (links > kMaxDepth) return error("expressions nest too deeply");
    if (accept_op("|")) {
      auto e = make(Kind::filter);
      OINF_ASSIGN(e->text, dotted_name());
      e->parts.push_back(std::move(value));
      if (is_op("(")) OINF_TRY(arguments(*e));
      value = std::move(e);
    } else if (value && accept_word("is")) {
      const bool negated = accept_word("not");
      OINF_ASSIGN(value, test(std::move(value)));
      if (negated) value = join(Kind::negation, "", std::move(value), nullptr);
    } else if (value && is_op("(")) {
      value = join(Kind::call, "", std::move(value), nullptr);
      OINF_TRY(arguments(*value));
    } else {
      return value;
    }
  }
}

Result<std::string> ExpressionParser::dotted_name() {
  OINF_ASSIGN(std::string text, name());
  while (accept_op(".")) {
    OINF_ASSIGN(const std::string more, name());
    text += "." + more;
  }
  return text;
}

Result<ExpressionPtr> ExpressionParser::test(ExpressionPtr value) {
  auto e = make(Kind::test);
  OINF_ASSIGN(e->text, dotted_name());
  e->parts.push_back(std::move(value));
  if (is_op("(")) {
    OINF_TRY(arguments(*e));
    return e;
  }
  // One argument may stand without brackets: `x is divisibleby 3`.
  const Token::Kind kind = peek().kind;
  const bool literal = kind == Token::Kind::string || kind == Token::Kind::integer || kind == Token::Kind::real ||
                       is_op("[") || is_op("{");
  bool named = kind == Token::Kind::name;
  for (const std::string_view word : {"else", "or", "and", "is", "if", "in", "not", "recursive"})
    if (is_word(word)) named = false;
  if (literal || named) {
    OINF_ASSIGN(ExpressionPtr argument, primary());
    OINF_ASSIGN(argument, postfix(std::move(argument)));
    e->parts.push_back(std::move(argument));
  }
  return e;
}

}  // namespace openinfer::jinja
