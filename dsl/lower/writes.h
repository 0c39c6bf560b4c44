// Which names a piece of graph writes, itself or through the defs and blocks that it calls. By name only: what is found
// may be more than what really is written, never less.
#pragma once

#include <set>
#include <string>

#include "dsl/lower/names.h"

namespace openinfer {

[[nodiscard]] std::set<std::string> names_written(const Def& def, const Names& names);
[[nodiscard]] std::set<std::string> names_written(const Block& block, const Names& names);

}  // namespace openinfer
