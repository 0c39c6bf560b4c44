#include "dsl/lower/shape_split.h"

#include <algorithm>

namespace openinfer {
namespace {

class Splitting {
 public:
  Splitting(const std::vector<int64_t>& stored, const std::vector<std::optional<int64_t>>& declared)
      : stored_(stored), declared_(declared) {}

  // Groups from `group` on take the axes from `axis` on. There are at most 35 cuts.
  void cut(size_t group, size_t axis) {
    if (group == stored_.size()) {
      if (axis == declared_.size()) found(axes_.size() - last_ > 1);
      return;
    }
    const size_t most = declared_.size() - axis - (stored_.size() - group - 1);
    for (size_t n = group + 1 == stored_.size() ? most : 1; n <= most; ++n) take(group, axis, n);
  }

  ShapeSplit result;

 private:
  void take(size_t group, size_t axis, size_t n) {
    int64_t product = 1;
    size_t open = 0;
    for (size_t i = axis; i < axis + n; ++i) {
      if (!declared_[i])
        ++open;
      else if (__builtin_mul_overflow(product, *declared_[i], &product))
        return;
    }
    const int64_t size = stored_[group];
    if (open == 0 ? product != size : product == 0 || size % product != 0) return;
    const bool was_open = open_;
    const size_t last = last_;
    open_ |= open > 1;
    last_ = axes_.size();
    for (size_t i = axis; i < axis + n; ++i) axes_.push_back(declared_[i].value_or(size / product));
    cut(group + 1, axis + n);
    axes_.resize(axis);
    open_ = was_open;
    last_ = last;
  }
  void found(bool splits_last) {
    if (open_ || (result.ways == 1 && result.axes != axes_)) {
      result.ways = 2;
    } else if (result.ways == 0) {
      result = {1, axes_, splits_last};
    } else {
      result.splits_last &= splits_last;
    }
  }

  const std::vector<int64_t>& stored_;
  const std::vector<std::optional<int64_t>>& declared_;
  std::vector<int64_t> axes_;
  size_t last_ = 0;    // first axis of the last group
  bool open_ = false;  // a group has two open sizes
};

}  // namespace

ShapeSplit split_shape(const std::vector<int64_t>& stored, const std::vector<std::optional<int64_t>>& declared) {
  if (stored.empty() || declared.size() < stored.size()) return {};
  Splitting s(stored, declared);
  s.cut(0, 0);
  return std::move(s.result);
}

}  // namespace openinfer
