// Reads little-endian values from bytes of unknown origin. A read past the end gives zero and leaves the reader
// failed, so that a record is read whole and checked once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace openinfer {

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  [[nodiscard]] bool ok() const { return !failed_; }
  [[nodiscard]] uint64_t position() const { return position_; }
  [[nodiscard]] uint64_t remaining() const { return failed_ ? 0 : bytes_.size() - position_; }
  // A count is believed only when so many records can follow it.
  [[nodiscard]] bool can_hold(uint64_t count, uint64_t smallest_record) const {
    return count <= remaining() / smallest_record;
  }

  uint8_t u8() { return number<uint8_t>(); }
  uint32_t u32() { return number<uint32_t>(); }
  uint64_t u64() { return number<uint64_t>(); }
  int64_t i64() { return static_cast<int64_t>(number<uint64_t>()); }
  double f64() { return number<double>(); }

  std::span<const std::byte> bytes(uint64_t size) {
    if (size > remaining()) {
      failed_ = true;
      return {};
    }
    const auto part = bytes_.subspan(position_, size);
    position_ += size;
    return part;
  }

  // Bytes and the zeros behind them up to a multiple of 8; other padding fails.
  std::span<const std::byte> padded_bytes(uint64_t size, uint64_t already = 0) {
    const auto part = bytes(size);
    const uint64_t rest = (size + already) % 8;
    if (rest != 0)
      for (const std::byte b : bytes(8 - rest))
        if (b != std::byte{0}) bad_padding_ = true;
    return part;
  }
  [[nodiscard]] bool bad_padding() const { return bad_padding_; }

  // u32 length, the bytes, zeros up to a multiple of 8 from where the string began.
  std::string_view string() {
    const uint32_t length = u32();
    const auto part = padded_bytes(length, 4);
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }

 private:
  template <class T>
  T number() {
    T value{};
    const auto part = bytes(sizeof(T));
    if (part.size() == sizeof(T)) std::memcpy(&value, part.data(), sizeof(T));
    return value;
  }

  std::span<const std::byte> bytes_;
  uint64_t position_ = 0;
  bool failed_ = false;
  bool bad_padding_ = false;
};

}  // namespace openinfer
