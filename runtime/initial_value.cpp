#include "runtime/initial_value.h"

#include "ops/number_value.h"

namespace openinfer {

std::array<std::byte, 8> repeated(const LiteralValue& value, DType dtype, const DimTable& dims) {
  std::array<std::byte, 8> bytes{};
  if (is_block(dtype)) return bytes;
  const int64_t elements = 64 / info(dtype).bits;
  const NumberValue number = number_of(value, dims).value_or(NumberValue(int64_t{0}));
  for (int64_t i = 0; i < elements; ++i) store_number(bytes.data(), dtype, i, number);
  return bytes;
}

void fill(std::span<std::byte> bytes, const std::array<std::byte, 8>& pattern) {
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = pattern[i % pattern.size()];
}

}  // namespace openinfer
