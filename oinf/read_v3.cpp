#include "oinf/read_v3.h"

#include <fmt/format.h>

#include <cstring>
#include <unordered_set>

#include "ir/panel16.h"
#include "oinf/byte_reader.h"
#include "oinf/extents.h"
#include "oinf/format.h"
#include "oinf/package_text.h"
#include "oinf/read_metadata.h"
#include "oinf/type_tag.h"

namespace openinfer {
namespace {

using namespace format;

struct Header {
  uint64_t index_offset = 0;
  uint64_t index_size = 0;
};

Diagnostic malformed(std::string what) { return {Code::P0018, std::move(what)}; }

Result<Header> read_header(std::span<const std::byte> file, Checksum& stored) {
  if (file.size() < kHeaderBytes)
    return Diagnostic(Code::P0002, fmt::format("{} bytes, fewer than the header's {}", file.size(), kHeaderBytes));
  ByteReader in(file.first(kHeaderBytes));
  in.bytes(kMagic.size());
  in.u32();
  for (const std::byte b : in.bytes(3))
    if (b != std::byte{0}) return Diagnostic(Code::P0017, "bytes 9 to 11 of the header are not zero");
  in.u32();  // a higher minor version only adds sections
  const uint64_t file_size = in.u64();
  const Header header{in.u64(), in.u64()};
  if (in.u64() != 0) return Diagnostic(Code::P0017, "bytes 40 to 47 of the header are not zero");
  std::memcpy(stored.data(), in.bytes(stored.size()).data(), stored.size());
  if (file.size() < file_size)
    return Diagnostic(Code::P0002, fmt::format("{} bytes, where the header says {}", file.size(), file_size));
  if (file.size() > file_size)
    return Diagnostic(Code::P0010,
                      fmt::format("{} bytes behind the end that the header says", file.size() - file_size));
  if (header.index_offset % kPayloadAlignment != 0)
    return Diagnostic(Code::P0006,
                      fmt::format("the index begins at {}, which is no multiple of 64", header.index_offset));
  if (header.index_offset < kHeaderBytes) return Diagnostic(Code::P0007, "the index overlaps the header");
  if (header.index_offset > file_size || header.index_size > file_size - header.index_offset)
    return Diagnostic(Code::P0005, "the index is outside the file");
  if (header.index_size < file_size - header.index_offset)
    return Diagnostic(Code::P0010, "bytes behind the index belong to nothing");
  return header;
}

// The seven sections, in order; unknown ones may follow.
Status split_sections(std::span<const std::byte> index, std::span<const std::byte> (&sections)[kSections]) {
  ByteReader in(index);
  uint32_t last = 0;
  while (in.remaining() > 0) {
    const uint32_t kind = in.u32();
    const uint32_t flags = in.u32();
    const uint64_t size = in.u64();
    const auto body = in.padded_bytes(size);
    if (!in.ok()) return Diagnostic(Code::P0005, fmt::format("section {} is longer than the index", kind));
    if (in.bad_padding()) return Diagnostic(Code::P0017, fmt::format("padding behind section {} is not zero", kind));
    if (kind == last) return Diagnostic(Code::P0009, fmt::format("section {} appears twice", kind));
    if (kind < last) return Diagnostic(Code::P0007, fmt::format("section {} stands behind section {}", kind, last));
    if (last < kSections && kind != last + 1) return malformed(fmt::format("section {} is missing", last + 1));
    last = kind;
    if (kind <= kSections)
      sections[kind - 1] = body;
    else if (flags & kCriticalSection)
      return Diagnostic(Code::P0004, fmt::format("section {} is needed, and this release does not know it", kind));
  }
  if (last < kSections) return malformed(fmt::format("section {} is missing", last + 1));
  return {};
}

// A section must be used up, its strings padded with zeros.
Status end_of_section(const ByteReader& in, const char* section) {
  if (!in.ok()) return Diagnostic(Code::P0005, fmt::format("a record reaches past the section {}", section));
  if (in.bad_padding()) return Diagnostic(Code::P0017, fmt::format("padding in section {} is not zero", section));
  if (in.remaining() > 0)
    return Diagnostic(Code::P0010,
                      fmt::format("{} bytes at the end of section {} belong to nothing", in.remaining(), section));
  return {};
}

Diagnostic past_section(const char* section) {
  return {Code::P0005, fmt::format("a record reaches past the section {}", section)};
}
Diagnostic bad_name(const char* what, uint64_t at) {
  return {Code::P0012, fmt::format("the name of {} {} is empty, not UTF-8 or has control characters", what, at)};
}

Extent read_extent(ByteReader& in) {
  Extent e;
  e.offset = in.u64();
  e.size = in.u64();
  const auto sum = in.bytes(e.checksum.size());
  if (sum.size() == e.checksum.size()) std::memcpy(e.checksum.data(), sum.data(), sum.size());
  return e;
}

Status read_general(std::span<const std::byte> section, PackageIndex& index) {
  ByteReader in(section);
  index.numerics_id = in.u32();
  if (in.u32() != 0) return Diagnostic(Code::P0017, "padding in section general is not zero");
  index.architecture = in.string();
  if (!is_utf8(index.architecture)) return bad_name("the architecture", 0);
  return end_of_section(in, "general");
}

Status read_sizes(std::span<const std::byte> section, PackageIndex& index) {
  ByteReader in(section);
  const uint64_t count = in.u64();
  if (!in.can_hold(count, 16)) return past_section("sizes");
  index.sizes.reserve(count);
  std::unordered_set<std::string_view> names;
  names.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    const std::string_view name = in.string();
    const int64_t value = in.i64();
    if (!in.ok()) return past_section("sizes");
    if (!is_name(name)) return bad_name("size", i);
    if (!names.insert(name).second) return Diagnostic(Code::P0009, fmt::format("two sizes are named `{}`", name));
    index.sizes.emplace_back(name, value);
  }
  return end_of_section(in, "sizes");
}

Status read_metadata(std::span<const std::byte> section, PackageIndex& index) {
  ByteReader in(section);
  const uint64_t count = in.u64();
  if (!in.can_hold(count, 24)) return past_section("metadata");
  index.metadata.reserve(count);
  std::unordered_set<std::string_view> names;
  names.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    const std::string_view key = in.string();
    const uint32_t kind = in.u32();
    const uint32_t zero = in.u32();
    if (!in.ok()) return past_section("metadata");
    if (!is_name(key)) return bad_name("metadata", i);
    if (zero != 0) return Diagnostic(Code::P0017, fmt::format("padding in metadata `{}` is not zero", key));
    if (!names.insert(key).second) return Diagnostic(Code::P0009, fmt::format("metadata `{}` stands there twice", key));
    OINF_ASSIGN(MetaValue value, read_metadata_value(in, kind, key));
    index.metadata.emplace_back(key, std::move(value));
  }
  return end_of_section(in, "metadata");
}

