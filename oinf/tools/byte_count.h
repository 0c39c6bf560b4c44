// Numbers of bytes for people.
#pragma once

#include <cstdint>
#include <string>

namespace openinfer {

// "512 bytes", "1.3 MiB"
[[nodiscard]] std::string byte_count(uint64_t bytes);

}  // namespace openinfer
