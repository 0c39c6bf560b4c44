// What a CPU kernel is given and how one is found. A kernel computes one op for the element types, layouts and strides
// that its `supports` accepts; the reference kernels accept everything their op's row names.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/diagnostic.h"
#include "ir/result.h"
#include "ir/shape.h"
#include "ops/parallel.h"
#include "ops/schema.h"

namespace openinfer {

// An attribute's value when the node runs. Numbers are in both fields (i: truncated when it is not an integer).
struct KernelAttr {
  bool given = true;  // false: no value and no default
  double f = 0;
  int64_t i = 0;                  // also bool (0, 1), DType (its number), choice (index into AttrSpec::choices)
  std::span<const int64_t> list;  // integers; one integer may stand in `i` alone
  [[nodiscard]] std::span<const int64_t> integers() const { return list.empty() ? std::span(&i, 1) : list; }
};

// Why a kernel stopped: only what depends on data (an index, a division by zero). Written by one thread.
struct KernelFault {
  Code code = Code::R0005;
  std::string message;  // empty: no fault
};

// All memory belongs to the caller. Outputs never overlap inputs unless the schema allows in place and the views are
// equal. An optional input that is not given has data == nullptr and rank 0 and stands in its place; a literal
// input is a scalar view. Every view's shape is checked before; kernels check data only.
struct KernelArgs {
  std::span<const TensorView> inputs;
  std::span<const TensorView> outputs;
  std::span<const KernelAttr> attributes;  // one per OpSchema::attributes, in that order
  std::byte* scratch = nullptr;            // 64-byte aligned, as many bytes as the entry's `scratch` said
  Parallel* parallel = nullptr;
  KernelFault* fault = nullptr;
  // Ops whose result's length only the run knows (OpSchema::runtime_shape): when not null, the outputs' first axis is
  // an upper bound and the kernel writes the length here; when null, the length must equal that axis (R0003).
  int64_t* length = nullptr;

  bool fail(Code code, std::string message) const {
    fault->code = code;
    fault->message = std::move(message);
    return false;
  }
};

// Each x86 set contains those before it.
enum class Isa : uint8_t { portable, avx2, avx512, avx512vnni, neon };
[[nodiscard]] std::string_view name(Isa isa);
// What this processor can do, limited by the environment variable OINF_ISA (portable, avx2, avx512, avx512vnni, neon)
// if it is set; empty Result error (U0001) when it names an ISA that this processor lacks.
[[nodiscard]] Result<Isa> detect_isa();

// What is known when a kernel is chosen. Shapes hold upper bounds where a size is only known when the node runs;
// `contiguous` says whether the operand will be dense row-major (or is stored in panel16) at every run.
struct KernelOperand {
  DType dtype = DType::f32;
  Layout layout = Layout::rowmajor;
  Shape shape;
  bool contiguous = true;
  bool given = true;
};
struct KernelSite {
  const OpSchema* op = nullptr;
  std::span<const KernelOperand> inputs;
  std::span<const KernelOperand> outputs;
  std::span<const KernelAttr> attributes;  // static ones hold their value
  int threads = 1;
};

struct Kernel {
  std::string_view op;
  std::string_view name;  // "linear.f16.avx512": traces and --explain show it
  Isa isa = Isa::portable;
  bool (*supports)(const KernelSite& site) = nullptr;     // nullptr: everything that is row-major
  uint64_t (*scratch)(const KernelSite& site) = nullptr;  // bytes; nullptr: none. Monotone in the shapes
  bool (*run)(const KernelArgs& args) = nullptr;          // false: args.fault is set
};

// The first kernel in priority order (avx512vnni, avx512, avx2, neon, portable fast kernels, reference) that `isa` can
// run and that supports the site; nullptr when there is none.
[[nodiscard]] const Kernel* find_kernel(const KernelSite& site, Isa isa);
// Every kernel of an op, in priority order; for tests.
[[nodiscard]] std::vector<const Kernel*> kernels_of(std::string_view op);

// Each file of kernels gives its list; the tables in ops/kernel_table.cpp name all lists (no static registration).
using KernelList = std::span<const Kernel>;

}  // namespace openinfer
