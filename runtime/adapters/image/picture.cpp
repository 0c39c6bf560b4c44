#include "runtime/adapters/image/picture.h"

#include <cstring>
#include <new>
#include <utility>

#include "runtime/adapters/image/decoders.h"

namespace openinfer {
namespace {

bool is_png(std::string_view c) { return c.starts_with("\x89PNG\r\n\x1a\n"); }
bool is_jpeg(std::string_view c) { return c.starts_with("\xff\xd8\xff"); }
bool is_webp(std::string_view c) { return c.size() >= 12 && c.starts_with("RIFF") && c.substr(8, 4) == "WEBP"; }

// Exif's orientations: 2 to 4 are mirrored or stand on their head, 5 to 8 lie on their side as well.
Picture upright(Picture p, int orientation) {
  if (orientation == 1) return p;
  const bool turned = orientation >= 5;
  Picture out{turned ? p.width : p.height, turned ? p.height : p.width, p.channels, {}};
  out.samples.resize(p.samples.size());
  uint8_t* to = out.samples.data();
  for (int64_t row = 0; row < out.height; ++row)
    for (int64_t column = 0; column < out.width; ++column, to += p.channels) {
      int64_t y = turned ? column : row, x = turned ? row : column;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) x = p.width - 1 - x;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) y = p.height - 1 - y;
      std::memcpy(to, p.pixel(y, x), static_cast<size_t>(p.channels));
    }
  return out;
}

}  // namespace

namespace image {

Status check_size(uint64_t height, uint64_t width) {
  if (height == 0 || width == 0) return Diagnostic(Code::I0006, "the picture has no pixels");
  constexpr auto kMost = static_cast<uint64_t>(kMostPixels);
  if (height > kMost || width > kMost || height * width > kMost)
    return Diagnostic(Code::I0006, "the picture has " + std::to_string(width) + " × " + std::to_string(height) +
                                       " pixels; more than 2^28 are refused");
  return {};
}

}  // namespace image

bool is_picture(std::string_view content) { return is_png(content) || is_jpeg(content) || is_webp(content); }

Result<Picture> decode_picture(std::string_view content) try {
  int orientation = 1;
  auto decoded = is_png(content)    ? image::decode_png(content, orientation)
                 : is_jpeg(content) ? image::decode_jpeg(content, orientation)
                 : is_webp(content) ? image::decode_webp(content, orientation)
                                    : Result<Picture>(Diagnostic(Code::I0006, "this is no PNG, JPEG or WebP picture"));
  if (!decoded) return decoded;
  return upright(std::move(*decoded), orientation);
} catch (const std::bad_alloc&) {
  return Diagnostic(Code::R0006, "no memory for the picture");
}

}  // namespace openinfer
