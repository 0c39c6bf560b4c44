// Shapes of ops that move elements.
#include <fmt/format.h>

#include "ops/rules/shapes.h"

namespace openinfer::rules {

void transpose(Node& node) {
  const Dims* x = node.shape(0);
  const auto perm = node.integers("perm");
  if (!x || !perm) return;
  std::vector<bool> used(x->size(), false);
  Dims y;
  for (Dim d : *perm) {
    const auto a = node.axis(d, x->size(), node.attribute("perm"));
    if (!a) return;
    if (used[*a])
      return node.issue(Code::E0306, node.attribute("perm"),
                        fmt::format("`perm` of `transpose` names axis {} twice", *a));
    used[*a] = true;
    y.push_back((*x)[*a]);
  }
  if (y.size() != x->size())
    return node.issue(
        Code::E0306, node.attribute("perm"),
        fmt::format("`perm` of `transpose` names {} of {} axes: {}", y.size(), x->size(), node.operands()));
  node.result(0, std::move(y));
}

void concat(Node& node) {
  std::optional<Dims> y;
  std::optional<size_t> axis;
  for (size_t i = 0; i < node.inputs(); ++i) {
    const Dims* x = node.ranked(i, 1);
    if (!x) return;
    if (!y) {
      y = *x;
      axis = node.axis("axis", x->size());
      if (!axis) return;
      continue;
    }
    if (x->size() != y->size())
      return node.issue(Code::E0204, input(i),
                        fmt::format("`concat` needs the same number of axes everywhere: {}", node.operands()));
    for (size_t a = 0; a < x->size(); ++a)
      if (a != *axis && !node.same((*y)[a], (*x)[a], input(i), fmt::format("axes {} of the parts", a))) return;
    (*y)[*axis] = node.dims().add((*y)[*axis], (*x)[*axis]);
  }
  if (y) node.result(0, *y);
}

void pad(Node& node) {
  const Dims* x = node.shape(0);
  const auto before = node.integers("before"), after = node.integers("after");
  if (!x || !before || !after) return;
  for (const auto* name : {"before", "after"})
    if (node.integers(name)->size() != x->size())
      return node.issue(Code::E0306, node.attribute(name),
                        fmt::format("`{}` of `pad` has {} numbers for {} axes: {}", name, node.integers(name)->size(),
                                    x->size(), node.operands()));
  Dims y;
  for (size_t i = 0; i < x->size(); ++i)
    y.push_back(node.dims().add(node.dims().add((*x)[i], (*before)[i]), (*after)[i]));
  node.result(0, std::move(y));
}

void unfold(Node& node) {
  const Dims* x = node.ranked(0, 1);
  const auto size = node.integer("size"), step = node.integer("step");
  if (!x || !size || !step) return;
  DimTable& t = node.dims();
  const Dim windows = t.add(t.floor_div(t.sub(x->back(), *size), *step), node.constant(1));
  Dims y(x->begin(), x->end() - 1);
  y.push_back(t.max(windows, node.constant(0)));
  y.push_back(*size);
  node.result(0, std::move(y));
}

void index_add(Node& node) {
  const Dims *x = node.ranked(0, 1), *index = node.ranked(1, 1, true), *v = node.ranked(2, 1);
  if (!x) return;
  node.result(0, *x);
  if (!index || !v) return;
  Dims rows = *x;
  rows[0] = (*index)[0];
  node.same_shape(*v, rows, input(2), "v and the rows of x at index");
}

}  // namespace openinfer::rules
