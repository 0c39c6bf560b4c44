// Shapes of ops over one to three spatial axes: [B, C, s…] or [C, s…].
#include <fmt/format.h>

#include "ops/rules/shapes.h"

namespace openinfer::rules {
namespace {

// One number for all spatial axes, or one for each.
std::optional<Dims> spread(Node& node, const char* name, size_t axes) {
  auto list = node.integers(name);
  if (!list) return std::nullopt;
  if (list->size() == 1) list->resize(axes, list->front());
  if (list->size() == axes) return list;
  node.issue(Code::E0306, node.attribute(name),
             fmt::format("`{}` of `{}` has {} numbers for {} spatial axes: {}", name, node.site().op.name, list->size(),
                         axes, node.operands()));
  return std::nullopt;
}

// Beginning and end of each axis together.
std::optional<Dims> pads(Node& node, size_t axes) {
  const auto list = node.integers("pad");
  if (list && axes > 0 && list->size() == 2 * axes) {
    Dims both;
    for (size_t i = 0; i < axes; ++i) both.push_back(node.dims().add((*list)[i], (*list)[axes + i]));
    return both;
  }
  auto both = spread(node, "pad", axes);
  if (both)
    for (Dim& d : *both) d = node.dims().add(d, d);
  return both;
}

void positive(Node& node, Dim size, size_t axis, const std::string& sum) {
  const auto v = node.dims().value(size);
  if (v && *v <= 0)
    node.issue(Code::E0209, output(0),
               fmt::format("`{}`: spatial axis {} would have size {} = {}: {}", node.site().op.name, axis, *v, sum,
                           node.operands()));
}

// The number of spatial axes when x is [B, C, s…] or [C, s…] and the kernel has `axes`; x's rank decides about B.
const Dims* images(Node& node, size_t axes) {
  const Dims* x = node.shape(0);
  if (!x || x->size() == axes + 1 || x->size() == axes + 2) return x;
  node.issue(Code::E0204, input(0),
             fmt::format("`{}` over {} spatial axes needs {} or {} axes of `x`: {}", node.site().op.name, axes,
                         axes + 1, axes + 2, node.operands()));
  return nullptr;
}

bool weight_axes(Node& node, const Dims& w) {
  if (w.size() >= 3 && w.size() <= 5) return true;
  node.issue(Code::E0204, input(1),
             fmt::format("`{}` has one to three spatial axes, so weight has three to five: {}", node.site().op.name,
                         node.operands()));
  return false;
}

// floor((s + pads − dilation · (k − 1) − 1) / stride) + 1, or with ceil.
Dim windows(Node& node, Dim s, Dim both, Dim dilation, Dim kernel, Dim stride, size_t axis, bool up = false) {
  DimTable& t = node.dims();
  const Dim one = node.constant(1);
  const Dim reach = t.sub(t.sub(t.add(s, both), t.mul(dilation, t.sub(kernel, one))), one);
  const Dim n = t.add(up ? t.ceil_div(reach, stride) : t.floor_div(reach, stride), one);
  positive(node, n, axis,
           fmt::format("{}(({} + {} - {} * ({} - 1) - 1) / {}) + 1", up ? "ceil" : "floor", node.print(s),
                       node.print(both), node.print(dilation), node.print(kernel), node.print(stride)));
  return n;
}

}  // namespace

void conv(Node& node) {
  const Dims *w = node.shape(1), *bias = node.ranked(2, 1, true);
  if (!w || !weight_axes(node, *w)) return;
  const size_t axes = w->size() - 2;
  const Dims* x = images(node, axes);
  const auto stride = spread(node, "stride", axes), dilation = spread(node, "dilation", axes), both = pads(node, axes);
  const auto groups = node.integer("groups");
  if (bias) node.same((*w)[0], (*bias)[0], input(2), "outputs of weight and bias");
  if (!x || !stride || !dilation || !both || !groups) return;
  const size_t lead = x->size() - axes;
  node.multiple((*w)[0], *groups, input(1), "outputs of weight to groups");
  if (!node.same((*x)[lead - 1], node.dims().mul((*w)[1], *groups), input(1), "channels of x and of weight")) return;
  Dims y(x->begin(), x->begin() + static_cast<ptrdiff_t>(lead));
  y.back() = (*w)[0];
  for (size_t i = 0; i < axes; ++i)
    y.push_back(windows(node, (*x)[lead + i], (*both)[i], (*dilation)[i], (*w)[2 + i], (*stride)[i], i));
  node.result(0, std::move(y));
}

void conv_transpose(Node& node) {
  const Dims *w = node.shape(1), *bias = node.ranked(2, 1, true);
  if (!w || !weight_axes(node, *w)) return;
  const size_t axes = w->size() - 2;
  const Dims* x = images(node, axes);
  const auto stride = spread(node, "stride", axes), dilation = spread(node, "dilation", axes), both = pads(node, axes),
             extra = spread(node, "output_pad", axes);
  const auto groups = node.integer("groups");
  if (!x || !stride || !dilation || !both || !extra || !groups) return;
  DimTable& t = node.dims();
  const size_t lead = x->size() - axes;
  const Dim out = t.mul((*w)[1], *groups), one = node.constant(1);
  if (bias) node.same(out, (*bias)[0], input(2), "outputs of weight and bias");
  node.multiple((*w)[0], *groups, input(1), "channels of weight to groups");
  if (!node.same((*x)[lead - 1], (*w)[0], input(1), "channels of x and of weight")) return;
  Dims y(x->begin(), x->begin() + static_cast<ptrdiff_t>(lead));
  y.back() = out;
  for (size_t i = 0; i < axes; ++i) {
    const auto e = t.value((*extra)[i]), s = t.value((*stride)[i]);
    if (e && s && *e >= *s)
      node.issue(Code::E0306, node.attribute("output_pad"),
                 fmt::format("`output_pad` of `conv_transpose` must be below the stride: {} and {}", *e, *s));
    const Dim span = t.sub(t.mul(t.sub((*x)[lead + i], one), (*stride)[i]), (*both)[i]);
    const Dim size = t.add(t.add(t.add(span, t.mul((*dilation)[i], t.sub((*w)[2 + i], one))), (*extra)[i]), one);
    positive(node, size, i,
             fmt::format("({} - 1) * {} - {} + {} * ({} - 1) + {} + 1", node.print((*x)[lead + i]),
                         node.print((*stride)[i]), node.print((*both)[i]), node.print((*dilation)[i]),
                         node.print((*w)[2 + i]), node.print((*extra)[i])));
    y.push_back(size);
  }
  node.result(0, std::move(y));
}

// The kernel's list gives the number of spatial axes; one number alone goes with [B, C, s…].
void pool(Node& node) {
  const Dims* x = node.ranked(0, 2);
  const auto list = node.integers("kernel");
  if (!x || !list) return;
  const size_t axes = list->size() > 1 ? list->size() : x->size() > 2 ? x->size() - 2 : 1;
  if (axes > 3)
    return node.issue(Code::E0204, input(0),
                      fmt::format("`{}` has one to three spatial axes: {}", node.site().op.name, node.operands()));
  if (!images(node, axes)) return;
  const auto kernel = spread(node, "kernel", axes), stride = spread(node, "stride", axes),
             dilation = spread(node, "dilation", axes), both = pads(node, axes);
  if (!kernel || !stride || !dilation || !both) return;
  DimTable& t = node.dims();
  const size_t lead = x->size() - axes;
  Dims y(x->begin(), x->begin() + static_cast<ptrdiff_t>(lead));
  const auto pad = node.integers("pad");
  for (size_t i = 0; i < pad->size(); ++i) {
    const auto p = t.value((*pad)[i]), k = t.value((*kernel)[i % axes]);
    if (p && k && *p > *k / 2)
      node.issue(Code::E0306, node.attribute("pad"),
                 fmt::format("`pad` of `{}` is at most half of the kernel: {} and {}", node.site().op.name, *p, *k));
  }
  const bool up = node.flag("round_up");
  for (size_t i = 0; i < axes; ++i) {
    const Dim s = (*x)[lead + i];
    Dim n = windows(node, s, (*both)[i], (*dilation)[i], (*kernel)[i], (*stride)[i], i, up);
    // A window that begins behind x is dropped: (n − 1) · stride < s + the padding in front.
    if (up) {
      const Dim front = (*pad)[pad->size() == 1 ? 0 : i];
      n = t.min(n, t.ceil_div(t.add(s, front), (*stride)[i]));
    }
    y.push_back(n);
  }
  if (node.site().results.size() > 1) node.result(1, y);
  node.result(0, std::move(y));
}

}  // namespace openinfer::rules
