#include "oinf/pack/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "ir/panel16.h"
#include "oinf/byte_writer.h"
#include "oinf/pack/float_rows.h"
#include "oinf/pack/quantise.h"
#include "oinf/pack/source_rows.h"
#include "oinf/pack/target_type.h"
#include "oinf/writer.h"

namespace openinfer::pack {
namespace {

class Conversion {
 public:
  Conversion(PackageWriter& writer, const ModelSource& source, const ConvertOptions& options)
      : writer_(writer), options_(options) {
    for (const SourceTensor& t : source.tensors) total_ += t.data.size();
    for (const SafetensorsFile& file : source.files) mappings_.push_back(file.bytes());
    for (const GgufFile& file : source.gguf_files) mappings_.push_back(file.bytes());
  }

  Status add(const SourceTensor& t, ConvertReport& report) {
    const TargetType target = target_type(t, options_);
    const DType to = target.type;
    const bool panels = target.panels;
    if (!target.why.empty()) report.not_quantised.push_back({t.name, t.shape, to, target.asked, target.why});
    current_ = &t;
    OINF_TRY(writer_.begin_tensor(t.name, to, panels ? Layout::panel16 : Layout::rowmajor, t.shape));
    OINF_ASSIGN(const bool there, writer_.payload_is_there());
    if (there && !t.data.empty()) {
      ++report.resumed;
      OINF_TRY(advance(t.data.size()));
    } else {
      OINF_TRY(panels ? write_panels(t, to) : write_rows(t, to));
    }

    std::string type(name(t.dtype));
    if (to != t.dtype) type += fmt::format(" -> {}", name(to));
    if (panels) type += " panel16";
    ConvertReport::Part& part = report.by_type[type];
    ++part.tensors;
    part.bytes += payload_bytes(to, panels ? Layout::panel16 : Layout::rowmajor, t.shape).value_or(0);
    forget();
    ++report.tensors;
    report.source_bytes += t.data.size();
    return {};
  }

 private:
  void forget() {
    forgotten_ = done_;
    for (const auto& mapping : mappings_)
      if (current_->data.data() >= mapping.data() &&
          current_->data.data() + current_->data.size() <= mapping.data() + mapping.size())
        MappedFile::forget(current_->data);
  }

  Status advance(uint64_t bytes) {
    done_ += bytes;
    // What was read would count as this process's memory until somebody else needs it.
    constexpr uint64_t kStep = uint64_t{64} << 20;
    if (done_ - forgotten_ >= kStep) forget();
    if (options_.progress) options_.progress(done_, total_);
    if (options_.cancelled && options_.cancelled()) return Diagnostic(Code::C0001, "cancelled");
    return {};
  }

  Status write_rows(const SourceTensor& t, DType to) {
    // A piece is a whole number of elements of every type.
    constexpr uint64_t kPiece = uint64_t{1} << 20;
    const SourceRows source(t);
    // Blocks begin with a row, and not with every piece.
    if (!source.direct() || (is_block(t.dtype) && to != t.dtype)) {
      const uint64_t step = source.row_bytes() == 0 ? 1 : std::max<uint64_t>(1, kPiece / source.row_bytes());
      for (uint64_t row = 0; row < source.rows(); row += step) {
        const auto piece = source.read(row, std::min(step, source.rows() - row), rows_);
        OINF_TRY(writer_.write(converted(t.dtype, piece, to)));
        OINF_TRY(advance(piece.size()));
      }
      return {};
    }
    for (uint64_t at = 0; at < t.data.size(); at += kPiece) {
      const auto piece = t.data.subspan(at, std::min<uint64_t>(kPiece, t.data.size() - at));
      OINF_TRY(writer_.write(converted(t.dtype, piece, to)));
      OINF_TRY(advance(piece.size()));
    }
    return {};
  }

  Status write_panels(const SourceTensor& t, DType to) {
    const PanelMatrix matrix = *panel_matrix(t.shape);
    const SourceRows rows_of(t);
    const uint64_t to_row = *storage_bytes(to, matrix.columns, matrix.columns);
    // The first plane is written as it is made, the others, small beside it, behind it: the source is read once.
    std::vector<std::vector<std::byte>> behind(static_cast<size_t>(panel_planes(to)));
    std::vector<std::byte> piece;
    for (uint64_t row = 0; row < matrix.rows; row += kPanelRows) {
      const auto source = rows_of.read(row, std::min(kPanelRows, matrix.rows - row), rows_);
      const auto rows = converted(t.dtype, source, to);
      for (int plane = 0; plane < panel_planes(to); ++plane) {
        piece.resize(panel_bytes(to, plane, matrix.columns));
        pack_panel(to, plane, rows, to_row, matrix.columns, piece);
        auto& later = behind[static_cast<size_t>(plane)];
        if (plane == 0) {
          OINF_TRY(writer_.write(piece));
        } else {
          later.insert(later.end(), piece.begin(), piece.end());
        }
      }
      OINF_TRY(advance(source.size()));
    }
    uint64_t written = matrix.panels() * panel_bytes(to, 0, matrix.columns);
    for (int plane = 1; plane < panel_planes(to); ++plane) {
      const uint64_t begin = panel_plane_begin(to, plane, matrix);
      OINF_TRY(writer_.write(std::vector<std::byte>(begin - written)));
      const auto& planes = behind[static_cast<size_t>(plane)];
      OINF_TRY(writer_.write(planes));
      written = begin + planes.size();
    }
    return {};
  }

