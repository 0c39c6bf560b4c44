// A Diagnostic is an error with a code, a place and what a person needs to mend it. Codes stand in codes.def; their
// first letter names the kind and so the exit status of the tools:
//   E graph (3)   P package or source file (4)   I input value (5)   U usage (2)   R run time (1)   C cancelled (130)
// X is a fault of this program, never of its input (1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ir/source.h"

namespace openinfer {

enum class Code : uint16_t {
#define OINF_CODE(id, title) id,
#include "ir/codes.def"
#undef OINF_CODE
};

[[nodiscard]] std::string_view code_name(Code code);   // "E0101"
[[nodiscard]] std::string_view code_title(Code code);  // "unknown op"
[[nodiscard]] int exit_status(Code code);
[[nodiscard]] const std::vector<Code>& all_codes();

struct Note {
  std::string message;
  Span span;  // may be none
};

struct Diagnostic {
  Code code;
  std::string message;      // one line, no full stop: what is wrong, with what was expected and found
  Span span;                // where; none for errors without a source text
  std::vector<Note> notes;  // where the other side was declared, call chain of defs, …
  std::string help;         // "did you mean `layer_norm`?", or empty

  Diagnostic(Code code_, std::string message_, Span span_ = {})
      : code(code_), message(std::move(message_)), span(span_) {}
  Diagnostic&& note(std::string text, Span where = {}) && {
    notes.push_back({std::move(text), where});
    return std::move(*this);
  }
  Diagnostic&& with_help(std::string text) && {
    help = std::move(text);
    return std::move(*this);
  }
};

using Diagnostics = std::vector<Diagnostic>;

// The text a person reads (graph-language reference, "Diagnostics"):
//   error[E0101]: unknown op `layer_nrom`
//     --> model.graph:12:6
//      |
//   12 |   op layer_nrom(h, w, b) >> x: f32[T, D];
//      |      ^^^^^^^^^^
//      = help: did you mean `layer_norm`?
// A note with a place shows its own line in the same way. Without a span it is the first line, notes and help.
[[nodiscard]] std::string render(const Diagnostic& diagnostic, const SourceMap& sources);
[[nodiscard]] std::string render(const Diagnostic& diagnostic);  // no sources at hand
// All of them, ordered by file and place, exact repetitions dropped.
[[nodiscard]] std::string render(const Diagnostics& diagnostics, const SourceMap& sources);

// The candidate nearest to `name` by edit distance (transpositions count one), or empty when none is near enough
// (more than a third of the letters differ). O(len · number of candidates).
[[nodiscard]] std::string_view nearest_name(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace openinfer
