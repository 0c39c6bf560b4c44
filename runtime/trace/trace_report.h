// A trace as one HTML page that needs nothing else: timeline, time by op, block and line, the program with its
// iterations folded together, memory over time.
#pragma once

#include <string>
#include <string_view>

#include "runtime/trace/trace_reader.h"

namespace openinfer {

// The timeline shows so many slices; tables and the folded program count all.
inline constexpr size_t kReportSlices = 400'000;

// path: "-" is standard output. Errors: the reader's; R0007 when the page cannot be written, which then is not there.
Status write_report(TraceReader& reader, const std::string& path);

// report.html, with DATA where the trace's figures go.
[[nodiscard]] std::string_view report_page();

}  // namespace openinfer
