#include "oinf/write_index.h"

#include <fmt/format.h>

#include <algorithm>

#include "oinf/format.h"
#include "oinf/package_text.h"
#include "oinf/type_tag.h"

namespace openinfer {
namespace {

using namespace format;

// Begins a section and, when it goes out of scope, pads it and sets its size.
class SectionScope {
 public:
  SectionScope(ByteWriter& out, Section section) : out_(out) {
    out.u32(static_cast<uint32_t>(section));
    out.u32(kCriticalSection);
    out.u64(0);
    begin_ = out.size();
  }
  ~SectionScope() {
    out_.patch_u64(begin_ - 8, out_.size() - begin_);
    out_.pad();
  }
  SectionScope(const SectionScope&) = delete;
  SectionScope& operator=(const SectionScope&) = delete;

 private:
  ByteWriter& out_;
  size_t begin_;
};

struct WriteValue {
  ByteWriter& out;
  void kind(MetadataKind k) {
    out.u32(static_cast<uint32_t>(k));
    out.u32(0);
  }
  void operator()(bool v) {
    kind(MetadataKind::boolean);
    out.u64(v ? 1 : 0);
  }
  void operator()(int64_t v) {
    kind(MetadataKind::integer);
    out.i64(v);
  }
  void operator()(double v) {
    kind(MetadataKind::floating);
    out.f64(v);
  }
  void operator()(const std::string& v) {
    kind(MetadataKind::string);
    out.string(v);
  }
  void operator()(const std::vector<int64_t>& list) {
    kind(MetadataKind::integer_list);
    out.u64(list.size());
    for (const int64_t v : list) out.i64(v);
  }
  void operator()(const std::vector<double>& list) {
    kind(MetadataKind::floating_list);
    out.u64(list.size());
    for (const double v : list) out.f64(v);
  }
  void operator()(const std::vector<std::string>& list) {
    kind(MetadataKind::string_list);
    out.u64(list.size());
    for (const std::string& v : list) out.string(v);
  }
  void operator()(const std::vector<bool>& list) {
    kind(MetadataKind::boolean_list);
    out.u64(list.size());
    for (const bool v : list) out.u8(v ? 1 : 0);
    out.pad();
  }
};

void write_extent(ByteWriter& out, const Extent& e) {
  out.u64(e.offset);
  out.u64(e.size);
  out.raw(e.checksum.data(), e.checksum.size());
}

void write_parameter(ByteWriter& out, const QuantisationParameter& p) {
  out.u8(static_cast<uint8_t>(p.granularity));
  out.u8(p.granularity == Granularity::none ? 0 : type_tag(p.dtype));
  out.u8(p.axis);
  out.u8(0);
  out.u32(0);
  out.u64(p.group);
}

void write_tensor(ByteWriter& out, const WrittenTensor& t) {
  out.string(t.name);
  out.u8(type_tag(t.dtype));
  out.u8(static_cast<uint8_t>(t.layout));
  out.u8(static_cast<uint8_t>(t.shape.rank()));
  out.u8(t.quantisation ? 1 : 0);
  out.u32(0);
  for (const int64_t dim : t.shape) out.i64(dim);
  write_extent(out, t.payloads[0]);
  if (!t.quantisation) return;
  write_parameter(out, t.quantisation->scale);
  write_parameter(out, t.quantisation->zero_point);
  write_extent(out, t.payloads[1]);
  write_extent(out, t.payloads[2]);
}

// The entries in the order of their names, each name once and valid.
template <class Value>
Result<std::vector<const std::pair<std::string, Value>*>> in_order(
    const std::vector<std::pair<std::string, Value>>& entries, const char* what) {
  std::vector<const std::pair<std::string, Value>*> sorted;
  for (const auto& entry : entries) {
    if (!is_name(entry.first))
      return Diagnostic(Code::P0012, fmt::format("{} cannot be named `{}`", what, entry.first));
    sorted.push_back(&entry);
  }
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  for (size_t i = 1; i < sorted.size(); ++i)
    if (sorted[i]->first == sorted[i - 1]->first)
      return Diagnostic(Code::P0009, fmt::format("{} `{}` stands there twice", what, sorted[i]->first));
  return sorted;
}

Status check_texts(const PackageDescription& d) {
  const auto bad = [](std::string what) { return Diagnostic(Code::P0012, what + " is not UTF-8"); };
  if (!is_utf8(d.architecture)) return bad("the architecture's name");
  for (size_t i = 0; i < d.labels.size(); ++i)
    if (!is_utf8(d.labels[i])) return bad(fmt::format("label {}", i));
  for (const auto& [key, value] : d.metadata) {
    bool good = true;
    if (const auto* text = std::get_if<std::string>(&value)) good = is_utf8(*text);
    if (const auto* list = std::get_if<std::vector<std::string>>(&value))
      good = std::all_of(list->begin(), list->end(), [](const std::string& s) { return is_utf8(s); });
    if (!good) return bad(fmt::format("metadata `{}`", key));
  }
  bool good = is_utf8(d.provenance.packer);
  for (const std::string& option : d.provenance.options) good = good && is_utf8(option);
  for (const SourceFile& source : d.provenance.sources) good = good && is_utf8(source.name);
  if (!good) return bad("the provenance");
  return {};
}

}  // namespace

Result<ByteWriter> write_index(const PackageDescription& d, const std::vector<WrittenTensor>& tensors,
                               const std::vector<WrittenAttachment>& attachments) {
  OINF_TRY(check_texts(d));
  OINF_ASSIGN(const auto sizes, in_order(d.sizes, "a size"));
  OINF_ASSIGN(const auto metadata, in_order(d.metadata, "metadata"));
  ByteWriter out;
  {
    SectionScope section(out, Section::general);
    out.u32(d.numerics_id);
    out.u32(0);
    out.string(d.architecture);
  }
  {
    SectionScope section(out, Section::sizes);
    out.u64(sizes.size());
    for (const auto* size : sizes) {
      out.string(size->first);
      out.i64(size->second);
    }
  }
  {
    SectionScope section(out, Section::metadata);
    out.u64(metadata.size());
    for (const auto* entry : metadata) {
      out.string(entry->first);
      std::visit(WriteValue{out}, entry->second);
    }
  }
  {
    SectionScope section(out, Section::labels);
    out.u64(d.labels.size());
    for (const std::string& label : d.labels) out.string(label);
  }
  {
    SectionScope section(out, Section::tensors);
    out.u64(tensors.size());
    for (const WrittenTensor& tensor : tensors) write_tensor(out, tensor);
  }
  {
    SectionScope section(out, Section::attachments);
    out.u64(attachments.size());
    for (const WrittenAttachment& a : attachments) {
      out.string(a.name);
      out.u32(a.kind);
      out.u32(0);
      write_extent(out, a.data);
    }
  }
  {
    SectionScope section(out, Section::provenance);
    out.string(d.provenance.packer);
    out.u64(d.provenance.options.size());
    for (const std::string& option : d.provenance.options) out.string(option);
    out.u64(d.provenance.sources.size());
    for (const SourceFile& source : d.provenance.sources) {
      out.string(source.name);
      out.u64(source.size);
      out.raw(source.checksum.data(), source.checksum.size());
    }
  }
  return out;
}

}  // namespace openinfer
