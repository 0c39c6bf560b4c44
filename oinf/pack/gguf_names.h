// Tensor names of GGUF files as the checkpoints on Hugging Face have them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace openinfer::pack {

// Nothing for an architecture or a tensor that is not known; it keeps its own name then.
[[nodiscard]] std::optional<std::string> hugging_face_name(std::string_view architecture, std::string_view tensor);

}  // namespace openinfer::pack
