#include <cstring>

#include "runtime/adapters/image/decoders.h"

namespace openinfer::image {
namespace {

// Integers of a TIFF file, which says its byte order itself. Reads outside give 0.
class Tiff {
 public:
  explicit Tiff(std::span<const uint8_t> bytes) : bytes_(bytes) {
    if (bytes.size() < 8) return;
    big_ = bytes[0] == 'M';
    valid_ = bytes[0] == bytes[1] && (bytes[0] == 'M' || bytes[0] == 'I') && u16(2) == 42;
  }
  [[nodiscard]] bool valid() const { return valid_; }
  [[nodiscard]] uint32_t u16(uint64_t at) const {
    if (at + 2 > bytes_.size()) return 0;
    return big_ ? bytes_[at] << 8U | bytes_[at + 1] : bytes_[at + 1] << 8U | bytes_[at];
  }
  [[nodiscard]] uint32_t u32(uint64_t at) const {
    return big_ ? u16(at) << 16U | u16(at + 2) : u16(at + 2) << 16U | u16(at);
  }

 private:
  std::span<const uint8_t> bytes_;
  bool big_ = false, valid_ = false;
};

}  // namespace

int exif_orientation(std::span<const uint8_t> block) {
  constexpr uint32_t kOrientation = 274, kShort = 3;
  if (block.size() >= 6 && std::memcmp(block.data(), "Exif\0\0", 6) == 0) block = block.subspan(6);
  const Tiff tiff(block);
  if (!tiff.valid()) return 1;
  const uint64_t directory = tiff.u32(4);
  const uint32_t entries = tiff.u16(directory);
  for (uint32_t i = 0; i < entries; ++i) {
    const uint64_t at = directory + 2 + uint64_t{12} * i;
    if (tiff.u16(at) != kOrientation) continue;
    const uint32_t value = tiff.u16(at + 8);
    return tiff.u16(at + 2) == kShort && value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

}  // namespace openinfer::image
