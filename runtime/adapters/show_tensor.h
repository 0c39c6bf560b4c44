// Tensors as text that a person reads.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "ir/result.h"
#include "ir/shape.h"

namespace openinfer {

// The values as JSON: a number, or nested lists; floats with the fewest digits that give the same bits back; besides
// JSON inf, -inf and nan. parse_literal_tensor reads it again. tensor: rowmajor, on the host, of any type.
// Errors: R0006.
[[nodiscard]] Result<std::string> tensor_json(const TensorView& tensor);

// The same for readers that know JSON only: "inf", "-inf" and "nan" stand in quotes. parse_literal_tensor reads these,
// too. Errors: R0006.
[[nodiscard]] Result<std::string> tensor_strict_json(const TensorView& tensor);

// Either, in pieces: the text of a large tensor is several times as long as the tensor. Errors: R0006, the sink's.
using TextSink = std::function<Status(std::string_view)>;
[[nodiscard]] Status write_tensor_json(const TensorView& tensor, bool strict, const TextSink& sink);

// On one line: the values of a tensor of up to `most` elements as JSON, else what there is to know about a large one:
//   f32[1, 15, 2048] from -14.5 to 11.25, digest 5a0e…
// and how many values are NaN, when some are. The digest is the checksum of the dense bytes (oinf/checksum.h).
// Errors: R0006.
[[nodiscard]] Result<std::string> show_tensor(const TensorView& tensor, int64_t most = 64);

}  // namespace openinfer
