// Shapes of element-wise ops, reductions and running sums.
#include <fmt/format.h>

#include "ops/rules/shapes.h"

namespace openinfer::rules {

void broadcast(Node& node) {
  std::optional<Dims> y;
  for (size_t i = 0; i < node.inputs(); ++i) {
    const Dims* s = node.shape(i);
    if (!s) return;
    y = y ? node.broadcast(*y, *s, input(i)) : *s;
    if (!y) return;
  }
  if (y) node.result(0, *y);
}

// A scalar y asks for the whole tensor at once.
void is_finite(Node& node) {
  if (const Dims* y = node.declared(0); !y || y->empty()) return node.result(0, {});
  broadcast(node);
}

namespace {

// The axes of a reduction; all when none are named.
std::optional<std::vector<bool>> reduced(Node& node, size_t rank) {
  const auto axes = node.integers("axes");
  if (!axes) return std::vector<bool>(rank, true);
  if (axes->empty()) {
    node.issue(Code::E0306, node.attribute("axes"),
               fmt::format("`axes` of `{}` is empty; leave it out to reduce all axes", node.site().op.name));
    return std::nullopt;
  }
  std::vector<bool> gone(rank, false);
  for (Dim d : *axes) {
    const auto a = node.axis(d, rank, node.attribute("axes"));
    if (!a) return std::nullopt;
    gone[*a] = true;
  }
  return gone;
}

Dims without(Node& node, const Dims& x, const std::vector<bool>& gone) {
  Dims y;
  for (size_t i = 0; i < x.size(); ++i) {
    if (!gone[i]) y.push_back(x[i]);
    if (gone[i] && node.flag("keepdims")) y.push_back(node.constant(1));
  }
  return y;
}

}  // namespace

void reduce(Node& node) {
  const Dims* x = node.shape(0);
  if (!x) return;
  if (const auto gone = reduced(node, x->size())) node.result(0, without(node, *x, *gone));
}

void arg_reduce(Node& node) {
  const Dims* x = node.ranked(0, 1);
  const auto axis = x ? node.axis("axis", x->size()) : std::nullopt;
  if (!axis) return;
  std::vector<bool> gone(x->size(), false);
  gone[*axis] = true;
  node.result(0, without(node, *x, gone));
}

// softmax, cumsum: y has the shape of x.
void axis_keep(Node& node) {
  const Dims* x = node.ranked(0, 1);
  if (!x) return;
  (void)node.axis("axis", x->size());
  node.result(0, *x);
}

}  // namespace openinfer::rules
