#include "oinf/pack/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "ir/panel16.h"
#include "oinf/pack/float_rows.h"
#include "oinf/pack/quantise.h"
#include "oinf/pack/source_rows.h"
#include "oinf/writer.h"

namespace openinfer::pack {
namespace {

bool converts(DType dtype) {
  return dtype == DType::f64 || dtype == DType::f32 || dtype == DType::f16 || dtype == DType::bf16;
}

// `*` stands for any text.
bool matches_pattern(std::string_view text, std::string_view pattern) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return text == pattern;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  text.remove_prefix(star);
  pattern.remove_prefix(star + 1);
  // The parts between stars are taken as early as they come, the last one at the end.
  for (size_t next = pattern.find('*'); next != std::string_view::npos; next = pattern.find('*')) {
    const size_t at = text.find(pattern.substr(0, next));
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + next);
    pattern.remove_prefix(next + 1);
  }
  return text.ends_with(pattern);
}

// The length of the longest text that stands in both.
size_t common_part(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  size_t longest = 0;
  for (const char c : a)
    for (size_t j = b.size(); j-- > 0;) {
      row[j + 1] = c == b[j] ? row[j] + 1 : 0;
      longest = std::max(longest, row[j + 1]);
    }
  return longest;
}

// A pattern that no tensor has is a mistake: it would quietly give another package than the one that was asked for.
Status check_used(const std::string& pattern, const ModelSource& source) {
  std::vector<std::pair<size_t, std::string_view>> near;
  for (const SourceTensor& t : source.tensors) {
    if (matches_pattern(t.name, pattern)) return {};
    near.emplace_back(common_part(pattern, t.name), t.name);
  }
  Diagnostic error(Code::U0001, fmt::format("--keep `{}` fits none of {} tensors", pattern, source.tensors.size()));
  const size_t shown = std::min<size_t>(near.size(), 3);
  std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(shown), near.end(),
                    [](const auto& a, const auto& b) { return a.first > b.first; });
  for (size_t i = 0; i < shown; ++i)
    error.help += fmt::format("{}`{}`", i == 0 ? "the nearest: " : ", ", near[i].second);
  return error;
}

class Conversion {
 public:
  Conversion(PackageWriter& writer, const ModelSource& source, const ConvertOptions& options)
      : writer_(writer), options_(options) {
    for (const SourceTensor& t : source.tensors) total_ += t.data.size();
    for (const SafetensorsFile& file : source.files) mappings_.push_back(file.bytes());
    for (const GgufFile& file : source.gguf_files) mappings_.push_back(file.bytes());
  }

  Status add(const SourceTensor& t, ConvertReport& report) {
    const Target target = target_of(t);
    const DType to = target.type;
    if (!target.why.empty()) report.not_quantised.push_back({t.name, t.shape, to, target.asked, target.why});
    current_ = &t;
    const bool panels =
        options_.use_panel16 && options_.use_panel16(t.name) && panel16_bytes(to, t.shape).value_or(0) > 0;
    OINF_TRY(writer_.begin_tensor(t.name, to, panels ? Layout::panel16 : Layout::rowmajor, t.shape));
    OINF_TRY(panels ? write_panels(t, to) : write_rows(t, to));

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
  struct Target {
    DType type{};
    DType asked{};    // the block type that it is not, if
    std::string why;  // is not empty
  };

  [[nodiscard]] Target target_of(const SourceTensor& t) const {
    const bool number = converts(t.dtype) || (is_block(t.dtype) && options_.decode != nullptr);
    for (const auto& [pattern, type] : options_.keep) {
      if (!matches_pattern(t.name, pattern)) continue;
      std::string why = number ? misfit(t.shape, type) : "no floats";
      if (why.empty()) return {type, type, {}};
      return {t.dtype, type, is_block(type) ? why : ""};
    }
    if (!number) return {t.dtype, {}, {}};
    const DType otherwise = options_.dtype.value_or(t.dtype);
    if (!options_.quantise || t.shape.rank() < 2) return {otherwise, {}, {}};
    std::string why = t.shape.rank() > 2 ? "no matrix" : misfit(t.shape, *options_.quantise);
    if (why.empty()) return {*options_.quantise, *options_.quantise, {}};
    return {otherwise, *options_.quantise, why};
  }

  // Why a tensor cannot have a type; empty if it can.
  static std::string misfit(const Shape& shape, DType type) {
    if (!is_block(type)) return {};
    if (shape.rank() < 2) return "no rows";
    if (shape[shape.rank() - 1] % static_cast<int64_t>(info(type).block) == 0) return {};
    return fmt::format("rows do not divide into blocks of {}", info(type).block);
  }

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

}  // namespace

Result<ConvertReport> convert(const ModelSource& source, const PackageDescription& description,
                              const ConvertOptions& options, const std::string& target) {
  if (options.dtype && *options.dtype != DType::f32 && *options.dtype != DType::f16 && *options.dtype != DType::bf16)
    return Diagnostic(Code::P0027, fmt::format("weights do not convert to {}", name(*options.dtype)));
  const auto stored = [](DType type) {
    return type == DType::f32 || type == DType::f16 || type == DType::bf16 || can_quantise(type);
  };
  if (options.quantise && !can_quantise(*options.quantise))
    return Diagnostic(Code::P0027, fmt::format("weights are not quantised to {}", name(*options.quantise)));
  for (const auto& [pattern, type] : options.keep)
    if (!stored(type)) return Diagnostic(Code::P0027, fmt::format("weights do not convert to {}", name(type)));
  for (const auto& [pattern, type] : options.keep) OINF_TRY(check_used(pattern, source));
  OINF_ASSIGN(PackageWriter writer, PackageWriter::create(target));
  ConvertReport report;
  Conversion conversion(writer, source, options);
  for (const SourceTensor& t : source.tensors) OINF_TRY(conversion.add(t, report));
  // What was written while it was read would be a mixture.
  for (const SafetensorsFile& file : source.files) OINF_TRY(file.unchanged());
  for (const GgufFile& file : source.gguf_files) OINF_TRY(file.unchanged());
  OINF_TRY(writer.finish(description));
  report.file_bytes = writer.bytes();
  return report;
}

}  // namespace openinfer::pack
