// The instruction set that this translation unit is compiled for: OINF_ISA names it and its namespace. Each file of
// kernels is compiled once an instruction set, with its flags, and everything in it stands in that namespace, so that
// no symbol of one instruction set can be taken for another's.
#pragma once

#if defined(OINF_ISA_AVX512VNNI)
#include "ops/math/vec_avx512.h"
#define OINF_ISA avx512vnni
namespace openinfer::avx512vnni {
using namespace openinfer::avx512;  // NOLINT: the same lanes; only integer dot products differ
}
#elif defined(OINF_ISA_AVX512)
#include "ops/math/vec_avx512.h"
#define OINF_ISA avx512
#elif defined(OINF_ISA_AVX2)
#include "ops/math/vec_avx2.h"
#define OINF_ISA avx2
#elif defined(OINF_ISA_NEON)
#include "ops/math/vec_neon.h"
#define OINF_ISA neon
#else
#include "ops/math/vec_scalar.h"
#define OINF_ISA portable
#endif

// "linear.f32." OINF_ISA_NAME is a kernel's name.
#define OINF_ISA_TEXT_OF(x) #x
#define OINF_ISA_TEXT(x) OINF_ISA_TEXT_OF(x)
#define OINF_ISA_NAME OINF_ISA_TEXT(OINF_ISA)
