#include "tests/conformance/case_file.h"

#include <fstream>

namespace openinfer::testing {
namespace {

std::string trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return std::string(text);
}

std::optional<NamedText> pair_of(std::string_view text, char mark) {
  const size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  return NamedText{trimmed(text.substr(0, at)), trimmed(text.substr(at + 1))};
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> list;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    if (const std::string word = trimmed(text.substr(at, end - at)); !word.empty()) list.push_back(word);
    at = end + 1;
  }
  return list;
}

struct Reader {
  CaseFile& file;

  // False: the line is no directive.
  bool line(std::string_view key, std::string_view text) const {
    CaseStep& step = file.steps.back();
    const auto named = [&](std::vector<NamedText>& list) {
      const auto p = pair_of(text, '=');
      if (p) list.push_back(*p);
      return p.has_value();
    };
    if (key == "package-size") return named(file.package_sizes);
    if (key == "metadata") return named(file.metadata);
    if (key == "tensor") return named(file.tensors);
    if (key == "size") return named(file.sizes);
    if (key == "input") return named(step.inputs);
    if (key == "expect") return named(step.emissions);
    if (key == "read") return named(step.reads);
    if (key == "entry") return file.entry = trimmed(text), !file.entry.empty();
    if (key == "views") return file.views = words(text), true;
    if (key == "stop-after") return step.stop_after = std::atoi(trimmed(text).c_str()), step.stop_after > 0;
    if (key == "refused" || key == "expect-error") {
      const auto p = pair_of(text, ':');
      const ExpectedError e{p ? p->first : trimmed(text), p ? p->second : ""};
      if (e.code.size() != 5) return false;
      if (key == "refused")
        file.refused.push_back(e);
      else
        step.error = e;
      return true;
    }
    return false;
  }
};

constexpr std::string_view kKeys[] = {"package-size", "metadata", "tensor", "size",       "input",   "expect",
                                      "read",         "entry",    "views",  "stop-after", "refused", "expect-error"};

}  // namespace

CaseFile read_case(const std::string& path) {
  CaseFile file;
  std::ifstream in(path);
  bool first = true;  // nothing of the first step has been said yet
  for (std::string raw; std::getline(in, raw);) {
    const std::string text = trimmed(raw);
    if (!text.starts_with("// ")) continue;
    const std::string body = text.substr(3);
    if (body == "step" || body == "reset") {
      if (!first || body == "reset") file.steps.emplace_back();
      file.steps.back().reset = body == "reset";
      first = false;
      continue;
    }
    const size_t end = std::min(body.find_first_of(": "), body.size());
    const std::string key = body.substr(0, end);
    bool known = false;
    for (std::string_view k : kKeys) known |= k == key;
    // A sentence may begin with such a word; only `word:` and `expect-error CODE` speak to the runner.
    if (!known || end == body.size() || (body[end] != ':' && key != "expect-error")) continue;
    if (!Reader{file}.line(key, body.substr(end + 1))) file.malformed.push_back(text);
    if (key == "input" || key == "expect" || key == "expect-error" || key == "read" || key == "stop-after")
      first = false;
  }
  return file;
}

}  // namespace openinfer::testing
