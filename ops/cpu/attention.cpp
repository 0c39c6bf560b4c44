// attention with f32 queries over f32, f16 or bf16 keys and values of any strides.
#include "ops/cpu/attention.h"

#include <cmath>

#include "ops/cpu/attention_few.h"
#include "ops/cpu/attention_many.h"
#include "ops/cpu/faults.h"
#include "ops/cpu/operands.h"
#include "ops/cpu/weights.h"

namespace openinfer::OINF_ISA {
namespace {

using namespace cpu;

// Up to here keys are put in the lanes: with fewer queries than half the lanes the other way round wastes more.
constexpr int64_t kFew = F32::kLanes / 2;
static_assert(kFew <= kMaxFew);

bool supports(const KernelSite& site) {
  const KernelOperand &q = site.inputs[0], &k = site.inputs[1], &v = site.inputs[2];
  if (!is_dense(q, DType::f32) || !is_dense(site.outputs[0], DType::f32) || !is_short_float(k.dtype) ||
      !is_short_float(v.dtype))
    return false;
  if (is_given(site, 3) && site.inputs[3].dtype != DType::boolean && site.inputs[3].dtype != DType::f32) return false;
  const int rank = q.shape.rank();
  // One segment of the contract's chain a score; keys are counted in f32.
  return last_axis(k.shape) > 0 && last_axis(k.shape) <= kSegment && k.shape[rank - 3] < (1 << 24);
}

// Rows of the queries that one piece of work takes.
OINF_INLINE int64_t rows_at_once(int64_t heads) { return heads >= kManyQueries ? 1 : kManyQueries / heads; }

// Query heads that one piece of work takes: a group's, as many as fit.
OINF_INLINE int64_t heads_at_once(int64_t heads) { return heads < kManyQueries ? heads : kManyQueries; }

int64_t scratch_floats(int64_t dh, int64_t dv) {
  const int64_t few = few_scratch(kMaxFew, dh, dv), many = many_scratch(kManyQueries, dh, dv);
  return ((few > many ? few : many) + 15) / 16 * 16;
}

uint64_t scratch(const KernelSite& site) {
  return static_cast<uint64_t>(site.threads) * 4 *
         static_cast<uint64_t>(scratch_floats(last_axis(site.inputs[1].shape), last_axis(site.inputs[2].shape)));
}

// Element offset of batch `index` over the axes in front of the last three, `q`'s own sizes.
OINF_INLINE int64_t batch_offset(const TensorView& t, const Shape& q, int64_t index) {
  int64_t offset = 0;
  for (int a = q.rank() - 4; a >= 0; --a) {
    const int at = a - (q.rank() - t.shape.rank());
    if (at >= 0 && t.shape[at] != 1) offset += index % q[a] * t.strides[static_cast<size_t>(at)];
    index /= q[a];
  }
  return offset;
}

OINF_INLINE int64_t mask_stride(const TensorView& mask, int from_end) {
  const int a = mask.shape.rank() - from_end;
  return a < 0 || mask.shape[a] == 1 ? 0 : mask.strides[static_cast<size_t>(a)];
}

OINF_INLINE Table table_of(const TensorView& t, const Shape& q, int64_t batch, int64_t group) {
  const auto rank = static_cast<size_t>(t.shape.rank());
  const int64_t start = batch_offset(t, q, batch) + group * t.strides[rank - 2];
  const Stored s = stored(t.dtype);
  return {t.data + start * (s == Stored::f32 ? 4 : 2), s, t.strides[rank - 3], t.strides[rank - 1], last_axis(t.shape)};
}

bool run(const KernelArgs& args) {
  const TensorView &q = args.inputs[0], &k = args.inputs[1], &v = args.inputs[2], &y = args.outputs[0];
  const int rank = q.shape.rank();
  const int64_t rows = q.shape[rank - 3], heads = q.shape[rank - 2], dh = q.shape[rank - 1], dv = last_axis(v.shape);
  const int64_t keys = k.shape[rank - 3], groups = k.shape[rank - 2];
  const bool causal = args.attributes[0].i != 0;
  if (!check_attention(args)) return false;
  const int64_t batches = leading(q.shape, 3);
  if (batches * rows * heads == 0) return true;

  const int64_t shared = heads / groups, heads_each = heads_at_once(shared),
                head_blocks = (shared + heads_each - 1) / heads_each;
  const int64_t rows_each = rows_at_once(heads_each), row_blocks = (rows + rows_each - 1) / rows_each;
  const int64_t size = scratch_floats(dh, dv);
  AttentionWork common{};
  common.q_row_stride = heads * dh;
  common.y_row_stride = heads * dv;
  common.rows = rows;
  common.keys = keys;
  common.scale =
      args.attributes[2].given ? static_cast<float>(args.attributes[2].f) : 1.0f / std::sqrt(static_cast<float>(dh));
  common.softcap = static_cast<float>(args.attributes[3].f);
  common.window = args.attributes[1].i;
  common.causal = causal;
  if (is_given(args, 3)) {
    common.mask = &args.inputs[3];
    common.mask_row = mask_stride(*common.mask, 2);
    common.mask_head = mask_stride(*common.mask, 3);
    common.mask_key = mask_stride(*common.mask, 1);
  }
  // A small node is one piece: a hand-over costs more than it.
  const int64_t terms = 2 * rows * shared * keys * (dh + dv) / 2 + 1;
  args.parallel->run(
      batches * groups * head_blocks * row_blocks, 1 + (32 << 10) / terms, [&](int64_t begin, int64_t end, int worker) {
        for (int64_t item = begin; item < end; ++item) {
          const int64_t block = item % row_blocks, part = item / row_blocks % head_blocks,
                        group = item / row_blocks / head_blocks % groups;
          const int64_t batch = item / row_blocks / head_blocks / groups, head = group * shared + part * heads_each;
          AttentionWork w = common;
          w.first_row = block * rows_each;
          w.heads = shared - part * heads_each < heads_each ? shared - part * heads_each : heads_each;
          w.queries = w.heads * (rows - w.first_row < rows_each ? rows - w.first_row : rows_each);
          w.k = table_of(k, q.shape, batch, group);
          w.v = table_of(v, q.shape, batch, group);
          w.q = q.as<const float>() + ((batch * rows + w.first_row) * heads + head) * dh;
          w.y = y.as<float>() + ((batch * rows + w.first_row) * heads + head) * dv;
          if (w.mask != nullptr) w.mask_start = batch_offset(*w.mask, q.shape, batch) + head * w.mask_head;
          float* mine = reinterpret_cast<float*>(args.scratch) + worker * size;
          if (w.queries <= kFew) {
            attend_few(w, mine);
          } else {
            attend_many(w, mine);
          }
        }
      });
  return true;
}

constexpr Kernel kKernels[] = {{"attention", "attention." OINF_ISA_NAME, Isa::OINF_ISA, supports, scratch, run}};

}  // namespace

KernelList attention_kernels() { return kKernels; }

}  // namespace openinfer::OINF_ISA
