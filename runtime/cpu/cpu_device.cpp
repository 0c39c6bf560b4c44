#include "runtime/cpu/cpu_device.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <deque>

#include "ir/align64.h"
#include "ops/schema.h"
#include "runtime/cpu/machine_memory.h"
#include "runtime/cpu/move.h"
#include "runtime/ticks.h"

namespace openinfer {
namespace {

// One recorded command, with the views its kernel is called with.
struct CpuCommand {
  Command command;
  const Kernel* kernel = nullptr;
  std::vector<TensorView> in, out;
  // Operands that are made dense first, because a faster kernel takes only dense ones.
  struct Pack {
    uint32_t operand = 0;
    uint64_t offset = 0;  // in the scratch memory
  };
  std::vector<Pack> packs;
  uint64_t kernel_scratch = 0;  // offset of the kernel's own
};

struct CpuRecording {
  std::vector<CpuCommand> commands;
  std::vector<OperandInfo> operands;
  bool submitted = false;
};

struct CpuBuffer {
  std::byte* data = nullptr;
  uint64_t bytes = 0;
  uint64_t mapped = 0;  // 0: not ours
};

class CpuDevice final : public Device {
 public:
  CpuDevice(Isa isa, Parallel& parallel) : isa_(isa), parallel_(parallel) {}
  ~CpuDevice() override {
    for (CpuBuffer& b : buffers_) unmap(b);
    if (scratch_) munmap(scratch_, scratch_mapped_);
  }
  [[nodiscard]] std::string name() const override { return "cpu (" + std::string(openinfer::name(isa_)) + ")"; }
  [[nodiscard]] DeviceMemory memory() const override { return machine_memory(); }

  Result<BufferId> allocate(uint64_t bytes) override {
    // Pages come zeroed and only when they are touched.
    OINF_ASSIGN(const BufferId id, reserve(bytes));
    OINF_TRY(commit(id, bytes));
    return id;
  }
  Result<BufferId> reserve(uint64_t most) override {
    const uint64_t size = std::max<uint64_t>(most, 1);
    void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return Diagnostic(Code::R0006, "no memory for " + std::to_string(most) + " bytes");
    return add({static_cast<std::byte*>(p), 0, size});
  }
  Status commit(BufferId id, uint64_t bytes) override {
    CpuBuffer& b = buffers_[static_cast<size_t>(id)];
    allocated_ += bytes - b.bytes;  // the system gives pages as they are touched
    b.bytes = bytes;
    return {};
  }
  Result<BufferId> import(std::span<const std::byte> bytes) override {
    return add({const_cast<std::byte*>(bytes.data()), bytes.size(), 0});  // kernels only read constants
  }
  void release(BufferId id) override {
    CpuBuffer& b = buffers_[static_cast<size_t>(id)];
    if (b.mapped) allocated_ -= b.bytes;
    unmap(b);
  }
  Status upload(BufferId id, uint64_t offset, std::span<const std::byte> bytes) override {
    if (!bytes.empty()) std::memcpy(at(id) + offset, bytes.data(), bytes.size());
    return {};
  }
  Status read_back(BufferId id, uint64_t offset, std::span<std::byte> bytes) override {
    if (!bytes.empty()) std::memcpy(bytes.data(), at(id) + offset, bytes.size());
    return {};
  }
  Status clear(BufferId id, uint64_t offset, uint64_t bytes) override {
    constexpr uint64_t kPage = 4096, kWorthACall = 64 * kPage;
    std::byte* begin = at(id) + offset;
    if (bytes >= kWorthACall) {
      // Pages of anonymous memory that are given back read as zero.
      auto* first = reinterpret_cast<std::byte*>((reinterpret_cast<uintptr_t>(begin) + kPage - 1) / kPage * kPage);
      const uint64_t before = static_cast<uint64_t>(first - begin), pages = (bytes - before) / kPage * kPage;
      if (madvise(first, pages, MADV_DONTNEED) == 0) {
        std::memset(begin, 0, before);
        begin = first + pages;
        bytes -= before + pages;
      }
    }
    if (bytes) std::memset(begin, 0, bytes);
    return {};
  }
  Status copy(BufferId from, uint64_t from_offset, BufferId to, uint64_t to_offset, uint64_t bytes) override {
    if (bytes) std::memmove(at(to) + to_offset, at(from) + from_offset, bytes);
    return {};
  }

