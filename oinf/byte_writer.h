// Appends little-endian values to a buffer: the counterpart of ByteReader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace openinfer {

class ByteWriter {
 public:
  void u8(uint8_t v) { number(v); }
  void u32(uint32_t v) { number(v); }
  void u64(uint64_t v) { number(v); }
  void i64(int64_t v) { number(v); }
  void f64(double v) { number(v); }
  void raw(const void* data, size_t size) {
    const auto* p = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), p, p + size);
  }
  void pad(size_t alignment = 8) { bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment); }
  // Strings of 4 GiB and more do not exist in the format; the package writer refuses them before.
  void string(std::string_view s) {
    const size_t begin = bytes_.size();
    u32(static_cast<uint32_t>(s.size()));
    raw(s.data(), s.size());
    bytes_.resize(begin + (4 + s.size() + 7) / 8 * 8);
  }

  [[nodiscard]] size_t size() const { return bytes_.size(); }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  // Overwrites what was written at `offset`.
  void patch_u64(size_t offset, uint64_t v) { std::memcpy(bytes_.data() + offset, &v, sizeof v); }

 private:
  template <class T>
  void number(T v) {
    raw(&v, sizeof v);
  }
  std::vector<std::byte> bytes_;
};

}  // namespace openinfer
