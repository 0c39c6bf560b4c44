// What @image does between a picture's samples and a tensor's values: the graph's arguments, else the package's
// `image.*` metadata, else the defaults.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ir/package_info.h"
#include "ir/program.h"
#include "ir/result.h"

namespace openinfer {

struct ImageSettings {
  std::string resize = "linear";       // as op resize's `mode`
  bool crop = false;                   // false: stretch
  std::optional<int64_t> shorter;      // side before the crop; none: the smaller of the tensor's two
  float white = 1;                     // what 255 becomes
  std::vector<float> mean, deviation;  // one a channel

  int channel_axis = 0;                  // of the tensor
  int channels = 0;                      // 1, 3 or 4
  std::optional<int64_t> height, width;  // where the declaration knows them

  // "resize=linear (package)", … in the order of docs/guide.md, for --explain.
  std::vector<std::string> sources;
};

// adapter: an @image that stands on a tensor of this type and shape; sizes that are not known yet are nullopt. dims:
// of the adapter's numbers. package may be null. Errors: E0502 with the adapter's span for a declaration or an argument
// that @image does not have; I0009 when the package's values do not fit.
[[nodiscard]] Result<ImageSettings> image_settings(const Adapter& adapter, DType dtype,
                                                   const std::vector<std::optional<int64_t>>& shape,
                                                   const DimTable& dims, const PackageInfo* package);

}  // namespace openinfer