Status read_labels(std::span<const std::byte> section, PackageIndex& index) {
  ByteReader in(section);
  const uint64_t count = in.u64();
  if (!in.can_hold(count, 8)) return past_section("labels");
  index.labels.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    const std::string_view label = in.string();
    if (!in.ok()) return past_section("labels");
    if (!is_utf8(label)) return Diagnostic(Code::P0012, fmt::format("label {} is not UTF-8", i));
    index.labels.emplace_back(label);
  }
  return end_of_section(in, "labels");
}

Result<QuantisationParameter> read_parameter(ByteReader& in) {
  QuantisationParameter p;
  const uint8_t granularity = in.u8();
  const uint8_t tag = in.u8();
  p.axis = in.u8();
  const uint8_t zero = in.u8();
  const uint32_t more_zeros = in.u32();
  p.group = in.u64();
  if (granularity > 3) return malformed(fmt::format("unknown granularity {}", granularity));
  p.granularity = static_cast<Granularity>(granularity);
  if ((p.granularity != Granularity::channel && p.axis != 0) || (p.granularity != Granularity::group && p.group != 0) ||
      zero != 0 || more_zeros != 0)
    return malformed("a field of the quantisation that has no use there is not zero");
  if (p.granularity == Granularity::none) {
    if (tag != 0) return malformed("a field of the quantisation that has no use there is not zero");
    return p;
  }
  const auto dtype = dtype_of_tag(tag);
  if (!dtype) return Diagnostic(Code::P0011, fmt::format("unknown type {} of a quantisation parameter", tag));
  p.dtype = *dtype;
  return p;
}

