#include "runtime/adapters/npy.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

namespace openinfer {
namespace {

static_assert(std::endian::native == std::endian::little, "element bytes are stored as they lie in memory");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kHeaderBytes = 256;  // room for eight sizes of 19 digits

struct TypeCode {
  std::string_view text;
  DType dtype;
};
constexpr TypeCode kCodes[] = {{"b1", DType::boolean}, {"u1", DType::u8},  {"u2", DType::u16}, {"u4", DType::u32},
                               {"u8", DType::u64},     {"i1", DType::i8},  {"i2", DType::i16}, {"i4", DType::i32},
                               {"i8", DType::i64},     {"f2", DType::f16}, {"f4", DType::f32}, {"f8", DType::f64}};

Diagnostic malformed(std::string what) { return {Code::I0006, ".npy: " + std::move(what)}; }

struct Header {
  DType dtype = DType::f32;
  bool big_endian = false;
  bool fortran_order = false;
  Shape shape;
};

// The header is a Python dictionary with three known keys: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class HeaderReader {
 public:
  explicit HeaderReader(std::string_view text) : rest_(text) {}

  Result<Header> run() {
    bool seen[3] = {};
    if (!take("{")) return malformed("the header is no dictionary");
    while (!take("}")) {
      const std::optional<std::string_view> key = quoted();
      if (!key || !take(":")) return malformed("the header is no dictionary");
      size_t which = 0;
      if (*key == "descr") {
        OINF_TRY(read_type());
      } else if (*key == "fortran_order") {
        which = 1;
        if (take("True")) {
          header_.fortran_order = true;
        } else if (!take("False")) {
          return malformed("`fortran_order` is neither True nor False");
        }
      } else if (*key == "shape") {
        which = 2;
        OINF_TRY(read_shape());
      } else {
        return malformed("unknown key `" + std::string(*key) + "` in the header");
      }
      if (seen[which]) return malformed("`" + std::string(*key) + "` stands twice in the header");
      seen[which] = true;
      if (!take(",") && !starts("}")) return malformed("the header is no dictionary");
    }
    skip_blanks();
    if (!rest_.empty()) return malformed("text behind the header's dictionary");
    if (!std::all_of(std::begin(seen), std::end(seen), [](bool b) { return b; }))
      return malformed("the header lacks `descr`, `fortran_order` or `shape`");
    return header_;
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n' || rest_[0] == '\t')) rest_.remove_prefix(1);
  }
  bool starts(std::string_view token) {
    skip_blanks();
    return rest_.starts_with(token);
  }
  bool take(std::string_view token) {
    if (!starts(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  std::optional<std::string_view> quoted() {
    skip_blanks();
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) return std::nullopt;
    const size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return text;
  }

  Status read_type() {
    const std::optional<std::string_view> text = quoted();
    if (!text) return malformed("records are not supported");
    const char order = text->empty() ? '\0' : text->front();
    header_.big_endian = order == '>';
    for (const TypeCode& code : kCodes)
      if ((order == '<' || order == '>' || order == '|' || order == '=') && text->substr(1) == code.text) {
        header_.dtype = code.dtype;
        return {};
      }
    return malformed("type `" + std::string(*text) + "` is not supported");
  }

  Status read_shape() {
    if (!take("(")) return malformed("`shape` is no tuple");
    while (!take(")")) {
      skip_blanks();
      int64_t size = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      if (error != std::errc() || size < 0) return malformed("`shape` holds something that is no size");
      if (header_.shape.rank() == kMaxRank) return malformed("more than 8 axes");
      header_.shape.push_back(size);
      rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
      take("L");  // as Python 2 wrote them
      if (!take(",") && !starts(")")) return malformed("`shape` is no tuple");
    }
    return {};
  }

  std::string_view rest_;
  Header header_;
};

void swap_bytes(std::byte* bytes, size_t count, size_t size) {
  for (size_t i = 0; i < count; ++i) std::reverse(bytes + i * size, bytes + (i + 1) * size);
}

// from: the first axis is dense. Writes row-major.
void copy_from_fortran(const std::byte* from, std::byte* to, const Shape& shape, size_t size) {
  TensorView view = TensorView::dense(to, DType::u8, shape);
  const int64_t elements = shape.elements();
  Shape index;
  index.resize(shape.rank());
  for (int axis = 0; axis < shape.rank(); ++axis) index[axis] = 0;
  for (int64_t i = 0; i < elements; ++i, from += size) {
    int64_t at = 0;
    for (int axis = 0; axis < shape.rank(); ++axis) at += index[axis] * view.strides[static_cast<size_t>(axis)];
    std::memcpy(to + at * static_cast<int64_t>(size), from, size);
    for (int axis = 0; axis < shape.rank() && ++index[axis] == shape[axis]; ++axis) index[axis] = 0;
  }
}

}  // namespace

bool is_npy(std::string_view file) { return file.starts_with(kMagic); }

Result<HostTensor> read_npy(std::string_view file) {
  if (!is_npy(file) || file.size() < 10) return malformed("the file is too short");
  const auto byte = [&](size_t at) { return size_t{static_cast<unsigned char>(file[at])}; };
  const size_t version = byte(6);
  if (version < 1 || version > 3) return malformed("version " + std::to_string(version) + " is not supported");
  size_t header_size = byte(8) | byte(9) << 8, begin = 10;
  if (version > 1) {
    if (file.size() < 12) return malformed("the file is too short");
    header_size |= byte(10) << 16 | byte(11) << 24;
    begin = 12;
  }
  if (header_size > file.size() - begin) return malformed("the header is longer than the file");
  OINF_ASSIGN(const Header header, HeaderReader(file.substr(begin, header_size)).run());
  const std::string_view data = file.substr(begin + header_size);
  const std::optional<int64_t> elements = header.shape.elements_checked();
  const size_t size = element_bytes(header.dtype);
  if (!elements || data.size() % size != 0 || data.size() / size != static_cast<uint64_t>(*elements))
    return malformed("the header says " + std::string(name(header.dtype)) + to_string(header.shape) + ", but " +
                     std::to_string(data.size()) + " bytes follow");
  OINF_ASSIGN(HostTensor tensor, HostTensor::zeros(header.dtype, header.shape));
  if (data.empty()) return tensor;
  if (header.fortran_order) {
    copy_from_fortran(reinterpret_cast<const std::byte*>(data.data()), tensor.data(), header.shape, size);
  } else {
    std::memcpy(tensor.data(), data.data(), data.size());
  }
  if (header.big_endian && size > 1) swap_bytes(tensor.data(), static_cast<size_t>(*elements), size);
  if (header.dtype == DType::boolean &&
      std::any_of(tensor.data(), tensor.data() + data.size(), [](std::byte b) { return b > std::byte{1}; }))
    return malformed("a bool that is neither 0 nor 1");
  return tensor;
}

std::optional<DType> npy_dtype(DType dtype) {
  if (dtype == DType::bf16 || dtype == DType::f8 || dtype == DType::f8e4m3) return DType::f32;
  if (dtype == DType::bitset) return DType::u8;
  if (!is_plain(dtype)) return std::nullopt;
  return dtype;
}

std::string npy_header(DType dtype, const Shape& shape) {
  const auto* code =
      std::find_if(std::begin(kCodes), std::end(kCodes), [&](const TypeCode& c) { return c.dtype == dtype; });
  std::string text = "{'descr': '";
  text += element_bytes(dtype) == 1 ? '|' : '<';
  text += code->text;
  text += "', 'fortran_order': False, 'shape': (";
  for (const int64_t size : shape) text += std::to_string(size) + (shape.rank() == 1 ? "," : ", ");
  if (shape.rank() > 1) text.resize(text.size() - 2);
  text += "), }";
  std::string header(kMagic);
  constexpr size_t kText = kHeaderBytes - 10;
  header += '\x01';
  header += '\0';
  header += static_cast<char>(kText & 0xFFu);
  header += static_cast<char>(kText >> 8);
  text.resize(kText - 1, ' ');
  return header + text + "\n";
}

}  // namespace openinfer
