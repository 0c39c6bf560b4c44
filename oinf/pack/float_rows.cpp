#include "oinf/pack/float_rows.h"

#include <cstring>

#include "oinf/scalar.h"

namespace openinfer::pack {
namespace {

// Every source is widened exactly; f64 keeps its digits until the one rounding.
template <class Source, class Wide, class Target>
void convert_as(std::span<const std::byte> data, std::vector<std::byte>& out, Wide (*widen)(Source),
                Target (*narrow)(Wide)) {
  const size_t count = data.size() / sizeof(Source);
  out.resize(count * sizeof(Target));
  for (size_t i = 0; i < count; ++i) {
    Source value;
    std::memcpy(&value, data.data() + i * sizeof value, sizeof value);
    const Target result = narrow(widen(value));
    std::memcpy(out.data() + i * sizeof result, &result, sizeof result);
  }
}

template <class T>
T same(T value) {
  return value;
}
float to_float(double value) { return static_cast<float>(value); }

template <class Source, class Wide>
void convert_to(std::span<const std::byte> data, DType to, std::vector<std::byte>& out, Wide (*widen)(Source),
                float (*to_f32)(Wide), uint16_t (*to_f16)(Wide), uint16_t (*to_bf16)(Wide)) {
  if (to == DType::f32) return convert_as<Source, Wide, float>(data, out, widen, to_f32);
  convert_as<Source, Wide, uint16_t>(data, out, widen, to == DType::f16 ? to_f16 : to_bf16);
}

}  // namespace

void convert_floats(DType from, std::span<const std::byte> data, DType to, std::vector<std::byte>& out) {
  uint16_t (*f16_of_double)(double) = narrow_f16;
  uint16_t (*bf16_of_double)(double) = narrow_bf16;
  uint16_t (*f16_of_float)(float) = narrow_f16;
  uint16_t (*bf16_of_float)(float) = narrow_bf16;
  switch (from) {
    case DType::f64:
      return convert_to<double, double>(data, to, out, same, to_float, f16_of_double, bf16_of_double);
    case DType::f16:
      return convert_to<uint16_t, float>(data, to, out, widen_f16, same, f16_of_float, bf16_of_float);
    case DType::bf16:
      return convert_to<uint16_t, float>(data, to, out, widen_bf16, same, f16_of_float, bf16_of_float);
    default:
      return convert_to<float, float>(data, to, out, same, same, f16_of_float, bf16_of_float);
  }
}

}  // namespace openinfer::pack
