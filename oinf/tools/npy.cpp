#include "oinf/tools/npy.h"

#include <cstring>
#include <string>

namespace openinfer {
namespace {

// NumPy's name of a type, or empty.
std::string_view npy_type(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return "<f8";
    case DType::f32:
      return "<f4";
    case DType::f16:
      return "<f2";
    case DType::i64:
      return "<i8";
    case DType::i32:
      return "<i4";
    case DType::i16:
      return "<i2";
    case DType::i8:
      return "|i1";
    case DType::u64:
      return "<u8";
    case DType::u32:
      return "<u4";
    case DType::u16:
      return "<u2";
    case DType::u8:
    case DType::bitset:
      return "|u1";
    case DType::boolean:
      return "|b1";
    default:
      return "";
  }
}

}  // namespace

std::vector<std::byte> to_npy(const TensorValues& values) {
  const DType dtype = values.info().dtype;
  std::string_view type = npy_type(dtype);
  const bool own = !type.empty();
  const bool floats = is_float(dtype) || is_block(dtype);
  if (!own) type = floats ? "<f4" : info(dtype).kind == DTypeKind::packed_unsigned ? "|u1" : "|i1";
  std::string shape;
  for (const int64_t dim : values.info().shape) shape += std::to_string(dim) + ", ";
  std::string header = "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.append(63 - (10 + header.size()) % 64, ' ');  // with magic and newline a multiple of 64
  header += '\n';

  std::string head("\x93NUMPY\x01\x00", 8);
  head += static_cast<char>(header.size() & 0xFF);
  head += static_cast<char>(header.size() >> 8);
  head += header;
  const auto head_bytes = std::as_bytes(std::span(head));
  std::vector<std::byte> out(head_bytes.begin(), head_bytes.end());
  if (own) {
    out.insert(out.end(), values.bytes().begin(), values.bytes().end());
    return out;
  }
  for (uint64_t i = 0; i < values.size(); ++i) {
    if (!floats) {
      out.push_back(static_cast<std::byte>(static_cast<int64_t>(values[i])));
      continue;
    }
    const auto v = static_cast<float>(values[i]);
    const auto* bytes = reinterpret_cast<const std::byte*>(&v);
    out.insert(out.end(), bytes, bytes + sizeof v);
  }
  return out;
}

}  // namespace openinfer
