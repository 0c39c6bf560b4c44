// Values that change their element type only when nothing is lost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ir/result.h"
#include "runtime/adapters/host_tensor.h"

namespace openinfer {

// One number as somebody gave it.
struct GivenNumber {
  enum class Kind : uint8_t { integer, real, decimal } kind = Kind::integer;
  bool negative = false;   // integer
  uint64_t magnitude = 0;  // integer
  double real = 0;         // real: exactly this value, infinities and NaN included
  std::string_view text;   // decimal: digits as JSON spells them, a fraction or an exponent among them
};

// Writes the number as element `index` of dense storage. Integers and reals must come over exactly; a decimal becomes
// the nearest float of the type, but not an infinity. False, and nothing written, when the type cannot hold it.
// dtype: plain or packed. bool holds 0 and 1.
[[nodiscard]] bool store_given(const GivenNumber& number, DType dtype, std::byte* base, int64_t index);

// The tensor in another type. Errors: I0005 with the index of the first element that does not fit; I0003 for block
// types.
[[nodiscard]] Result<HostTensor> convert_exactly(HostTensor tensor, DType to);

// "[1, 3]", or "" for a scalar: which element the flat index is.
[[nodiscard]] std::string element_name(const Shape& shape, int64_t flat);

}  // namespace openinfer
