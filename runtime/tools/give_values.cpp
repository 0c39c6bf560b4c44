#include "runtime/tools/give_values.h"

#include "runtime/adapters/input_value.h"

namespace openinfer {
namespace {

Diagnostic of_prompt_file(Diagnostic d, const std::string& path) {
  d.message = "the prompt from " + (path == "-" ? std::string("standard input") : path) + ": " + d.message;
  return d;
}

Diagnostic no_tokens(const std::string& what, const std::string& input) {
  return Diagnostic(Code::I0001, what + " has no tokens: input `" + input + "` would be empty")
      .with_help("type a text of at least one character");
}

Status give_prompt(Session& session, const RunOptions& o) {
  const std::string name = session.text_input();
  if (name.empty()) return Diagnostic(Code::I0009, "--prompt is for graphs with one @text input that has no default");
  for (const auto* list : {&o.inputs, &o.sets})
    for (const auto& [given, value] : *list)
      if (given == name)
        return Diagnostic(Code::U0001, "`" + name + "` is given twice, by " +
                                           (list == &o.inputs ? "--input" : "--set") + " and by " +
                                           (o.prompt_file.empty() ? "--prompt" : "--prompt-file"));
  std::string text = o.prompt;
  if (!o.prompt_file.empty()) {
    auto read = read_input_file(o.prompt_file);
    if (!read) return of_prompt_file(read.error(), o.prompt_file);
    text = std::move(*read);
  }
  if (Status s = session.set_text(name, {text}); !s)
    return o.prompt_file.empty() ? s.error() : of_prompt_file(s.error(), o.prompt_file);
  if (session.elements(name) == 0)
    return no_tokens("the prompt" + (o.prompt_file.empty() ? "" : " from " + o.prompt_file), name);
  return {};
}

}  // namespace

Status give_values(Session& session, const RunOptions& o) {
  for (const auto& [name, value] : o.inputs) {
    OINF_TRY(session.set_value(name, value));
    // As for --prompt; whoever wants no tokens gives no ids: @[].
    if (value.empty() && name == session.text_input() && session.elements(name) == 0)
      return no_tokens("the text", name);
  }
  for (const auto& [name, value] : o.sets) {
    const auto input = session.program().inputs.find(name);
    if (input != session.program().inputs.end() && !session.program().var(input->second).shape.empty())
      return Diagnostic(Code::U0001, "--set gives scalars, and `" + name + "` is none")
          .with_help("--input " + name + "=VALUE");
    OINF_TRY(session.set_value(name, value));
  }
  if (o.has_prompt) OINF_TRY(give_prompt(session, o));
  if (o.seed) OINF_TRY(session.set_value("seed", std::to_string(*o.seed)));
  return {};
}

}  // namespace openinfer
