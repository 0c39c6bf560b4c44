#include "ops/cpu/faults.h"

#include <string>

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

}  // namespace openinfer::cpu