Status read_quantisation(ByteReader& in, TensorEntry& t) {
  Quantisation q;
  OINF_ASSIGN(q.scale, read_parameter(in));
  OINF_ASSIGN(q.zero_point, read_parameter(in));
  t.scales = read_extent(in);
  t.zero_points = read_extent(in);
  if (!in.ok()) return past_section("tensors");
  if (q.scale.granularity == Granularity::none || !is_scale_type(q.scale.dtype) || !can_be_quantised(t.info.dtype) ||
      (q.zero_point.granularity != Granularity::none && !is_zero_point_type(q.zero_point.dtype)))
    return malformed("the quantisation does not fit the type");
  const auto scales = parameter_size(q.scale, t.info.shape);
  const auto zeros = parameter_size(q.zero_point, t.info.shape);
  if (!scales || !zeros) return malformed("the quantisation does not fit the shape");
  if (scales->bytes != t.scales.size || zeros->bytes != t.zero_points.size)
    return Diagnostic(Code::P0014,
                      fmt::format("scales of {} and zero points of {} bytes, where the shape asks for {} and {}",
                                  t.scales.size, t.zero_points.size, scales->bytes, zeros->bytes));
  t.quantisation = q;
  return {};
}

Status read_tensor(ByteReader& in, TensorEntry& t) {
  const uint8_t tag = in.u8();
  const uint8_t layout = in.u8();
  const uint8_t rank = in.u8();
  const uint8_t quantised = in.u8();
  if (in.u32() != 0) return Diagnostic(Code::P0017, "padding is not zero");
  const auto dtype = dtype_of_tag(tag);
  if (!dtype) return Diagnostic(Code::P0011, fmt::format("unknown element type {}", tag));
  if (layout > 1) return Diagnostic(Code::P0011, fmt::format("unknown layout {}", layout));
  if (rank > kMaxRank) return Diagnostic(Code::P0013, fmt::format("rank {}", rank));
  if (quantised > 1) return malformed(fmt::format("quantisation flag {}", quantised));
  t.info.dtype = *dtype;
  t.info.layout = static_cast<Layout>(layout);
  for (int axis = 0; axis < rank; ++axis) t.info.shape.push_back(in.i64());
  t.data = read_extent(in);
  if (!in.ok()) return past_section("tensors");
  if (!t.info.shape.elements_checked())
    return Diagnostic(Code::P0008, fmt::format("the product of {} overflows", to_string(t.info.shape)));
  if (t.info.layout == Layout::panel16 && !has_panel16(t.info.dtype))
    return Diagnostic(Code::P0011,
                      fmt::format("layout panel16 of {}, which this release does not know", name(t.info.dtype)));
  const auto bytes = payload_bytes(t.info.dtype, t.info.layout, t.info.shape);
  if (!bytes)
    return Diagnostic(Code::P0014,
                      fmt::format("{} {} cannot be stored so", name(t.info.dtype), to_string(t.info.shape)));
  if (*bytes != t.data.size)
    return Diagnostic(Code::P0014, fmt::format("{} bytes, where {} {} asks for {}", t.data.size, name(t.info.dtype),
                                               to_string(t.info.shape), *bytes));
  t.info.bytes = t.data.size;
  return quantised ? read_quantisation(in, t) : Status{};
}

Status read_tensors(std::span<const std::byte> section, PackageIndex& index, ExtentWalk& walk) {
  ByteReader in(section);
  const uint64_t count = in.u64();
  if (!in.can_hold(count, 48)) return past_section("tensors");
  index.tensors.reserve(count);
  std::unordered_set<std::string_view> names;
  names.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    TensorEntry t;
    t.info.name = in.string();
    if (!in.ok()) return past_section("tensors");
    if (!is_name(t.info.name)) return bad_name("tensor", i);
    if (!names.insert(t.info.name).second)
      return Diagnostic(Code::P0009, fmt::format("two tensors are named `{}`", t.info.name));
    const auto in_tensor = [&](Diagnostic d) {
      d.message = fmt::format("tensor `{}`: {}", t.info.name, d.message);
      return d;
    };
    if (Status s = read_tensor(in, t); !s.ok()) return in_tensor(std::move(s).error());
    const auto place = [&](const Extent& e, const char* what) {
      return walk.next(e, payload_alignment(e.size), fmt::format("{} `{}`", what, t.info.name));
    };
    OINF_TRY(place(t.data, "tensor"));
    if (t.quantisation) {
      OINF_TRY(place(t.scales, "the scales of"));
      if (t.quantisation->zero_point.granularity != Granularity::none)
        OINF_TRY(place(t.zero_points, "the zero points of"));
      else if (t.zero_points.offset != 0 || t.zero_points.size != 0 || t.zero_points.checksum != Checksum{})
        return in_tensor(malformed("zero points without a use"));
    }
    index.tensors.push_back(std::move(t));
  }
  return end_of_section(in, "tensors");
}

