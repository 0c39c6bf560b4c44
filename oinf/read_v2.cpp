#include "oinf/read_v2.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "ir/panel16.h"
#include "oinf/byte_reader.h"
#include "oinf/extents.h"
#include "oinf/format.h"
#include "oinf/read_v2_metadata.h"
#include "oinf/type_tag.h"

namespace openinfer {
namespace {

constexpr uint64_t kHeaderBytes = 69;
constexpr uint64_t kAlignment = 8;

struct Header {
  uint32_t sizes = 0, metadata = 0, tensors = 0;
  uint64_t begin[5] = {};  // sizes, metadata, tensors, data, end of the file
};

constexpr const char* kSectionNames[] = {"size variables", "metadata", "tensors", "data", "end of the file"};

Result<Header> read_header(std::span<const std::byte> file) {
  if (file.size() < kHeaderBytes)
    return Diagnostic(Code::P0002, fmt::format("{} bytes, fewer than the header's {}", file.size(), kHeaderBytes));
  ByteReader in(file);
  in.bytes(format::kMagic.size());
  in.u32();
  if (in.u32() != 0) return Diagnostic(Code::P0018, "the header's flags are not zero");
  Header h;
  h.sizes = in.u32();
  h.metadata = in.u32();
  h.tensors = in.u32();
  if (in.u32() != 0) return Diagnostic(Code::P0018, "the header's reserved field is not zero");
  for (uint64_t& begin : h.begin) begin = in.u64();
  if (h.begin[4] > file.size())
    return Diagnostic(Code::P0002, fmt::format("{} bytes, where the header says {}", file.size(), h.begin[4]));
  if (h.begin[4] < file.size())
    return Diagnostic(Code::P0010,
                      fmt::format("{} bytes behind the end that the header says", file.size() - h.begin[4]));
  uint64_t last = format::align_up(kHeaderBytes, kAlignment);
  for (int i = 0; i < 4; ++i) {
    if (h.begin[i] > h.begin[4])
      return Diagnostic(Code::P0005, fmt::format("section {} begins outside the file", kSectionNames[i]));
    if (h.begin[i] % kAlignment != 0)
      return Diagnostic(Code::P0006, fmt::format("section {} begins at {}", kSectionNames[i], h.begin[i]));
    if (h.begin[i] < last)
      return Diagnostic(Code::P0007, fmt::format("section {} begins before the one in front of it", kSectionNames[i]));
    last = h.begin[i];
  }
  if (h.begin[0] != format::align_up(kHeaderBytes, kAlignment))
    return Diagnostic(Code::P0010, "bytes between the header and the first section belong to nothing");
  return h;
}

// A table ends where the next section begins, but for zeros up to a multiple of 8.
Status end_of_section(ByteReader& in, int section) {
  if (!in.ok()) return Diagnostic(Code::P0005, fmt::format("an entry reaches past section {}", kSectionNames[section]));
  const uint64_t rest = in.remaining();
  if (rest >= kAlignment)
    return Diagnostic(Code::P0010,
                      fmt::format("{} bytes behind section {} belong to nothing", rest, kSectionNames[section]));
  for (const std::byte b : in.bytes(rest))
    if (b != std::byte{0})
      return Diagnostic(Code::P0017, fmt::format("padding behind section {} is not zero", kSectionNames[section]));
  if (in.bad_padding())
    return Diagnostic(Code::P0017, fmt::format("padding in section {} is not zero", kSectionNames[section]));
  return {};
}

// The name at the reader; P0005, P0012 or P0009.
Result<std::string_view> read_name(ByteReader& in, std::unordered_set<std::string_view>& seen, int section) {
  const std::string_view name = in.string();
  if (!in.ok()) return Diagnostic(Code::P0005, fmt::format("an entry reaches past section {}", kSectionNames[section]));
  if (name.empty() || !is_v2_text(name))
    return Diagnostic(Code::P0012,
                      fmt::format("a name in section {} is not of A-Z a-z 0-9 . _ -", kSectionNames[section]));
  if (!seen.insert(name).second)
    return Diagnostic(Code::P0009, fmt::format("`{}` stands twice in section {}", name, kSectionNames[section]));
  return name;
}

// A payload of the file with what it is called in a message.
struct Placed {
  Extent extent;
  std::string what;
};

Result<TensorEntry> read_tensor(ByteReader& in, std::string_view tensor, std::vector<Placed>& placed) {
  TensorEntry t;
  t.info.name = tensor;
  const uint32_t tag = in.u32();
  const uint32_t rank = in.u32();
  const uint32_t flags = in.u32();
  const auto dtype = dtype_of_tag(tag);
  if (!in.ok()) return Diagnostic(Code::P0005, "an entry reaches past section tensors");
  if (!dtype || tag > type_tag(DType::t1) || *dtype == DType::bitset)
    return Diagnostic(Code::P0011, fmt::format("unknown element type {}", tag));
  if (rank > kMaxRank) return Diagnostic(Code::P0013, fmt::format("rank {}", rank));
  if ((flags & ~3u) != 0) return Diagnostic(Code::P0018, fmt::format("unknown flags {}", flags));
  t.info.dtype = *dtype;
  for (uint32_t axis = 0; axis < rank; ++axis) t.info.shape.push_back(in.i64());
  t.data.size = in.u64();
  t.data.offset = in.u64();
  t.quantisation_record.size = in.u64();
  t.quantisation_record.offset = in.u64();
  if (!in.ok()) return Diagnostic(Code::P0005, "an entry reaches past section tensors");
  const auto bytes = payload_bytes(t.info.dtype, Layout::rowmajor, t.info.shape);
  if (!bytes) return Diagnostic(Code::P0008, fmt::format("the product of {} overflows", to_string(t.info.shape)));
  t.has_data = (flags & 1) != 0;
  if (t.has_data ? t.data.size != *bytes : (t.data.size != 0 || t.data.offset != 0))
    return Diagnostic(Code::P0014, fmt::format("{} bytes, where {} {} asks for {}", t.data.size, name(t.info.dtype),
                                               to_string(t.info.shape), t.has_data ? *bytes : 0));
  t.info.bytes = t.data.size;
  if (t.has_data) placed.push_back({t.data, fmt::format("tensor `{}`", tensor)});
  const Extent& record = t.quantisation_record;
  if ((flags & 2) != 0)
    placed.push_back({record, fmt::format("the quantisation of `{}`", tensor)});
  else if (record.size != 0 || record.offset != 0)
    return Diagnostic(Code::P0018, "a quantisation without its flag");
  return t;
}

}  // namespace

Result<PackageIndex> read_v2(std::span<const std::byte> file) {
  PackageIndex index;
  index.version = 2;
  OINF_ASSIGN(const Header h, read_header(file));
  const auto tables = file.first(h.begin[3]);
  index.bytes.assign(tables.begin(), tables.end());
  const auto section = [&](int i) {
    return ByteReader(std::span<const std::byte>(index.bytes).subspan(h.begin[i], h.begin[i + 1] - h.begin[i]));
  };
  index.checksum = checksum(index.bytes);

  std::unordered_set<std::string_view> seen;
  ByteReader in = section(0);
  if (!in.can_hold(h.sizes, 16)) return Diagnostic(Code::P0005, "more size variables than their section can hold");
  for (uint32_t i = 0; i < h.sizes; ++i) {
    OINF_ASSIGN(const std::string_view name, read_name(in, seen, 0));
    const uint64_t value = in.u64();
    if (value > INT64_MAX) return Diagnostic(Code::P0008, fmt::format("size variable `{}` is {}", name, value));
    index.sizes.emplace_back(name, static_cast<int64_t>(value));
  }
  OINF_TRY(end_of_section(in, 0));

  std::vector<Placed> placed;
  seen.clear();
  in = section(1);
  if (!in.can_hold(h.metadata, 32)) return Diagnostic(Code::P0005, "more metadata than their section can hold");
  struct Entry {
    std::string_view key;
    uint32_t type;
    Extent extent;
  };
  std::vector<Entry> metadata;
  for (uint32_t i = 0; i < h.metadata; ++i) {
    OINF_ASSIGN(const std::string_view key, read_name(in, seen, 1));
    Entry e{key, in.u32(), {}};
    if (in.u32() != 0) return Diagnostic(Code::P0018, fmt::format("flags of metadata `{}` are not zero", key));
    e.extent.size = in.u64();
    e.extent.offset = in.u64();
    metadata.push_back(e);
    placed.push_back({e.extent, fmt::format("metadata `{}`", key)});
  }
  OINF_TRY(end_of_section(in, 1));

  seen.clear();
  in = section(2);
  if (!in.can_hold(h.tensors, 52)) return Diagnostic(Code::P0005, "more tensors than their section can hold");
  for (uint32_t i = 0; i < h.tensors; ++i) {
    OINF_ASSIGN(const std::string_view name, read_name(in, seen, 2));
    auto tensor = read_tensor(in, name, placed);
    if (!tensor.ok()) {
      Diagnostic d = std::move(tensor).error();
      d.message = fmt::format("tensor `{}`: {}", name, d.message);
      return d;
    }
    index.tensors.push_back(std::move(tensor).value());
  }
  OINF_TRY(end_of_section(in, 2));

  ExtentWalk walk(h.begin[3], h.begin[4]);
  for (const Placed& p : placed) OINF_TRY(walk.next(p.extent, kAlignment, p.what));
  OINF_TRY(walk.finish(kAlignment));
  for (const Entry& e : metadata) {
    OINF_ASSIGN(MetaValue value, read_v2_metadata(e.type, file.subspan(e.extent.offset, e.extent.size), e.key));
    index.metadata.emplace_back(e.key, std::move(value));
  }
  return index;
}

Result<V2Quantisation> read_v2_quantisation(std::span<const std::byte> record, const Shape& shape) {
  const auto malformed = [](const char* what) { return Diagnostic(Code::P0018, what); };
  ByteReader in(record);
  const uint32_t scheme = in.u32();
  const uint32_t scale_mode = in.u32();
  const uint32_t zero_mode = in.u32();
  const uint32_t reserved = in.u32();
  const uint64_t scale_axis = in.u64();
  const uint64_t scale_count = in.u64();
  const uint64_t zero_axis = in.u64();
  const uint64_t zero_count = in.u64();
  if (!in.ok()) return malformed("a quantisation record of fewer than 48 bytes");
  if (scheme < 1 || scheme > 2 || reserved != 0) return malformed("unknown quantisation scheme");
  if (scale_mode < 1 || scale_mode > 2 || zero_mode > 2) return malformed("unknown quantisation mode");
  if (scheme == 1 && zero_mode != 0) return malformed("a symmetric quantisation has no zero points");
  const auto parameter = [&](uint32_t mode, uint64_t axis, DType dtype) {
    QuantisationParameter p;
    p.granularity = static_cast<Granularity>(mode);
    p.axis = static_cast<uint8_t>(std::min<uint64_t>(axis, 255));
    p.dtype = dtype;
    return p;
  };
  V2Quantisation q;
  q.quantisation.scale = parameter(scale_mode, scale_axis, DType::f32);
  q.quantisation.zero_point = parameter(zero_mode, zero_axis, DType::i32);
  const auto scales = parameter_size(q.quantisation.scale, shape);
  const auto zeros = parameter_size(q.quantisation.zero_point, shape);
  if (!scales || !zeros || scales->count != scale_count || zeros->count != zero_count)
    return malformed("the quantisation does not fit the shape");
  q.scales = in.bytes(scales->bytes);
  q.zero_points = in.bytes(zeros->bytes);
  if (!in.ok()) return malformed("the quantisation record is too short");
  if (in.remaining() >= 8) return malformed("bytes behind the quantisation record");
  return q;
}

}  // namespace openinfer
