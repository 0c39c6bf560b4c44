// Shapes of ops that read an image at places which another tensor names.
#include "ops/rules/shapes.h"

namespace openinfer::rules {

// x [B, C, H, W] or [C, H, W], grid [B, h, w, 2] or [h, w, 2].
void grid_sample(Node& node) {
  const Dims *x = node.ranked(0, 3), *grid = node.ranked(1, 3);
  if (!x || !grid) return;
  if (x->size() != grid->size() || x->size() > 4)
    return node.issue(
        Code::E0204, input(1),
        "`grid_sample` takes x [B, C, H, W] with grid [B, h, w, 2], or both without B: " + node.operands());
  node.same(grid->back(), node.constant(2), input(1), "last axis of grid and 2");
  const size_t lead = x->size() - 3;
  if (lead > 0) node.same((*x)[0], (*grid)[0], input(1), "images of x and grid");
  Dims y(x->begin(), x->end() - 2);
  y.insert(y.end(), grid->begin() + static_cast<ptrdiff_t>(lead), grid->end() - 1);
  node.result(0, std::move(y));
}

// The declaration gives the size of the pieces.
void roi_align(Node& node) {
  const Dims *x = node.ranked(0, 4, true), *boxes = node.ranked(1, 2, true), *image = node.ranked(2, 1, true);
  const Dims* y = node.declared(0);
  if (boxes) node.same((*boxes)[1], node.constant(4), input(1), "last axis of boxes and 4");
  if (boxes && image) node.same((*boxes)[0], (*image)[0], input(2), "lengths of boxes and image");
  if (!y) return;
  if (y->size() != 4)
    return node.issue(Code::E0204, output(0), "`roi_align` gives [N, C, h, w], not " + node.print(*y));
  Dims result = *y;
  if (boxes) result[0] = (*boxes)[0];
  if (x) result[1] = (*x)[1];
  node.result(0, std::move(result));
}

}  // namespace openinfer::rules
