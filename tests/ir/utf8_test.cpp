#include "ir/utf8.h"

#include <catch2/catch.hpp>

using namespace openinfer;

TEST_CASE("well-formed UTF-8 is accepted") {
  for (std::string_view text :
       {"", "plain", "√ü€", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF", "\xEE\x80\x80"})
    CHECK(first_not_utf8(text) == std::string_view::npos);
}

TEST_CASE("the first byte that is not UTF-8 is found") {
  CHECK(first_not_utf8("ab\x80") == 2);            // a lone continuation
  CHECK(first_not_utf8("\xC0\xAF") == 0);          // overlong
  CHECK(first_not_utf8("\xE0\x9F\xBF") == 0);      // overlong
  CHECK(first_not_utf8("\xF0\x8F\xBF\xBF") == 0);  // overlong
  CHECK(first_not_utf8("x\xED\xA0\x80") == 1);     // a surrogate
  CHECK(first_not_utf8("\xF4\x90\x80\x80") == 0);  // above U+10FFFF
  CHECK(first_not_utf8("ok\xE2\x82") == 2);        // cut off
}

TEST_CASE("append_utf8 is the inverse of decoding") {
  for (uint32_t code : {0x41u, 0x7Fu, 0x80u, 0x7FFu, 0x800u, 0xFFFFu, 0x10000u, 0x10FFFFu}) {
    std::string s;
    append_utf8(s, code);
    CHECK(utf8_length(s, 0) == s.size());
  }
  std::string euro;
  append_utf8(euro, 0x20AC);
  CHECK(euro == "€");
}
