#include "oinf/tools/token_lines.h"

#include <istream>
#include <ostream>
#include <string>
#include <vector>

#include "oinf/text/json_access.h"

namespace openinfer {
namespace {

using text_json::Json;

Result<std::string> tokenize_line(const Tokenizer& tokenizer, const Json& line, bool special) {
  if (!line.is_string()) return Diagnostic(Code::I0006, "a JSON string is needed");
  OINF_ASSIGN(const std::vector<int32_t> ids, tokenizer.encode(line.get_ref<const std::string&>(), {special, special}));
  return Json(ids).dump();
}

Result<std::string> detokenize_line(const Tokenizer& tokenizer, const Json& line, bool special) {
  if (!line.is_array()) return Diagnostic(Code::I0006, "a JSON list of ids is needed");
  StreamDecoder stream(tokenizer, special);
  std::string text;
  for (const Json& id : line) {
    const bool past = id.is_number_unsigned() && id.get<uint64_t>() > uint64_t{INT64_MAX};
    if (!id.is_number_integer() || past) return Diagnostic(Code::I0006, "`" + id.dump() + "` is no token id");
    // In a run such an id is the graph's fault (R0001); here it is what was typed.
    const auto shown = stream.push(id.get<int64_t>());
    if (!shown.ok()) return Diagnostic(Code::I0006, shown.error().message);
    text += *shown;
  }
  return Json(text + stream.finish()).dump();
}

template <class Convert>
Status each_line(const Tokenizer& tokenizer, std::istream& in, std::ostream& out, bool special, Convert convert) {
  std::string line;
  for (uint64_t number = 1; std::getline(in, line); ++number) {
    const auto run = [&]() -> Result<std::string> {
      OINF_ASSIGN(const Json json, text_json::parse(line, Code::I0006, "the line"));
      return convert(tokenizer, json, special);
    };
    Result<std::string> made = run();
    if (!made.ok()) {
      Diagnostic error = std::move(made).error();
      error.message = "line " + std::to_string(number) + ": " + error.message;
      return error;
    }
    if (!(out << *made << '\n')) return Diagnostic(Code::R0007, "standard output cannot be written");
  }
  if (!out.flush()) return Diagnostic(Code::R0007, "standard output cannot be written");
  return {};
}

}  // namespace

Status tokenize_lines(const Tokenizer& tokenizer, std::istream& in, std::ostream& out, bool special) {
  return each_line(tokenizer, in, out, special, tokenize_line);
}

Status detokenize_lines(const Tokenizer& tokenizer, std::istream& in, std::ostream& out, bool special) {
  return each_line(tokenizer, in, out, special, detokenize_line);
}

}  // namespace openinfer
