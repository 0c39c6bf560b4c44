#include "oinf/quantisation.h"

namespace openinfer {

std::optional<ParameterSize> parameter_size(const QuantisationParameter& parameter, const Shape& shape) {
  const auto elements = shape.elements_checked();
  if (!elements) return std::nullopt;
  ParameterSize size;
  switch (parameter.granularity) {
    case Granularity::none:
      return size;
    case Granularity::tensor:
      size.count = 1;
      break;
    case Granularity::channel:
      if (parameter.axis >= shape.rank()) return std::nullopt;
      size.count = static_cast<uint64_t>(shape[parameter.axis]);
      break;
    case Granularity::group: {
      if (parameter.group == 0 || shape.rank() == 0) return std::nullopt;
      const auto row = static_cast<uint64_t>(shape[shape.rank() - 1]);
      if (row == 0) return size;
      size.count = static_cast<uint64_t>(*elements) / row * (row / parameter.group + (row % parameter.group != 0));
      break;
    }
  }
  const auto bytes = storage_bytes(parameter.dtype, size.count, size.count);
  if (!bytes) return std::nullopt;
  size.bytes = *bytes;
  return size;
}

bool can_be_quantised(DType dtype) { return dtype == DType::i8 || dtype == DType::u8 || is_packed(dtype); }
bool is_scale_type(DType dtype) { return dtype == DType::f32 || dtype == DType::f16 || dtype == DType::bf16; }
bool is_zero_point_type(DType dtype) {
  const DTypeKind kind = info(dtype).kind;
  return is_integer(dtype) || kind == DTypeKind::packed_signed || kind == DTypeKind::packed_unsigned;
}

}  // namespace openinfer
