// Shapes of ops that choose, find or draw.
#include <fmt/format.h>

#include "ops/rules/shapes.h"

namespace openinfer::rules {
namespace {

// A result whose length is known when the op has run: the declared size stands for it.
void runtime_vector(Node& node, size_t o, Dim bound) {
  OpSite& site = node.site();
  if (site.bounds.size() <= o) site.bounds.resize(o + 1);
  site.bounds[o] = {bound};
  const Dims* y = node.declared(o);
  if (!y) return;
  if (y->size() != 1)
    return node.issue(Code::E0204, output(o), fmt::format("`{}` gives a vector, not {}", site.op.name, node.print(*y)));
  node.result(o, *y);
}

}  // namespace

void nonzero(Node& node) {
  const Dims* x = node.shape(0);
  if (!x) return;
  OpSite& site = node.site();
  if (site.results.size() != x->size())
    return node.issue(Code::E0302, {},
                      fmt::format("`nonzero` gives one vector an axis: {} for x {}, not {}", x->size(), node.print(*x),
                                  site.results.size()));
  const Dim cells = node.dims().product(*x);
  for (size_t o = 0; o < site.results.size(); ++o) {
    runtime_vector(node, o, cells);
    if (o > 0 && node.declared(0) && node.declared(o) && node.declared(0)->size() == 1 && node.declared(o)->size() == 1)
      node.same((*node.declared(0))[0], (*node.declared(o))[0], output(o), "lengths of the coordinates");
  }
}

void nms(Node& node) {
  const Dims *boxes = node.ranked(0, 2, true), *score = node.ranked(1, 1, true), *group = node.ranked(2, 1, true);
  if (!boxes) return;
  const Dim n = (*boxes)[0];
  node.same((*boxes)[1], node.constant(4), input(0), "last axis of boxes and 4");
  if (score) node.same(n, (*score)[0], input(1), "lengths of boxes and score");
  if (group) node.same(n, (*group)[0], input(2), "lengths of boxes and group");
  const auto limit = node.integer("limit");
  const auto number = node.number("limit");
  // A limit that is read when the node runs bounds nothing beforehand.
  runtime_vector(node, 0, limit && (!number || *number > 0) && number ? node.dims().min(*limit, n) : n);
}

void isin(Node& node) {
  (void)node.ranked(1, 1, true);
  if (const Dims* x = node.shape(0)) node.result(0, *x);
}

void common_prefix(Node& node) {
  (void)node.ranked(0, 1, true);
  (void)node.ranked(1, 1, true);
  node.result(0, {});
}

void top_k(Node& node) {
  const Dims* x = node.ranked(0, 1);
  const auto k = node.integer("k");
  if (!x || !k) return;
  const auto have = node.dims().value(x->back()), want = node.dims().value(*k);
  if (have && want && *want > *have)
    node.issue(Code::E0306, node.attribute("k"),
               fmt::format("`k` is {}, the last axis has {}: {}", *want, *have, node.operands()));
  Dims y = *x;
  y.back() = *k;
  node.result(0, y);
  node.result(1, std::move(y));
}

void sample(Node& node) {
  const Dims* logits = node.ranked(0, 2, true);
  if (!logits) return;
  const Dim rows = (*logits)[0];
  for (size_t i : {size_t{1}, size_t{2}}) {
    const Dims* s = node.shape(i);
    if (!s || s->empty()) continue;
    if (node.ranked(i, 1, true)) node.same(rows, (*s)[0], input(i), "rows of logits and of the numbers beside them");
  }
  node.result(0, {rows});
}

void repetition_penalty(Node& node) {
  const Dims* logits = node.ranked(0, 2, true);
  const Dims* seen = node.ranked(1, 1);
  if (seen && seen->size() > 2)
    node.issue(Code::E0204, input(1), "`repetition_penalty` needs one or two axes of `seen`: " + node.operands());
  if (!logits) return;
  if (seen && seen->size() == 2) node.same((*logits)[0], (*seen)[0], input(1), "rows of logits and of seen");
  node.result(0, *logits);
}

}  // namespace openinfer::rules
