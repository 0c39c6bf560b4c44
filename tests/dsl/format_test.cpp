#include "dsl/format.h"

#include <catch2/catch.hpp>

#include "tests/dsl/texts.h"

using namespace openinfer;
using testing::formatted;

namespace {

// The canonical text of one node.
std::string node(const std::string& text) {
  const std::string all = formatted("block b { " + text + "\n}");
  constexpr std::string_view kBegin = "block b {\n  ", kEnd = "\n}\n";
  return all.substr(kBegin.size(), all.size() - kBegin.size() - kEnd.size());
}

}  // namespace

TEST_CASE("blanks are put where they help to read") {
  CHECK(node("op   add ( x ,y,axis = -1 , )>>z : f32[ H*W,2 ] ;") == "op add(x, y, axis=-1) >> z: f32[H*W, 2];");
  CHECK(node("op f(a*b+c, S/H, 2*n, (a+b)*c, floor(a*b/c)) >> x;") ==
        "op f(a * b + c, S / H, 2*n, (a + b) * c, floor(a * b / c)) >> x;");
  CHECK(node("transfer K[ a*b , c - 1 .. , ..- 2,..]>>x[]:f32;") == "transfer K[a*b, c - 1.., ..-2, ..] >> x[]: f32;");
  CHECK(node("loop l(i in 0..2 * n){}") == "loop l (i in 0..2*n) {\n  }");
  CHECK(node("op f() >> (x);") == "op f() >> x;");
  CHECK(node("op f() >> ( x,y , ):f32[];") == "op f() >> (x, y): f32;");
  CHECK(node("emit x@image( )@text(a=1);") == "emit x @image @text(a=1);");
  CHECK(node("branch c yes no;") == "branch c yes no;");
  CHECK(node("yield a,b,;") == "yield a, b;");
}

TEST_CASE("parentheses stand where they mean something") {
  CHECK(node("assign x: f32[((a)), (a*b)+c, a-(b-c), (a-b)-c, a*(b/c), (a/b)*c, a/(b*c)];") ==
        "assign x: f32[a, a*b + c, a - (b - c), a - b - c, a*(b/c), (a/b)*c, a/(b*c)];");
  CHECK(node("op f((inf), (inf) + 1, x + inf) >> y;") == "op f((inf), (inf + 1), x + inf) >> y;");
}

TEST_CASE("numbers and strings keep their meaning, numbers their spelling") {
  CHECK(node("op f(0xfF, 1_000, 1., 2.50, 1E5f32, -0b1i8) >> x;") ==
        "op f(0xfF, 1_000, 1., 2.50, 1E5f32, -0b1i8) >> x;");
  CHECK(node(R"(call f("a\u0041\/\"\\\u0007é\ud83d\ude00") >> x;)") == "call f(\"aA/\\\"\\\\\\u0007é😀\") >> x;");
}

TEST_CASE("columns of declarations are aligned up to an empty line") {
  CHECK(formatted("constant{a:f32 @init(1);long_name:f32[2,2];b(l):i32@table@fixed(l=2);\n\nc:f32;}") ==
        "constant {\n"
        "  a:         f32 @init(1);\n"
        "  long_name: f32[2, 2];\n"
        "  b(l):      i32 @table @fixed(l=2);\n"
        "\n"
        "  c: f32;\n"
        "}\n");
}

TEST_CASE("short sections stand on one line") {
  CHECK(formatted("dynamic {\n x: f32;\n}") == "dynamic { x: f32; }\n");
  CHECK(formatted("sizes {\n a = 1;\n}") == "sizes { a = 1; }\n");
  CHECK(formatted("dynamic {\n x: f32; // c\n}") ==
        "dynamic {\n  x: f32;                                                   // c\n}\n");
  CHECK(formatted("dynamic { }") == "dynamic {}\n");
  CHECK(node("sizes {\n a = 1;\n b = 2;\n}") == "sizes { a = 1;  b = 2; }");
}

TEST_CASE("comments behind code stand in column 61, or two blanks behind longer code") {
  const std::string code(48, 'x');
  CHECK(node("break a; // c") == "break a;" + std::string(50, ' ') + "// c");
  CHECK(node("break " + code + "xxxxxx; // c") == "break " + code + "xxxxxx;  // c");
}

TEST_CASE("comments inside a statement move above it") {
  CHECK(node("op /* a */ f( // b\n x) >> y; // c") ==
        "/* a */\n  // b\n  op f(x) >> y;                                             // c");
}

TEST_CASE("at most one empty line is kept, and none at the edges of a body") {
  CHECK(formatted("\n\nblock b {\n\n\n  return;\n\n\n\n  // c\n\n\n  return;\n\n}\n\n\n// end\n\n") ==
        "block b {\n  return;\n\n  // c\n\n  return;\n}\n\n// end\n");
}

TEST_CASE("blocks and defs stand apart") {
  CHECK(formatted("sizes { a = 1; } block b { return; } // c\nblock c {}\ndynamic { x: f32; }") ==
        "sizes { a = 1; }\n\nblock b {\n  return;\n}" + std::string(57, ' ') +
            "  // c\n\nblock c {}\n\ndynamic { x: f32; }\n");
}

TEST_CASE("long lines are broken in front of >>, or else between arguments") {
  const std::string x(30, 'x');
  CHECK(node("op f(" + x + ", " + x + ", " + x + ") >> " + x + ";") ==
        "op f(" + x + ", " + x + ", " + x + ")\n      >> " + x + ";");
  CHECK(node("op f(" + x + ", " + x + ", " + x + ", " + x + ") >> y;") ==
        "op f(" + x + ", " + x + ", " + x + ",\n      " + x + ") >> y;");
  const std::string name = "\"" + std::string(50, 'n') + "\"";
  CHECK(formatted("constant { w: auto[D] @ref(" + name + ", " + name + ") @default(1); b: f32; }") ==
        "constant {\n  w: auto[D] @ref(" + name + ",\n                  " + name + ") @default(1);\n  b: f32;\n}\n");
}