  Result<RecordingId> record(std::span<const Command> commands, std::span<const OperandInfo> operands) override {
    CpuRecording r;
    r.operands.assign(operands.begin(), operands.end());
    uint64_t scratch = 0;
    for (const Command& c : commands) {
      CpuCommand out;
      out.command = c;
      for (uint32_t slot : c.in) out.in.push_back(empty_view(operands[slot]));
      for (uint32_t slot : c.out) out.out.push_back(empty_view(operands[slot]));
      if (c.kind == CommandKind::op) {
        uint64_t need = 0;
        OINF_TRY(choose(c, operands, out, need));
        scratch = std::max(scratch, need);
      } else {
        OINF_TRY(check_move(c, operands));
      }
      r.commands.push_back(std::move(out));
    }
    scratch_bytes_ = std::max(scratch_bytes_, scratch);
    if (!free_.empty()) {
      const uint32_t id = free_.back();
      free_.pop_back();
      recordings_[id] = std::move(r);
      return static_cast<RecordingId>(id);
    }
    recordings_.push_back(std::move(r));
    return static_cast<RecordingId>(recordings_.size() - 1);
  }

  void release(RecordingId id) override {
    recordings_[static_cast<size_t>(id)] = {};
    free_.push_back(static_cast<uint32_t>(id));
  }

  bool submit(RecordingId id, const Submission& s, CommandFault& fault) override {
    CpuRecording& r = recordings_[static_cast<size_t>(id)];
    if (Status scratch = map_scratch(); !scratch) {
      fault = {s.first, {scratch.error().code, scratch.error().message}};
      std::fill(s.times.begin(), s.times.end(), 0);
      return false;
    }
    const bool all = s.refresh || !r.submitted;
    r.submitted = true;
    const auto size = static_cast<uint32_t>(r.commands.size());
    const uint32_t end = s.count < size - s.first ? s.first + s.count : size;
    uint64_t* time = s.times.empty() ? nullptr : s.times.data();
    if (time) *time++ = read_ticks();
    for (uint32_t i = s.first; i < end; ++i) {
      CpuCommand& c = r.commands[i];
      for (size_t k = 0; k < c.in.size(); ++k) place(c.in[k], c.command.in[k], r.operands, s, all);
      for (size_t k = 0; k < c.out.size(); ++k) place(c.out[k], c.command.out[k], r.operands, s, all);
      if (run(c, s, i, fault.fault)) {
        if (time) *time++ = read_ticks();
        continue;
      }
      fault.command = i;
      if (time) std::fill(time, s.times.data() + s.times.size(), 0);
      return false;
    }
    return true;
  }

  [[nodiscard]] std::vector<std::string> kernels(RecordingId id) const override {
    std::vector<std::string> names;
    for (const CpuCommand& c : recordings_[static_cast<size_t>(id)].commands) {
      if (c.kernel) {
        names.emplace_back(c.kernel->name);
        if (!c.packs.empty()) names.back() += " (packed)";
        continue;
      }
      names.emplace_back(c.command.kind == CommandKind::copy      ? "copy"
                         : c.command.kind == CommandKind::gather  ? "gather"
                         : c.command.kind == CommandKind::scatter ? "scatter"
                                                                  : "fill");
    }
    return names;
  }
  [[nodiscard]] uint64_t scratch_bytes() const override { return scratch_bytes_; }
  [[nodiscard]] uint64_t allocated_bytes() const override { return allocated_; }

 private:
  Result<BufferId> add(CpuBuffer b) {
    buffers_.push_back(b);
    return static_cast<BufferId>(buffers_.size() - 1);
  }
  static void unmap(CpuBuffer& b) {
    if (b.mapped) munmap(b.data, b.mapped);
    b = {};
  }
  std::byte* at(BufferId id) { return buffers_[static_cast<size_t>(id)].data; }

