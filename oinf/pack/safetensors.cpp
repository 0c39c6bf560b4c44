#include "oinf/pack/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <tuple>

#include "oinf/pack/json_file.h"
#include "oinf/package_text.h"

namespace openinfer::pack {
namespace {

constexpr uint64_t kLongestHeader = 100'000'000;  // the limit of the format's own reader

std::optional<DType> dtype_of(std::string_view text) {
  constexpr std::pair<std::string_view, DType> kTypes[] = {
      {"F64", DType::f64},    {"F32", DType::f32},        {"F16", DType::f16},     {"BF16", DType::bf16},
      {"F8_E5M2", DType::f8}, {"F8_E4M3", DType::f8e4m3}, {"I64", DType::i64},     {"I32", DType::i32},
      {"I16", DType::i16},    {"I8", DType::i8},          {"U64", DType::u64},     {"U32", DType::u32},
      {"U16", DType::u16},    {"U8", DType::u8},          {"BOOL", DType::boolean}};
  for (const auto& [name, dtype] : kTypes)
    if (name == text) return dtype;
  return std::nullopt;
}

// A list of numbers that are not negative.
std::optional<std::vector<uint64_t>> unsigned_list(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return std::nullopt;
  std::vector<uint64_t> list;
  for (const Json& item : *found) {
    if (!item.is_number_unsigned()) return std::nullopt;
    list.push_back(item.get<uint64_t>());
  }
  return list;
}

Result<SourceTensor> read_tensor(const std::string& name, const Json& entry, std::span<const std::byte> data) {
  const auto fault = [&](Code code, std::string what) {
    return Diagnostic(code, fmt::format("tensor `{}`: {}", name, what));
  };
  if (!is_name(name)) return Diagnostic(Code::P0012, "a tensor's name is empty or has control characters");
  if (!entry.is_object()) return fault(Code::P0020, "its entry is no object");
  const auto type = entry.find("dtype");
  const auto shape = unsigned_list(entry, "shape");
  const auto offsets = unsigned_list(entry, "data_offsets");
  if (type == entry.end() || !type->is_string() || !shape || !offsets || offsets->size() != 2)
    return fault(Code::P0020, "its entry lacks dtype, shape or two data_offsets");
  const auto dtype = dtype_of(type->get_ref<const std::string&>());
  if (!dtype) return fault(Code::P0011, fmt::format("unknown type {}", type->get_ref<const std::string&>()));
  if (shape->size() > kMaxRank) return fault(Code::P0013, fmt::format("rank {}", shape->size()));
  SourceTensor t{name, *dtype, {}, {}};
  for (const uint64_t dim : *shape) t.shape.push_back(dim > INT64_MAX ? -1 : static_cast<int64_t>(dim));
  const auto elements = t.shape.elements_checked();
  const auto bytes = elements ? storage_bytes(*dtype, static_cast<uint64_t>(*elements), 1) : std::nullopt;
  if (!bytes) return fault(Code::P0008, "the product of its shape overflows");
  const uint64_t begin = (*offsets)[0], end = (*offsets)[1];
  if (begin > end || end > data.size())
    return fault(Code::P0005, fmt::format("bytes {} to {} of {}", begin, end, data.size()));
  if (end - begin != *bytes)
    return fault(Code::P0014, fmt::format("{} bytes, where {} {} asks for {}", end - begin, openinfer::name(*dtype),
                                          to_string(t.shape), *bytes));
  t.data = data.subspan(begin, *bytes);
  return t;
}

}  // namespace

bool SafetensorsFile::recognise(std::span<const std::byte> bytes) {
  uint64_t length = 0;
  if (bytes.size() < 9) return false;
  std::memcpy(&length, bytes.data(), sizeof length);
  return bytes[8] == std::byte{'{'} && length <= kLongestHeader;
}

Result<SafetensorsFile> SafetensorsFile::open(const std::string& path) {
  OINF_ASSIGN(MappedFile mapped, MappedFile::open(path));
  SafetensorsFile file(std::move(mapped));
  if (Status s = file.read(); !s.ok()) {
    Diagnostic d = std::move(s).error();
    d.message = fmt::format("{}: {}", path, d.message);
    return d;
  }
  return file;
}

Status SafetensorsFile::read() {
  const auto all = bytes();
  uint64_t length = 0;
  if (all.size() < sizeof length) return Diagnostic(Code::P0002, fmt::format("{} bytes are no header", all.size()));
  std::memcpy(&length, all.data(), sizeof length);
  if (length > kLongestHeader) return Diagnostic(Code::P0020, fmt::format("a header of {} bytes", length));
  if (length > all.size() - sizeof length)
    return Diagnostic(Code::P0002, fmt::format("a header of {} bytes in a file of {}", length, all.size()));
  const std::string_view text(reinterpret_cast<const char*>(all.data()) + sizeof length, length);
  if (!text.starts_with('{')) return Diagnostic(Code::P0020, "the header does not begin with a brace");
  OINF_ASSIGN(const Json header, parse_json(text, "header"));
  if (!header.is_object()) return Diagnostic(Code::P0020, "the header is no object");

  const auto data = all.subspan(sizeof length + length);
  for (const auto& [name, entry] : header.items()) {
    if (name != "__metadata__") {
      OINF_ASSIGN(SourceTensor tensor, read_tensor(name, entry, data));
      tensors_.push_back(std::move(tensor));
      continue;
    }
    if (!entry.is_object()) return Diagnostic(Code::P0020, "__metadata__ is no object");
    for (const auto& [key, value] : entry.items()) {
      if (!value.is_string()) return Diagnostic(Code::P0020, fmt::format("metadata `{}` is no text", key));
      metadata_.emplace_back(key, value.get<std::string>());
    }
  }
  std::sort(tensors_.begin(), tensors_.end(), [](const SourceTensor& a, const SourceTensor& b) {
    return std::tuple(a.data.data(), a.data.size(), std::string_view(a.name)) <
           std::tuple(b.data.data(), b.data.size(), std::string_view(b.name));
  });
  const std::byte* at = data.data();
  for (const SourceTensor& t : tensors_) {
    if (t.data.data() < at)
      return Diagnostic(Code::P0007, fmt::format("tensor `{}` overlaps the one before it", t.name));
    if (t.data.data() > at)
      return Diagnostic(Code::P0010,
                        fmt::format("{} bytes in front of tensor `{}` belong to nothing", t.data.data() - at, t.name));
    at += t.data.size();
  }
  if (const auto rest = data.data() + data.size() - at; rest != 0)
    return Diagnostic(Code::P0010, fmt::format("{} bytes at the end belong to nothing", rest));
  return {};
}

}  // namespace openinfer::pack
