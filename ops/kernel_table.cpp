// All kernels, and which one runs.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>

#include "ops/cpu/lists.h"
#include "ops/cpu/machine.h"
#include "ops/kernel.h"
#include "ops/reference/lists.h"

namespace openinfer {
namespace {

constexpr std::array<std::string_view, 5> kIsaNames = {"portable", "avx2", "avx512", "avx512vnni", "neon"};

// Lists in the order in which kernels are tried.
std::vector<KernelList> lists() {
  std::vector<KernelList> all = cpu::kernel_lists();
  for (const KernelList list :
       {reference::attention_kernels(),   reference::bit_kernels(),         reference::conversion_kernels(),
        reference::convolution_kernels(), reference::creation_kernels(),    reference::division_kernels(),
        reference::elementwise_kernels(), reference::grid_sample_kernels(), reference::index_kernels(),
        reference::linear_kernels(),      reference::matmul_kernels(),      reference::movement_kernels(),
        reference::norm_kernels(),        reference::pool_kernels(),        reference::random_kernels(),
        reference::recurrence_kernels(),  reference::reduction_kernels(),   reference::resize_kernels(),
        reference::roi_align_kernels(),   reference::rope_kernels(),        reference::sampling_kernels(),
        reference::scan_kernels(),        reference::sort_kernels()})
    all.push_back(list);
  return all;
}

// Kernels by op, each op's in priority order.
const std::vector<const Kernel*>& kernels_named(std::string_view op) {
  static const std::map<std::string_view, std::vector<const Kernel*>> kernels = [] {
    std::map<std::string_view, std::vector<const Kernel*>> by_op;
    for (const KernelList list : lists())
      for (const Kernel& k : list)
        if (k.run) by_op[k.op].push_back(&k);  // a generated list has a row an op, also where there is nothing to run
    return by_op;
  }();
  static const std::vector<const Kernel*> none;
  const auto at = kernels.find(op);
  return at == kernels.end() ? none : at->second;
}

// What code for `kernel` needs of a machine that can `isa`.
bool runs_on(Isa kernel, Isa isa) {
  return isa == Isa::neon ? kernel == Isa::neon || kernel == Isa::portable : kernel <= isa;
}

}  // namespace

std::string_view name(Isa isa) { return kIsaNames[static_cast<size_t>(isa)]; }

Result<Isa> detect_isa() {
  const char* wanted = std::getenv("OINF_ISA");
  if (wanted && *wanted) {
    const auto at = std::find(kIsaNames.begin(), kIsaNames.end(), std::string_view(wanted));
    if (at == kIsaNames.end())
      return Diagnostic(Code::U0001, "OINF_ISA is `" + std::string(wanted) +
                                         "`; it can be portable, avx2, avx512, avx512vnni or neon");
    const auto isa = static_cast<Isa>(at - kIsaNames.begin());
    if (!cpu::machine_has(isa))
      return Diagnostic(Code::U0001, "OINF_ISA asks for " + std::string(wanted) + ", which this processor lacks");
    return isa;
  }
  for (const Isa isa : {Isa::avx512vnni, Isa::avx512, Isa::avx2, Isa::neon})
    if (cpu::machine_has(isa)) return isa;
  return Isa::portable;
}

const Kernel* find_kernel(const KernelSite& site, Isa isa) {
  const bool row_major = std::all_of(site.inputs.begin(), site.inputs.end(),
                                     [](const KernelOperand& in) { return in.layout == Layout::rowmajor; });
  for (const Kernel* k : kernels_named(site.op->name))
    if (runs_on(k->isa, isa) && (k->supports ? k->supports(site) : row_major)) return k;
  return nullptr;
}

std::vector<const Kernel*> kernels_of(std::string_view op) { return kernels_named(op); }

}  // namespace openinfer
