// A package with a tensor of every element type, layout and granularity, for the reader that was written from the text
// of the format alone. Row-major byte i of tensor number t is (31 i + 7 t + 5) mod 256, for bool that mod 2; scales and
// zero points likewise.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "ir/dtype.h"
#include "ir/panel16.h"
#include "oinf/writer.h"
#include "tests/oinf/example_package.h"

using namespace openinfer;

namespace {

class EveryType {
 public:
  explicit EveryType(PackageWriter writer) : writer_(std::move(writer)) {}

  Status write(const PackageDescription& description) {
    for (size_t i = 0; i < dtype_count(); ++i) {
      const auto type = static_cast<DType>(i);
      const int64_t block = info(type).block;
      OINF_TRY(rows(std::string(name(type)), type, block == 1 ? Shape{3, 5} : Shape{3, 2 * block}));
    }
    for (const Shape& shape : {Shape{}, Shape{0}, Shape{3, 0, 2}, Shape{70000}})
      OINF_TRY(rows("shape" + std::to_string(number_), DType::u8, shape));
    for (size_t i = 0; i < dtype_count(); ++i) {
      const auto type = static_cast<DType>(i);
      for (const Shape& shape : {Shape{18, 64}, Shape{3, 5, 96}, Shape{16, 33}, Shape{2, 9, 512}})
        if (has_panel16(type) && panel16_bytes(type, shape)) OINF_TRY(panels(type, shape));
    }
    const QuantisationParameter none{Granularity::none, 0, 0, DType::f32};
    const QuantisationParameter whole{Granularity::tensor, 0, 0, DType::f32},
        zero{Granularity::tensor, 0, 0, DType::u8};
    const QuantisationParameter channel{Granularity::channel, 1, 0, DType::f16},
        zeros{Granularity::channel, 0, 0, DType::i4};
    const QuantisationParameter group{Granularity::group, 0, 3, DType::bf16},
        pairs{Granularity::group, 0, 2, DType::u4};
    OINF_TRY(quantised("q1", DType::i4, whole, none));
    OINF_TRY(quantised("q2", DType::u8, whole, zero));
    OINF_TRY(quantised("q3", DType::i8, channel, zeros));
    OINF_TRY(quantised("q4", DType::u2, group, pairs));
    OINF_TRY(quantised("q5", DType::t2, group, none));
    return writer_.finish(description);
  }

 private:
  [[nodiscard]] std::vector<std::byte> pattern(uint64_t bytes, bool boolean = false) const {
    std::vector<std::byte> out(bytes);
    for (uint64_t i = 0; i < bytes; ++i) {
      const uint64_t value = (31 * i + 7 * number_ + 5) % 256;
      out[i] = static_cast<std::byte>(boolean ? value % 2 : value);
    }
    return out;
  }
  Status rows(const std::string& name, DType type, const Shape& shape) {
    OINF_TRY(writer_.begin_tensor(name, type, Layout::rowmajor, shape));
    OINF_TRY(writer_.write(pattern(*payload_bytes(type, Layout::rowmajor, shape), type == DType::boolean)));
    ++number_;
    return {};
  }
  Status panels(DType type, const Shape& shape) {
    const PanelMatrix matrix = *panel_matrix(shape);
    const auto stored = pattern(*payload_bytes(type, Layout::rowmajor, shape));
    const uint64_t row = stored.size() / matrix.rows;
    OINF_TRY(writer_.begin_tensor("panel" + std::to_string(number_), type, Layout::panel16, shape));
    uint64_t written = 0;
    for (int plane = 0; plane < panel_planes(type); ++plane) {
      OINF_TRY(writer_.write(std::vector<std::byte>((64 - written % 64) % 64)));
      std::vector<std::byte> piece(panel_bytes(type, plane, matrix.columns));
      for (uint64_t at = 0; at < matrix.rows; at += kPanelRows) {
        const uint64_t count = std::min(kPanelRows, matrix.rows - at);
        pack_panel(type, plane, std::span(stored).subspan(at * row, count * row), row, matrix.columns, piece);
        OINF_TRY(writer_.write(piece));
      }
      written += matrix.panels() * piece.size();
    }
    ++number_;
    return {};
  }
  Status quantised(const std::string& name, DType type, QuantisationParameter scale, QuantisationParameter zero) {
    const Shape shape{3, 5};
    Quantisation q;
    q.scale = scale;
    q.zero_point = zero;
    OINF_TRY(writer_.begin_tensor(name, type, Layout::rowmajor, shape, q));
    OINF_TRY(writer_.write(pattern(*payload_bytes(type, Layout::rowmajor, shape))));
    for (const QuantisationParameter& p : {scale, zero})
      if (const auto size = parameter_size(p, shape)) OINF_TRY(writer_.write(pattern(size->bytes)));
    ++number_;
    return {};
  }

  PackageWriter writer_;
  uint64_t number_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto writer = PackageWriter::create(argv[1]);
  const Status status = writer.ok() ? EveryType(std::move(*writer)).write(openinfer::testing::example_description())
                                    : Status(writer.error());
  if (status.ok()) return 0;
  std::fputs(render(status.error()).c_str(), stderr);
  return 1;
}
