// The checksum of packages: XXH3, 128 bits, seed 0, stored with the low 64 bits first.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace openinfer {

using Checksum = std::array<std::byte, 16>;

[[nodiscard]] Checksum checksum(std::span<const std::byte> bytes);
[[nodiscard]] std::string hex(const Checksum& checksum);  // 32 digits, in stored order

// The checksum of bytes that come in pieces.
class ChecksumStream {
 public:
  ChecksumStream();
  ~ChecksumStream();
  ChecksumStream(ChecksumStream&&) noexcept;
  ChecksumStream& operator=(ChecksumStream&&) noexcept;

  void reset();
  void update(std::span<const std::byte> bytes);
  [[nodiscard]] Checksum digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace openinfer
