#include "ops/cpu/lists.h"

namespace openinfer {

// clang-format off: one row a file of kernels
#define OINF_KERNEL_FILES(X) \
  X(attention)               \
  X(cast)                    \
  X(conv)                    \
  X(elementwise)             \
  X(embedding)               \
  X(linear)                  \
  X(matmul)                  \
  X(norms)                   \
  X(quantised_linear)        \
  X(rope)                    \
  X(sampling)
// clang-format on

#define OINF_DECLARE(file) KernelList file##_kernels();
#define OINF_ADD(file) all.push_back(file##_kernels());

#if defined(__x86_64__)
namespace avx512vnni {
OINF_DECLARE(quantised_linear)
}
namespace avx512 {
OINF_KERNEL_FILES(OINF_DECLARE)
}
namespace avx2 {
OINF_KERNEL_FILES(OINF_DECLARE)
}
#elif defined(__aarch64__)
namespace neon {
OINF_KERNEL_FILES(OINF_DECLARE)
}
#endif
namespace portable {
OINF_KERNEL_FILES(OINF_DECLARE)
}

namespace cpu {

std::vector<KernelList> kernel_lists() {
  std::vector<KernelList> all;
#if defined(__x86_64__)
  all.push_back(avx512vnni::quantised_linear_kernels());
  {
    using namespace avx512;
    OINF_KERNEL_FILES(OINF_ADD)
  }
  {
    using namespace avx2;
    OINF_KERNEL_FILES(OINF_ADD)
  }
#elif defined(__aarch64__)
  {
    using namespace neon;
    OINF_KERNEL_FILES(OINF_ADD)
  }
#endif
  {
    using namespace portable;
    OINF_KERNEL_FILES(OINF_ADD)
  }
  return all;
}

}  // namespace cpu
}  // namespace openinfer
