#include "runtime/adapters/image/image_tensor.h"

#include <array>
#include <cmath>
#include <cstring>
#include <new>
#include <utility>

#include "ops/element.h"
#include "runtime/adapters/image/picture_ops.h"

namespace openinfer {
namespace {

// Where sample (row, column, channel) of picture n stands in the tensor.
struct Placement {
  int64_t picture, row, column, channel;  // elements between neighbours

  Placement(const ImageSettings& settings, int rank, int64_t height, int64_t width) {
    const int64_t c = settings.channels;
    picture = height * width * c;
    if (settings.channel_axis == rank - 3) {
      channel = height * width;
      row = width;
      column = 1;
    } else {
      channel = 1;
      row = width * c;
      column = c;
    }
  }
};

Diagnostic misfit(std::string why) { return {Code::I0009, "@image: " + std::move(why)}; }

// What each of the 256 samples becomes: /255, times white, minus mean, divided by std, every step rounded to f32.
HostTensor values_of_samples(const ImageSettings& settings, int channel, DType dtype, HostTensor table) {
  const auto c = static_cast<size_t>(channel);
  for (int v = 0; v < 256; ++v) {
    const float share = static_cast<float>(v) / 255.0F, bright = share * settings.white;
    const float centred = bright - settings.mean[c];
    store_element<float>(table.data(), dtype, v, centred / settings.deviation[c]);
  }
  return table;
}

uint8_t sample_of_value(float v, const ImageSettings& settings, size_t channel) {
  const float scaled = v * settings.deviation[channel], light = scaled + settings.mean[channel];
  const float sample = std::nearbyint(light * (255.0F / settings.white));
  return std::isnan(sample) ? 0 : static_cast<uint8_t>(std::fmin(std::fmax(sample, 0.0F), 255.0F));
}

}  // namespace

Result<HostTensor> tensor_of_pictures(std::vector<Picture> pictures, const ImageSettings& settings, DType dtype,
                                      int rank) try {
  if (rank == 3 && pictures.size() != 1)
    return misfit("one picture is needed, given are " + std::to_string(pictures.size()));
  if (pictures.empty()) return misfit("no picture is given");
  HostTensor tensor, table;
  int64_t height = 0, width = 0;
  for (size_t n = 0; n < pictures.size(); ++n) {
    OINF_ASSIGN(const Picture p,
                image::fitted(image::with_channels(std::move(pictures[n]), settings.channels), settings));
    if (n == 0) {
      height = p.height;
      width = p.width;
      Shape shape;
      if (rank == 4) shape.push_back(static_cast<int64_t>(pictures.size()));
      if (settings.channel_axis == rank - 3) shape.push_back(settings.channels);
      shape.push_back(height);
      shape.push_back(width);
      if (settings.channel_axis == rank - 1) shape.push_back(settings.channels);
      OINF_ASSIGN(tensor, HostTensor::zeros(dtype, shape));
      OINF_ASSIGN(table, HostTensor::zeros(dtype, Shape{256}));
    }
    if (p.height != height || p.width != width)
      return misfit("picture " + std::to_string(n) + " has " + std::to_string(p.width) + " × " +
                    std::to_string(p.height) + " pixels, the first one " + std::to_string(width) + " × " +
                    std::to_string(height));
    const Placement at(settings, rank, height, width);
    const size_t size = element_bytes(dtype);
    for (int c = 0; c < settings.channels; ++c) {
      if (dtype != DType::u8) table = values_of_samples(settings, c, dtype, std::move(table));
      for (int64_t row = 0; row < height; ++row) {
        const int64_t begin = static_cast<int64_t>(n) * at.picture + row * at.row + c * at.channel;
        for (int64_t column = 0; column < width; ++column) {
          const uint8_t sample = p.pixel(row, column)[c];
          std::byte* to = tensor.data() + static_cast<size_t>(begin + column * at.column) * size;
          if (dtype == DType::u8) {
            *to = static_cast<std::byte>(sample);
          } else {
            std::memcpy(to, table.data() + sample * size, size);
          }
        }
      }
    }
  }
  return tensor;
} catch (const std::bad_alloc&) {
  return Diagnostic(Code::R0006, "no memory for the picture");
}

Result<std::vector<Picture>> pictures_of_tensor(const TensorView& view, const ImageSettings& settings) try {
  OINF_ASSIGN(const HostTensor tensor, HostTensor::copy_of(view));
  const int rank = tensor.shape().rank();
  const bool channels_first = settings.channel_axis == rank - 3;
  const int64_t height = tensor.shape()[channels_first ? rank - 2 : rank - 3];
  const int64_t width = tensor.shape()[channels_first ? rank - 1 : rank - 2];
  const Placement at(settings, rank, height, width);
  std::vector<Picture> pictures(static_cast<size_t>(rank == 4 ? tensor.shape()[0] : 1));
  for (size_t n = 0; n < pictures.size(); ++n) {
    Picture& p = pictures[n];
    p = {height, width, settings.channels, {}};
    p.samples.resize(static_cast<size_t>(height * width * settings.channels));
    uint8_t* to = p.samples.data();
    for (int64_t row = 0; row < height; ++row)
      for (int64_t column = 0; column < width; ++column)
        for (int c = 0; c < settings.channels; ++c, ++to) {
          const int64_t from =
              static_cast<int64_t>(n) * at.picture + row * at.row + column * at.column + c * at.channel;
          *to = tensor.dtype() == DType::u8 ? static_cast<uint8_t>(tensor.data()[from])
                                            : sample_of_value(load_element<float>(tensor.data(), tensor.dtype(), from),
                                                              settings, static_cast<size_t>(c));
        }
  }
  return pictures;
} catch (const std::bad_alloc&) {
  return Diagnostic(Code::R0006, "no memory for the picture");
}

}  // namespace openinfer
