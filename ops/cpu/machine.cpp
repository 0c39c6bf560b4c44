#include "ops/cpu/machine.h"

namespace openinfer::cpu {

bool machine_has(Isa isa) {
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if (isa == Isa::avx2) return avx2;
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (isa == Isa::avx512) return avx512;
  if (isa == Isa::avx512vnni) return avx512 && __builtin_cpu_supports("avx512vnni");
#elif defined(__aarch64__)
  if (isa == Isa::neon) return true;  // part of the base architecture
#endif
  return isa == Isa::portable;
}

}  // namespace openinfer::cpu
