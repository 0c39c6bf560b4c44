#include "ops/rules/node.h"

#include <fmt/format.h>

#include <algorithm>

namespace openinfer::rules {

const Dims* Node::shape(size_t i) const {
  return given(i) && site_.inputs[i].shape ? &*site_.inputs[i].shape : nullptr;
}

const Dims* Node::declared(size_t i) const {
  return i < site_.declared.size() && site_.declared[i].shape ? &*site_.declared[i].shape : nullptr;
}

const Dims* Node::ranked(size_t i, size_t least, bool exact) {
  const Dims* s = shape(i);
  if (!s || (exact ? s->size() == least : s->size() >= least)) return s;
  const auto& spec = site_.op.inputs[std::min(i, site_.op.inputs.size() - 1)];
  issue(Code::E0204, input(i),
        fmt::format("`{}` needs {}{} {} of `{}`, which is {}", site_.op.name, exact ? "" : "at least ", least,
                    least == 1 ? "axis" : "axes", spec.name, print(*s)));
  return nullptr;
}

const AttrValue* Node::value(std::string_view name) const {
  const int at = site_.op.attribute_index(name);
  return at < 0 || static_cast<size_t>(at) >= site_.attributes.size() ? nullptr
                                                                      : &site_.attributes[static_cast<size_t>(at)];
}

std::optional<Dim> Node::integer(std::string_view name) const {
  const AttrValue* v = value(name);
  if (v)
    if (const Dim* d = std::get_if<Dim>(v)) return *d;
  return std::nullopt;
}

std::optional<int64_t> Node::number(std::string_view name) const {
  const auto d = integer(name);
  return d ? site_.dims.value(*d) : std::nullopt;
}

std::optional<Dims> Node::integers(std::string_view name) {
  const AttrValue* v = value(name);
  if (!v) return std::nullopt;
  if (const Dim* d = std::get_if<Dim>(v)) return Dims{*d};
  if (const Dims* list = std::get_if<Dims>(v)) return *list;
  return std::nullopt;
}

bool Node::flag(std::string_view name) const {
  const AttrValue* v = value(name);
  const bool* b = v ? std::get_if<bool>(v) : nullptr;
  return b && *b;
}

Where Node::attribute(std::string_view name) const {
  return {OperandKind::attribute, std::max(0, site_.op.attribute_index(name))};
}

std::optional<size_t> Node::axis(std::string_view name, size_t rank) {
  const auto d = integer(name);
  return d ? axis(*d, rank, attribute(name)) : std::nullopt;
}

std::optional<size_t> Node::axis(Dim d, size_t rank, Where where) {
  const auto v = site_.dims.value(d);
  if (!v) return std::nullopt;
  const auto r = static_cast<int64_t>(rank);
  if (*v < -r || *v >= r) {
    issue(Code::E0306, where,
          fmt::format("`{}`: axis {} of a tensor of {} axes: {}", site_.op.name, *v, rank, operands()));
    return std::nullopt;
  }
  return static_cast<size_t>(*v < 0 ? *v + r : *v);
}

void Node::issue(Code code, Where where, std::string message) {
  site_.issues.push_back({code, std::move(message), where.kind, where.index});
}

bool Node::same(Dim a, Dim b, Where where, std::string_view what) {
  switch (site_.dims.compare(a, b)) {
    case DimOrder::equal:
      return true;
    case DimOrder::unknown:
      site_.open.push_back({a, b, std::string(what)});
      return true;
    case DimOrder::different:
      break;
  }
  issue(Code::E0201, where,
        fmt::format("`{}`: {} differ, {} and {}: {}", site_.op.name, what, print(a), print(b), operands()));
  return false;
}

void Node::same_shape(const Dims& a, const Dims& b, Where where, std::string_view what) {
  if (a.size() != b.size()) {
    issue(Code::E0201, where,
          fmt::format("`{}`: {} differ, {} and {}: {}", site_.op.name, what, print(a), print(b), operands()));
    return;
  }
  for (size_t i = 0; i < a.size(); ++i)
    if (!same(a[i], b[i], where, what)) return;
}

void Node::multiple(Dim a, Dim b, Where where, std::string_view what) {
  const auto x = site_.dims.value(a), y = site_.dims.value(b);
  if (!x || !y || (*y != 0 && *x % *y == 0) || (*x == 0 && *y == 0)) return;
  issue(Code::E0201, where,
        fmt::format("`{}`: {} is no multiple, {} and {}: {}", site_.op.name, what, *x, *y, operands()));
}

std::optional<Dims> Node::broadcast(const Dims& a, const Dims& b, Where where) {
  const Dims &longer = a.size() >= b.size() ? a : b, &shorter = a.size() >= b.size() ? b : a;
  Dims out = longer;
  const size_t skip = longer.size() - shorter.size();
  for (size_t i = 0; i < shorter.size(); ++i) {
    Dim& d = out[skip + i];
    if (site_.dims.is(shorter[i], 1)) continue;
    if (site_.dims.is(d, 1)) {
      d = shorter[i];
    } else if (!same(a.size() >= b.size() ? d : shorter[i], a.size() >= b.size() ? shorter[i] : d, where,
                     fmt::format("axes {} of the broadcast operands", skip + i))) {
      return std::nullopt;
    }
  }
  return out;
}

void Node::not_negative(Dim size, Where where, std::string_view what) {
  if (site_.dims.fault(size) != DimFault::none) {
    issue(site_.dims.fault(size) == DimFault::by_zero ? Code::E0212 : Code::E0208, where,
          fmt::format("`{}`: {}: {}", site_.op.name, what, site_.dims.fault_text(size)));
    return;
  }
  const auto v = site_.dims.value(size);
  if (v && *v < 0) issue(Code::E0209, where, fmt::format("`{}`: {} is {}: {}", site_.op.name, what, *v, operands()));
}

void Node::result(size_t output, Dims shape) {
  if (output < site_.results.size()) site_.results[output].shape = std::move(shape);
}

std::string Node::print(Dim d) const {
  return site_.dims.print(d, [this](SymbolId id) {
    return site_.symbol_name ? site_.symbol_name(id) : "s" + std::to_string(static_cast<uint32_t>(id));
  });
}

std::string Node::print(const Dims& shape) const {
  std::string s = "[";
  for (size_t i = 0; i < shape.size(); ++i) s += (i ? ", " : "") + print(shape[i]);
  return s + "]";
}

std::string Node::operands() const {
  std::string s;
  for (size_t i = 0; i < site_.inputs.size(); ++i) {
    if (!shape(i) || site_.op.inputs.empty()) continue;
    const InputSpec& spec = site_.op.inputs[std::min(i, site_.op.inputs.size() - 1)];
    s += fmt::format("{}{}{} is {}", s.empty() ? "" : ", ", spec.name, spec.variadic ? fmt::format("[{}]", i) : "",
                     print(*shape(i)));
  }
  return s.empty() ? "no operand is known" : s;
}

}  // namespace openinfer::rules
