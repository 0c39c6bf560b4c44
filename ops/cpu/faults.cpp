#include "ops/cpu/faults.h"

#include <string>

#include "ops/cpu/integers.h"
#include "ops/number_text.h"
#include "ops/philox.h"
#include "ops/sampling_bounds.h"

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

bool check_groups(const KernelArgs& args) {
  const int64_t groups = args.attributes[3].i, channels = args.inputs[1].shape[0];
  if (groups >= 1 && channels % groups == 0) return true;
  return args.fail(Code::R0003,
                   "`conv`: " + std::to_string(channels) + " channels in " + std::to_string(groups) + " groups");
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
  return args.fail(Code::R0005, "`clamp`: min " + number_text(low.f) + " is above max " + number_text(high.f));
}

bool check_sampling(const KernelArgs& args) {
  const auto temperature = static_cast<float>(args.attributes[0].f), top_p = static_cast<float>(args.attributes[2].f);
  const int64_t top_k = args.attributes[1].i;
  const std::string why = sampling_fault(temperature, top_k, top_p);
  return why.empty() || args.fail(Code::R0005, "`sample`: " + why);
}

bool check_penalty(const KernelArgs& args) {
  const TensorView& seen = args.inputs[1];
  const int64_t n = args.inputs[0].shape[1];
  if (!(args.attributes[0].f > 0))
    return args.fail(Code::R0005,
                     "`repetition_penalty`: penalty " + number_text(args.attributes[0].f) + " is not above 0");
  for (int64_t i = 0; i < seen.elements(); ++i)
    if (const int64_t id = integer_at(seen, i); id >= n)
      return args.fail(Code::R0001,
                       "`repetition_penalty`: id " + std::to_string(id) + ", logits have " + std::to_string(n));
  return true;
}

bool no_logit(const KernelArgs& args, int64_t row) {
  return args.fail(Code::R0005, "`sample`: all logits of row " + std::to_string(row) + " are -inf");
}

float random_unit(uint64_t seed, uint64_t position) { return unit_float(philox(seed, position)[0]); }

bool empty_row(const KernelArgs& args, const char* op) {
  const Shape& s = args.inputs[0].shape;
  return args.fail(Code::R0005, "`" + std::string(op) + "`: axis " + std::to_string(s.rank() - 1) + " of x " +
                                    to_string(s) + " is empty");
}

}  // namespace openinfer::cpu
