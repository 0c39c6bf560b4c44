// Nodes: what stands in blocks and in the bodies of defs, loops and fuse.
#include "dsl/parser.h"

namespace openinfer::dsl {
namespace {

const std::vector<std::string_view> kNodeWords{"assign", "await", "barrier",  "branch", "break", "cache",
                                               "call",   "dep",   "emit",     "fuse",   "loop",  "op",
                                               "return", "sizes", "transfer", "yield"};
const std::vector<std::string_view> kCacheWords{"read", "write", "increment", "decrement", "reset"};

}  // namespace

void Parser::parse_nodes(std::vector<Node>& nodes, std::vector<Comment>& tail) {
  parse_body(false, tail, [&] {
    if (auto node = parse_node(leading_trivia())) nodes.push_back(std::move(*node));
  });
}

std::optional<Node> Parser::parse_node(Trivia trivia) {
  const Nesting nesting(*this, body_depth_);
  const size_t first = at_;
  auto body = parse_node_body(trivia);
  Node node;
  node.span = span_from(first);
  finish_trivia(trivia);
  node.trivia = std::move(trivia);
  if (panic_ || !body) return std::nullopt;
  node.body = std::move(*body);
  return node;
}

std::optional<NodeBody> Parser::parse_node_body(Trivia& trivia) {
  if (at_word("sizes")) return SizesNode{parse_sizes(trivia, false)};
  if (at_word("loop")) return parse_loop(trivia);
  if (at_word("fuse")) return parse_fuse(trivia);
  const auto word = [&](std::string_view w) {
    if (!at_word(w)) return false;
    take();
    return true;
  };
  NodeBody body;
  if (word("op")) {
    OpNode node;
    node.op = expect_ident("the name of an op");
    node.args = parse_args();
    node.outs = parse_outs();
    body = std::move(node);
  } else if (word("call")) {
    CallNode node;
    node.def = expect_ident("the name of a def");
    node.args = parse_args();
    node.outs = parse_outs();
    body = std::move(node);
  } else if (word("assign")) {
    AssignNode node;
    node.name = expect_ident("the name of a variable");
    expect(TokenKind::colon, " and a type");
    node.type = parse_type();
    body = std::move(node);
  } else if (word("branch")) {
    body = parse_branch();
  } else if (word("break")) {
    body = BreakNode{parse_ref("a condition")};
  } else if (word("return")) {
    body = ReturnNode{};
  } else if (word("barrier")) {
    body = BarrierNode{};
  } else if (word("dep")) {
    body = parse_dep();
  } else if (word("transfer")) {
    TransferNode node;
    node.from = parse_ref("a variable");
    expect(TokenKind::arrow);
    node.to = parse_out(true);
    body = std::move(node);
  } else if (word("yield")) {
    body = YieldNode{parse_names()};
  } else if (word("await")) {
    body = AwaitNode{parse_names()};
  } else if (word("emit")) {
    EmitNode node;
    node.value = parse_ref("a variable");
    node.attributes = parse_attributes();
    body = std::move(node);
  } else if (word("cache")) {
    body = parse_cache();
  } else if (at_memory() && peek(1).kind == TokenKind::left_brace) {
    error(Code::E0005, "memory sections stand in a file or a def, not here", span(peek()));
  } else {
    error_expected("a node", kNodeWords);
  }
  expect_semicolon();
  return body;
}

NodeBody Parser::parse_branch() {
  BranchNode node;
  Ref first = parse_ref("a condition or a block");
  if (!at(TokenKind::identifier)) {
    if (first.indexed) error_expected("the name of a block");
    node.target = std::move(first.name);
    return node;
  }
  node.condition = std::move(first);
  node.target = expect_ident("the name of a block");
  if (at(TokenKind::identifier)) node.otherwise = expect_ident("the name of a block");
  return node;
}

std::optional<NodeBody> Parser::parse_loop(Trivia& trivia) {
  LoopNode node;
  take();
  node.label = expect_ident("the loop's label");
  expect(TokenKind::left_parenthesis);
  node.index = expect_ident("the loop's index");
  if (at_word("in"))
    take();
  else
    error_expected("`in`");
  node.lo = parse_expr();
  expect(TokenKind::dot_dot);
  node.hi = parse_expr();
  expect(TokenKind::right_parenthesis);
  const bool sound = reach_body();
  open_body(trivia);
  parse_nodes(node.body, node.tail);
  if (!sound) return std::nullopt;
  return node;
}

NodeBody Parser::parse_fuse(Trivia& trivia) {
  FuseNode node;
  take();
  open_body(trivia);
  parse_nodes(node.body, node.tail);
  node.outs = parse_outs();
  expect_semicolon();
  return node;
}

NodeBody Parser::parse_dep() {
  DepNode node;
  const auto end = [&](std::string_view word) {
    if (at_word(word))
      take();
    else
      error_expected("`" + std::string(word) + "`");
    expect(TokenKind::left_parenthesis);
    Ident what = parse_what();
    expect(TokenKind::right_parenthesis);
    return what;
  };
  node.after = end("after");
  node.before = end("before");
  return node;
}

Ident Parser::parse_what() {
  const size_t first = at_;
  Ident what = expect_ident("an op or a node word");
  if (accept(TokenKind::dot)) what.text += "." + expect_ident("the second word of a cache node").text;
  what.span = span_from(first);
  return what;
}

NodeBody Parser::parse_cache() {
  expect(TokenKind::dot);
  const auto word = [&](std::string_view w) {
    if (!at_word(w)) return false;
    take();
    return true;
  };
  if (word("read")) {
    CacheReadNode node;
    node.from = parse_ref("a persistent variable");
    expect(TokenKind::arrow);
    node.to = parse_out(true);
    return node;
  }
  if (word("write")) {
    CacheWriteNode node;
    node.from = parse_ref("a variable");
    expect(TokenKind::arrow);
    node.to = parse_ref("a persistent variable");
    return node;
  }
  if (word("increment")) return parse_cache_step(false);
  if (word("decrement")) return parse_cache_step(true);
  if (word("reset")) return CacheResetNode{parse_ref("a persistent variable")};
  error_expected("read, write, increment, decrement or reset", kCacheWords);
  return {};
}

NodeBody Parser::parse_cache_step(bool decrement) {
  CacheStepNode node;
  node.decrement = decrement;
  const bool by_name = at(TokenKind::identifier) && peek(1).kind == TokenKind::identifier;
  if (at(TokenKind::integer) || by_name) {
    const size_t first = at_;
    Value by;
    by.expr = parse_factor();
    by.span = span_from(first);
    node.by = std::move(by);
  }
  node.name = expect_ident("a persistent scalar");
  return node;
}

std::vector<Arg> Parser::parse_args() {
  std::vector<Arg> args;
  expect(TokenKind::left_parenthesis);
  bool attributes = false;
  while (!panic_ && !at(TokenKind::right_parenthesis)) {
    Arg arg;
    const Span begin = span(peek());
    if (at(TokenKind::identifier) && peek(1).kind == TokenKind::equals) {
      arg.name = expect_ident("a name");
      take();
      attributes = true;
    } else if (attributes) {
      report(Code::E0322, "this input stands behind an attribute: inputs come first", begin);
    }
    arg.value = parse_value();
    args.push_back(std::move(arg));
    if (!accept(TokenKind::comma)) break;
  }
  expect(TokenKind::right_parenthesis);
  return args;
}

Outs Parser::parse_outs() {
  Outs outs;
  expect(TokenKind::arrow);
  if (!accept(TokenKind::left_parenthesis)) {
    outs.list.push_back(parse_out(false));
    return outs;
  }
  outs.parenthesised = true;
  do outs.list.push_back(parse_out(false));
  while (accept(TokenKind::comma) && !at(TokenKind::right_parenthesis));
  expect(TokenKind::right_parenthesis);
  if (accept(TokenKind::colon)) outs.common = parse_type();
  return outs;
}

Out Parser::parse_out(bool may_be_indexed) {
  Out out;
  out.ref = parse_ref("an output");
  if (out.ref.indexed && !may_be_indexed)
    report(Code::E0005, "indices are for the outputs of cache.read and transfer; transfer the result there",
           out.ref.span);
  if (accept(TokenKind::colon)) out.type = parse_type();
  return out;
}

std::vector<Ident> Parser::parse_names() {
  std::vector<Ident> names;
  do names.push_back(expect_ident("the name of a variable"));
  while (accept(TokenKind::comma) && !at(TokenKind::semicolon));
  return names;
}

}  // namespace openinfer::dsl
