// Affine quantisation of a stored tensor: real = scale * (stored - zero_point).
#pragma once

#include <cstdint>
#include <optional>

#include "ir/dtype.h"
#include "ir/shape.h"

namespace openinfer {

// What shares one parameter: the whole tensor, one index of `axis`, or `group` neighbours along the last axis.
enum class Granularity : uint8_t { none = 0, tensor = 1, channel = 2, group = 3 };

struct QuantisationParameter {
  Granularity granularity = Granularity::none;  // none: no zero points. Scales are never none.
  uint8_t axis = 0;                             // channel
  uint64_t group = 0;                           // group: at least 1
  DType dtype = DType::f32;                     // scales f32, f16 or bf16; zero points any integer type
  friend bool operator==(const QuantisationParameter&, const QuantisationParameter&) = default;
};

struct Quantisation {
  QuantisationParameter scale;
  QuantisationParameter zero_point;
  friend bool operator==(const Quantisation&, const Quantisation&) = default;
};

// The parameters of one kind, in row-major order of the tensor with its last axis divided by the group:
// their number and their bytes, or nothing when the record does not fit the tensor.
struct ParameterSize {
  uint64_t count = 0;
  uint64_t bytes = 0;
};
[[nodiscard]] std::optional<ParameterSize> parameter_size(const QuantisationParameter& parameter, const Shape& shape);

// Integer types that a quantisation record may stand on: i8 u8, and the packed ones.
[[nodiscard]] bool can_be_quantised(DType dtype);
[[nodiscard]] bool is_scale_type(DType dtype);
[[nodiscard]] bool is_zero_point_type(DType dtype);

}  // namespace openinfer
