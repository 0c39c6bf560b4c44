// causal_conv1d, selective_scan: ops that carry a state from row to row.
#include <cmath>

#include "ops/math/scalar.h"
#include "ops/reference/chain.h"
#include "ops/reference/lists.h"
#include "ops/reference/quantised_chain.h"
#include "ops/reference/rows.h"

namespace openinfer::reference {
namespace {

// z is state, then x; y[t] = Σ_k z[t+k] · weight[:, 0, k].
bool causal_conv1d(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &weight = args.inputs[1], &state = args.inputs[2];
  const TensorView &y = args.outputs[0], &next = args.outputs[1];
  const int rank = x.shape.rank();
  const int64_t length = x.shape[rank - 2], channels = x.shape[rank - 1], taps = weight.shape[2], carried = taps - 1;
  with_real(args, [&](auto zero) {
    using V = decltype(zero);
    const auto z = [&](int64_t batch, int64_t row, int64_t c) {
      if (row < carried) return element<V>(state, (batch * carried + row) * channels + c);
      return element<V>(x, (batch * length + row - carried) * channels + c);
    };
    threads(args).run(leading(x, 2) * channels, 1, [&](int64_t begin, int64_t end, int worker) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t batch = i / channels, c = i % channels;
        for (int64_t t = 0; t < length; ++t) {
          V v;
          if (is_block(weight.dtype)) {
            float* cells = reinterpret_cast<float*>(args.scratch) + worker * taps;
            for (int64_t k = 0; k < taps; ++k) cells[k] = static_cast<float>(z(batch, t + k, c));
            v = quantised_chain(cells, taps, weight, c);
          } else {
            v = chain<V>(
                taps,
                [&](int64_t k, int64_t n, V* out) {
                  for (int64_t j = 0; j < n; ++j) out[j] = element<V>(weight, c * taps + k + j);
                },
                [&](int64_t k, int64_t n, V* out) {
                  for (int64_t j = 0; j < n; ++j) out[j] = z(batch, t + k + j, c);
                });
          }
          if (given(args, 3)) v = v + element<V>(args.inputs[3], c);
          set_element(y, (batch * length + t) * channels + c, v);
        }
        for (int64_t k = 0; k < carried; ++k)
          set_element(next, (batch * carried + k) * channels + c, z(batch, length + k, c));
      }
    });
  });
  return true;
}

uint64_t window_scratch(const KernelSite& site) {
  const KernelOperand& weight = site.inputs[1];
  return is_block(weight.dtype)
             ? static_cast<uint64_t>(site.threads) * static_cast<uint64_t>(weight.shape[2]) * sizeof(float)
             : 0;
}

// In rising t: s = exp(dt · A) · s + (dt · B) · x; y = Σ_S s · C. The state is kept in the output.
bool selective_scan(const KernelArgs& args) {
  const TensorView &x = args.inputs[0], &dt = args.inputs[1], &a = args.inputs[2], &b = args.inputs[3],
                   &c = args.inputs[4], &state = args.inputs[5];
  const TensorView &y = args.outputs[0], &next = args.outputs[1];
  const int rank = x.shape.rank();
  const int64_t length = x.shape[rank - 2], channels = x.shape[rank - 1], states = a.shape[1];
  with_real(args, [&](auto zero) {
    using V = decltype(zero);
    threads(args).run(leading(x, 2) * channels, 1, [&](int64_t begin, int64_t end, int worker) {
      V* s = reinterpret_cast<V*>(args.scratch) + worker * states;
      for (int64_t i = begin; i < end; ++i) {
        const int64_t batch = i / channels, channel = i % channels;
        for (int64_t k = 0; k < states; ++k) s[k] = element<V>(state, i * states + k);
        for (int64_t t = 0; t < length; ++t) {
          const int64_t row = batch * length + t, at = row * channels + channel;
          const V step = element<V>(dt, at), value = element<V>(x, at);
          for (int64_t k = 0; k < states; ++k) {
            const V decay = math::exp(step * element<V>(a, channel * states + k));
            s[k] = std::fma(step * element<V>(b, row * states + k), value, decay * s[k]);
          }
          set_element(y, at,
                      chain<V>(
                          states, [&](int64_t k, int64_t n, V* out) { std::copy(s + k, s + k + n, out); },
                          [&](int64_t k, int64_t n, V* out) {
                            for (int64_t j = 0; j < n; ++j) out[j] = element<V>(c, row * states + k + j);
                          }));
        }
        for (int64_t k = 0; k < states; ++k) set_element(next, i * states + k, s[k]);
      }
    });
  });
  return true;
}

uint64_t scan_scratch(const KernelSite& site) {
  return static_cast<uint64_t>(site.threads) * static_cast<uint64_t>(site.inputs[2].shape[1]) * sizeof(double);
}

const Kernel kKernels[] = {
    {"causal_conv1d", "causal_conv1d.reference", Isa::portable, nullptr, window_scratch, causal_conv1d},
    {"selective_scan", "selective_scan.reference", Isa::portable, nullptr, scan_scratch, selective_scan},
};

}  // namespace

KernelList recurrence_kernels() { return kKernels; }

}  // namespace openinfer::reference
