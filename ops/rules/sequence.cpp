// Shapes of ops along a sequence: rotary positions, attention, recurrences.
#include <fmt/format.h>

#include "ops/rules/shapes.h"

namespace openinfer::rules {

void rope(Node& node) {
  const Dims *x = node.ranked(0, 3), *position = node.shape(1), *freq = node.ranked(2, 1, true);
  if (!x) return;
  node.result(0, *x);
  if (position && !position->empty())
    node.same_shape(*position, Dims(x->begin(), x->end() - 2), input(1), "position and the leading axes of x");
  if (!freq) return;
  const Dim pairs = node.dims().mul(node.constant(2), (*freq)[0]);
  const auto rest = node.dims().value(node.dims().sub(x->back(), pairs));
  if (rest && *rest < 0)
    node.issue(Code::E0201, input(2),
               fmt::format("`rope`: freq turns {} features of {}: {}", node.print(pairs), node.print(x->back()),
                           node.operands()));
}

namespace {

// y's last axis: all heads of v side by side.
Dim heads_of(Node& node, Dim heads, const Dims& v) { return node.dims().mul(heads, v.back()); }

}  // namespace

void attention(Node& node) {
  const Dims *q = node.ranked(0, 3), *k = node.ranked(1, 3), *v = node.ranked(2, 3), *mask = node.shape(3);
  if (!q) return;
  const size_t r = q->size();
  const Dims lead(q->begin(), q->end() - 3);
  const Dim rows = (*q)[r - 3], heads = (*q)[r - 2];
  for (size_t i : {size_t{1}, size_t{2}}) {
    const Dims* s = node.shape(i);
    if (!s || s->size() < 3) continue;
    if (s->size() != r)
      return node.issue(Code::E0204, input(i),
                        fmt::format("`attention` needs the same number of axes of q, k and v: {}", node.operands()));
    node.same_shape(Dims(s->begin(), s->end() - 3), lead, input(i), "leading axes of q and of its keys");
    node.multiple(heads, (*s)[r - 2], input(i), "heads of q and of its keys");
  }
  if (k) node.same(q->back(), k->back(), input(1), "head sizes of q and k");
  if (k && v) {
    node.same((*k)[r - 3], (*v)[r - 3], input(2), "lengths of k and v");
    node.same((*k)[r - 2], (*v)[r - 2], input(2), "heads of k and v");
  }
  if (k && mask) {
    Dims scores = lead;
    scores.insert(scores.end(), {heads, rows, (*k)[r - 3]});
    if (const auto all = node.broadcast(*mask, scores, input(3)))
      node.same_shape(*all, scores, input(3), "mask and scores");
  }
  if (!v) return;
  Dims y = lead;
  y.push_back(rows);
  y.push_back(heads_of(node, heads, *v));
  node.result(0, std::move(y));
}

void ragged_attention(Node& node) {
  const Dims *q = node.ranked(0, 3, true), *k = node.ranked(1, 4, true), *v = node.ranked(2, 4, true);
  const Dims *slot = node.ranked(3, 1, true), *position = node.ranked(4, 1, true);
  if (!q) return;
  const Dim rows = (*q)[0], heads = (*q)[1];
  if (slot) node.same(rows, (*slot)[0], input(3), "rows of q and slot");
  if (position) node.same(rows, (*position)[0], input(4), "rows of q and position");
  if (k) node.same((*q)[2], (*k)[3], input(1), "head sizes of q and k");
  if (k && v)
    node.same_shape({(*v)[0], (*v)[1], (*v)[2]}, {(*k)[0], (*k)[1], (*k)[2]}, input(2), "leading axes of k and v");
  if (k) node.multiple(heads, (*k)[2], input(1), "heads of q and of its keys");
  if (v) node.result(0, {rows, heads_of(node, heads, *v)});
}

void causal_conv1d(Node& node) {
  const Dims *x = node.ranked(0, 2), *w = node.ranked(1, 3, true), *state = node.ranked(2, 2),
             *bias = node.ranked(3, 1, true);
  if (x) node.result(0, *x);
  if (state) node.result(1, *state);
  if (!x || !w) return;
  node.same(x->back(), (*w)[0], input(1), "channels of x and weight");
  node.same((*w)[1], node.constant(1), input(1), "second axis of weight and 1");
  if (bias) node.same(x->back(), (*bias)[0], input(3), "channels of x and bias");
  Dims carried = *x;
  carried[x->size() - 2] = node.dims().sub((*w)[2], node.constant(1));
  if (state) node.same_shape(*state, carried, input(2), "state and the K−1 rows that are carried");
  node.result(1, std::move(carried));
}

void selective_scan(Node& node) {
  const Dims *x = node.ranked(0, 2), *dt = node.shape(1), *a = node.ranked(2, 2, true), *state = node.ranked(5, 2);
  if (!x) return;
  node.result(0, *x);
  if (dt) node.same_shape(*dt, *x, input(1), "dt and x");
  if (!a) return;
  node.same(x->back(), (*a)[0], input(2), "channels of x and A");
  Dims inner = *x;
  inner.back() = (*a)[1];
  for (size_t i : {size_t{3}, size_t{4}})
    if (const Dims* s = node.shape(i)) node.same_shape(*s, inner, input(i), "B or C and x with A's states");
  Dims carried(x->begin(), x->end() - 2);
  carried.insert(carried.end(), {(*a)[0], (*a)[1]});
  if (state) node.same_shape(*state, carried, input(5), "state and A");
  node.result(1, std::move(carried));
}

}  // namespace openinfer::rules
