#include "oinf/read_metadata.h"

#include <fmt/format.h>

#include <cstring>

#include "oinf/format.h"
#include "oinf/package_text.h"

namespace openinfer {
namespace {

Diagnostic past_section(std::string_view key) {
  return {Code::P0005, fmt::format("the value of metadata `{}` reaches past its section", key)};
}
Diagnostic not_utf8(std::string_view key) {
  return {Code::P0012, fmt::format("a text of metadata `{}` is not UTF-8", key)};
}
Diagnostic not_bool(std::string_view key) {
  return {Code::P0018, fmt::format("a bool of metadata `{}` is neither 0 nor 1", key)};
}

template <class T>
Result<MetaValue> read_numbers(ByteReader& in, std::string_view key) {
  const uint64_t count = in.u64();
  if (!in.ok() || !in.can_hold(count, sizeof(T))) return past_section(key);
  std::vector<T> list(count);
  const auto bytes = in.bytes(count * sizeof(T));
  if (count > 0) std::memcpy(list.data(), bytes.data(), bytes.size());
  return MetaValue(std::move(list));
}

Result<MetaValue> read_strings(ByteReader& in, std::string_view key) {
  const uint64_t count = in.u64();
  if (!in.ok() || !in.can_hold(count, 8)) return past_section(key);
  std::vector<std::string> list;
  list.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    list.emplace_back(in.string());
    if (!in.ok()) return past_section(key);
    if (!is_utf8(list.back())) return not_utf8(key);
  }
  return MetaValue(std::move(list));
}

Result<MetaValue> read_bools(ByteReader& in, std::string_view key) {
  const uint64_t count = in.u64();
  if (!in.ok() || !in.can_hold(count, 1)) return past_section(key);
  std::vector<bool> list;
  list.reserve(count);
  for (const std::byte b : in.padded_bytes(count)) {
    if (std::to_integer<int>(b) > 1) return not_bool(key);
    list.push_back(b != std::byte{0});
  }
  if (!in.ok()) return past_section(key);
  return MetaValue(std::move(list));
}

}  // namespace

Result<MetaValue> read_metadata_value(ByteReader& in, uint32_t kind, std::string_view key) {
  using format::MetadataKind;
  MetaValue value;
  switch (static_cast<MetadataKind>(kind)) {
    case MetadataKind::boolean: {
      const uint64_t b = in.u64();
      if (b > 1) return not_bool(key);
      value = b == 1;
      break;
    }
    case MetadataKind::integer:
      value = in.i64();
      break;
    case MetadataKind::floating:
      value = in.f64();
      break;
    case MetadataKind::string: {
      const std::string_view text = in.string();
      if (!is_utf8(text)) return not_utf8(key);
      value = std::string(text);
      break;
    }
    case MetadataKind::integer_list:
      return read_numbers<int64_t>(in, key);
    case MetadataKind::floating_list:
      return read_numbers<double>(in, key);
    case MetadataKind::string_list:
      return read_strings(in, key);
    case MetadataKind::boolean_list:
      return read_bools(in, key);
    default:
      return Diagnostic(Code::P0011, fmt::format("metadata `{}` is of unknown kind {}", key, kind));
  }
  if (!in.ok()) return past_section(key);
  return value;
}

}  // namespace openinfer
