#include "dsl/parse.h"

#include <catch2/catch.hpp>

#include "tests/dsl/texts.h"

using namespace openinfer;
using testing::parse_text;
using testing::Parsed;

namespace {

Parsed sound(const std::string& text) {
  Parsed p = parse_text(text);
  INFO(p.errors());
  REQUIRE(p.diagnostics.empty());
  return p;
}

// The nodes of `block entry { … }`.
struct Nodes {
  Parsed parsed;
  explicit Nodes(const std::string& text) : parsed(sound("block entry {" + text + "}")) {}
  template <class T>
  const T& get(size_t i = 0) const {
    return std::get<T>(std::get<Block>(parsed.file.items.at(0)).nodes.at(i).body);
  }
  const Expr& expr(ExprId id) const { return parsed.file.expr(id); }
};

}  // namespace

TEST_CASE("a file has a header and items") {
  const Parsed p = sound(
      "\xEF\xBB\xBFgraph demo version 1;\n"
      "include \"lib/rope.graph\";\n"
      "sizes { D = 4; ctx ?= min(8, D); }\n"
      "dynamic { x: f32[D]; }\n"
      "def f(a: f32[D], K(l, t): f32[D], n: size, p: name,) >> (b: f32[D]) { constant { w: auto[D]; } op add(a, w) >> "
      "b; }\n"
      "block entry { }\n");
  REQUIRE(p.file.header);
  CHECK(p.file.header->name.text == "demo");
  REQUIRE(p.file.items.size() == 5);
  CHECK(std::get<Include>(p.file.items[0]).path == "lib/rope.graph");
  const auto& sizes = std::get<SizesItem>(p.file.items[1]).sizes.sizes;
  CHECK_FALSE(sizes[0].if_absent);
  CHECK(sizes[1].if_absent);
  CHECK(p.file.expr(sizes[1].value).kind == ExprKind::min);
  const auto& def = std::get<Def>(p.file.items[3]);
  CHECK(def.params.size() == 4);
  CHECK(def.params[1].indices.size() == 2);
  CHECK(def.body.size() == 2);
}

TEST_CASE("no word is reserved") {
  sound(
      "graph graph version 1;\n"
      "sizes { sizes = 1; block = min; inf = 2; graph = 3; }\n"
      "dynamic { dynamic: i32; def(end): f32 @table; include: bool; op: i32[min(block, max)]; version: f32[inf]; }\n"
      "def def(block: f32, size: size) >> (loop: f32) { op op(block, fuse=fuse) >> loop; }\n"
      "block block { op min(op, floor, true=false) >> yield; loop loop (in in in..in) { break break; } branch op op "
      "op; "
      "emit emit @emit; transfer transfer >> transfer; cache.increment min cache; cache.decrement decrement; "
      "yield yield, await; dep after(before) before(after); branch return; }\n");
}

TEST_CASE("every node") {
  const Nodes n(
      "assign h: f32[B, D]; op f(a, W[l], k=1) >> x; op f(a) >> (x, y): f32[2]; op f() >> (x: f32, y: i32,);"
      "branch b; branch c b; branch c[0] b d; loop l (i in 0..n + 1) { return; } break c; barrier;"
      "dep after(conv) before(cache.read); transfer a[0] >> b[..2]: f32[2]; yield x, y,; await x;"
      "cache.read K[i, ..] >> x; cache.write x >> K[]; cache.increment T t; cache.increment 2 t; cache.decrement t;"
      "cache.reset K[i]; sizes { e = pos + T; } emit x @text @image(mean=[0.5, 1]); call f(x, \"p.{i}\", 3) >> y;"
      "fuse { op exp(x) >> e; } >> e: f32; return;");
  CHECK(n.get<OpNode>(1).args.size() == 3);
  CHECK(n.get<OpNode>(2).outs.common->dims.size() == 1);
  CHECK(n.get<OpNode>(3).outs.list[1].type->name.text == "i32");
  CHECK_FALSE(n.get<BranchNode>(4).condition);
  CHECK(n.get<BranchNode>(4).target.text == "b");
  CHECK(n.get<BranchNode>(5).condition->name.text == "c");
  CHECK(n.get<BranchNode>(6).otherwise->text == "d");
  CHECK(n.get<LoopNode>(7).body.size() == 1);
  CHECK(n.get<DepNode>(10).before.text == "cache.read");
  CHECK(n.get<TransferNode>(11).to.ref.index[0].slice);
  CHECK(n.get<YieldNode>(12).names.size() == 2);
  CHECK(n.get<CacheWriteNode>(15).to.indexed);
  CHECK(n.get<CacheWriteNode>(15).to.index.empty());
  CHECK(n.expr(n.get<CacheStepNode>(16).by->expr).ref.name.text == "T");
  CHECK(n.expr(n.get<CacheStepNode>(17).by->expr).integer == 2);
  CHECK(n.get<CacheStepNode>(18).decrement);
  CHECK_FALSE(n.get<CacheStepNode>(18).by);
  CHECK(n.get<EmitNode>(21).attributes[1].args[0].value.list.size() == 2);
  CHECK(n.get<FuseNode>(23).body.size() == 1);
}