Status read_attachments(std::span<const std::byte> section, PackageIndex& index, ExtentWalk& walk) {
  ByteReader in(section);
  const uint64_t count = in.u64();
  if (!in.can_hold(count, 48)) return past_section("attachments");
  std::unordered_set<std::string_view> paths;
  for (uint64_t i = 0; i < count; ++i) {
    AttachmentEntry a;
    a.name = in.string();
    const uint32_t kind = in.u32();
    const uint32_t zero = in.u32();
    a.data = read_extent(in);
    if (!in.ok()) return past_section("attachments");
    if (!is_name(a.name)) return bad_name("attachment", i);
    if (zero != 0) return Diagnostic(Code::P0017, fmt::format("padding in attachment `{}` is not zero", a.name));
    OINF_TRY(walk.next(a.data, payload_alignment(a.data.size), fmt::format("attachment `{}`", a.name)));
    switch (static_cast<AttachmentKind>(kind)) {
      case AttachmentKind::tokenizer:
        if (index.tokenizer) return Diagnostic(Code::P0009, "two tokenizers");
        index.tokenizer = a.data;
        break;
      case AttachmentKind::graph:
        if (!paths.insert(a.name).second)
          return Diagnostic(Code::P0009, fmt::format("two graph files are named `{}`", a.name));
        index.graph.push_back(a);
        break;
      default:
        return Diagnostic(Code::P0011, fmt::format("attachment `{}` is of unknown kind {}", a.name, kind));
    }
  }
  return end_of_section(in, "attachments");
}

Status read_provenance(std::span<const std::byte> section, PackageIndex& index) {
  ByteReader in(section);
  Provenance& p = index.provenance;
  p.packer = in.string();
  bool utf8 = is_utf8(p.packer);
  const uint64_t options = in.u64();
  if (!in.can_hold(options, 8)) return past_section("provenance");
  for (uint64_t i = 0; i < options; ++i) {
    p.options.emplace_back(in.string());
    utf8 = utf8 && is_utf8(p.options.back());
  }
  const uint64_t sources = in.u64();
  if (!in.can_hold(sources, 32)) return past_section("provenance");
  for (uint64_t i = 0; i < sources; ++i) {
    SourceFile source;
    source.name = in.string();
    source.size = in.u64();
    const auto sum = in.bytes(source.checksum.size());
    if (!in.ok()) return past_section("provenance");
    std::memcpy(source.checksum.data(), sum.data(), sum.size());
    utf8 = utf8 && is_utf8(source.name);
    p.sources.push_back(std::move(source));
  }
  if (!utf8) return Diagnostic(Code::P0012, "a text of the provenance is not UTF-8");
  return end_of_section(in, "provenance");
}

}  // namespace

Result<PackageIndex> read_v3(std::span<const std::byte> file) {
  PackageIndex index;
  index.version = kVersion;
  OINF_ASSIGN(const Header header, read_header(file, index.checksum));
  const auto mapped = file.subspan(header.index_offset, header.index_size);
  index.bytes.assign(mapped.begin(), mapped.end());
  const std::span<const std::byte> bytes = index.bytes;
  ChecksumStream sum;
  sum.update(file.first(kChecksummedHeaderBytes));
  sum.update(bytes);
  if (sum.digest() != index.checksum) return Diagnostic(Code::P0015, "the index does not have its checksum");

  std::span<const std::byte> sections[kSections];
  const auto section = [&](Section s) { return sections[static_cast<uint32_t>(s) - 1]; };
  OINF_TRY(split_sections(bytes, sections));
  OINF_TRY(read_general(section(Section::general), index));
  OINF_TRY(read_sizes(section(Section::sizes), index));
  OINF_TRY(read_metadata(section(Section::metadata), index));
  OINF_TRY(read_labels(section(Section::labels), index));
  index.payloads_end = header.index_offset;
  ExtentWalk walk(kHeaderBytes, header.index_offset);
  OINF_TRY(read_tensors(section(Section::tensors), index, walk));
  OINF_TRY(read_attachments(section(Section::attachments), index, walk));
  OINF_TRY(walk.finish(kPayloadAlignment));
  OINF_TRY(read_provenance(section(Section::provenance), index));
  return index;
}

}  // namespace openinfer
