#include "runtime/attribute_range.h"

#include <fmt/format.h>

namespace openinfer {
namespace {

std::string range_text(const AttrSpec& spec) {
  std::string text;
  if (spec.min) text = fmt::format("{} {}", spec.min_exclusive ? "above" : "at least", *spec.min);
  if (spec.max) text += fmt::format("{}at most {}", text.empty() ? "" : " and ", *spec.max);
  return text;
}

bool inside(const AttrSpec& spec, double v) {
  if (spec.min && !(spec.min_exclusive ? v > *spec.min : v >= *spec.min)) return false;
  return !spec.max || v <= *spec.max;
}

}  // namespace

std::optional<Diagnostic> below_zero(const OpSchema& op, const AttrSpec& spec, const KernelAttr& value, DType element) {
  if (!value.given || !(value.f < 0)) return std::nullopt;
  return Diagnostic(Code::R0005,
                    fmt::format("`{}` of `{}` is below 0 for {}: {}", spec.name, op.name, name(element), value.f));
}

std::optional<Diagnostic> outside_range(const OpSchema& op, const AttrSpec& spec, const KernelAttr& value) {
  if (!has_range(spec) || !value.given) return std::nullopt;
  const auto refused = [&](double v) {
    return Diagnostic(Code::R0005,
                      fmt::format("`{}` of `{}` must be {}, not {}", spec.name, op.name, range_text(spec), v));
  };
  if (value.list.empty()) {
    if (!inside(spec, value.f)) return refused(value.f);
    return std::nullopt;
  }
  for (const int64_t n : value.list)
    if (!inside(spec, static_cast<double>(n))) return refused(static_cast<double>(n));
  return std::nullopt;
}

}  // namespace openinfer
