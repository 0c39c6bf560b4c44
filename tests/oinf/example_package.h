// A small version 3 package with something of every kind in it.
#pragma once

#include <string>

#include "oinf/writer.h"

namespace openinfer::testing {

[[nodiscard]] TokenizerData example_tokenizer();
[[nodiscard]] PackageDescription example_description();
// Writes it to `path`: tensors `w` f16 [3, 4] in panels, `b` f32 [4], `q` i8 [2, 4] with scales and zero points a row,
// and `big` u8 [70000], which is large enough to begin on a page.
Status write_example(const std::string& path);

}  // namespace openinfer::testing
