// One decoder a format. `orientation` gets Exif's value, 1 to 8, where the file has one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/adapters/image/picture.h"

namespace openinfer::image {

[[nodiscard]] Result<Picture> decode_jpeg(std::string_view content, int& orientation);
[[nodiscard]] Result<Picture> decode_png(std::string_view content, int& orientation);
[[nodiscard]] Result<Picture> decode_webp(std::string_view content, int& orientation);

// Sizes as a file states them: I0006 when it has no pixels or more than kMostPixels.
[[nodiscard]] Status check_size(uint64_t height, uint64_t width);

// The orientation that an Exif block (a TIFF file; JPEG's "Exif\0\0" before it is allowed) asks for; 1 where it has
// none or is damaged. Source: Exif 2.32, tag 274.
[[nodiscard]] int exif_orientation(std::span<const uint8_t> block);

[[nodiscard]] inline std::span<const uint8_t> as_bytes(std::string_view content) {
  return {reinterpret_cast<const uint8_t*>(content.data()), content.size()};
}

}  // namespace openinfer::image
