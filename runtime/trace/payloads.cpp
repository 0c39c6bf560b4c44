#include "runtime/trace/payloads.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "runtime/adapters/convert.h"
#include "runtime/adapters/npy.h"

namespace openinfer {

std::string Payloads::folder_of(const std::string& trace) {
  return std::filesystem::path(trace).replace_extension(".payloads").string();
}

Result<std::optional<std::string>> npy_file(const HostTensor& value) {
  const auto type = npy_dtype(value.dtype());
  if (!type) return std::optional<std::string>();
  OINF_ASSIGN(HostTensor stored, HostTensor::copy_of(value.view()));
  if (*type != value.dtype()) {
    OINF_ASSIGN(stored, convert_exactly(std::move(stored), *type));
  }
  std::string file = npy_header(*type, stored.shape());
  file.append(reinterpret_cast<const char*>(stored.bytes().data()), stored.bytes().size());
  return std::optional<std::string>(std::move(file));
}

Result<std::string> Payloads::add(const HostTensor& value) {
  OINF_ASSIGN(const auto file, npy_file(value));
  if (!file) return std::string();
  namespace fs = std::filesystem;
  std::error_code error;
  if (next_ == 0) fs::create_directories(folder_, error);
  char name[32];
  std::snprintf(name, sizeof name, "%08llu.npy", static_cast<unsigned long long>(next_++));
  const fs::path path = fs::path(folder_) / name;
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(file->data(), static_cast<std::streamsize>(file->size()));
  out.close();
  if (!out) return Diagnostic(Code::R0007, "payload " + path.string() + " cannot be written");
  return (fs::path(folder_).filename() / name).generic_string();
}

}  // namespace openinfer
