#include "runtime/adapters/convert.h"

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

#include "ir/literal.h"
#include "ops/element.h"
#include "runtime/adapters/decimal.h"
#include "runtime/adapters/format_number.h"

namespace openinfer {
namespace {

bool same_float(double a, double b) { return a == b ? std::signbit(a) == std::signbit(b) : a != a && b != b; }

// Integer types, packed ones too, bool and bitset.
bool store_integer(bool negative, uint64_t magnitude, DType dtype, std::byte* base, int64_t index) {
  NumberLiteral number;
  number.integer = magnitude;
  if (!literal_fits(dtype, negative, number)) return false;
  store_element<int64_t>(base, dtype, index, static_cast<int64_t>(negative ? 0 - magnitude : magnitude));
  return true;
}

bool store_real(double value, DType dtype, std::byte* base, int64_t index) {
  if (is_float(dtype)) {
    std::byte kept[sizeof(double)] = {};
    store_element<double>(kept, dtype, 0, value);
    if (!same_float(load_element<double>(kept, dtype, 0), value)) return false;
    store_element<double>(base, dtype, index, value);
    return true;
  }
  constexpr double kLimit = 0x1p64;
  if (!(std::fabs(value) < kLimit) || std::trunc(value) != value) return false;
  return store_integer(std::signbit(value), static_cast<uint64_t>(std::fabs(value)), dtype, base, index);
}

bool store_decimal(std::string_view text, DType dtype, std::byte* base, int64_t index) {
  if (!is_float(dtype)) {
    // 3.0 and 1e3 are whole numbers, 0.1 is none; neither is a decimal that only rounds to one.
    const double value = std::strtod(std::string(text).c_str(), nullptr);
    return std::isfinite(value) && compare_decimal(text, value) == 0 && store_real(value, dtype, base, index);
  }
  const double value = nearest_of_decimal(text, dtype);
  return std::isfinite(value) && (store_element<double>(base, dtype, index, value), true);
}

GivenNumber element_of(const HostTensor& tensor, int64_t index) {
  GivenNumber number;
  if (is_float(tensor.dtype())) {
    number.kind = GivenNumber::Kind::real;
    number.real = load_element<double>(tensor.data(), tensor.dtype(), index);
  } else {
    const auto value = load_element<int64_t>(tensor.data(), tensor.dtype(), index);
    number.negative =
        (is_signed(tensor.dtype()) || info(tensor.dtype()).kind == DTypeKind::packed_ternary) && value < 0;
    number.magnitude = number.negative ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  }
  return number;
}

}  // namespace

bool store_given(const GivenNumber& number, DType dtype, std::byte* base, int64_t index) {
  switch (number.kind) {
    case GivenNumber::Kind::real:
      return store_real(number.real, dtype, base, index);
    case GivenNumber::Kind::decimal:
      return store_decimal(number.text, dtype, base, index);
    case GivenNumber::Kind::integer:
      break;
  }
  if (!is_float(dtype)) return store_integer(number.negative, number.magnitude, dtype, base, index);
  const auto value = static_cast<double>(number.magnitude);
  constexpr double kLimit = 0x1p64;  // what rounds up to it does not convert back
  if (value >= kLimit || static_cast<uint64_t>(value) != number.magnitude) return false;
  return store_real(number.negative ? -value : value, dtype, base, index);
}

Result<HostTensor> convert_exactly(HostTensor tensor, DType to) {
  if (tensor.dtype() == to) return tensor;
  if (is_block(tensor.dtype()) || is_block(to))
    return Diagnostic(Code::I0003, "no value of type " + std::string(name(tensor.dtype())) + " becomes one of type " +
                                       std::string(name(to)));
  OINF_ASSIGN(HostTensor converted, HostTensor::zeros(to, tensor.shape()));
  const int64_t elements = tensor.elements();
  for (int64_t i = 0; i < elements; ++i)
    if (!store_given(element_of(tensor, i), to, converted.data(), i))
      return Diagnostic(Code::I0005, "element " + element_name(tensor.shape(), i) + " is " +
                                         format_element(tensor.data(), tensor.dtype(), i) + ", which " +
                                         std::string(name(to)) + " cannot hold");
  return converted;
}

std::string element_name(const Shape& shape, int64_t flat) {
  if (shape.rank() == 0) return "";
  Shape index;
  index.resize(shape.rank());
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    index[axis] = flat % shape[axis];
    flat /= shape[axis];
  }
  return to_string(index);
}

}  // namespace openinfer
