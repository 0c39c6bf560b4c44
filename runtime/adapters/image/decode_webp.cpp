#include <webp/decode.h>
#include <webp/demux.h>

#include <cstring>
#include <memory>

#include "runtime/adapters/image/decoders.h"

namespace openinfer::image {
namespace {

Diagnostic damaged() { return {Code::I0006, "the WebP picture cannot be decoded: damaged or cut short"}; }

// Frames lie on a canvas: the decoder of animations puts the first one in its place.
Status decode_first_frame(const WebPData& data, Picture& picture) {
  WebPAnimDecoderOptions options;
  if (WebPAnimDecoderOptionsInit(&options) == 0) return Diagnostic(Code::R0008, "libwebp has another version");
  options.color_mode = MODE_RGBA;
  const std::unique_ptr<WebPAnimDecoder, decltype(&WebPAnimDecoderDelete)> decoder(WebPAnimDecoderNew(&data, &options),
                                                                                   WebPAnimDecoderDelete);
  uint8_t* frame = nullptr;
  int time = 0;
  if (!decoder || WebPAnimDecoderGetNext(decoder.get(), &frame, &time) == 0) return damaged();
  picture.channels = 4;
  picture.samples.assign(frame, frame + picture.height * picture.width * 4);
  return {};
}

}  // namespace

Result<Picture> decode_webp(std::string_view content, int& orientation) {
  const std::span<const uint8_t> bytes = as_bytes(content);
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytes.data(), bytes.size(), &features) != VP8_STATUS_OK) return damaged();
  OINF_TRY(check_size(static_cast<uint64_t>(features.height), static_cast<uint64_t>(features.width)));
  Picture picture{features.height, features.width, features.has_alpha != 0 ? 4 : 3, {}};
  const WebPData data{bytes.data(), bytes.size()};
  if (features.has_animation != 0) {
    OINF_TRY(decode_first_frame(data, picture));
  } else {
    picture.samples.resize(static_cast<size_t>(picture.height * picture.width * picture.channels));
    const int stride = static_cast<int>(picture.width) * picture.channels;
    const auto decode = picture.channels == 4 ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
    if (decode(bytes.data(), bytes.size(), picture.samples.data(), picture.samples.size(), stride) == nullptr)
      return damaged();
  }
  const std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)> demuxer(WebPDemux(&data), WebPDemuxDelete);
  WebPChunkIterator chunk;
  if (demuxer && WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &chunk) != 0) {
    orientation = exif_orientation({chunk.chunk.bytes, chunk.chunk.size});
    WebPDemuxReleaseChunkIterator(&chunk);
  }
  return picture;
}

}  // namespace openinfer::image
