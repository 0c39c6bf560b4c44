// rope on dense f32 rows: the angles of a position are turned into sines and cosines once, for all heads.
#include "ops/cpu/faults.h"
#include "ops/cpu/integers.h"
#include "ops/cpu/operands.h"
#include "ops/cpu/reduce.h"
#include "ops/math/functions.h"

namespace openinfer::OINF_ISA {
namespace {

using namespace cpu;

constexpr int64_t kGrain = 16 << 10;

bool supports(const KernelSite& site) {
  const KernelOperand& position = site.inputs[1];
  return is_dense(site.inputs[0], DType::f32) && is_dense(site.outputs[0], DType::f32) &&
         is_dense(site.inputs[2], DType::f32) && is_plain_integer(position.dtype) &&
         (position.contiguous || position.shape.rank() == 0);
}

// Two rows of sines and cosines a thread.
uint64_t scratch(const KernelSite& site) {
  return static_cast<uint64_t>(site.threads) * 2 * 4 * static_cast<uint64_t>(last_axis(site.inputs[2].shape));
}

void turn_halves(const float* x, float* y, int64_t pairs, const float* cosine, const float* sine) {
  each_vector(pairs, [&](int64_t i, int n) {
    const F32 a = load_some(x + i, n), b = load_some(x + pairs + i, n), c = load_some(cosine + i, n),
              s = load_some(sine + i, n);
    store_some(y + i, canonical(a * c - b * s), n);
    store_some(y + pairs + i, canonical(b * c + a * s), n);
  });
}

void turn_neighbours(const float* x, float* y, int64_t pairs, const float* cosine, const float* sine) {
  for (int64_t i = 0; i < pairs; ++i) {
    const float a = x[2 * i], b = x[2 * i + 1];
    y[2 * i] = math::canonical(a * cosine[i] - b * sine[i]);
    y[2 * i + 1] = math::canonical(b * cosine[i] + a * sine[i]);
  }
}

bool run(const KernelArgs& args) {
  if (!check_rope(args)) return false;
  const TensorView &x = args.inputs[0], &position = args.inputs[1], &freq = args.inputs[2], &y = args.outputs[0];
  const int rank = x.shape.rank();
  const int64_t length = x.shape[rank - 3], heads = x.shape[rank - 2], size = x.shape[rank - 1], pairs = freq.shape[0];
  const bool neighbours = args.attributes[0].i != 0;
  if (x.elements() == 0) return true;
  args.parallel->run(leading(x.shape, 2), 1 + kGrain / (heads * size), [&](int64_t begin, int64_t end, int worker) {
    float* cosine = reinterpret_cast<float*>(args.scratch) + worker * 2 * pairs;
    float* sine = cosine + pairs;
    for (int64_t row = begin; row < end; ++row) {
      const int64_t at =
          position.shape.rank() == 0 ? integer_at(position, 0) + row % length : integer_at(position, row);
      const F32 p(static_cast<float>(at));
      each_vector(pairs, [&](int64_t i, int n) {
        const F32 angle = p * load_some(freq.as<const float>() + i, n);
        store_some(cosine + i, math::cos(angle), n);
        store_some(sine + i, math::sin(angle), n);
      });
      for (int64_t h = 0; h < heads; ++h) {
        const float* from = x.as<const float>() + (row * heads + h) * size;
        float* to = y.as<float>() + (row * heads + h) * size;
        if (neighbours) {
          turn_neighbours(from, to, pairs, cosine, sine);
        } else {
          turn_halves(from, to, pairs, cosine, sine);
        }
        for (int64_t i = 2 * pairs; i < size; ++i) to[i] = math::canonical(from[i]);
      }
    }
  });
  return true;
}

constexpr Kernel kKernels[] = {{"rope", "rope." OINF_ISA_NAME, Isa::OINF_ISA, supports, scratch, run}};

}  // namespace

KernelList rope_kernels() { return kKernels; }

}  // namespace openinfer::OINF_ISA