TEST_CASE("products bind tighter than sums, and both group to the left") {
  const Nodes n("assign x: f32[a - b - c, a + b * c, (a + b) * c, a / b % c];");
  const auto& dims = n.get<AssignNode>().type.dims;
  CHECK(n.expr(n.expr(dims[0]).args[0]).kind == ExprKind::sub);
  CHECK(n.expr(n.expr(dims[1]).args[1]).kind == ExprKind::mul);
  CHECK(n.expr(n.expr(dims[2]).args[0]).kind == ExprKind::add);
  CHECK(n.expr(dims[3]).kind == ExprKind::mod);
}

TEST_CASE("values are told apart by their first token") {
  const Nodes n(
      "op f(1, 1.5, -2, -1e3, inf, -inf, nan, true, \"a\\u00e9\\n\", [], [1, [x,],], x + 1, (inf), 255u8, -128i8, "
      "K[..-1]) >> y;");
  const auto& args = n.get<OpNode>().args;
  const auto kind = [&](size_t i) { return args.at(i).value.kind; };
  CHECK(kind(0) == ValueKind::expr);
  CHECK(args[1].value.number == 1.5);
  CHECK(kind(2) == ValueKind::integer);
  CHECK(args[2].value.negative);
  CHECK(args[3].value.number == 1000);
  CHECK(kind(4) == ValueKind::inf);
  CHECK(args[5].value.negative);
  CHECK(kind(6) == ValueKind::nan);
  CHECK(args[7].value.boolean);
  CHECK(args[8].value.text == "aé\n");
  CHECK(args[10].value.list[1].list.size() == 1);
  CHECK(n.expr(args[11].value.expr).kind == ExprKind::add);
  CHECK(n.expr(args[12].value.expr).ref.name.text == "inf");
  CHECK(n.expr(args[13].value.expr).spelling == "255u8");
  CHECK(args[14].value.magnitude == 128);
  CHECK(n.expr(args[15].value.expr).ref.index[0].hi->from_end == 1u);
}

TEST_CASE("indices are numbers, expressions and slices") {
  const Nodes n("break K[0, i + 1, -2, .., 1.., ..n, 0..4, -3..-1];");
  const auto& index = n.get<BreakNode>().condition.index;
  REQUIRE(index.size() == 8);
  CHECK_FALSE(index[1].slice);
  CHECK(index[2].lo->from_end == 2u);
  CHECK((index[3].slice && !index[3].lo && !index[3].hi));
  CHECK((index[4].lo && !index[4].hi));
  CHECK((!index[5].lo && index[5].hi));
  CHECK(n.expr(index[6].hi->expr).integer == 4);
  CHECK(index[7].hi->from_end == 1u);
}

