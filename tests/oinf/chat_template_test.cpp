// Chat templates against what Jinja2 makes of them: small ones of every feature (tests/data/jinja/make.py), and real
// ones that lie beside the project (../shared/data/chat-templates, or where OPENINFER_SHARED_DATA says).
#include "oinf/text/chat_template.h"

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/oinf/tokenizer_fixture.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

using Json = nlohmann::ordered_json;

// Noon of 26 July 2026, in local time.
std::time_t the_day() {
  std::tm day{};
  day.tm_year = 126;
  day.tm_mon = 6;
  day.tm_mday = 26;
  day.tm_hour = 12;
  day.tm_isdst = -1;
  return std::mktime(&day);
}

Result<std::string> rendered(const std::string& source, const std::string& context) {
  OINF_ASSIGN(const ChatTemplate parsed, ChatTemplate::parse(source));
  return parsed.render(context, the_day());
}

void compare(const std::string& source, const std::string& context, const Json& expected) {
  INFO(source);
  const auto text = rendered(source, context);
  if (expected.contains("text")) {
    INFO((text.ok() ? std::string() : text.error().message));
    REQUIRE(text.ok());
    CHECK(*text == expected["text"].get<std::string>());
    return;
  }
  REQUIRE_FALSE(text.ok());
  // What does not parse has our own words, with the line.
  if (text.error().code != Code::P0030) CHECK(text.error().message == expected["error"].get<std::string>());
}

std::string code(const std::string& source, const std::string& context = "{}") {
  const auto text = rendered(source, context);
  return text.ok() ? "" : std::string(code_name(text.error().code));
}

}  // namespace

TEST_CASE("chat template: every feature gives the bytes that Jinja2 gives") {
  const Json file = Json::parse(read_file(std::string(OPENINFER_SOURCE_DIR) + "/tests/data/jinja/cases.json"));
  const std::string context = file["context"].dump();
  for (const Json& one : file["cases"]) compare(one["template"].get<std::string>(), context, one);
  CHECK(file["cases"].size() >= 100);
}

TEST_CASE("chat template: real templates give the bytes that they give elsewhere, errors included") {
  namespace fs = std::filesystem;
  const char* own = std::getenv("OPENINFER_SHARED_DATA");
  const fs::path folder =
      (own != nullptr ? fs::path(own) : fs::path(OPENINFER_SOURCE_DIR) / "../shared/data") / "chat-templates";
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    WARN("skipped: no folder " << folder);
    return;
  }
  const Json expected = Json::parse(read_file((folder / "expected.json").string()));
  size_t templates = 0;
  for (const auto& [name, cases] : expected.items()) {
    const std::string source = read_file((folder / name).string());
    for (const Json& one : cases) compare(source, one["context"].dump(), one);
    ++templates;
  }
  CHECK(templates >= 10);
}

TEST_CASE("chat template: time, memory and depth are bounded") {
  CHECK(code("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}") == "I0010");
  CHECK(code("{% set ns = namespace(s='x') %}{% for a in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}") ==
        "I0010");
  CHECK(code("{{ 'x' * 999999999999 }}") == "I0010");
  CHECK(code("{{ [1] * 999999999999 }}") == "I0010");
  CHECK(code("{{ 'x'.ljust(999999999999) }}") == "I0010");
  CHECK(code("{{ 'a'.replace('', 'x' * 99999999).replace('', 'x' * 99999999) }}") == "I0010");
  CHECK(code("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}") == "I0010");
  CHECK(code("{{ range(9999999) }}") == "I0010");
  CHECK(code("{{ 9223372036854775807 + 1 }}") == "I0010");
  CHECK(code("{{ '%999999d' % 1 }}") == "I0010");
  CHECK(code("{{ (9223372036854775807 * -1 - 1) // -1 }}") == "I0010");
  CHECK(code(std::string(100000, '(')) == "");  // text
  CHECK(code("{{ " + std::string(100000, '(')) == "P0030");
  CHECK(code("{{ " + std::string(100000, '[')) == "P0030");
  CHECK(code("{{ " + std::string(100000, '-') + "1 }}") == "P0030");
  std::string nots, ifs, dots = "{{ a", filters = "{{ a";
  for (int i = 0; i < 100000; ++i) {
    nots += "not ";
    ifs += "{% if a %}";
    dots += ".a";
    filters += "|e";
  }
  CHECK(code("{{ " + nots + "a }}") == "P0030");
  CHECK(code(ifs) == "P0030");
  CHECK(code(dots + " }}") == "P0030");
  CHECK(code(filters + " }}") == "P0030");
  std::string nested;
  for (int i = 0; i < 1000; ++i) nested += "[";
  CHECK(code("x", R"({"a":)" + nested) == "I0006");
  CHECK(code("x", "[]") == "I0006");
  // Things that hold themselves are let go of.
  CHECK(code("{% set ns = namespace() %}{% set ns.me = ns %}{{ ns.me.me is defined }}") == "");
}

TEST_CASE("chat template: a template that is cut anywhere is an error or a text") {
  const std::string source =
      "{%- set ns = namespace(a=[1, {'b': \"c\"}]) -%}{% for m in x if m is not none %}{{ m[1:-1] | join(', ') ~ '\\n' "
      "}}"
      "{% else %}{# c #}{% raw %}{{{% endraw %}{% endfor %}{% macro f(a, b=1) %}{{ a }}{% endmacro %}{{ f(1, *[2], "
      "**{}) }}";
  for (size_t size = 0; size <= source.size(); ++size) {
    const std::string got = code(source.substr(0, size), R"({"x":["abc"]})");
    CHECK((got.empty() || got == "P0030" || got == "I0010"));
  }
  for (size_t at = 0; at < source.size(); ++at) {
    std::string bad = source;
    for (const char c : std::string_view("{}%(|'\x80\0", 8)) {
      bad[at] = c;
      const std::string got = code(bad, R"({"x":["abc"]})");
      CHECK((got.empty() || got == "P0030" || got == "I0010"));
    }
  }
}
