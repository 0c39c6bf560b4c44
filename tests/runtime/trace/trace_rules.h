// What a reader of the Trace Event Format needs to hold, as Perfetto reads it: checked event by event.
#pragma once

#include <string>
#include <vector>

namespace openinfer::test {

// Empty when the text is a trace that opens without anything lost. `whole`: everything that was opened is closed; a
// trace of a killed run need not be.
//
// Sources: "Trace Event Format" (Google, 2016): phases, units, required fields, flows bound to slices. Perfetto's
// importer: times are kept as whole nanoseconds, whether read as decimals or as binary fractions; events are sorted by
// time, equal ones stay in their order; slices of a track nest or are dropped; an object that does not end is an error.
std::vector<std::string> trace_problems(const std::string& text, bool whole);

// The text without what differs from run to run: ts, dur, t_ns, dur_ns.
std::string without_times(const std::string& text);

}  // namespace openinfer::test
