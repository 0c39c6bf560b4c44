// Numbers on a command line, as a person types them.
#pragma once

#include <cstdint>
#include <string_view>

#include "ir/result.h"

namespace openinfer {

// A whole number of at least `least` and at most `most`. U0001 names the option and what it takes.
[[nodiscard]] Result<uint64_t> whole_number_argument(std::string_view option, std::string_view text, uint64_t least,
                                                     uint64_t most);

// Bytes: a whole number above 0, with K, M, G or T behind it for powers of 1024 ("2G", "512 MiB", "20M"). U0001.
[[nodiscard]] Result<uint64_t> bytes_argument(std::string_view option, std::string_view text);

}  // namespace openinfer
