// The statements of a template.
#include "oinf/text/jinja/expression_parser.h"

namespace openinfer::jinja {
namespace {

class Parser : private ExpressionParser {
 public:
  explicit Parser(std::vector<Token> tokens) : ExpressionParser(std::move(tokens)) {}

  Result<Body> run() {
    OINF_ASSIGN(Body body, body_until({}));
    if (peek().kind != Token::Kind::end) return unexpected();
    return body;
  }

 private:
  // Up to a tag that begins with one of the words, which stays to be read; at the top up to the end.
  Result<Body> body_until(Words stops) {
    const Depth depth(depth_);
    if (depth_ > kMaxDepth) return error("blocks nest too deeply");
    Body body;
    for (;;) {
      const Token& t = peek();
      if (t.kind == Token::Kind::end) {
        if (stops.size() == 0) return body;
        return error("expected `" + std::string(*(stops.end() - 1)) + "`");
      }
      if (t.kind == Token::Kind::text) {
        Statement s;
        s.line = t.line;
        s.name = take().text;
        body.push_back(std::move(s));
        continue;
      }
      if (t.kind == Token::Kind::print_begin) {
        ++at_;
        Statement s;
        s.kind = Statement::Kind::print;
        s.line = t.line;
        OINF_ASSIGN(s.expression, tuple());
        if (peek().kind != Token::Kind::print_end) return unexpected();
        ++at_;
        body.push_back(std::move(s));
        continue;
      }
      if (t.kind != Token::Kind::block_begin) return unexpected();
      for (const std::string_view stop : stops)
        if (is_word(stop, 1)) return body;
      ++at_;
      OINF_ASSIGN(Statement s, statement());
      body.push_back(std::move(s));
    }
  }

  // The body and its closing tag.
  Result<Body> body_to(std::string_view end) {
    OINF_ASSIGN(Body body, body_until({end}));
    at_ += 2;  // the begin of the tag and its word
    OINF_TRY(end_block());
    return body;
  }

  Result<Statement> statement() {
    Statement s;
    s.line = peek().line;
    OINF_ASSIGN(const std::string word, name());
    if (word == "if") return condition(std::move(s));
    if (word == "for") return loop(std::move(s));
    if (word == "set") return set(std::move(s));
    if (word == "macro") return macro(std::move(s));
    if (word == "call") return call_block(std::move(s));
    if (word == "filter") return filter_block(std::move(s));
    if (word == "with") return with(std::move(s));
    if (word == "generation") {
      s.kind = Statement::Kind::scope;
      OINF_TRY(end_block());
      return closed(std::move(s), "endgeneration");
    }
    if (word == "break" || word == "continue") {
      s.kind = word == "break" ? Statement::Kind::leave : Statement::Kind::next;
      if (loops_ == 0) return error("`" + word + "` outside a loop");
      OINF_TRY(end_block());
      return s;
    }
    --at_;
    return error("unknown tag `" + word + "`");
  }

  Result<Statement> closed(Statement s, std::string_view end) {
    OINF_ASSIGN(Body body, body_to(end));
    s.bodies.push_back(std::move(body));
    return s;
  }

  Result<Statement> condition(Statement s) {
    s.kind = Statement::Kind::condition;
    for (bool more = true; more;) {
      OINF_ASSIGN(ExpressionPtr test, tuple());
      s.conditions.push_back(std::move(test));
      OINF_TRY(end_block());
      OINF_ASSIGN(Body body, body_until({"elif", "else", "endif"}));
      s.bodies.push_back(std::move(body));
      ++at_;
      more = accept_word("elif");
    }
    if (accept_word("else")) {
      OINF_TRY(end_block());
      OINF_ASSIGN(Body body, body_until({"endif"}));
      s.bodies.push_back(std::move(body));
      ++at_;
    }
    if (!accept_word("endif")) return error("expected `endif`");
    OINF_TRY(end_block());
    return s;
  }

  // Names, or a tuple of names, that a loop or a `set` binds.
  Status targets(Statement& s) {
    const bool bracket = accept_op("(");
    do {
      if (!s.targets.empty() && (is_op(")") || is_word("in") || is_op("="))) break;
      auto target = make(Kind::name);
      OINF_ASSIGN(target->text, name());
      s.targets.push_back(std::move(target));
      if (is_op(",")) s.unpacks = true;
    } while (accept_op(","));
    return bracket ? expect_op(")") : Status();
  }

