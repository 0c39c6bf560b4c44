// Texts that nobody means well with: no crash, every error typed, and never more than about linear time.
#include <catch2/catch.hpp>
#include <random>

#include "dsl/format.h"
#include "tests/dsl/texts.h"

using namespace openinfer;
using testing::parse_text;

namespace {

std::string repeat(std::string_view piece, size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += piece;
  return text;
}

// Parses and, as a tool would, shows the errors or the text. What comes out must be what a tool can rely on.
void survive(std::string text) {
  const auto parsed = parse_text(std::move(text));
  if (parsed.diagnostics.empty()) {
    REQUIRE_FALSE(parse_text(dsl::format(parsed.file)).diagnostics.size());
    return;
  }
  for (const Diagnostic& d : parsed.diagnostics) {
    REQUIRE(d.span.valid());
    REQUIRE(d.span.begin <= d.span.end);
    REQUIRE(d.span.begin <= parsed.sources.text(d.span.file).size());
    REQUIRE(code_name(d.code).starts_with("E"));
  }
  REQUIRE(parsed.diagnostics.size() < 1000000);
  REQUIRE_FALSE(parsed.errors().empty());
}

const std::string& llama() {
  static const std::string text = testing::read_file(OPENINFER_SOURCE_DIR "/examples/llama.graph");
  return text;
}

}  // namespace

TEST_CASE("a graph cut off at any byte") {
  for (size_t n = 0; n < llama().size(); ++n) survive(llama().substr(0, n));
}

TEST_CASE("a graph with bytes that flipped") {
  std::mt19937 random(1);
  for (int i = 0; i < 3000; ++i) {
    std::string text = llama();
    for (uint32_t flips = 1 + random() % 4; flips > 0; --flips)
      text[random() % text.size()] = static_cast<char>(random() % (i % 2 == 0 ? 128 : 256));
    survive(text);
  }
}

TEST_CASE("a graph with tokens that went missing, doubled or changed places") {
  std::mt19937 random(2);
  const std::vector<std::string> pieces{
      ";",       "{", "}",  "(",  ")",     "[", "]", ">>", "..", ",", ":", "@", "=", "op", "loop l (i in 0..",
      "sizes {", "-", "\"", "/*", "def f("};
  for (int i = 0; i < 3000; ++i) {
    std::string text = llama();
    for (int edits = 0; edits < 3; ++edits) {
      const size_t at = random() % text.size();
      if (random() % 2 == 0)
        text.erase(at, random() % 20);
      else
        text.insert(at, " " + pieces[random() % pieces.size()] + " ");
    }
    survive(text);
  }
}

TEST_CASE("a megabyte of anything takes about as long as a megabyte of code") {
  std::mt19937 random(3);
  std::string printable, bytes, ascii;
  for (size_t i = 0; i < (1u << 20); ++i) {
    printable += static_cast<char>(32 + random() % 95);
    bytes += static_cast<char>(random() % 256);
    ascii += static_cast<char>(random() % 128);
  }
  constexpr size_t kBytes = size_t{1} << 20;
  std::vector<std::string> texts{printable, bytes, ascii, repeat("block b { ", kBytes),
                                 "block b { " + repeat("loop l (i in 0..1) { ", kBytes)};
  for (const char* piece : {"(",
                            "[",
                            "{",
                            "}",
                            "/*",
                            "/*/",
                            "\"",
                            ";",
                            "a ",
                            "1.",
                            "0x",
                            "x + ",
                            "op ",
                            "op f(",
                            "\\",
                            "@",
                            "\n",
                            "// c\n",
                            "\xC3\xA9",
                            "block b { op f(x) >> y; } ",
                            "block b { loop ",
                            "def f(x: f32) >> (",
                            "include ",
                            "sizes { a = ",
                            "constant { w: f32["})
    texts.push_back(repeat(piece, kBytes));
  for (const char* piece : {"(", "[", "x + ", "x * ", "- ", "1, ", "x[", "min(", "\"a\", ", "floor(1 / "})
    texts.push_back("block b { op f(" + repeat(piece, kBytes));
  texts.push_back("block b { assign x: f32[" + repeat("1 + ", kBytes) + "1]; }");
  texts.push_back("block b { " + repeat("fuse { ", kBytes));
  for (const std::string& text : texts) {
    INFO(text.substr(0, 40));
    survive(text);  // a fraction of a second each; quadratic would be hours, and ctest's limit ends it
  }
}

TEST_CASE("errors of one file are bounded, and the last one says so") {
  const auto parsed = parse_text(repeat("block b { op; }\n", 100000));
  CHECK(parsed.diagnostics.size() == 201);
  CHECK(parsed.diagnostics.back().message == "too many errors; the others are not shown");
}

TEST_CASE("a text above 16 MiB is refused") {
  CHECK(parse_text(std::string((size_t{16} << 20) + 1, ' ')).messages() ==
        std::vector<std::string>{"E0008 text of 16777217 bytes, more than 16777216"});
}
