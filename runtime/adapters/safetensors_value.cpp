#include "runtime/adapters/safetensors_value.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "oinf/text/json_access.h"

namespace openinfer {
namespace {

using text_json::Json;

constexpr std::string_view kMetadata = "__metadata__";
constexpr size_t kShapeRoom = 256;  // eight sizes and two offsets of 19 digits, and the words around them

struct TypeName {
  std::string_view text;
  DType dtype;
};
constexpr TypeName kTypes[] = {
    {"BOOL", DType::boolean}, {"U8", DType::u8},      {"I8", DType::i8},          {"U16", DType::u16},
    {"I16", DType::i16},      {"U32", DType::u32},    {"I32", DType::i32},        {"U64", DType::u64},
    {"I64", DType::i64},      {"F16", DType::f16},    {"BF16", DType::bf16},      {"F32", DType::f32},
    {"F64", DType::f64},      {"F8_E5M2", DType::f8}, {"F8_E4M3", DType::f8e4m3}, {"U8", DType::bitset}};

Diagnostic malformed(std::string what) { return {Code::I0006, "safetensors: " + std::move(what)}; }

uint64_t header_size(std::string_view file) {
  uint64_t size = 0;
  std::memcpy(&size, file.data(), sizeof size);
  return size;
}

Result<const Json*> choose(const Json& header, std::optional<std::string_view> wanted) {
  const Json* only = nullptr;
  size_t tensors = 0;
  for (auto it = header.begin(); it != header.end(); ++it) {
    if (it.key() == kMetadata) continue;
    if (wanted && it.key() == *wanted) return &it.value();
    only = &it.value();
    ++tensors;
  }
  if (wanted) return malformed("no tensor `" + std::string(*wanted) + "` in the file");
  if (tensors != 1) return malformed("the file holds " + std::to_string(tensors) + " tensors; name one as @FILE:NAME");
  return only;
}

Result<uint64_t> whole_number(const Json& value, const char* what) {
  if (!value.is_number_unsigned() || value.get<uint64_t>() > uint64_t{INT64_MAX})
    return malformed(std::string(what) + " that is no size");
  return value.get<uint64_t>();
}

}  // namespace

bool is_safetensors(std::string_view file) {
  return file.size() >= 10 && file[8] == '{' && header_size(file) <= file.size() - 8;
}

Result<HostTensor> read_safetensors_value(std::string_view file, std::optional<std::string_view> wanted) {
  if (!is_safetensors(file)) return malformed("not such a file");
  const std::string_view data = file.substr(8 + header_size(file));
  OINF_ASSIGN(const Json header,
              text_json::parse(file.substr(8, header_size(file)), Code::I0006, "the safetensors header"));
  if (!header.is_object()) return malformed("the header is no object");
  OINF_ASSIGN(const Json* const entry, choose(header, wanted));
  const Json* type = text_json::member(*entry, "dtype");
  const Json* sizes = text_json::member(*entry, "shape");
  const Json* offsets = text_json::member(*entry, "data_offsets");
  if (!type || !type->is_string() || !sizes || !sizes->is_array() || !offsets || !offsets->is_array() ||
      offsets->size() != 2)
    return malformed("an entry lacks `dtype`, `shape` or `data_offsets`");
  const std::string& text = type->get_ref<const std::string&>();
  const auto* known =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeName& t) { return t.text == text; });
  if (known == std::end(kTypes)) return malformed("type `" + text + "` is not supported");
  if (sizes->size() > size_t{kMaxRank}) return malformed("more than 8 axes");
  Shape shape;
  for (const Json& size : *sizes) {
    OINF_ASSIGN(const uint64_t number, whole_number(size, "a shape"));
    shape.push_back(static_cast<int64_t>(number));
  }
  OINF_ASSIGN(const uint64_t begin, whole_number((*offsets)[0], "an offset"));
  OINF_ASSIGN(const uint64_t end, whole_number((*offsets)[1], "an offset"));
  if (begin > end || end > data.size()) return malformed("offsets are outside the file");
  const std::optional<int64_t> elements = shape.elements_checked();
  const uint64_t bytes = end - begin, size = element_bytes(known->dtype);
  if (!elements || bytes % size != 0 || bytes / size != static_cast<uint64_t>(*elements))
    return malformed("the header says " + std::string(name(known->dtype)) + to_string(shape) + " and " +
                     std::to_string(bytes) + " bytes");
  OINF_ASSIGN(HostTensor tensor, HostTensor::zeros(known->dtype, shape));
  if (bytes > 0) std::memcpy(tensor.data(), data.data() + begin, bytes);
  if (known->dtype == DType::boolean &&
      std::any_of(tensor.data(), tensor.data() + bytes, [](std::byte b) { return b > std::byte{1}; }))
    return malformed("a bool that is neither 0 nor 1");
  return tensor;
}

std::optional<std::string> safetensors_header(std::string_view tensor, DType dtype, const Shape& shape) {
  const auto* known =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeName& t) { return t.dtype == dtype; });
  if (known == std::end(kTypes)) return std::nullopt;
  // A graph's names are identifiers: nothing to escape.
  std::string text = "{\"" + std::string(tensor) + "\":{\"dtype\":\"" + std::string(known->text) + "\",\"shape\":[";
  for (int axis = 0; axis < shape.rank(); ++axis) text += (axis > 0 ? "," : "") + std::to_string(shape[axis]);
  const uint64_t bytes = static_cast<uint64_t>(shape.elements()) * element_bytes(dtype);
  text += "],\"data_offsets\":[0," + std::to_string(bytes) + "]}}";
  const uint64_t room = (tensor.size() + kShapeRoom + 7) / 8 * 8;
  text.resize(room, ' ');
  std::string header(sizeof room, '\0');
  std::memcpy(header.data(), &room, sizeof room);
  return header + text;
}

}  // namespace openinfer
