#include "oinf/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "ir/panel16.h"
#include "oinf/byte_reader.h"
#include "oinf/byte_writer.h"
#include "oinf/format.h"
#include "oinf/package_text.h"
#include "oinf/tokenizer_record.h"

namespace openinfer {
namespace {

// The bytes of data, scales and zero points.
Status payload_sizes(const WrittenTensor& t, uint64_t (&sizes)[3]) {
  const auto data = payload_bytes(t.dtype, t.layout, t.shape);
  if (!data)
    return Diagnostic(Code::P0014,
                      fmt::format("tensor `{}`: {} {} cannot be stored so", t.name, name(t.dtype), to_string(t.shape)));
  sizes[0] = *data;
  sizes[1] = sizes[2] = 0;
  if (!t.quantisation) return {};
  const Quantisation& q = *t.quantisation;
  const auto scales = parameter_size(q.scale, t.shape);
  const auto zeros = parameter_size(q.zero_point, t.shape);
  if (!scales || !zeros || q.scale.granularity == Granularity::none || !can_be_quantised(t.dtype) ||
      !is_scale_type(q.scale.dtype) ||
      (q.zero_point.granularity != Granularity::none && !is_zero_point_type(q.zero_point.dtype)))
    return Diagnostic(Code::P0018, fmt::format("tensor `{}`: its quantisation does not fit", t.name));
  sizes[1] = scales->bytes;
  sizes[2] = zeros->bytes;
  return {};
}

}  // namespace

Result<PackageWriter> PackageWriter::create(const std::string& path) {
  OINF_ASSIGN(AtomicFile file, AtomicFile::create(path));
  PackageWriter writer(std::move(file));
  OINF_TRY(writer.file_.append_zeros(format::kHeaderBytes));
  return writer;
}

Status PackageWriter::begin_payload(Extent& extent, uint64_t size) {
  extent.offset = format::align_up(file_.size(), format::payload_alignment(size));
  extent.size = size;
  sum_.reset();
  missing_ = size;
  return file_.append_zeros(extent.offset - file_.size());
}

Status PackageWriter::advance() {
  while (payload_ < 3 && missing_ == 0) {
    WrittenTensor& t = tensors_.back();
    t.payloads[payload_].checksum = sum_.digest();
    ++payload_;
    const bool used = payload_ == 1 ? t.quantisation.has_value()
                                    : t.quantisation && t.quantisation->zero_point.granularity != Granularity::none;
    if (payload_ == 3 || !used) {
      payload_ = 3;
      if (progress_) OINF_TRY(note_progress());
    } else
      OINF_TRY(begin_payload(t.payloads[payload_], expected_[payload_]));
  }
  return {};
}

// The record of what is done stands where the header will be: its magic, the identity, the chain, the number of
// tensors, and the checksum of these 48 bytes. One small write replaces it when a tensor is complete.
namespace {

constexpr std::string_view kPartMagic{"OINFPART"};

ByteWriter part_record(const Checksum& identity, const Checksum& chain, uint64_t tensors) {
  ByteWriter record;
  record.raw(kPartMagic.data(), kPartMagic.size());
  record.raw(identity.data(), identity.size());
  record.raw(chain.data(), chain.size());
  record.u64(tensors);
  const Checksum sum = checksum(record.bytes());
  record.raw(sum.data(), sum.size());
  return record;
}

}  // namespace

Result<PackageWriter> PackageWriter::resume(const std::string& path, const std::string& part,
                                            const Checksum& identity) {
  OINF_ASSIGN(AtomicFile file, AtomicFile::resume(path, part));
  PackageWriter writer(std::move(file));
  OINF_TRY(writer.begin_progress(identity, part));
  return writer;
}

Status PackageWriter::begin_progress(const Checksum& identity, const std::string& part) {
  progress_.emplace();
  progress_->identity = identity;
  std::array<std::byte, format::kHeaderBytes> bytes{};
  OINF_ASSIGN(const uint64_t size, file_.read_back(0, bytes));
  // A whole package that has not got its name yet, or a record that was not written whole, is something of ours too.
  const std::string_view begin(reinterpret_cast<const char*>(bytes.data()), size);
  if (size != 0 && !begin.starts_with(kPartMagic.substr(0, std::min<uint64_t>(size, 4))))
    return Diagnostic(Code::P0019, fmt::format("{}: it is no part of a package", part))
        .with_help("conversions with --resume keep there what is done; delete or rename what is there");
  ByteReader record(bytes);
  record.bytes(kPartMagic.size() + sizeof(Checksum));
  const auto chain = record.bytes(sizeof(Checksum));
  std::memcpy(progress_->there.data(), chain.data(), chain.size());
  const uint64_t tensors = record.u64();
  const auto ours = part_record(identity, progress_->there, tensors);
  if (std::equal(bytes.begin(), bytes.end(), ours.bytes().begin(), ours.bytes().end())) {
    progress_->tensors = tensors;
    return file_.keep(bytes.size());
  }
  return file_.append(part_record(identity, {}, 0).bytes());
}

Status PackageWriter::begin_anew() { return file_.overwrite(0, part_record(progress_->identity, {}, 0).bytes()); }

// A tensor is complete.
Status PackageWriter::note_progress() {
  PartRecord& p = *progress_;
  sum_.reset();
  sum_.update(p.chain);
  for (const Extent& extent : tensors_.back().payloads) sum_.update(extent.checksum);
  p.chain = sum_.digest();
  if (tensors_.size() > p.tensors) return file_.overwrite(0, part_record(p.identity, p.chain, tensors_.size()).bytes());
  if (tensors_.size() == p.tensors && p.chain != p.there)
    return Diagnostic(Code::P0015, "what is there is not what was written");
  return {};
}

Result<bool> PackageWriter::payload_is_there() {
  if (!progress_ || tensors_.size() > progress_->tensors || payload_ != 0) return payload_ == 3;
  constexpr uint64_t kPiece = uint64_t{1} << 20;
  std::vector<std::byte> piece;
  const Extent& extent = tensors_.back().payloads[0];
  for (uint64_t at = 0; at < extent.size; at += piece.size()) {
    piece.resize(std::min(kPiece, extent.size - at));
    OINF_ASSIGN(const uint64_t there, file_.read_back(extent.offset + at, piece));
    if (there != piece.size()) return Diagnostic(Code::P0015, "what is there ends too early");
    sum_.update(piece);
  }
  OINF_TRY(file_.keep(extent.size));
  missing_ = 0;
  OINF_TRY(advance());
  return true;
}

Status PackageWriter::begin_tensor(std::string_view name, DType dtype, Layout layout, const Shape& shape,
                                   const std::optional<Quantisation>& quantisation) {
  if (payload_ < 3)
    return Diagnostic(Code::P0014, fmt::format("tensor `{}` lacks {} bytes", tensors_.back().name, missing_));
  if (!is_name(name)) return Diagnostic(Code::P0012, fmt::format("a tensor cannot be named `{}`", name));
  if (!names_.emplace(name).second) return Diagnostic(Code::P0009, fmt::format("two tensors are named `{}`", name));
  WrittenTensor t{std::string(name), dtype, layout, shape, quantisation, {}};
  OINF_TRY(payload_sizes(t, expected_));
  tensors_.push_back(std::move(t));
  payload_ = 0;
  OINF_TRY(begin_payload(tensors_.back().payloads[0], expected_[0]));
  return advance();
}

Status PackageWriter::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (payload_ == 3) return Diagnostic(Code::P0014, "more bytes than the tensor's shape asks for");
    const auto part = bytes.first(std::min<uint64_t>(bytes.size(), missing_));
    sum_.update(part);
    OINF_TRY(file_.append(part));
    missing_ -= part.size();
    bytes = bytes.subspan(part.size());
    OINF_TRY(advance());
  }
  return {};
}

