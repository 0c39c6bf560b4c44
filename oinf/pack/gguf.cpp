#include "oinf/pack/gguf.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_set>

#include "oinf/package_text.h"

namespace openinfer::pack {
namespace {

constexpr uint32_t kVersion2 = 2, kVersion3 = 3;
constexpr uint64_t kLongestKey = 65535;         // of the specification
constexpr uint64_t kDefaultAlignment = 32;      // likewise
constexpr uint64_t kMostAlignment = 1u << 20;   // far above any page
constexpr uint64_t kSmallestTensorRecord = 24;  // an empty name, no axes, type and offset
constexpr uint64_t kMostValues = 1u << 24;      // of one list: four times the largest vocabulary
constexpr uint64_t kSmallestKeyRecord = 13;     // a key of no bytes, its type, a byte

// Types of values.
enum : uint32_t { kU8, kI8, kU16, kI16, kU32, kI32, kF32, kBool, kString, kArray, kU64, kI64, kF64 };

struct TypeName {
  uint32_t id;
  std::string_view name;
};
constexpr std::pair<uint32_t, DType> kTypes[] = {
    {0, DType::f32},   {1, DType::f16},   {2, DType::q4_0},    {3, DType::q4_1},    {6, DType::q5_0},
    {7, DType::q5_1},  {8, DType::q8_0},  {10, DType::q2_k},   {11, DType::q3_k},   {12, DType::q4_k},
    {13, DType::q5_k}, {14, DType::q6_k}, {20, DType::iq4_nl}, {23, DType::iq4_xs}, {24, DType::i8},
    {25, DType::i16},  {26, DType::i32},  {27, DType::i64},    {28, DType::f64},    {30, DType::bf16}};
// Known to exist, and refused by their name.
constexpr TypeName kRefused[] = {{4, "q4_2"},        {5, "q4_3"},      {9, "q8_1"},     {15, "q8_k"},
                                 {16, "iq2_xxs"},    {17, "iq2_xs"},   {18, "iq3_xxs"}, {19, "iq1_s"},
                                 {21, "iq3_s"},      {22, "iq2_s"},    {29, "iq1_m"},   {31, "q4_0_4_4"},
                                 {32, "q4_0_4_8"},   {33, "q4_0_8_8"}, {34, "tq1_0"},   {35, "tq2_0"},
                                 {36, "iq4_nl_4_4"}, {39, "mxfp4"},    {40, "nvfp4"}};

std::optional<DType> dtype_of(uint32_t type) {
  for (const auto& [id, dtype] : kTypes)
    if (id == type) return dtype;
  return std::nullopt;
}

std::string type_name(uint32_t type) {
  for (const TypeName& t : kRefused)
    if (t.id == type) return std::string(t.name);
  return fmt::format("number {}", type);
}

uint64_t value_bytes(uint32_t type) {
  constexpr uint64_t kBytes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
  return type < std::size(kBytes) ? kBytes[type] : 0;
}

Diagnostic malformed(std::string message) { return {Code::P0029, std::move(message)}; }

// Reads values in the file's byte order. A read past the end fails once and for all.
class Reader {
 public:
  Reader(std::span<const std::byte> bytes, bool swap) : bytes_(bytes), swap_(swap) {}

  [[nodiscard]] bool ok() const { return !failed_; }
  [[nodiscard]] uint64_t position() const { return at_; }
  [[nodiscard]] uint64_t remaining() const { return failed_ ? 0 : bytes_.size() - at_; }

