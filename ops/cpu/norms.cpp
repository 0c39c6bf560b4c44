// rms_norm, layer_norm and softmax along the last axis of dense f32 rows. y may be x.
#include "ops/cpu/faults.h"
#include "ops/cpu/operands.h"
#include "ops/cpu/reduce.h"
#include "ops/cpu/weights.h"
#include "ops/math/functions.h"
#include "ops/math/vec_scalar.h"

namespace openinfer::OINF_ISA {
namespace {

using namespace cpu;

// Elements of the rows that one thread takes at least.
constexpr int64_t kGrain = 16 << 10;

bool norm_supports(const KernelSite& site) {
  return is_dense(site.inputs[0], DType::f32) && is_dense(site.outputs[0], DType::f32) && is_short_or_absent(site, 1) &&
         is_short_or_absent(site, 2);
}

bool softmax_supports(const KernelSite& site) {
  const int64_t axis = site.attributes[0].i, last = site.inputs[0].shape.rank() - 1;
  return (axis == -1 || axis == last) && is_dense(site.inputs[0], DType::f32) && is_dense(site.outputs[0], DType::f32);
}

// Calls row(x, y, n) for every row.
template <class Row>
bool each_row(const KernelArgs& args, const char* op, const Row& row) {
  const TensorView &x = args.inputs[0], &y = args.outputs[0];
  const int64_t n = last_axis(x.shape);
  if (n == 0) return empty_row(args, op);
  args.parallel->run(leading(x.shape, 1), 1 + kGrain / n, [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) row(x.as<const float>() + r * n, y.as<float>() + r * n, n);
  });
  return true;
}

OINF_INLINE float square_root(float x) { return sqrt(portable::F32(x)).v; }

bool rms_norm(const KernelArgs& args) {
  const TensorView& weight = args.inputs[1];
  const float eps = static_cast<float>(args.attributes[0].f), offset = static_cast<float>(args.attributes[1].f);
  return each_row(args, "rms_norm", [&](const float* x, float* y, int64_t n) {
    const float sum = sum_in_lanes(n, [&](F32 lane, int64_t i, int count) {
      const F32 v = load_some(x + i, count);
      return fma(v, v, lane);
    });
    const F32 r(1.0f / square_root(sum / static_cast<float>(n) + eps));
    each_vector(n, [&](int64_t i, int count) {
      const F32 w = F32(offset) + load_as_f32(weight.data, weight.dtype, i, count);
      store_some(y + i, canonical((load_some(x + i, count) * r) * w), count);
    });
  });
}

bool layer_norm(const KernelArgs& args) {
  const float eps = static_cast<float>(args.attributes[0].f);
  const TensorView* weight = is_given(args, 1) ? &args.inputs[1] : nullptr;
  const TensorView* bias = is_given(args, 2) ? &args.inputs[2] : nullptr;
  return each_row(args, "layer_norm", [&](const float* x, float* y, int64_t n) {
    const float size = static_cast<float>(n);
    const F32 mean(sum_in_lanes(n, [&](F32 lane, int64_t i, int count) { return lane + load_some(x + i, count); }) /
                   size);
    const float squares = sum_in_lanes(n, [&](F32 lane, int64_t i, int count) {
      const F32 d = load_some(x + i, count) - mean, next = fma(d, d, lane);
      if (count == F32::kLanes) return next;
      alignas(64) float kept[F32::kLanes];  // lanes beyond the row must not get the mean's square
      store(kept, lane);
      store(kept, next, count);
      return load(F32(), kept);
    });
    const F32 scale(1.0f / square_root(squares / size + eps));
    each_vector(n, [&](int64_t i, int count) {
      F32 v = (load_some(x + i, count) - mean) * scale;
      if (weight != nullptr) v = v * load_as_f32(weight->data, weight->dtype, i, count);
      if (bias != nullptr) v = v + load_as_f32(bias->data, bias->dtype, i, count);
      store_some(y + i, canonical(v), count);
    });
  });
}

bool softmax(const KernelArgs& args) {
  return each_row(args, "softmax", [&](const float* x, float* y, int64_t n) {
    const float none = -std::numeric_limits<float>::infinity();
    F32 tops(none);
    float top = none;
    each_vector(n, [&](int64_t i, int count) {
      if (count == F32::kLanes) {
        tops = max(load(F32(), x + i), tops);
      } else {
        for (int j = 0; j < count; ++j) top = x[i + j] > top ? x[i + j] : top;
      }
    });
    const float widest = max_lane(tops);
    const F32 highest(widest > top ? widest : top);
    const F32 sum(sum_in_lanes(n, [&](F32 lane, int64_t i, int count) {
      const F32 p = math::exp(load_some(x + i, count) - highest);
      store_some(y + i, p, count);
      // What a partial vector holds beyond the row must not be added: it is read back, with zeros there.
      return lane + (count == F32::kLanes ? p : load(F32(), y + i, count));
    }));
    each_vector(n, [&](int64_t i, int count) { store_some(y + i, canonical(load_some(y + i, count) / sum), count); });
  });
}

constexpr Kernel kKernels[] = {
    {"layer_norm", "layer_norm." OINF_ISA_NAME, Isa::OINF_ISA, norm_supports, nullptr, layer_norm},
    {"rms_norm", "rms_norm." OINF_ISA_NAME, Isa::OINF_ISA, norm_supports, nullptr, rms_norm},
    {"softmax", "softmax." OINF_ISA_NAME, Isa::OINF_ISA, softmax_supports, nullptr, softmax},
};

}  // namespace

KernelList norms_kernels() { return kKernels; }

}  // namespace openinfer::OINF_ISA
