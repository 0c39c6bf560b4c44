// What is known of a size, for messages.
#pragma once

#include <string_view>

#include "ir/program.h"

namespace openinfer {

// nullptr for a name that got no value.
[[nodiscard]] inline const SizeFact* size_fact(const Program& program, std::string_view name) {
  if (name.empty()) return nullptr;
  for (const SizeFact& f : program.sizes)
    if (f.name == name) return &f;
  return nullptr;
}

}  // namespace openinfer
