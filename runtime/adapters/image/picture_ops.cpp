#include "runtime/adapters/image/picture_ops.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "ops/kernel.h"
#include "runtime/adapters/host_tensor.h"
#include "runtime/adapters/image/decoders.h"

namespace openinfer::image {
namespace {

// The pool belongs to the device; a picture comes once a step.
constexpr int kThreads = 1;

int64_t floor_half(int64_t v) { return v >= 0 ? v / 2 : -((1 - v) / 2); }

}  // namespace

Picture with_channels(Picture picture, int channels) {
  if (picture.channels == channels) return picture;
  Picture out{picture.height, picture.width, channels, {}};
  const int64_t pixels = picture.height * picture.width;
  out.samples.resize(static_cast<size_t>(pixels * channels));
  const bool grey = picture.channels <= 2, alpha = picture.channels == 2 || picture.channels == 4;
  const uint8_t* from = picture.samples.data();
  uint8_t* to = out.samples.data();
  for (int64_t i = 0; i < pixels; ++i, from += picture.channels, to += channels) {
    const uint32_t r = from[0], g = from[grey ? 0 : 1], b = from[grey ? 0 : 2];
    if (channels == 1) {
      to[0] = static_cast<uint8_t>(grey ? r : (19595 * r + 38470 * g + 7471 * b + 32768) >> 16);
      continue;
    }
    to[0] = static_cast<uint8_t>(r);
    to[1] = static_cast<uint8_t>(g);
    to[2] = static_cast<uint8_t>(b);
    if (channels == 4) to[3] = alpha ? from[picture.channels - 1] : 255;
  }
  return out;
}

Result<Picture> resized(Picture picture, int64_t height, int64_t width, const std::string& mode) {
  if (picture.height == height && picture.width == width) return picture;
  const OpSchema* op = find_op("resize");
  std::vector<KernelAttr> attributes;
  for (const AttrSpec& spec : op->attributes) {
    KernelAttr a;
    if (spec.type == AttrType::choice) {
      const std::string value = spec.name == "mode" ? mode : std::get<std::string>(spec.default_value);
      a.i = std::find(spec.choices.begin(), spec.choices.end(), value) - spec.choices.begin();
    } else if (spec.type == AttrType::boolean) {
      a.i = std::get<bool>(spec.default_value) ? 1 : 0;
    } else {
      a.f = std::get<double>(spec.default_value);
    }
    attributes.push_back(a);
  }
  const Shape from{picture.height, picture.width, picture.channels}, to{height, width, picture.channels};
  KernelOperand in, result;
  in.dtype = result.dtype = DType::u8;
  in.shape = from;
  result.shape = to;
  const KernelSite site{op, std::span(&in, 1), std::span(&result, 1), attributes, kThreads};
  OINF_ASSIGN(const Isa isa, detect_isa());
  const Kernel* kernel = find_kernel(site, isa);
  if (kernel == nullptr) return Diagnostic(Code::E0601, "`resize` has no kernel for u8");
  Picture out{height, width, picture.channels, {}};
  out.samples.resize(static_cast<size_t>(to.elements()));
  OINF_ASSIGN(HostTensor scratch,
              HostTensor::zeros(DType::u8, Shape{static_cast<int64_t>(kernel->scratch ? kernel->scratch(site) : 0)}));
  const std::array inputs{TensorView::dense(reinterpret_cast<std::byte*>(picture.samples.data()), DType::u8, from)};
  const std::array outputs{TensorView::dense(reinterpret_cast<std::byte*>(out.samples.data()), DType::u8, to)};
  Serial serial;
  KernelFault fault;
  const KernelArgs args{inputs, outputs, attributes, scratch.data(), &serial, &fault, nullptr};
  if (!kernel->run(args)) return Diagnostic(fault.code, fault.message);
  return out;
}

Picture cropped(const Picture& picture, int64_t height, int64_t width) {
  Picture out{height, width, picture.channels, {}};
  out.samples.resize(static_cast<size_t>(height * width * picture.channels));
  const int64_t top = floor_half(picture.height - height), left = floor_half(picture.width - width);
  const int64_t first = std::max<int64_t>(left, 0), last = std::min(left + width, picture.width);
  if (first >= last) return out;
  for (int64_t row = std::max<int64_t>(top, 0); row < std::min(top + height, picture.height); ++row)
    std::memcpy(out.samples.data() + ((row - top) * width + first - left) * picture.channels, picture.pixel(row, first),
                static_cast<size_t>((last - first) * picture.channels));
  return out;
}

Result<Picture> fitted(Picture picture, const ImageSettings& settings) {
  if (!settings.height) return picture;
  const int64_t height = *settings.height, width = *settings.width;
  if (!settings.crop) return resized(std::move(picture), height, width, settings.resize);
  const int64_t shorter = settings.shorter.value_or(std::min(height, width));
  const int64_t small = std::min(picture.height, picture.width), large = std::max(picture.height, picture.width);
  const int64_t longer = shorter * large / small;
  OINF_TRY(check_size(static_cast<uint64_t>(shorter), static_cast<uint64_t>(longer)));
  const bool upright = picture.height >= picture.width;
  OINF_ASSIGN(const Picture whole,
              resized(std::move(picture), upright ? longer : shorter, upright ? shorter : longer, settings.resize));
  return cropped(whole, height, width);
}

}  // namespace openinfer::image
