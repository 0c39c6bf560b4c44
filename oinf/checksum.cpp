#include "oinf/checksum.h"

#include <cstdint>
#include <cstring>

// The streaming state is declared only for static users of the library.
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

namespace openinfer {
namespace {

Checksum stored(XXH128_hash_t hash) {
  const uint64_t words[2] = {hash.low64, hash.high64};
  Checksum c;
  std::memcpy(c.data(), words, sizeof words);
  return c;
}

}  // namespace

struct ChecksumStream::State {
  XXH3_state_t xxh;
};

Checksum checksum(std::span<const std::byte> bytes) { return stored(XXH3_128bits(bytes.data(), bytes.size())); }

std::string hex(const Checksum& checksum) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte b : checksum) {
    text += kDigits[std::to_integer<unsigned>(b) >> 4];
    text += kDigits[std::to_integer<unsigned>(b) & 15];
  }
  return text;
}

ChecksumStream::ChecksumStream() : state_(std::make_unique<State>()) { reset(); }
ChecksumStream::~ChecksumStream() = default;
ChecksumStream::ChecksumStream(ChecksumStream&&) noexcept = default;
ChecksumStream& ChecksumStream::operator=(ChecksumStream&&) noexcept = default;

void ChecksumStream::reset() { XXH3_128bits_reset(&state_->xxh); }
void ChecksumStream::update(std::span<const std::byte> bytes) {
  XXH3_128bits_update(&state_->xxh, bytes.data(), bytes.size());
}
Checksum ChecksumStream::digest() const { return stored(XXH3_128bits_digest(&state_->xxh)); }

}  // namespace openinfer
