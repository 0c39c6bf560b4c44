#include "ops/cpu/faults.h"

#include <string>

#include "ops/cpu/integers.h"

namespace openinfer::cpu {

bool check_attention(const KernelArgs& args) {
  const TensorView &q = args.inputs[0], &k = args.inputs[1];
  const int rank = q.shape.rank();
  const int64_t rows = q.shape[rank - 3], heads = q.shape[rank - 2], keys = k.shape[rank - 3],
                groups = k.shape[rank - 2];
  if (heads > 0 && (groups == 0 || heads % groups != 0))
    return args.fail(Code::R0003,
                     "`attention`: " + std::to_string(heads) + " heads over " + std::to_string(groups) + " key heads");
  if (args.attributes[0].i != 0 && rows > keys)
    return args.fail(Code::R0003,
                     "`attention`: " + std::to_string(rows) + " causal rows over " + std::to_string(keys) + " keys");
  return true;
}

bool check_rope(const KernelArgs& args) {
  const Shape& x = args.inputs[0].shape;
  const int64_t size = x[x.rank() - 1], pairs = args.inputs[2].shape[0];
  if (2 * pairs <= size) return true;
  return args.fail(Code::R0003,
                   "`rope`: freq turns " + std::to_string(2 * pairs) + " features of " + std::to_string(size));
}

bool check_ids(const KernelArgs& args) {
  const TensorView& ids = args.inputs[0];
  const int64_t rows = args.inputs[1].shape[0];
  for (int64_t i = 0; i < ids.elements(); ++i) {
    const int64_t id = integer_at(ids, i);
    if (id < 0 || id >= rows)
      return args.fail(Code::R0001, "`embedding`: id " + std::to_string(id) + " at place " + std::to_string(i) +
                                        ", weight has " + std::to_string(rows) + " rows");
  }
  return true;
}

bool check_bounds(const KernelArgs& args) {
  const KernelAttr &low = args.attributes[0], &high = args.attributes[1];
  if (!(low.f > high.f)) return true;
  return args.fail(Code::R0005, "`clamp`: min " + std::to_string(low.f) + " is above max " + std::to_string(high.f));
}

bool empty_row(const KernelArgs& args, const char* op) {
  const Shape& s = args.inputs[0].shape;
  return args.fail(Code::R0005, "`" + std::string(op) + "`: axis " + std::to_string(s.rank() - 1) + " of x " +
                                    to_string(s) + " is empty");
}

}  // namespace openinfer::cpu
