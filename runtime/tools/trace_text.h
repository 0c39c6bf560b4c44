// What oinf-trace prints: for a person, or with --json for machines.
#pragma once

#include "runtime/trace/trace_diff.h"
#include "runtime/trace/trace_summary.h"

namespace openinfer {

void print_summary(const TraceSummary& summary, size_t rows, bool json);
void print_diff(const TraceDiff& diff, size_t rows, bool json);

}  // namespace openinfer
