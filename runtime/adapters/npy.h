// NumPy's .npy files, versions 1 to 3.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ir/result.h"
#include "runtime/adapters/host_tensor.h"

namespace openinfer {

[[nodiscard]] bool is_npy(std::string_view file);

// file: all its bytes. Either byte order, either array order; bool, integers and floats of 8 to 64 bits.
// Errors: I0006 (malformed, or a type that has no counterpart here).
[[nodiscard]] Result<HostTensor> read_npy(std::string_view file);

// The type that values of `dtype` have in .npy: itself, f32 for the narrow floats that NumPy lacks, u8 for bitset;
// nothing for packed and block types.
[[nodiscard]] std::optional<DType> npy_dtype(DType dtype);

// The header of version 1 for a dense, row-major array of a type that npy_dtype gives. Its size, 256 bytes, is the same
// for all shapes, so that it can be written again when more values have been appended.
[[nodiscard]] std::string npy_header(DType dtype, const Shape& shape);

}  // namespace openinfer