Status PackageWriter::attach(const std::string& name, uint32_t kind, std::span<const std::byte> bytes) {
  if (!is_name(name)) return Diagnostic(Code::P0012, fmt::format("an attachment cannot be named `{}`", name));
  for (const WrittenAttachment& a : attachments_)
    if (a.kind == kind && a.name == name)
      return Diagnostic(Code::P0009, fmt::format("two attachments are named `{}`", name));
  WrittenAttachment a{name, kind, {}};
  OINF_TRY(begin_payload(a.data, bytes.size()));
  sum_.update(bytes);
  OINF_TRY(file_.append(bytes));
  a.data.checksum = sum_.digest();
  attachments_.push_back(std::move(a));
  return {};
}

Status PackageWriter::finish(const PackageDescription& description) {
  using namespace format;
  if (payload_ < 3)
    return Diagnostic(Code::P0014, fmt::format("tensor `{}` lacks {} bytes", tensors_.back().name, missing_));
  if (description.tokenizer)
    OINF_TRY(
        attach("tokenizer", static_cast<uint32_t>(AttachmentKind::tokenizer), write_tokenizer(*description.tokenizer)));
  for (const GraphSource& source : description.graph) {
    if (!is_utf8(source.text)) return Diagnostic(Code::P0012, fmt::format("graph `{}` is not UTF-8", source.path));
    OINF_TRY(attach(source.path, static_cast<uint32_t>(AttachmentKind::graph), std::as_bytes(std::span(source.text))));
  }
  OINF_TRY(file_.append_zeros(align_up(file_.size(), kPayloadAlignment) - file_.size()));
  const uint64_t index_offset = file_.size();
  OINF_ASSIGN(const ByteWriter index, write_index(description, tensors_, attachments_));
  OINF_TRY(file_.append(index.bytes()));

  if (progress_) OINF_TRY(file_.sync());  // the record stays until everything else is on the disk
  ByteWriter header;
  header.raw(kMagic.data(), kMagic.size());
  header.u32(kVersion);
  for (int i = 0; i < 3; ++i) header.u8(0);
  header.u32(kMinorVersion);
  header.u64(file_.size());
  header.u64(index_offset);
  header.u64(index.size());
  header.u64(0);
  sum_.reset();
  sum_.update(header.bytes());
  sum_.update(index.bytes());
  const Checksum sum = sum_.digest();
  header.raw(sum.data(), sum.size());
  OINF_TRY(file_.overwrite(0, header.bytes()));
  return file_.commit();
}

}  // namespace openinfer