  Result<Statement> loop(Statement s) {
    s.kind = Statement::Kind::loop;
    OINF_TRY(targets(s));
    if (!accept_word("in")) return error("expected `in`");
    OINF_ASSIGN(s.expression, tuple(false));
    if (accept_word("if")) {
      OINF_ASSIGN(ExpressionPtr test, expression());
      s.conditions.push_back(std::move(test));
    }
    s.recursive = accept_word("recursive");
    OINF_TRY(end_block());
    ++loops_;
    Result<Body> body = body_until({"else", "endfor"});
    --loops_;
    if (!body.ok()) return std::move(body).error();
    s.bodies.push_back(std::move(body).value());
    ++at_;
    if (accept_word("else")) {
      OINF_TRY(end_block());
      return closed(std::move(s), "endfor");
    }
    ++at_;
    OINF_TRY(end_block());
    return s;
  }

  Result<Statement> set(Statement s) {
    if (peek().kind == Token::Kind::name && is_op(".", 1)) {
      auto target = make(Kind::attribute);
      auto object = make(Kind::name);
      object->text = take().text;
      ++at_;
      OINF_ASSIGN(target->text, name());
      target->parts.push_back(std::move(object));
      s.targets.push_back(std::move(target));
    } else {
      OINF_TRY(targets(s));
    }
    if (accept_op("=")) {
      s.kind = Statement::Kind::set;
      OINF_ASSIGN(s.expression, tuple());
      OINF_TRY(end_block());
      return s;
    }
    s.kind = Statement::Kind::set_block;
    if (s.unpacks) return unexpected();
    OINF_ASSIGN(s.expression, filters(nullptr));
    OINF_TRY(end_block());
    return closed(std::move(s), "endset");
  }

  Status parameters(Statement& s) {
    while (!accept_op(")")) {
      Parameter p;
      OINF_ASSIGN(p.name, name());
      if (accept_op("=")) {
        OINF_ASSIGN(p.value, expression());
      }
      s.parameters.push_back(std::move(p));
      if (!accept_op(",") && !is_op(")")) return error("expected `)`");
    }
    return {};
  }

  Result<Statement> macro(Statement s) {
    s.kind = Statement::Kind::macro;
    OINF_ASSIGN(s.name, name());
    OINF_TRY(expect_op("("));
    OINF_TRY(parameters(s));
    OINF_TRY(end_block());
    return closed_apart(std::move(s), "endmacro");
  }

  Result<Statement> call_block(Statement s) {
    s.kind = Statement::Kind::call_block;
    if (accept_op("(")) OINF_TRY(parameters(s));
    OINF_ASSIGN(s.expression, expression());
    if (s.expression->kind != Kind::call) return error("`call` needs a call");
    OINF_TRY(end_block());
    return closed_apart(std::move(s), "endcall");
  }

  // A body that `break` cannot leave.
  Result<Statement> closed_apart(Statement s, std::string_view end) {
    const int outer = std::exchange(loops_, 0);
    Result<Statement> done = closed(std::move(s), end);
    loops_ = outer;
    return done;
  }

  Result<Statement> filter_block(Statement s) {
    s.kind = Statement::Kind::filter_block;
    --at_;  // the chain is read as if `filter` were a bar
    tokens_[at_] = {Token::Kind::op, peek().line, "|"};
    OINF_ASSIGN(s.expression, filters(nullptr));
    OINF_TRY(end_block());
    return closed(std::move(s), "endfilter");
  }

  Result<Statement> with(Statement s) {
    s.kind = Statement::Kind::with;
    while (peek().kind == Token::Kind::name) {
      Parameter p;
      OINF_ASSIGN(p.name, name());
      OINF_TRY(expect_op("="));
      OINF_ASSIGN(p.value, expression());
      s.parameters.push_back(std::move(p));
      if (!accept_op(",")) break;
    }
    OINF_TRY(end_block());
    return closed(std::move(s), "endwith");
  }

  int loops_ = 0;
};

}  // namespace

Result<Body> parse(std::string_view source) {
  OINF_ASSIGN(std::vector<Token> tokens, tokenize(source));
  return Parser(std::move(tokens)).run();
}

}  // namespace openinfer::jinja
