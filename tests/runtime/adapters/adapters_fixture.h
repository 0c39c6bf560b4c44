// What the tests of the adapters share: tensors from lists, files in a folder of their own.
#pragma once

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "ops/element.h"
#include "runtime/adapters/host_tensor.h"

namespace openinfer::testing {

// A folder that is removed with its content.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "adapters.XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return file(name);
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file(path_ / name, std::ios::binary);
    REQUIRE(file.good());
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] size_t count() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

template <class T>
T good(Result<T> result) {
  INFO((result.ok() ? std::string() : std::string(code_name(result.error().code)) + " " + result.error().message));
  REQUIRE(result.ok());
  return std::move(result).value();
}

inline HostTensor tensor(DType dtype, const Shape& shape, const std::vector<double>& values) {
  HostTensor made = good(HostTensor::zeros(dtype, shape));
  REQUIRE(static_cast<size_t>(made.elements()) == values.size());
  for (size_t i = 0; i < values.size(); ++i)
    store_element<double>(made.data(), dtype, static_cast<int64_t>(i), values[i]);
  return made;
}

inline std::vector<double> values(const HostTensor& tensor) {
  std::vector<double> read;
  for (int64_t i = 0; i < tensor.elements(); ++i)
    read.push_back(load_element<double>(tensor.data(), tensor.dtype(), i));
  return read;
}

using Values = std::vector<double>;

}  // namespace openinfer::testing
