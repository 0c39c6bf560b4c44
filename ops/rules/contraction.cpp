// Shapes of products with weights.
#include <fmt/format.h>

#include "ops/rules/shapes.h"

namespace openinfer::rules {

void matmul(Node& node) {
  const Dims *a = node.ranked(0, 1), *b = node.ranked(1, 1);
  if (!a || !b) return;
  const bool row = a->size() == 1, column = b->size() == 1;
  const Dim ka = a->back(), kb = column ? b->back() : (*b)[b->size() - 2];
  if (!node.same(ka, kb, input(1), "inner axes of a and b")) return;
  const Dims lead_a(a->begin(), a->end() - (row ? 1 : 2)), lead_b(b->begin(), b->end() - (column ? 1 : 2));
  auto y = node.broadcast(lead_a, lead_b, input(1));
  if (!y) return;
  if (!row) y->push_back((*a)[a->size() - 2]);
  if (!column) y->push_back(b->back());
  node.result(0, std::move(*y));
}

void linear(Node& node) {
  const Dims *x = node.ranked(0, 1), *w = node.ranked(1, 1), *bias = node.shape(2);
  if (x && w) node.same(x->back(), w->back(), input(1), "last axes of x and weight");
  if (!w) return;
  const Dims rows(w->begin(), w->end() - 1);
  if (bias) node.same_shape(*bias, rows, input(2), "bias and the rows of weight");
  if (!x) return;
  Dims y(x->begin(), x->end() - 1);
  y.insert(y.end(), rows.begin(), rows.end());
  node.result(0, std::move(y));
}

void gather_linear(Node& node) {
  const Dims *x = node.ranked(0, 2), *w = node.ranked(1, 3, true), *index = node.ranked(2, 2, true),
             *bias = node.ranked(3, 2, true);
  if (x && x->size() > 3)
    return node.issue(Code::E0204, input(0), "`gather_linear` needs two or three axes of `x`: " + node.operands());
  if (x && w) node.same(x->back(), (*w)[2], input(1), "last axes of x and weight");
  if (x && index) node.same((*x)[0], (*index)[0], input(2), "first axes of x and index");
  if (x && index && x->size() == 3) node.same((*x)[1], (*index)[1], input(2), "second axes of x and index");
  if (bias && w) node.same_shape(*bias, {(*w)[0], (*w)[1]}, input(3), "bias and the rows of weight");
  if (index && w) node.result(0, {(*index)[0], (*index)[1], (*w)[1]});
}

void embedding(Node& node) {
  const Dims *ids = node.shape(0), *w = node.ranked(1, 2, true);
  if (!ids || !w) return;
  Dims y = *ids;
  y.push_back((*w)[1]);
  node.result(0, std::move(y));
}

}  // namespace openinfer::rules
