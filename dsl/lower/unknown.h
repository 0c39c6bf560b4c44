// Names that nothing has, with the nearest that something has.
#pragma once

#include "dsl/lower/names.h"

namespace openinfer {

[[nodiscard]] Diagnostic unknown_op(const Ident& name);
[[nodiscard]] Diagnostic unknown_block(const Ident& name, const Names& names);
[[nodiscard]] Diagnostic unknown_def(const Ident& name, const Names& names);
[[nodiscard]] Diagnostic unknown_type(const Ident& name);
[[nodiscard]] Diagnostic unknown_attribute(const Ident& name);  // of a declaration

[[nodiscard]] bool is_declaration_attribute(std::string_view name);

// What is never called and never read is not lowered; its spelling is checked all the same: ops, blocks, defs, element
// types and attributes of declarations. Those that lowering reports too have the same code, place and message.
void check_spelling(const Graph& graph, const Names& names, Diagnostics& diagnostics);

}  // namespace openinfer
