// Shapes of normalisations.
#include "ops/rules/shapes.h"

namespace openinfer::rules {
namespace {

// Inputs from `first` on are vectors of the size of x's axis.
void vectors(Node& node, size_t first, Dim size) {
  for (size_t i = first; i < node.inputs(); ++i)
    if (const Dims* v = node.ranked(i, 1, true))
      node.same(size, (*v)[0], input(i), "an axis of x and " + node.site().op.inputs[i].name);
}

}  // namespace

void rms_norm(Node& node) {
  const Dims* x = node.ranked(0, 1);
  if (!x) return;
  vectors(node, 1, x->back());
  node.result(0, *x);
}

void layer_norm(Node& node) { rms_norm(node); }

// Channels stand on axis 1: [B, C, …].
void batch_norm(Node& node) {
  const Dims* x = node.ranked(0, 2);
  if (!x) return;
  vectors(node, 1, (*x)[1]);
  node.result(0, *x);
}

void group_norm(Node& node) {
  const Dims* x = node.ranked(0, 2);
  if (!x) return;
  vectors(node, 1, (*x)[1]);
  if (const auto groups = node.integer("groups")) node.multiple((*x)[1], *groups, input(0), "channels to groups");
  node.result(0, *x);
}

}  // namespace openinfer::rules
