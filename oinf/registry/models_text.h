// models.json, as it was when this program was built.
#pragma once

#include <string_view>

namespace openinfer {

[[nodiscard]] std::string_view models_text();

}  // namespace openinfer
