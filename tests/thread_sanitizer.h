// Whether this is a build for ThreadSanitizer. It leaves a program no terabytes of address space, its shadow is several
// times the program's memory, and it writes a file before main, which a limit of `ulimit -f 0` ends.
#pragma once

namespace openinfer::test {

#ifdef __SANITIZE_THREAD__
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

}  // namespace openinfer::test