  static TensorView empty_view(const OperandInfo& o) {
    TensorView v;
    v.dtype = o.dtype;
    v.layout = o.layout;
    return v;
  }

  // Once something runs that wants it: what is only recorded takes no memory.
  Status map_scratch() {
    const uint64_t bytes = scratch_bytes_;
    if (bytes <= scratch_mapped_) return {};
    if (scratch_) munmap(scratch_, scratch_mapped_);
    scratch_ = nullptr;
    scratch_mapped_ = 0;
    void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return Diagnostic(Code::R0006, "no memory for " + std::to_string(bytes) + " bytes of scratch");
    scratch_ = static_cast<std::byte*>(p);
    scratch_mapped_ = bytes;
    return {};
  }

  static uint64_t dense_bytes(const OperandInfo& o) {
    const auto n = o.largest.elements_checked();
    const int rank = o.largest.rank();
    const auto bytes =
        n ? storage_bytes(o.dtype, static_cast<uint64_t>(*n), rank ? static_cast<uint64_t>(o.largest[rank - 1]) : 1)
          : std::nullopt;
    return align64(bytes.value_or(0));
  }

  // Bytes of scratch that a kernel needs at most; an error where that depends on a size that nothing bounds.
  static Result<uint64_t> kernel_scratch(const Kernel& kernel, KernelSite site, std::span<const uint32_t> slots,
                                         std::span<const OperandInfo> operands) {
    if (!kernel.scratch) return uint64_t{0};
    const uint64_t bytes = kernel.scratch(site);
    if (std::all_of(slots.begin(), slots.end(), [&](uint32_t s) { return operands[s].bounded; })) return bytes;
    // Scratch grows with the sizes, so what is the same for a large one does not depend on it.
    std::vector<KernelOperand> large(site.inputs.begin(), site.inputs.end());
    for (size_t k = 0; k < slots.size(); ++k)
      for (int axis = 0; axis < large[k].shape.rank(); ++axis)
        if (!operands[slots[k]].bounded && large[k].shape[axis] == 0) large[k].shape[axis] = 1 << 20;
    site.inputs = large;
    if (kernel.scratch(site) == bytes) return bytes;
    return Diagnostic(Code::E0216, "op `" + site.op->name + "` needs room for an input whose size nothing bounds")
        .with_help("@fixed bounds a table");
  }

  // The fastest kernel for the command; where it wants dense operands and gets others, they are packed first.
  Status choose(const Command& c, std::span<const OperandInfo> operands, CpuCommand& out, uint64_t& scratch) {
    std::vector<KernelOperand> in, results;
    for (uint32_t s : c.in)
      in.push_back(
          {operands[s].dtype, operands[s].layout, operands[s].largest, operands[s].contiguous, operands[s].given});
    for (uint32_t s : c.out)
      results.push_back(
          {operands[s].dtype, operands[s].layout, operands[s].largest, operands[s].contiguous, operands[s].given});
    KernelSite site{c.op, in, results, c.attributes, parallel_.threads()};
    const Kernel* kernel = find_kernel(site, isa_);
    bool strided = false;
    for (const KernelOperand& o : in) strided |= o.given && !o.contiguous;
    if (strided) {
      std::vector<KernelOperand> dense = in;
      for (KernelOperand& o : dense) o.contiguous = true;
      KernelSite packed{c.op, dense, results, c.attributes, parallel_.threads()};
      const Kernel* faster = find_kernel(packed, isa_);
      if (faster && faster != kernel) {
        kernel = faster;
        for (uint32_t k = 0; k < c.in.size(); ++k) {
          const OperandInfo& o = operands[c.in[k]];
          if (!o.given || o.contiguous || !is_plain(o.dtype)) continue;
          if (!o.bounded)
            return Diagnostic(Code::E0216, "op `" + c.op->name + "` needs room for an input whose size nothing bounds")
                .with_help("@fixed bounds a table");
          out.packs.push_back({k, scratch});
          scratch += dense_bytes(o);
        }
        site.inputs = dense;
        out.kernel_scratch = scratch;
        OINF_ASSIGN(const uint64_t own, kernel_scratch(*kernel, packed, c.in, operands));
        scratch += own;
        out.kernel = kernel;
        return {};
      }
    }
    if (!kernel) {
      std::string types;
      for (uint32_t s : c.in) types += (types.empty() ? "" : ", ") + std::string(openinfer::name(operands[s].dtype));
      return Diagnostic(Code::E0601, "op `" + c.op->name + "` has no kernel for (" + types + ")");
    }
    out.kernel = kernel;
    out.kernel_scratch = scratch;
    OINF_ASSIGN(const uint64_t own, kernel_scratch(*kernel, site, c.in, operands));
    scratch += own;
    return {};
  }

