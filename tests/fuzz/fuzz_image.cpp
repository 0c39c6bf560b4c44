// Any bytes as a picture.
#include "runtime/adapters/image/decoders.h"

using namespace openinfer;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto picture = decode_picture({reinterpret_cast<const char*>(data), size});
  if (picture && picture->samples.size() != static_cast<size_t>(picture->height * picture->width * picture->channels))
    std::abort();
  return 0;
}
