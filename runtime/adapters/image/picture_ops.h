// Steps from a decoded picture to the one that a tensor holds, all of them on bytes.
#pragma once

#include "runtime/adapters/image/image_settings.h"
#include "runtime/adapters/image/picture.h"

namespace openinfer::image {

// channels: 1 (luma as ITU-R BT.601 weighs it, in 16-bit fixed point), 3 or 4. Grey is repeated, alpha dropped or 255.
[[nodiscard]] Picture with_channels(Picture picture, int channels);
// By op `resize` on u8. mode: as the op names it. Errors: R0006.
[[nodiscard]] Result<Picture> resized(Picture picture, int64_t height, int64_t width, const std::string& mode);
// The middle height × width; black where the picture is smaller.
[[nodiscard]] Picture cropped(const Picture& picture, int64_t height, int64_t width);
// To the size that the settings know, stretched or cropped.
[[nodiscard]] Result<Picture> fitted(Picture picture, const ImageSettings& settings);

}  // namespace openinfer::image
