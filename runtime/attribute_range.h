// Ranges of attributes whose value only the run gives: the checker has compared the others with ops.json.
#pragma once

#include <optional>

#include "ir/diagnostic.h"
#include "ops/kernel.h"
#include "ops/schema.h"

namespace openinfer {

// Whether ops.json gives the attribute a range at all.
[[nodiscard]] inline bool has_range(const AttrSpec& spec) { return spec.min || spec.max; }

// R0005 with op, attribute, value and range, when the value (each one of a list) lies outside; NaN lies in no range.
[[nodiscard]] std::optional<Diagnostic> outside_range(const OpSchema& op, const AttrSpec& spec,
                                                      const KernelAttr& value);

}  // namespace openinfer
