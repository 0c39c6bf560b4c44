#include "runtime/adapters/adapter_check.h"

#include "runtime/adapters/audio/audio_tensor.h"
#include "runtime/adapters/image/image_settings.h"

namespace openinfer {

Status check_adapter(const Adapter& adapter, DType dtype, const std::vector<std::optional<int64_t>>& shape,
                     const DimTable& dims, const PackageInfo* package) {
  if (adapter.kind == "image") {
    const auto settings = image_settings(adapter, dtype, shape, dims, package);
    if (!settings) return settings.error();
  }
  if (adapter.kind == "audio") {
    const auto settings = audio_settings(adapter, dtype, shape, dims);
    if (!settings) return settings.error();
  }
  return {};
}

}  // namespace openinfer