  // `data` as the target type; the buffer is used again by the next call.
  std::span<const std::byte> converted(DType from, std::span<const std::byte> data, DType to) {
    if (from == to) return data;
    if (is_block(from)) {
      decode(from, data);
      from = DType::f32;
      if (to == from) return wide_;
      data = wide_;
    }
    if (!is_block(to)) {
      convert_floats(from, data, to, buffer_);
      return buffer_;
    }
    if (data.data() != wide_.data()) convert_floats(from, data, DType::f32, wide_);
    quantise(to, {reinterpret_cast<const float*>(wide_.data()), wide_.size() / sizeof(float)}, options_.jobs, buffer_);
    return buffer_;
  }

  void decode(DType from, std::span<const std::byte> data) {
    const size_t count = data.size() / info(from).block_bytes * info(from).block;
    wide_.resize(count * sizeof(float));
    for (size_t i = 0; i < count; ++i) {
      const float value = options_.decode(from, data.data(), static_cast<int64_t>(i));
      std::memcpy(wide_.data() + i * sizeof value, &value, sizeof value);
    }
  }

  PackageWriter& writer_;
  const ConvertOptions& options_;
  std::vector<std::span<const std::byte>> mappings_;
  uint64_t total_ = 0;
  uint64_t done_ = 0;
  uint64_t forgotten_ = 0;  // of done_, when pages were last given back
  const SourceTensor* current_ = nullptr;
  std::vector<std::byte> buffer_;  // converted values
  std::vector<std::byte> wide_;    // values on their way to a block type
  std::vector<std::byte> rows_;    // rows that do not lie in the file as they are stored
};

Status write_all(PackageWriter& writer, const ModelSource& source, const PackageDescription& description,
                 const ConvertOptions& options, ConvertReport& report) {
  Conversion conversion(writer, source, options);
  for (const SourceTensor& t : source.tensors) OINF_TRY(conversion.add(t, report));
  // What was written while it was read would be a mixture.
  for (const SafetensorsFile& file : source.files) OINF_TRY(file.unchanged());
  for (const GgufFile& file : source.gguf_files) OINF_TRY(file.unchanged());
  OINF_TRY(writer.finish(description));
  report.file_bytes = writer.bytes();
  return {};
}

// Of all that decides the bytes of the tensors.
Checksum identity_of(const ModelSource& source, const PackageDescription& description, const ConvertOptions& options) {
  ByteWriter all;
  all.string(description.provenance.packer);
  all.u32(description.numerics_id);
  for (const SourceFile& file : source.description.provenance.sources) {
    all.string(file.name);
    all.u64(file.size);
    all.raw(file.checksum.data(), file.checksum.size());
  }
  for (const SourceTensor& t : source.tensors) {
    const TargetType target = target_type(t, options);
    all.string(t.name);
    all.string(name(t.dtype));
    all.string(name(target.type));
    all.u32(target.panels ? 1 : 0);
    for (const int64_t n : t.shape) all.i64(n);
  }
  return checksum(all.bytes());
}

}  // namespace

Result<ConvertReport> convert(const ModelSource& source, const PackageDescription& description,
                              const ConvertOptions& options, const std::string& target) {
  OINF_TRY(check_target_types(source, options));
  ConvertReport report;
  if (!options.resume) {
    OINF_ASSIGN(PackageWriter writer, PackageWriter::create(target));
    OINF_TRY(write_all(writer, source, description, options, report));
    return report;
  }
  const std::string part = target + ".part";
  const Checksum identity = identity_of(source, description, options);
  for (bool again = false;; again = true) {
    OINF_ASSIGN(PackageWriter writer, PackageWriter::resume(target, part, identity));
    const Status written = write_all(writer, source, description, options, report);
    if (written) return report;
    // A machine that went down may have lost a part of what its record speaks of.
    if (again || written.error().code != Code::P0015) return written.error();
    OINF_TRY(writer.begin_anew());
    report = {};
  }
}

}  // namespace openinfer::pack
