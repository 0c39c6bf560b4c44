// One tensor in a safetensors file: how values are given and written.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ir/result.h"
#include "runtime/adapters/host_tensor.h"

namespace openinfer {

[[nodiscard]] bool is_safetensors(std::string_view file);

// file: all its bytes. wanted: the tensor's name; without one the file must hold exactly one tensor.
// Errors: I0006 (malformed, no such tensor, or a type without plain elements).
[[nodiscard]] Result<HostTensor> read_safetensors_value(std::string_view file, std::optional<std::string_view> wanted);

// The header of a file that holds the one tensor. Nothing for types that the format lacks. Its size depends on `tensor`
// alone, so that it can be written again when more values have been appended.
[[nodiscard]] std::optional<std::string> safetensors_header(std::string_view tensor, DType dtype, const Shape& shape);

}  // namespace openinfer