  static Status check_move(const Command& c, std::span<const OperandInfo> operands) {
    const OperandInfo& to = operands[c.out[0]];
    if (c.kind == CommandKind::fill) return {};
    const OperandInfo& from = operands[c.in[0]];
    // Index vectors take rows of blocks apart, or put them together; copies do not.
    const bool copies = c.kind == CommandKind::copy;
    const bool same = from.dtype == to.dtype && (copies || !is_block(to.dtype));
    const bool floats = is_float(from.dtype) && (is_float(to.dtype) || (copies && to.dtype == DType::q8_0));
    if ((same || floats) && from.layout == Layout::rowmajor && to.layout == Layout::rowmajor) return {};
    return Diagnostic(Code::E0601, "cannot copy " + std::string(openinfer::name(from.dtype)) +
                                       (from.layout == Layout::panel16 ? " in panels" : "") + " to " +
                                       std::string(openinfer::name(to.dtype)));
  }

  void place(TensorView& v, uint32_t slot, std::span<const OperandInfo> operands, const Submission& s, bool all) {
    const OperandInfo& o = operands[slot];
    if (!o.given || (!all && !o.dynamic)) return;
    const DeviceView& d = s.views[slot];
    v.data = at(d.buffer) + d.offset;
    v.shape = d.shape;
    v.strides = d.strides;
  }

  bool run(CpuCommand& c, const Submission& s, uint32_t index, KernelFault& fault) {
    switch (c.command.kind) {
      case CommandKind::op:
        break;
      case CommandKind::copy:
        cpu::copy(c.in[0], c.out[0]);
        return true;
      case CommandKind::fill:
        cpu::fill(c.out[0], c.command.pattern);
        return true;
      case CommandKind::gather:
        return cpu::gather(c.in[0], std::span(c.in).subspan(1), c.command.axes[0], c.out[0], fault);
      case CommandKind::scatter:
        return cpu::scatter(c.in[0], std::span(c.in).subspan(1), c.command.axes[0], c.out[0], fault);
    }
    for (const CpuCommand::Pack& p : c.packs) {
      TensorView& v = c.in[p.operand];
      const DeviceView& d = s.views[c.command.in[p.operand]];
      v.data = at(d.buffer) + d.offset;
      v.shape = d.shape;
      v.strides = d.strides;
      const TensorView dense = TensorView::dense(scratch_ + p.offset, v.dtype, v.shape);
      cpu::copy(v, dense);
      v = dense;
    }
    KernelArgs args;
    args.inputs = c.in;
    args.outputs = c.out;
    args.attributes = s.attributes.subspan(c.command.first_attribute, c.command.attributes.size());
    args.scratch = scratch_ ? scratch_ + c.kernel_scratch : nullptr;
    args.parallel = &parallel_;
    args.fault = &fault;
    args.length = c.command.finds_length ? &s.lengths[index] : nullptr;
    return c.kernel->run(args);
  }

  Isa isa_;
  Parallel& parallel_;
  std::deque<CpuBuffer> buffers_;
  std::deque<CpuRecording> recordings_;
  std::vector<uint32_t> free_;
  std::byte* scratch_ = nullptr;
  uint64_t scratch_bytes_ = 0, scratch_mapped_ = 0;  // of all recordings: the largest need; there now
  uint64_t allocated_ = 0;
};

}  // namespace

std::unique_ptr<Device> make_cpu_device(Isa isa, Parallel& parallel) {
  return std::make_unique<CpuDevice>(isa, parallel);
}

}  // namespace openinfer
