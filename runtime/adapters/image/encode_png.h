// Pictures as PNG files: 8 bits, one filter, one compression level and no other chunks, so that the same tensor always
// gives the same file.
#pragma once

#include <string>

#include "runtime/adapters/image/picture.h"

namespace openinfer {

// Errors: R0006; R0007 for a picture without pixels.
[[nodiscard]] Result<std::string> encode_png(const Picture& picture);

}  // namespace openinfer
