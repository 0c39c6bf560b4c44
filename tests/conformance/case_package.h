// The package that a case describes, as a file.
#pragma once

#include <string>

#include "ir/result.h"
#include "tests/conformance/case_file.h"

namespace openinfer::testing {

// I0006 for values that are none of the spellings in case_file.h.
[[nodiscard]] Status write_package(const CaseFile& file, const std::string& path);

}  // namespace openinfer::testing
