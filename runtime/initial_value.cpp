#include "runtime/initial_value.h"

#include "ops/element.h"

namespace openinfer {

std::array<std::byte, 8> repeated(const LiteralValue& value, DType dtype, const DimTable& dims) {
  std::array<std::byte, 8> bytes{};
  if (is_block(dtype)) return bytes;
  const int64_t elements = 64 / info(dtype).bits;
  for (int64_t i = 0; i < elements; ++i) {
    if (value.kind == LiteralValue::Kind::real)
      store_element<double>(bytes.data(), dtype, i, value.real);
    else
      store_element<int64_t>(
          bytes.data(), dtype, i,
          value.kind == LiteralValue::Kind::boolean ? int64_t{value.boolean} : dims.value(value.integer).value_or(0));
  }
  return bytes;
}

}  // namespace openinfer