  template <class T>
  T number() {
    std::byte raw[sizeof(T)] = {};
    if (remaining() < sizeof(T)) {
      failed_ = true;
      return T{};
    }
    std::memcpy(raw, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    if (swap_) std::reverse(raw, raw + sizeof(T));
    T value;
    std::memcpy(&value, raw, sizeof(T));
    return value;
  }

  std::string_view string() {
    const auto length = number<uint64_t>();
    if (length > remaining()) failed_ = true;
    if (failed_) return {};
    const std::string_view text(reinterpret_cast<const char*>(bytes_.data()) + at_, length);
    at_ += length;
    return text;
  }

 private:
  std::span<const std::byte> bytes_;
  uint64_t at_ = 0;
  bool swap_;
  bool failed_ = false;
};

int64_t integer_of(Reader& in, uint32_t type) {
  switch (type) {
    case kU8:
      return in.number<uint8_t>();
    case kI8:
      return in.number<int8_t>();
    case kU16:
      return in.number<uint16_t>();
    case kI16:
      return in.number<int16_t>();
    case kU32:
      return in.number<uint32_t>();
    case kI32:
      return in.number<int32_t>();
    default:
      return in.number<int64_t>();  // u64 too: what does not fit is caught by the caller
  }
}

double number_of(Reader& in, uint32_t type) {
  return type == kF32 ? static_cast<double>(in.number<float>()) : in.number<double>();
}

bool is_integer_type(uint32_t type) { return type <= kI32 || type == kU64 || type == kI64; }

Result<GgufValue> read_list(Reader& in, std::string_view key) {
  const auto type = in.number<uint32_t>();
  const auto count = in.number<uint64_t>();
  if (type == kArray) return malformed(fmt::format("key `{}` is a list of lists", key));
  if (type > kF64) return malformed(fmt::format("key `{}` has the unknown type {}", key, type));
  const uint64_t smallest = type == kString ? 8 : value_bytes(type);
  if (count > in.remaining() / smallest || count > kMostValues)
    return malformed(fmt::format("key `{}` has {} values, which is more than the file or a list holds", key, count));
  if (type == kString) {
    std::vector<std::string_view> list;
    list.reserve(count);
    for (uint64_t i = 0; i < count && in.ok(); ++i) list.push_back(in.string());
    return GgufValue(std::move(list));
  }
  if (type == kBool) {
    std::vector<bool> list;
    for (uint64_t i = 0; i < count; ++i) list.push_back(in.number<uint8_t>() != 0);
    return GgufValue(std::move(list));
  }
  if (is_integer_type(type)) {
    std::vector<int64_t> list;
    list.reserve(count);
    for (uint64_t i = 0; i < count; ++i) {
      list.push_back(integer_of(in, type));
      if (type == kU64 && list.back() < 0) return malformed(fmt::format("key `{}` has a value past 2^63 - 1", key));
    }
    return GgufValue(std::move(list));
  }
  std::vector<double> list;
  list.reserve(count);
  for (uint64_t i = 0; i < count; ++i) list.push_back(number_of(in, type));
  return GgufValue(std::move(list));
}

Result<GgufValue> read_value(Reader& in, std::string_view key) {
  const auto type = in.number<uint32_t>();
  if (type == kArray) return read_list(in, key);
  if (type == kString) return GgufValue(in.string());
  if (type == kBool) {
    const auto value = in.number<uint8_t>();
    if (value > 1) return malformed(fmt::format("key `{}` is a bool of {}", key, value));
    return GgufValue(value == 1);
  }
  if (type == kF32 || type == kF64) return GgufValue(number_of(in, type));
  if (!is_integer_type(type)) return malformed(fmt::format("key `{}` has the unknown type {}", key, type));
  const int64_t value = integer_of(in, type);
  if (type == kU64 && value < 0) return malformed(fmt::format("key `{}` is past 2^63 - 1", key));
  return GgufValue(value);
}

struct TensorRecord {
  GgufTensor tensor;
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

Result<TensorRecord> read_tensor(Reader& in) {
  TensorRecord record;
  const std::string_view tensor_name = in.string();
  const auto rank = in.number<uint32_t>();
  if (!in.ok()) return Diagnostic(Code::P0002, "the file ends within the table of its tensors");
  if (!is_name(tensor_name)) return Diagnostic(Code::P0012, "a tensor's name is empty or has control characters");
  record.tensor.name = tensor_name;
  if (rank > kMaxRank) return Diagnostic(Code::P0013, fmt::format("tensor `{}` has rank {}", tensor_name, rank));
  std::vector<int64_t> sizes;
  for (uint32_t axis = 0; axis < rank; ++axis) {
    const auto size = in.number<uint64_t>();
    if (size > INT64_MAX)
      return Diagnostic(Code::P0008, fmt::format("tensor `{}` has a size of {}", tensor_name, size));
    sizes.push_back(static_cast<int64_t>(size));
  }
  for (auto size = sizes.rbegin(); size != sizes.rend(); ++size) record.tensor.shape.push_back(*size);
  const auto type = in.number<uint32_t>();
  record.offset = in.number<uint64_t>();
  if (!in.ok()) return Diagnostic(Code::P0002, "the file ends within the table of its tensors");
  const auto dtype = dtype_of(type);
  if (!dtype)
    return Diagnostic(Code::P0011,
                      fmt::format("tensor `{}` has the type {}, which is not read", tensor_name, type_name(type)));
  record.tensor.dtype = *dtype;
  const auto elements = record.tensor.shape.elements_checked();
  const auto row = sizes.empty() ? 1 : static_cast<uint64_t>(sizes.front());
  const auto bytes = elements ? storage_bytes(*dtype, static_cast<uint64_t>(*elements), row) : std::nullopt;
  if (!bytes)
    return Diagnostic(Code::P0008, fmt::format("tensor `{}`: {} {} overflows or does not divide into blocks",
                                               tensor_name, name(*dtype), to_string(record.tensor.shape)));
  record.bytes = *bytes;
  return record;
}

}  // namespace

bool GgufFile::recognise(std::span<const std::byte> bytes) {
  return bytes.size() >= 4 && std::memcmp(bytes.data(), "GGUF", 4) == 0;
}

Result<GgufFile> GgufFile::open(const std::string& path) {
  OINF_ASSIGN(MappedFile mapped, MappedFile::open(path));
  GgufFile file(std::move(mapped));
  if (Status s = file.read(); !s.ok()) {
    Diagnostic d = std::move(s).error();
    d.message = fmt::format("{}: {}", path, d.message);
    return d;
  }
  return file;
}

Status GgufFile::read() {
  const auto all = bytes();
  if (all.size() < 24) return Diagnostic(Code::P0002, fmt::format("{} bytes are no GGUF header", all.size()));
  if (!recognise(all)) return malformed("it does not begin with GGUF");
  uint32_t version = 0;
  std::memcpy(&version, all.data() + 4, sizeof version);
  // The version tells the byte order: a small number either way.
  big_endian_ = (version & 0xFFFFu) == 0;
  const bool little_machine = std::endian::native == std::endian::little;
  Reader in(all, big_endian_ == little_machine);
  static_cast<void>(in.number<uint32_t>());
  version = in.number<uint32_t>();
  if (version != kVersion2 && version != kVersion3)
    return Diagnostic(Code::P0004, fmt::format("GGUF version {}; 2 and 3 are read", version));
  const auto tensor_count = in.number<uint64_t>();
  const auto key_count = in.number<uint64_t>();
  if (tensor_count > all.size() / kSmallestTensorRecord || key_count > all.size() / kSmallestKeyRecord)
    return malformed(
        fmt::format("{} tensors and {} keys cannot stand in {} bytes", tensor_count, key_count, all.size()));

  std::unordered_set<std::string_view> seen;
  keys_.reserve(key_count);
  for (uint64_t i = 0; i < key_count; ++i) {
    const std::string_view key = in.string();
    if (!in.ok()) return Diagnostic(Code::P0002, "the file ends within its keys");
    if (!is_name(key) || key.size() > kLongestKey)
      return Diagnostic(Code::P0012, "a key is empty, too long or has control characters");
    OINF_ASSIGN(GgufValue value, read_value(in, key));
    if (!in.ok()) return Diagnostic(Code::P0002, fmt::format("the file ends within key `{}`", key));
    if (!seen.insert(key).second) return Diagnostic(Code::P0009, fmt::format("key `{}` is there twice", key));
    keys_.emplace_back(key, std::move(value));
  }

  std::vector<TensorRecord> records;
  records.reserve(tensor_count);
  for (uint64_t i = 0; i < tensor_count; ++i) {
    OINF_ASSIGN(TensorRecord record, read_tensor(in));
    records.push_back(std::move(record));
  }
  const int64_t alignment = integer("general.alignment").value_or(kDefaultAlignment);
  if (alignment < 1 || alignment > static_cast<int64_t>(kMostAlignment) ||
      !std::has_single_bit(static_cast<uint64_t>(alignment)))
    return malformed(fmt::format("general.alignment is {}", alignment));
  const auto unit = static_cast<uint64_t>(alignment);
  const uint64_t begin = (in.position() + unit - 1) / unit * unit;
  // A file without tensors may end without the padding.
  const auto data = begin <= all.size() ? all.subspan(begin) : std::span<const std::byte>();

  std::unordered_set<std::string_view> names;
  for (TensorRecord& r : records) {
    if (!names.insert(r.tensor.name).second)
      return Diagnostic(Code::P0009, fmt::format("tensor `{}` is there twice", r.tensor.name));
    if (r.offset % unit != 0)
      return Diagnostic(Code::P0006, fmt::format("tensor `{}` begins at {}", r.tensor.name, r.offset));
    if (r.offset > data.size() || r.bytes > data.size() - r.offset)
      return Diagnostic(Code::P0005, fmt::format("tensor `{}` needs bytes {} to {} of {}", r.tensor.name, r.offset,
                                                 r.offset + r.bytes, data.size()));
    r.tensor.data = data.subspan(r.offset, r.bytes);
  }
  std::vector<const TensorRecord*> by_offset;
  for (const TensorRecord& r : records)
    if (r.bytes > 0) by_offset.push_back(&r);
  std::sort(by_offset.begin(), by_offset.end(),
            [](const TensorRecord* a, const TensorRecord* b) { return a->offset < b->offset; });
  for (size_t i = 1; i < by_offset.size(); ++i)
    if (by_offset[i]->offset - by_offset[i - 1]->offset < by_offset[i - 1]->bytes)
      return Diagnostic(Code::P0007, fmt::format("tensors `{}` and `{}` overlap", by_offset[i - 1]->tensor.name,
                                                 by_offset[i]->tensor.name));
  for (TensorRecord& r : records) tensors_.push_back(std::move(r.tensor));
  return {};
}

const GgufValue* GgufFile::find(std::string_view key) const {
  for (const auto& [name, value] : keys_)
    if (name == key) return &value;
  return nullptr;
}

std::optional<int64_t> GgufFile::integer(std::string_view key) const {
  const GgufValue* value = find(key);
  const auto* number = value == nullptr ? nullptr : std::get_if<int64_t>(value);
  return number == nullptr ? std::nullopt : std::optional(*number);
}

std::optional<double> GgufFile::number(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* number = std::get_if<double>(value)) return *number;
  if (const auto* number = std::get_if<int64_t>(value)) return static_cast<double>(*number);
  return std::nullopt;
}

std::optional<bool> GgufFile::boolean(std::string_view key) const {
  const GgufValue* value = find(key);
  const auto* flag = value == nullptr ? nullptr : std::get_if<bool>(value);
  return flag == nullptr ? std::nullopt : std::optional(*flag);
}

std::optional<std::string_view> GgufFile::text(std::string_view key) const {
  const GgufValue* value = find(key);
  const auto* string = value == nullptr ? nullptr : std::get_if<std::string_view>(value);
  return string == nullptr ? std::nullopt : std::optional(*string);
}

}  // namespace openinfer::pack
