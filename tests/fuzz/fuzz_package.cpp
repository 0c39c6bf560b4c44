// Any bytes as a package, version 2 or 3: refused, or everything that it says can be read. A version 3 file is tried a
// second time with the checksum of its index made right, so that what is behind the checksum is reached.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "oinf/checksum.h"
#include "oinf/package.h"
#include "oinf/text/tokenizer.h"
#include "tests/fuzz/input_file.h"

using namespace openinfer;

namespace {

void read_everything(std::span<const uint8_t> bytes) {
  const testing::InputFile file(bytes.data(), bytes.size());
  const auto package = Package::open(file.path());
  if (!package) return;
  unsigned sum = 0;
  for (const std::string_view name : (*package)->tensor_names()) {
    if (!(*package)->find_tensor(name)) std::abort();
    const auto payload = (*package)->payload(name);
    if (payload && !payload->empty()) sum += static_cast<unsigned>(payload->front() ^ payload->back());
    static_cast<void>((*package)->quantisation(name));
  }
  for (const std::string_view name : (*package)->metadata_names())
    if ((*package)->find_metadata(name) == nullptr) std::abort();
  static_cast<void>((*package)->graph());
  if ((*package)->has_tokenizer())
    if (auto parts = (*package)->tokenizer()) static_cast<void>(Tokenizer::create(std::move(*parts)));
  static_cast<void>((*package)->verify());
  [[maybe_unused]] static volatile unsigned sink;
  sink = sum;
}

// docs/spec/oinf.md: the index begins at the offset in byte 24; the digest in byte 48 covers the 48 bytes before it and
// the index.
bool seal(std::vector<uint8_t>& bytes) {
  constexpr size_t kHeader = 64, kIndexAt = 24, kDigestAt = 48;
  if (bytes.size() < kHeader) return false;
  uint64_t index = 0;
  std::memcpy(&index, bytes.data() + kIndexAt, sizeof index);
  if (index > bytes.size()) return false;
  ChecksumStream sum;
  sum.update(std::as_bytes(std::span(bytes).first(kDigestAt)));
  sum.update(std::as_bytes(std::span(bytes).subspan(index)));
  const Checksum digest = sum.digest();
  std::memcpy(bytes.data() + kDigestAt, digest.data(), digest.size());
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  read_everything({data, size});
  std::vector<uint8_t> sealed(data, data + size);
  if (seal(sealed)) read_everything(sealed);
  return 0;
}
