// Any bytes as a safetensors file, for both of its readers: oinf-pack's, and that of --input.
#include "oinf/pack/safetensors.h"
#include "runtime/adapters/npy.h"
#include "runtime/adapters/safetensors_value.h"
#include "tests/fuzz/input_file.h"

using namespace openinfer;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  if (is_safetensors(content)) static_cast<void>(read_safetensors_value(content, std::nullopt));
  if (is_npy(content)) static_cast<void>(read_npy(content));
  const testing::InputFile input(data, size);
  const auto file = pack::SafetensorsFile::open(input.path());
  if (!file) return 0;
  unsigned sum = 0;
  for (const pack::SourceTensor& t : file->tensors())
    if (!t.data.empty()) sum += static_cast<unsigned>(t.data.front() ^ t.data.back());
  [[maybe_unused]] static volatile unsigned sink;
  sink = sum;
  return 0;
}
