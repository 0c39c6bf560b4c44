// Attribute values against their row of ops.json.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ops/rules/node.h"

namespace openinfer {
namespace rules {
namespace {

constexpr std::string_view expected(AttrType type) {
  switch (type) {
    case AttrType::integer:
      return "an integer";
    case AttrType::number:
      return "a number";
    case AttrType::boolean:
      return "true or false";
    case AttrType::choice:
      return "one of its words";
    case AttrType::dtype:
      return "an element type";
    case AttrType::integers:
      return "an integer or a list of integers";
    case AttrType::value:
      return "a number or a bool";
  }
  return "";
}

bool has_type(const AttrValue& v, AttrType type) {
  switch (type) {
    case AttrType::integer:
      return std::holds_alternative<Dim>(v);
    case AttrType::number:
      return std::holds_alternative<Dim>(v) || std::holds_alternative<double>(v) || std::holds_alternative<uint64_t>(v);
    case AttrType::boolean:
      return std::holds_alternative<bool>(v);
    case AttrType::choice:
      return std::holds_alternative<std::string>(v);
    case AttrType::dtype:
      return std::holds_alternative<DType>(v);
    case AttrType::integers:
      return std::holds_alternative<Dim>(v) || std::holds_alternative<std::vector<Dim>>(v);
    case AttrType::value:
      return std::holds_alternative<Dim>(v) || std::holds_alternative<double>(v) || std::holds_alternative<bool>(v) ||
             std::holds_alternative<uint64_t>(v);
  }
  return false;
}

std::string range_text(const AttrSpec& spec) {
  if (spec.min && spec.max)
    return fmt::format("{} {} and at most {}", spec.min_exclusive ? "above" : "at least", *spec.min, *spec.max);
  if (spec.min) return fmt::format("{} {}", spec.min_exclusive ? "above" : "at least", *spec.min);
  return spec.max ? fmt::format("at most {}", *spec.max) : std::string();
}

void check_range(Node& node, size_t at, double v) {
  const AttrSpec& spec = node.site().op.attributes[at];
  const bool low = spec.min && (spec.min_exclusive ? !(v > *spec.min) : !(v >= *spec.min));
  if (!low && !(spec.max && !(v <= *spec.max))) return;
  node.issue(Code::E0306, node.attribute(spec.name),
             fmt::format("`{}` of `{}` must be {}, not {}", spec.name, node.site().op.name, range_text(spec), v));
}

void check_size(Node& node, size_t at, Dim d) {
  if (const auto v = node.dims().value(d)) check_range(node, at, static_cast<double>(*v));
}

void check_choice(Node& node, size_t at, const std::string& word) {
  const AttrSpec& spec = node.site().op.attributes[at];
  if (std::find(spec.choices.begin(), spec.choices.end(), word) != spec.choices.end()) return;
  node.issue(Code::E0306, node.attribute(spec.name),
             fmt::format("`{}` of `{}` is one of \"{}\", not \"{}\"", spec.name, node.site().op.name,
                         fmt::join(spec.choices, "\", \""), word));
}

// A number that stands for elements of the output: integer types take integers and bools only. Unknown types wait.
void check_value(Node& node, size_t at, const AttrValue& v) {
  const OpSite& site = node.site();
  const AttrSpec& spec = site.op.attributes[at];
  const auto type = site.results.empty() ? std::nullopt : site.results[0].dtype;
  if (!type || is_float(*type)) return;
  const double* real = std::get_if<double>(&v);
  const double* standard = std::get_if<double>(&spec.default_value);
  if (real && !(standard && *standard == *real) && !std::isinf(*real)) {
    node.issue(Code::E0305, node.attribute(spec.name),
               fmt::format("`{}` of `{}` is an integer or a bool for {}, not {}", spec.name, site.op.name, name(*type),
                           *real));
    return;
  }
  // Past 63 bits only `fill` has a meaning: it wraps.
  const uint64_t* large = std::get_if<uint64_t>(&v);
  if (large && *type != DType::u64 && site.op.name != "fill")
    node.issue(Code::E0217, node.attribute(spec.name),
               fmt::format("`{}` of `{}` does not fit {}: {}", spec.name, site.op.name, name(*type), *large));
  const Dim* d = std::get_if<Dim>(&v);
  const auto n = d ? node.dims().value(*d) : std::nullopt;
  const bool is_unsigned =
      info(*type).kind == DTypeKind::unsigned_integer || info(*type).kind == DTypeKind::packed_unsigned;
  if (n && *n < 0 && is_unsigned)
    node.issue(Code::E0217, node.attribute(spec.name),
               fmt::format("`{}` of `{}` is below 0 for {}: {}", spec.name, site.op.name, name(*type), *n));
}

void check_attribute(Node& node, size_t at) {
  const OpSite& site = node.site();
  const AttrSpec& spec = site.op.attributes[at];
  const AttrValue& v = site.attributes[at];
  if (std::holds_alternative<std::monostate>(v)) {
    if (spec.required)
      node.issue(Code::E0303, {}, fmt::format("`{}` needs the attribute `{}`", site.op.name, spec.name));
    return;
  }
  if (std::holds_alternative<RuntimeAttr>(v)) {
    if (spec.is_static)
      node.issue(Code::E0307, node.attribute(spec.name),
                 fmt::format("`{}` of `{}` decides a shape or a type and must be known before the run", spec.name,
                             site.op.name));
    return;
  }
  if (!has_type(v, spec.type)) {
    node.issue(Code::E0305, node.attribute(spec.name),
               fmt::format("`{}` of `{}` is {}", spec.name, site.op.name, expected(spec.type)));
    return;
  }
  if (const Dim* d = std::get_if<Dim>(&v)) check_size(node, at, *d);
  if (const double* d = std::get_if<double>(&v)) check_range(node, at, *d);
  if (const uint64_t* n = std::get_if<uint64_t>(&v)) check_range(node, at, static_cast<double>(*n));
  if (const auto* list = std::get_if<std::vector<Dim>>(&v))
    for (Dim d : *list) check_size(node, at, d);
  if (const auto* word = std::get_if<std::string>(&v)) check_choice(node, at, *word);
  if (spec.type == AttrType::value) check_value(node, at, v);
}

}  // namespace

void check_attributes(Node& node) {
  for (size_t i = 0; i < node.site().op.attributes.size(); ++i) check_attribute(node, i);
}

}  // namespace rules

void fill_defaults(OpSite& site) {
  site.attributes.resize(site.op.attributes.size());
  for (size_t i = 0; i < site.attributes.size(); ++i) {
    if (!std::holds_alternative<std::monostate>(site.attributes[i])) continue;
    const AttrSpec& spec = site.op.attributes[i];
    if (spec.default_integer) {
      site.attributes[i] = site.dims.constant(*spec.default_integer);
    } else {
      site.attributes[i] = spec.default_value;
    }
  }
}

}  // namespace openinfer
