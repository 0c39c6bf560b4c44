// Values of a run as .npy files in a folder beside its trace (--trace-level full).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ir/result.h"
#include "runtime/adapters/host_tensor.h"

namespace openinfer {

class Payloads {
 public:
  // "run.payloads" for the trace "run.json". Made when the first value comes; what an earlier run left there under the
  // same names is overwritten.
  [[nodiscard]] static std::string folder_of(const std::string& trace);

  explicit Payloads(const std::string& trace) : folder_(folder_of(trace)) {}
  // The file's path relative to the trace's folder; empty for a type that .npy has no counterpart of. R0007.
  Result<std::string> add(const HostTensor& value);

 private:
  std::string folder_;
  uint64_t next_ = 0;
};

// The value as .npy has it: the bytes of a whole file. Nothing for packed and block types.
[[nodiscard]] Result<std::optional<std::string>> npy_file(const HostTensor& value);

}  // namespace openinfer
