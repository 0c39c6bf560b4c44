#include "runtime/debug/debug_value.h"

#include <cstring>

#include "ir/panel16.h"
#include "ops/element.h"
#include "runtime/adapters/literal_tensor.h"

namespace openinfer {
namespace {

// Calls visit(index in the whole, index in the part) for every element of the part, in order.
template <class Visit>
void elements_of(const Part& part, const Shape& shape, Visit&& visit) {
  int64_t count = 1;
  for (int64_t n : part.size) count *= n;
  for (int64_t k = 0; k < count; ++k) {
    int64_t rest = k, stride = 1, at = 0;
    for (int a = shape.rank() - 1; a >= 0; --a) {
      const auto axis = static_cast<size_t>(a);
      at += (part.first[axis] + rest % part.size[axis]) * stride;
      rest /= part.size[axis];
      stride *= shape[a];
    }
    visit(at, k);
  }
}

}  // namespace

std::string selection_text(const Selection& s) {
  if (s.axes.empty()) return s.name;
  std::string text = s.name + "[";
  for (size_t i = 0; i < s.axes.size(); ++i) {
    const Selection::Axis& a = s.axes[i];
    if (i > 0) text += ", ";
    if (a.lo) text += std::to_string(*a.lo);
    if (a.range) text += "..";
    if (a.hi) text += std::to_string(*a.hi);
  }
  return text + "]";
}

Result<DebugValues::Whole> DebugValues::whole(RunState& state, const RunPoint& point, const Selection& s) const {
  Whole w;
  OINF_ASSIGN(w.var, scope_.variable(point, s.name));
  const Variable& v = program_.var(w.var);
  // Which member of a family: the declared indices are given, the others are those of loops.
  std::vector<int64_t> member;
  int64_t flat = 0;
  for (const FamilyAxis& axis : v.family) {
    int64_t index = state.symbol(axis.loop);
    if (axis.declared) {
      if (w.members >= s.axes.size() || s.axes[w.members].range)
        return Diagnostic(Code::U0001, "`" + s.name + "` is a family: say which member, as in `" + s.name + "[0]`");
      index = s.axes[w.members++].lo.value_or(0);
    }
    member.push_back(index);
    flat = flat * axis.count + index - axis.first;
  }
  OINF_ASSIGN(w.view, state.place(w.var, member));
  DType dtype = v.dtype.value_or(DType::f32);
  Layout layout = Layout::rowmajor;
  if (v.kind == VarKind::constant && flat >= 0 && static_cast<size_t>(flat) < v.members.size()) {
    const ConstantMember& c = program_.constants[v.members[static_cast<size_t>(flat)]];
    dtype = c.dtype;
    layout = c.layout;
  }
  if (layout == Layout::rowmajor) {
    OINF_ASSIGN(w.value, state.read(w.view, dtype));
    return w;
  }
  DeviceView bytes;
  bytes.buffer = w.view.buffer;
  bytes.offset = w.view.offset;
  bytes.shape = Shape{static_cast<int64_t>(payload_bytes(dtype, layout, w.view.shape).value_or(0))};
  bytes.strides[0] = 1;
  OINF_ASSIGN(const HostTensor stored, state.read(bytes, DType::u8));
  OINF_ASSIGN(const auto rows, unpack_panel16(dtype, w.view.shape, stored.bytes()));
  OINF_ASSIGN(w.value, HostTensor::zeros(dtype, w.view.shape));
  std::memcpy(w.value.data(), rows.data(), std::min(rows.size(), w.value.bytes().size()));
  return w;
}

Result<HostTensor> DebugValues::read(RunState& state, const RunPoint& point, const Selection& s) const {
  OINF_ASSIGN(Whole w, whole(state, point, s));
  if (s.axes.size() == w.members) return std::move(w.value);
  const Shape& shape = w.value.shape();
  OINF_ASSIGN(const Part part, part_of(s, w.members, shape));
  const DType dtype = w.value.dtype();
  const bool plain = is_plain(dtype);
  OINF_ASSIGN(HostTensor out, HostTensor::zeros(plain ? dtype : DType::f32, part.shape));
  elements_of(part, shape, [&](int64_t from, int64_t to) {
    if (plain) {
      const size_t each = element_bytes(dtype);
      std::memcpy(out.data() + static_cast<size_t>(to) * each, w.value.data() + static_cast<size_t>(from) * each, each);
    } else {
      store_element<float>(out.data(), DType::f32, to, load_element<float>(w.value.data(), dtype, from));
    }
  });
  return out;
}

Result<std::string> DebugValues::write(RunState& state, const RunPoint& point, const Selection& s,
                                       std::string_view text) const {
  OINF_ASSIGN(const VarId id, scope_.variable(point, s.name));
  const Variable& v = program_.var(id);
  if (v.kind == VarKind::constant) return Diagnostic(Code::I0008, "`" + s.name + "` is a constant");
  if (const auto source = scope_.shown_by(id))
    return Diagnostic(Code::I0008, "`" + s.name + "` has no memory of its own: it shows `" +
                                       program_.var(*source).name + "`, change that");
  OINF_ASSIGN(Whole w, whole(state, point, s));
  const DType dtype = w.value.dtype();
  if (!is_plain(dtype))
    return Diagnostic(Code::I0003, "elements of " + std::string(name(dtype)) + " cannot be changed");
  OINF_ASSIGN(const Part part, part_of(s, w.members, w.value.shape()));
  OINF_ASSIGN(const HostTensor given, parse_literal_tensor(text, dtype));
  const bool one = given.shape().rank() == 0;
  if (!one && !(given.shape() == part.shape))
    return Diagnostic(Code::I0004, "`" + selection_text(s) + "` has the shape " + to_string(part.shape) +
                                       ", given is " + to_string(given.shape()));
  const size_t each = element_bytes(dtype);
  elements_of(part, w.value.shape(), [&](int64_t to, int64_t from) {
    std::memcpy(w.value.data() + static_cast<size_t>(to) * each,
                given.data() + (one ? 0 : static_cast<size_t>(from) * each), each);
  });
  std::string what = selection_text(s) + " = " + std::string(text);
  OINF_TRY(state.write(point, id, w.view, w.value, what));
  for (VarId view : scope_.views_of(point, id)) what += "; so has `" + program_.var(view).name + "`, which shows it";
  return what;
}

}  // namespace openinfer
