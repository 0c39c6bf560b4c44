// The package's file writer reports P0019; for an output of a run the same fault is R0007.
#pragma once

#include <utility>

#include "ir/result.h"

namespace openinfer {

template <class ResultOrStatus>
[[nodiscard]] ResultOrStatus as_output_error(ResultOrStatus result) {
  if (result.ok()) return result;
  Diagnostic error = std::move(result).error();
  error.code = Code::R0007;
  return error;
}

}  // namespace openinfer