TEST_CASE("everything has the span of its text") {
  const Parsed p = sound("block b {\n  op add(x[0], 2*n) >> y: f32[n]; // c\n}\n");
  const auto& block = std::get<Block>(p.file.items[0]);
  const Node& node = block.nodes[0];
  const auto& op = std::get<OpNode>(node.body);
  CHECK(p.sources.text(node.span) == "op add(x[0], 2*n) >> y: f32[n];");
  CHECK(p.sources.text(op.op.span) == "add");
  CHECK(p.sources.text(op.args[0].value.span) == "x[0]");
  CHECK(p.sources.text(p.file.expr(op.args[1].value.expr).span) == "2*n");
  CHECK(p.sources.text(op.outs.list[0].type->span) == "f32[n]");
  CHECK(p.sources.text(block.span).ends_with("}"));
}

TEST_CASE("comments belong to what they stand at") {
  const Parsed p = sound(
      "// of the file\n\n// of the block\nblock b { // behind the brace\n  // above\n\n  return; /* behind */ // "
      "too\n\n"
      "  op /* in */ f() >> // in too\n    x;\n  // last\n} // behind it all\n// end");
  const auto& block = std::get<Block>(p.file.items[0]);
  CHECK(block.trivia.leading.size() == 2);
  CHECK(block.trivia.leading[1].blank_before);
  CHECK(block.trivia.opening == "// behind the brace");
  CHECK(block.trivia.trailing == "// behind it all");
  CHECK(block.nodes[0].trivia.leading[0].text == "// above");
  CHECK(block.nodes[0].trivia.blank_below);
  CHECK(block.nodes[0].trivia.trailing == "/* behind */ // too");
  CHECK(block.nodes[1].trivia.blank_before);
  CHECK(block.nodes[1].trivia.leading.size() == 2);
  CHECK(block.tail[0].text == "// last");
  CHECK(p.file.tail[0].text == "// end");
}

TEST_CASE("all errors of a file are found, each once") {
  const Parsed p = parse_text(
      "dynamic { x f32; y: i32[; z: f32; }\n"
      "block a {\n"
      "  op add(x, y >> z;\n"
      "  opp mul(x) >> y;\n"
      "  loop l (i on 0..3) {\n"
      "    emit 5;\n"
      "  }\n"
      "  op relu(x) >> y\n"
      "  op sqrt(x) >> y;\n"
      "}\n"
      "blok b { }\n"
      "block c { return }\n");
  CHECK(p.messages() == std::vector<std::string>{
                            "E0005 expected `:` and a type, found `f32`",
                            "E0005 expected an integer expression, found `;`",
                            "E0005 expected `)`, found `>>`",
                            "E0005 expected a node, found `opp`",
                            "E0005 expected `in`, found `on`",
                            "E0005 expected a variable, found `5`",
                            "E0005 expected `;`",
                            "E0005 expected include, sizes, a memory section, def or block, found `blok`",
                            "E0005 expected `;`",
                        });
  CHECK(p.file.items.size() == 3);
  CHECK(std::get<Block>(p.file.items[1]).nodes.size() == 2);
}

TEST_CASE("a missing brace is reported where the next item begins") {
  const Parsed p = parse_text("block a {\n  loop l (i in 0..2) {\n    return;\n\nblock b { return; }\n");
  REQUIRE(p.diagnostics.size() == 1);
  CHECK(p.diagnostics[0].message == "expected `}`, found `block`");
  CHECK(p.sources.place(p.diagnostics[0].notes[0].span) == "test.graph:2:22");
  CHECK(p.file.items.size() == 2);
}

TEST_CASE("depth is limited, far beyond what people write") {
  const auto parentheses = [](size_t n) {
    return "block b { assign x: f32[" + std::string(n, '(') + "1" + std::string(n, ')') + "]; }";
  };
  CHECK(parse_text(parentheses(200)).diagnostics.empty());
  CHECK(parse_text(parentheses(300)).messages() == std::vector<std::string>{"E0006 nested more than 256 deep"});

  std::string sum = "1";
  for (int i = 0; i < 300; ++i) sum += " + 1";
  CHECK(parse_text("sizes { a = " + sum + "; b = 2 2; }").messages() ==
        std::vector<std::string>{"E0006 expression is more than 256 deep", "E0005 expected `;`, found `2`"});
}
