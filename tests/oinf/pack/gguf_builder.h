// Makes GGUF files for tests, in either byte order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/dtype.h"

namespace openinfer::testing {

class GgufBuilder {
 public:
  explicit GgufBuilder(bool big_endian = false, uint32_t version = 3) : big_endian_(big_endian), version_(version) {}

  GgufBuilder& text(std::string_view key, std::string_view value) {
    begin(key, 8);
    string(keys_, value);
    return *this;
  }
  GgufBuilder& u32(std::string_view key, uint32_t value) { return scalar(key, 4, value); }
  GgufBuilder& u64(std::string_view key, uint64_t value) { return scalar(key, 10, value); }
  GgufBuilder& f32(std::string_view key, float value) { return scalar(key, 6, value); }
  GgufBuilder& boolean(std::string_view key, bool value) { return scalar(key, 7, static_cast<uint8_t>(value)); }
  GgufBuilder& texts(std::string_view key, const std::vector<std::string>& values) {
    list(key, 8, values.size());
    for (const std::string& value : values) string(keys_, value);
    return *this;
  }
  GgufBuilder& floats(std::string_view key, const std::vector<float>& values) { return numbers(key, 6, values); }
  GgufBuilder& i32s(std::string_view key, const std::vector<int32_t>& values) { return numbers(key, 5, values); }

  // sizes: outermost first; data: little-endian values, `unit` bytes each (their order is turned for big-endian files).
  GgufBuilder& tensor(std::string_view name, uint32_t type, const std::vector<int64_t>& sizes,
                      std::span<const std::byte> data, size_t unit = 1) {
    ++tensor_count_;
    string(tensors_, name);
    number(tensors_, static_cast<uint32_t>(sizes.size()));
    for (auto size = sizes.rbegin(); size != sizes.rend(); ++size) number(tensors_, static_cast<uint64_t>(*size));
    number(tensors_, type);
    number(tensors_, static_cast<uint64_t>(data_.size()));
    for (size_t at = 0; at < data.size(); at += unit) {
      std::vector<std::byte> value(data.begin() + static_cast<std::ptrdiff_t>(at),
                                   data.begin() + static_cast<std::ptrdiff_t>(at + unit));
      if (big_endian_) std::reverse(value.begin(), value.end());
      data_.insert(data_.end(), value.begin(), value.end());
    }
    while (data_.size() % 32 != 0) data_.push_back(std::byte{0});
    return *this;
  }

  [[nodiscard]] std::vector<std::byte> file() const {
    std::vector<std::byte> out;
    for (const char c : {'G', 'G', 'U', 'F'}) out.push_back(static_cast<std::byte>(c));
    number(out, version_);
    number(out, tensor_count_);
    number(out, key_count_);
    out.insert(out.end(), keys_.begin(), keys_.end());
    out.insert(out.end(), tensors_.begin(), tensors_.end());
    while (out.size() % 32 != 0) out.push_back(std::byte{0});
    out.insert(out.end(), data_.begin(), data_.end());
    return out;
  }

 private:
  template <class T>
  void number(std::vector<std::byte>& out, T value) const {
    std::byte raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    if (big_endian_) std::reverse(raw, raw + sizeof(T));
    out.insert(out.end(), raw, raw + sizeof(T));
  }
  void string(std::vector<std::byte>& out, std::string_view value) const {
    number(out, static_cast<uint64_t>(value.size()));
    for (const char c : value) out.push_back(static_cast<std::byte>(c));
  }
  void begin(std::string_view key, uint32_t type) {
    ++key_count_;
    string(keys_, key);
    number(keys_, type);
  }
  void list(std::string_view key, uint32_t type, size_t count) {
    begin(key, 9);
    number(keys_, type);
    number(keys_, static_cast<uint64_t>(count));
  }
  template <class T>
  GgufBuilder& scalar(std::string_view key, uint32_t type, T value) {
    begin(key, type);
    number(keys_, value);
    return *this;
  }
  template <class T>
  GgufBuilder& numbers(std::string_view key, uint32_t type, const std::vector<T>& values) {
    list(key, type, values.size());
    for (const T value : values) number(keys_, value);
    return *this;
  }

  bool big_endian_;
  uint32_t version_;
  uint64_t key_count_ = 0, tensor_count_ = 0;
  std::vector<std::byte> keys_, tensors_, data_;
};

}  // namespace openinfer::testing
