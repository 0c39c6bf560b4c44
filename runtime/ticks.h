// The fastest steady clock there is. Ticks are turned into time by comparing two readings with a clock of nanoseconds.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace openinfer {

// The processor's counter runs at one rate on all cores, whatever they do (x86: invariant TSC).
extern const bool kSteadyCounter;

[[nodiscard]] uint64_t clock_nanoseconds();  // CLOCK_MONOTONIC

[[nodiscard]] inline uint64_t read_ticks() {
#if defined(__x86_64__)
  if (kSteadyCounter) return __rdtsc();
#elif defined(__aarch64__)
  uint64_t t;
  asm volatile("mrs %0, cntvct_el0" : "=r"(t));
  return t;
#endif
  return clock_nanoseconds();
}

}  // namespace openinfer
