// The canonical text of a File: two blanks a level, lines of 120 columns, columns of declarations aligned, at most one
// empty line and only where the author had one or a block or def begins, comments behind code in column 61.
#pragma once

#include <string>

#include "ir/graph.h"

namespace openinfer::dsl {

// file: parsed without errors, or read from JSON. Parsing the text gives the same graph, and formatting that the same
// text. O(length).
[[nodiscard]] std::string format(const File& file);

// The canonical text of one node of the file, without comments; of a loop or a fuse, with an empty body. Two nodes of
// the same text compute the same from the same names.
[[nodiscard]] std::string format(const File& file, const Node& node);

}  // namespace openinfer::dsl
