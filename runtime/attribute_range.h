// Ranges of attributes whose value only the run gives: the checker has compared the others with ops.json.
#pragma once

#include <optional>

#include "ir/diagnostic.h"
#include "ops/kernel.h"
#include "ops/schema.h"

namespace openinfer {

// Whether ops.json gives the attribute a range at all.
[[nodiscard]] inline bool has_range(const AttrSpec& spec) { return spec.min || spec.max; }

// u8 … u64 and packed types without a sign.
[[nodiscard]] inline bool is_unsigned(DType t) {
  return info(t).kind == DTypeKind::unsigned_integer || info(t).kind == DTypeKind::packed_unsigned;
}

// R0005 when a number that stands for elements of an unsigned type is below 0.
[[nodiscard]] std::optional<Diagnostic> below_zero(const OpSchema& op, const AttrSpec& spec, const KernelAttr& value,
                                                   DType element);

// R0005 with op, attribute, value and range, when the value (each one of a list) lies outside; NaN lies in no range.
[[nodiscard]] std::optional<Diagnostic> outside_range(const OpSchema& op, const AttrSpec& spec,
                                                      const KernelAttr& value);

}  // namespace openinfer
