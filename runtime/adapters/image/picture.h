// A decoded picture, as a person sees it: 8 bits a sample, rows from the top, Exif's orientation applied.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ir/result.h"

namespace openinfer {

inline constexpr int64_t kMostPixels = int64_t{1} << 28;  // larger pictures are refused before memory is taken

struct Picture {
  int64_t height = 0, width = 0;
  int channels = 0;              // 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha
  std::vector<uint8_t> samples;  // [height, width, channels]

  [[nodiscard]] const uint8_t* pixel(int64_t row, int64_t column) const {
    return samples.data() + (row * width + column) * channels;
  }
};

// Whether the content begins as a PNG, JPEG or WebP file does.
[[nodiscard]] bool is_picture(std::string_view content);

// content: a whole PNG (16 bits are rounded to 8), JPEG (CMYK becomes RGB) or WebP file, of an animation the first
// frame. Colour profiles and gamma are ignored. Errors: I0006 for what is damaged, cut short or too large, R0006.
[[nodiscard]] Result<Picture> decode_picture(std::string_view content);

}  // namespace openinfer
