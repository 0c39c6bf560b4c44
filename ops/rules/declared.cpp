// Ops whose declaration gives the shape.
#include "ops/rules/shapes.h"

namespace openinfer::rules {

void declared(Node& node) {
  if (const Dims* y = node.declared(0)) return node.result(0, *y);
  if (const Dims* x = node.shape(0)) node.result(0, *x);
}

void arange(Node& node) {
  const Dims* y = node.declared(0);
  if (!y) return;
  if (y->size() != 1) return node.issue(Code::E0204, output(0), "`arange` gives one axis, not " + node.print(*y));
  node.result(0, *y);
}

void random(Node& node) {
  for (size_t i = 0; i < node.inputs(); ++i) (void)node.ranked(i, 0, true);
  if (const Dims* y = node.declared(0)) node.result(0, *y);
}

void reshape(Node& node) {
  const Dims *x = node.shape(0), *y = node.declared(0);
  if (!y) return;
  node.result(0, *y);
  if (x) node.same(node.dims().product(*x), node.dims().product(*y), output(0), "numbers of elements of x and y");
}

void resize(Node& node) {
  const Dims *x = node.shape(0), *y = node.declared(0);
  if (!y) return;
  node.result(0, *y);
  if (x && x->size() != y->size())
    node.issue(Code::E0204, output(0),
               "`resize` keeps the number of axes: x is " + node.print(*x) + ", y is " + node.print(*y));
}

}  // namespace openinfer::rules
