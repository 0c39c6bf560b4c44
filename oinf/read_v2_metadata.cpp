#include "oinf/read_v2_metadata.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/panel16.h"
#include "oinf/byte_reader.h"
#include "oinf/format.h"
#include "oinf/scalar.h"
#include "oinf/type_tag.h"

namespace openinfer {
namespace {

constexpr uint32_t kBitset = 13, kString = 14, kArray = 15;

Diagnostic wrong_size(std::string_view key, uint64_t have) {
  return {Code::P0014, fmt::format("metadata `{}` has {} bytes, which is not its size", key, have)};
}

Result<MetaValue> read_string(ByteReader in, std::string_view key, uint64_t size) {
  const std::string_view text = in.string();
  if (!in.ok() || in.remaining() != 0) return wrong_size(key, size);
  if (in.bad_padding()) return Diagnostic(Code::P0017, fmt::format("padding in metadata `{}` is not zero", key));
  if (!is_v2_text(text))
    return Diagnostic(Code::P0012, fmt::format("the text of metadata `{}` is not of A-Z a-z 0-9 . _ -", key));
  return MetaValue(std::string(text));
}

// Zeros up to a multiple of 8, and then the end.
Status end_of_value(ByteReader& in, std::string_view key, uint64_t size) {
  if (!in.ok() || in.remaining() != format::align_up(in.position(), 8) - in.position()) return wrong_size(key, size);
  for (const std::byte b : in.bytes(in.remaining()))
    if (b != std::byte{0}) return Diagnostic(Code::P0017, fmt::format("padding in metadata `{}` is not zero", key));
  return {};
}

Result<MetaValue> read_bitset(ByteReader in, std::string_view key, uint64_t size) {
  const uint32_t bits = in.u32();
  const uint32_t bytes = in.u32();
  if (bytes != bits / 8 + (bits % 8 != 0)) return wrong_size(key, size);
  const auto data = in.bytes(bytes);
  OINF_TRY(end_of_value(in, key, size));
  std::vector<bool> list(bits);
  for (uint32_t i = 0; i < bits; ++i) list[i] = (std::to_integer<unsigned>(data[i / 8]) >> (i % 8) & 1) != 0;
  return MetaValue(std::move(list));
}

MetaValue list_of(DType dtype, std::span<const std::byte> data, uint64_t count) {
  if (dtype == DType::boolean) {
    std::vector<bool> list;
    for (uint64_t i = 0; i < count; ++i) list.push_back(data[i] != std::byte{0});
    return list;
  }
  if (is_float(dtype)) {
    std::vector<double> list;
    for (uint64_t i = 0; i < count; ++i) list.push_back(stored_float(dtype, data, i));
    return list;
  }
  std::vector<int64_t> list;
  for (uint64_t i = 0; i < count; ++i) list.push_back(stored_integer(dtype, data, i));
  return list;
}

Result<MetaValue> read_array(ByteReader in, std::string_view key, uint64_t size) {
  const uint32_t tag = in.u32();
  const uint32_t rank = in.u32();
  const auto dtype = dtype_of_tag(tag);
  if (!in.ok()) return wrong_size(key, size);
  if (!dtype || tag > type_tag(DType::t1) || *dtype == DType::bitset)
    return Diagnostic(Code::P0011, fmt::format("metadata `{}` is an array of unknown type {}", key, tag));
  if (rank > kMaxRank) return Diagnostic(Code::P0013, fmt::format("metadata `{}` has rank {}", key, rank));
  Shape shape;
  for (uint32_t axis = 0; axis < rank; ++axis) shape.push_back(in.i64());
  if (!in.ok()) return wrong_size(key, size);
  const auto bytes = payload_bytes(*dtype, Layout::rowmajor, shape);
  if (!bytes)
    return Diagnostic(Code::P0008, fmt::format("metadata `{}`: the product of {} overflows", key, to_string(shape)));
  const auto data = in.bytes(*bytes);
  OINF_TRY(end_of_value(in, key, size));
  return list_of(*dtype, data, static_cast<uint64_t>(shape.elements()));
}

}  // namespace

bool is_v2_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

Result<MetaValue> read_v2_metadata(uint32_t type, std::span<const std::byte> payload, std::string_view key) {
  const ByteReader in(payload);
  if (type == kString) return read_string(in, key, payload.size());
  if (type == kBitset) return read_bitset(in, key, payload.size());
  if (type == kArray) return read_array(in, key, payload.size());
  const auto dtype = dtype_of_tag(type);
  if (!dtype || type > type_tag(DType::t1))
    return Diagnostic(Code::P0011, fmt::format("metadata `{}` is of unknown type {}", key, type));
  if (payload.size() != payload_bytes(*dtype, Layout::rowmajor, Shape{})) return wrong_size(key, payload.size());
  if (*dtype == DType::boolean) return MetaValue(payload[0] != std::byte{0});
  if (is_float(*dtype)) return MetaValue(stored_float(*dtype, payload, 0));
  const int64_t value = stored_integer(*dtype, payload, 0);
  if (*dtype == DType::u64 && value < 0) return MetaValue(static_cast<double>(static_cast<uint64_t>(value)));
  return MetaValue(value);
}

}  // namespace openinfer
