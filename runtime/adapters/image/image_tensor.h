// @image: pictures as tensors, and back.
#pragma once

#include <vector>

#include "ir/shape.h"
#include "runtime/adapters/host_tensor.h"
#include "runtime/adapters/image/image_settings.h"
#include "runtime/adapters/image/picture.h"

namespace openinfer {

// pictures: one for rank 3, any number for rank 4, of one size after resizing. rank: of the tensor, whose other axes
// the settings know. Channels, size and values as docs/guide.md says under "Pictures"; a size that the
// declaration does not know is the picture's own. Errors: I0009 for a number of pictures or sizes that do not fit.
[[nodiscard]] Result<HostTensor> tensor_of_pictures(std::vector<Picture> pictures, const ImageSettings& settings,
                                                    DType dtype, int rank);

// tensor: what the settings were made for, on the host. The opposite way: v · std + mean, times 255 / white, rounded
// half to even, limited to 0 … 255, NaN is 0. One picture for rank 3, tensor.shape[0] for rank 4.
[[nodiscard]] Result<std::vector<Picture>> pictures_of_tensor(const TensorView& tensor, const ImageSettings& settings);

}  // namespace openinfer
