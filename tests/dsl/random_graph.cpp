#include "tests/dsl/random_graph.h"

#include "ir/literal.h"

namespace openinfer::testing {
namespace {

constexpr int kDepth = 3;

// Words with a meaning somewhere, among others: none of them is reserved.
const std::vector<std::string> kNames{
    "x",     "h",     "W",    "pos", "l",     "T",       "op",    "call",  "size",   "name",  "inf",     "nan",
    "true",  "false", "min",  "max", "floor", "block",   "def",   "graph", "sizes",  "loop",  "include", "in",
    "cache", "read",  "emit", "_",   "a_1_b", "version", "break", "fuse",  "return", "after", "dynamic"};
const std::vector<std::string> kComments{"// a remark", "//", "// √2 … \"quoted\" ; }", "/* one /* nested */ line */",
                                         "/**/"};
const std::vector<std::string> kTypes{"f32", "auto", "i64", "q8_0", "t2", "unheard_of"};
const std::vector<std::string> kStrings{"", "W.{l}", "a \"quote\" and \\ and \n and \x01", "é😀", "// no comment", "}"};

}  // namespace

Ident RandomGraph::name() { return {pick(kNames), {}}; }

std::vector<Ident> RandomGraph::names(size_t least) {
  return list(least, 3, [&] { return name(); });
}

std::vector<Comment> RandomGraph::comments() {
  if (!chance(4)) return {};
  return list(1, 2, [&] {
    if (chance(6)) return Comment{"/* more\n     than one\n line */", chance(3)};
    return Comment{pick(kComments), chance(3)};
  });
}

Trivia RandomGraph::trivia(bool has_body) {
  Trivia t;
  t.leading = comments();
  if (chance(6)) t.trailing = pick(kComments);
  if (has_body && chance(6)) t.opening = chance(2) ? pick(kComments) : "/* a */ // b";
  t.blank_before = chance(4);
  t.blank_below = chance(4);
  return t;
}

std::string RandomGraph::integer_spelling(bool negative) {
  static const std::vector<std::string> kPositive{
      "0", "1", "42", "1_000", "0xfF", "0b101", "0o17", "255u8", "18446744073709551615", "3f32"};
  static const std::vector<std::string> kNegative{"1", "2", "128i8", "0x10", "9223372036854775808i64"};
  return pick(negative ? kNegative : kPositive);
}

ExprId RandomGraph::expr(int depth) {
  Expr e;
  switch (depth <= 0 ? below_(2) : below_(6)) {
    case 0:
      e.spelling = integer_spelling(false);
      e.integer = scan_number(e.spelling).integer;
      break;
    case 1:
    case 2:
      e.kind = ExprKind::ref;
      e.ref = ref(depth - 1, depth > 0 && chance(3));
      break;
    case 3: {
      e.kind = pick(std::vector<ExprKind>{ExprKind::min, ExprKind::max});
      e.args = list(2, 3, [&] { return expr(depth - 1); });
      break;
    }
    case 4: {
      e.kind = pick(std::vector<ExprKind>{ExprKind::floor, ExprKind::ceil});
      Expr quotient;
      quotient.kind = ExprKind::div;
      quotient.args = {expr(depth - 2), expr(depth - 2)};
      e.args = {file_.add(std::move(quotient))};
      break;
    }
    default:
      e.kind = pick(std::vector<ExprKind>{ExprKind::add, ExprKind::sub, ExprKind::mul, ExprKind::div, ExprKind::mod});
      e.args = {expr(depth - 1), expr(depth - 1)};
  }
  return file_.add(std::move(e));
}

Ref RandomGraph::ref(int depth, bool indexed) {
  Ref r;
  r.name = name();
  r.indexed = indexed;
  if (indexed) r.index = list(0, 3, [&] { return index(depth); });
  return r;
}

Index RandomGraph::index(int depth) {
  Index i;
  i.slice = chance(2);
  if (!i.slice || chance(2)) i.lo = bound(depth);
  if (i.slice && chance(2)) i.hi = bound(depth);
  return i;
}

Bound RandomGraph::bound(int depth) {
  Bound b;
  if (chance(4)) {
    b.spelling = integer_spelling(true);
    b.from_end = scan_number(b.spelling).integer;
  } else {
    b.expr = expr(depth);
  }
  return b;
}

Value RandomGraph::value(int depth) {
  static const std::vector<std::string> kFloats{"1.5", "1.", "0.0", "1e-12", "2.5E+3f32", "1_0.0_1"};
  Value v;
  v.kind = static_cast<ValueKind>(below_(depth > 0 ? 8 : 7));
  switch (v.kind) {
    case ValueKind::expr:
      v.expr = expr(depth);
      break;
    case ValueKind::integer:
      v.negative = true;
      v.spelling = integer_spelling(true);
      v.magnitude = scan_number(v.spelling).integer;
      break;
    case ValueKind::floating:
      v.negative = chance(2);
      v.spelling = pick(kFloats);
      v.number = scan_number(v.spelling).number;
      break;
    case ValueKind::inf:
    case ValueKind::nan:
      v.negative = chance(2);
      break;
    case ValueKind::boolean:
      v.boolean = chance(2);
      break;
    case ValueKind::string:
      v.text = pick(kStrings);
      break;
    case ValueKind::list:
      v.list = list(0, 3, [&] { return value(depth - 1); });
      break;
  }
  return v;
}

TypeExpr RandomGraph::type() {
  TypeExpr t;
  t.name = {pick(kTypes), {}};
  t.dims = list(0, 3, [&] { return expr(kDepth - 1); });
  t.has_dims = !t.dims.empty();
  return t;
}

Attribute RandomGraph::attribute() {
  Attribute a;
  a.name = name();
  a.args = list(0, 2, [&] {
    AttributeArg arg;
    if (chance(2)) arg.name = name();
    arg.value = value(2);
    return arg;
  });
  a.has_args = !a.args.empty();
  return a;
}

Decl RandomGraph::decl() {
  Decl d;
  d.name = name();
  if (chance(3)) d.indices = names(1);
  d.type = type();
  d.attributes = list(0, 2, [&] { return attribute(); });
  d.trivia = trivia(false);
  return d;
}

SizesSection RandomGraph::sizes(bool file_level) {
  SizesSection s;
  s.sizes = list(0, 3, [&] {
    SizeDef d;
    d.name = name();
    d.if_absent = file_level && chance(3);
    d.value = expr(kDepth);
    d.trivia = trivia(false);
    return d;
  });
  s.tail = comments();
  return s;
}

MemorySection RandomGraph::memory() {
  MemorySection s;
  s.kind = static_cast<MemoryKind>(below_(4));
  s.decls = list(0, 3, [&] { return decl(); });
  s.tail = comments();
  s.trivia = trivia(true);
  return s;
}

Param RandomGraph::param() {
  Param p;
  p.name = name();
  if (chance(4)) p.indices = names(1);
  p.type = type();
  return p;
}

Out RandomGraph::out(bool indexed) {
  Out o;
  o.ref = ref(1, indexed && chance(2));
  if (chance(2)) o.type = type();
  return o;
}

Outs RandomGraph::outs() {
  Outs o;
  o.list = list(1, 3, [&] { return out(false); });
  o.parenthesised = o.list.size() > 1;
  if (chance(4)) o.common = type();
  return o;
}

std::vector<Arg> RandomGraph::args() {
  auto all = list(0, 3, [&] { return Arg{std::nullopt, value(2)}; });
  for (size_t n = below_(3); n > 0; --n) all.push_back({name(), value(2)});
  return all;
}

Node RandomGraph::node(int depth) {
  Node n;
  n.body = body(depth);
  const bool has_body = std::holds_alternative<SizesNode>(n.body) || std::holds_alternative<LoopNode>(n.body) ||
                        std::holds_alternative<FuseNode>(n.body);
  n.trivia = trivia(has_body);
  return n;
}

NodeBody RandomGraph::body(int depth) {
  const auto nodes = [&] { return list(0, 2, [&] { return node(depth - 1); }); };
  const auto what = [&] { return chance(3) ? Ident{"cache.read", {}} : name(); };
  switch (below_(depth > 0 ? 19 : 17)) {
    case 0:
      return SizesNode{sizes(false)};
    case 1:
      return AssignNode{name(), type()};
    case 2:
      return OpNode{name(), args(), outs()};
    case 3:
      return CallNode{name(), args(), outs()};
    case 4: {
      BranchNode b;
      if (chance(2)) {
        b.condition = ref(1, chance(3));
        if (chance(2)) b.otherwise = name();
      }
      b.target = name();
      return b;
    }
    case 5:
      return BreakNode{ref(1, chance(3))};
    case 6:
      return ReturnNode{};
    case 7:
      return BarrierNode{};
    case 8:
      return DepNode{what(), what()};
    case 9:
      return TransferNode{ref(2, chance(2)), out(true)};
    case 10:
      return YieldNode{names(1)};
    case 11:
      return AwaitNode{names(1)};
    case 12:
      return EmitNode{ref(2, chance(2)), list(0, 2, [&] { return attribute(); })};
    case 13:
      return CacheReadNode{ref(2, chance(2)), out(true)};
    case 14:
      return CacheWriteNode{ref(2, chance(2)), ref(2, chance(2))};
    case 15: {
      CacheStepNode s;
      s.decrement = chance(2);
      s.name = name();
      if (chance(2)) {
        s.by.emplace();
        Expr e;
        if (chance(2)) {
          e.kind = ExprKind::ref;
          e.ref = ref(0, false);
        } else {
          e.spelling = integer_spelling(false);
          e.integer = scan_number(e.spelling).integer;
        }
        s.by->expr = file_.add(std::move(e));
      }
      return s;
    }
    case 16:
      return CacheResetNode{ref(1, chance(2))};
    case 17:
      return LoopNode{name(), name(), expr(kDepth), expr(kDepth), nodes(), comments()};
    default:
      return FuseNode{nodes(), comments(), outs()};
  }
}

Item RandomGraph::item() {
  switch (below_(5)) {
    case 0: {
      Include i;
      i.path = pick(kStrings);
      i.trivia = trivia(false);
      return i;
    }
    case 1:
      return SizesItem{sizes(true), trivia(true)};
    case 2:
      return memory();
    case 3: {
      Def d;
      d.name = name();
      d.params = list(0, 3, [&] { return param(); });
      d.results = list(0, 2, [&] { return param(); });
      d.body = list(0, 3, [&]() -> DefEntry {
        if (chance(4)) return memory();
        return node(2);
      });
      d.tail = comments();
      d.trivia = trivia(true);
      return d;
    }
    default: {
      Block b;
      b.name = name();
      b.nodes = list(0, 4, [&] { return node(2); });
      b.tail = comments();
      b.trivia = trivia(true);
      return b;
    }
  }
}

File RandomGraph::file() {
  file_ = {};
  if (chance(2)) {
    file_.header.emplace();
    file_.header->name = name();
    file_.header->trivia = trivia(false);
  }
  auto items = list(0, 4, [&] { return item(); });
  file_.items = std::move(items);
  file_.tail = comments();
  return std::move(file_);
}

}  // namespace openinfer::testing
