// Text to File. The grammar is docs/language.md, "Grammar".
#pragma once

#include "ir/diagnostic.h"
#include "ir/graph.h"
#include "ir/source.h"

namespace openinfer::dsl {

// What could be parsed, with a span on everything. Errors go to `diagnostics`, all of them (the first 200 of a file):
// parsing goes on behind the next `;` or `}`. A File of a text with errors must not be printed as its text. O(length).
[[nodiscard]] File parse(FileId file, const SourceMap& sources, Diagnostics& diagnostics);

}  // namespace openinfer::dsl
