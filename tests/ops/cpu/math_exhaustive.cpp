// Every one of the 2^32 arguments of every function of one variable, by the widest lanes of this processor, against
// twice the precision and against one lane; NaN is the one NaN, and what lies outside of the documented range zero or
// infinity. Some minutes a function: the target `nightly` builds and runs it. math_exhaustive [NAME].
#include <bit>
#include <cstdio>
#include <cstring>

#include "ops/math/float_bits.h"
#include "tests/ops/cpu/math_cases.h"

using namespace openinfer;
using namespace openinfer::test;

int main(int argc, char** argv) {
  Apply wide = apply_portable;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) wide = apply_avx2;
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) wide = apply_avx512;
#elif defined(__aarch64__)
  wide = apply_neon;
#endif
  bool good = true;
  int ran = 0;
  for (const MathCase& c : kMathCases) {
    if (c.function == Function::pow || (argc > 1 && c.name != argv[1])) continue;
    ++ran;
    double worst = 0;
    float at = 0;
    uint64_t different = 0, wrong_ends = 0;
    for (uint64_t base = 0; base < uint64_t{1} << 32; base += 16) {
      float a[16], y[16], one[16];
      for (uint32_t i = 0; i < 16; ++i) a[i] = std::bit_cast<float>(static_cast<uint32_t>(base) + i);
      wide(c.function, a, a, y);
      apply_portable(c.function, a, a, one);
      different += std::memcmp(y, one, sizeof y) != 0;
      for (int i = 0; i < 16; ++i) {
        if (!(a[i] >= c.low && a[i] <= c.high)) {
          const bool nan = std::isnan(c.reference(a[i], a[i]));
          const bool end = a[i] < 0 ? y[i] >= 0 && y[i] <= 0x1p-125f : y[i] == INFINITY;
          wrong_ends += nan ? std::bit_cast<uint32_t>(y[i]) != math::kNanF32 : !end;
          continue;
        }
        const double error = ulps(y[i], c.reference(a[i], a[i]));
        if (error > worst) worst = error, at = a[i];
      }
    }
    std::printf("%-8.*s worst %.3f ulp at %a, %llu groups of other bits, %llu wrong ends\n",
                static_cast<int>(c.name.size()), c.name.data(), worst, static_cast<double>(at),
                static_cast<unsigned long long>(different), static_cast<unsigned long long>(wrong_ends));
    std::fflush(stdout);
    good = good && worst <= c.limit && different == 0 && wrong_ends == 0;
  }
  return good && ran > 0 ? 0 : 1;
}
