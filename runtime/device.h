// What the executor asks of a device. Memory is named by buffers, never by host pointers; a straight run of commands
// is recorded once and submitted again and again with other places and attributes. A CPU executes a submission at once;
// a GPU may queue it and wait in read_back.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ir/result.h"
#include "ir/shape.h"
#include "ops/kernel.h"

namespace openinfer {

enum class BufferId : uint32_t {};

// The most that a device can give.
struct DeviceMemory {
  uint64_t bytes = UINT64_MAX;
  std::string source;  // what says so: "this machine's physical memory"
};

// Where an operand lies: strides in elements, offset in bytes.
struct DeviceView {
  BufferId buffer{};
  uint64_t offset = 0;
  Shape shape;
  std::array<int64_t, kMaxRank> strides{};
};

// What is known of an operand when its command is recorded. Its slot's DeviceView is given at each submission.
struct OperandInfo {
  DType dtype = DType::f32;
  Layout layout = Layout::rowmajor;
  Shape largest;           // upper bounds of the sizes; 0 where nothing bounds one
  bool contiguous = true;  // dense at every submission
  bool dynamic = false;    // its view may differ from one submission to the next
  bool bounded = true;     // every size has an upper bound
  bool given = true;       // an optional input may be absent
};

enum class CommandKind : uint8_t {
  op,
  copy,     // slot in[0] to out[0]: broadcast, f32 and its narrower kin converted
  gather,   // in[0] at the vectors in[1…], which stand for `axes` of in[0], to out[0]
  scatter,  // in[0] to out[0] at the vectors in[1…], in rising order
  fill,     // out[0] gets `pattern`, one element
};

struct Command {
  CommandKind kind = CommandKind::op;
  const OpSchema* op = nullptr;
  std::vector<uint32_t> in, out;       // operand slots
  uint32_t first_attribute = 0;        // of the op's, in the submission's attributes
  std::vector<KernelAttr> attributes;  // as known when recorded: static ones have their value
  std::vector<int> axes;
  bool finds_length = false;  // op: writes the length of its result into Submission::lengths
  std::array<std::byte, 8> pattern{};
};

enum class RecordingId : uint32_t {};

struct Submission {
  std::span<const DeviceView> views;       // one per operand slot of the recording
  std::span<const KernelAttr> attributes;  // all commands' attributes, see first_attribute
  bool refresh = false;                    // places have moved: views of operands that are not dynamic are new
  std::span<int64_t> lengths;              // out, one per command: of ops whose result's length is known when they ran
  uint32_t first = 0, count = UINT32_MAX;  // of the commands: only these, for who looks at values between them
  std::span<uint64_t> times;  // out, unless empty: when the first began and when each ended, in ticks.h's ticks; 0 for
                              // those that were not reached
};

// Why a submission stopped.
struct CommandFault {
  uint32_t command = 0;
  KernelFault fault;
};

class Device {
 public:
  virtual ~Device() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual DeviceMemory memory() const = 0;

  // Zeroed. R0006 when there is not enough.
  virtual Result<BufferId> allocate(uint64_t bytes) = 0;
  // Address space for a buffer of up to `most` bytes, which holds none at first; commit() makes its first `bytes`
  // usable, never fewer than before. So a buffer can grow without another allocation and without a copy. R0006.
  virtual Result<BufferId> reserve(uint64_t most) = 0;
  virtual Status commit(BufferId buffer, uint64_t bytes) = 0;
  // Read-only bytes that live as long as the device uses them: a mapped package. A CPU uses them where they are.
  virtual Result<BufferId> import(std::span<const std::byte> bytes) = 0;
  virtual void release(BufferId buffer) = 0;
  virtual Status upload(BufferId buffer, uint64_t offset, std::span<const std::byte> bytes) = 0;
  virtual Status read_back(BufferId buffer, uint64_t offset, std::span<std::byte> bytes) = 0;
  // Zero again, as if newly allocated: large pieces give their memory back until they are written.
  virtual Status clear(BufferId buffer, uint64_t offset, uint64_t bytes) = 0;
  virtual Status copy(BufferId from, uint64_t from_offset, BufferId to, uint64_t to_offset, uint64_t bytes) = 0;

  // E0601 when a command has no kernel. Scratch memory is taken when the recording is submitted.
  virtual Result<RecordingId> record(std::span<const Command> commands, std::span<const OperandInfo> operands) = 0;
  // Views of operands that are not dynamic are read at the first submission only. False: `fault` says why.
  virtual bool submit(RecordingId recording, const Submission& submission, CommandFault& fault) = 0;
  virtual void release(RecordingId recording) = 0;

  // Names of the kernels of a recording, one per command; for --explain and traces.
  [[nodiscard]] virtual std::vector<std::string> kernels(RecordingId recording) const = 0;
  [[nodiscard]] virtual uint64_t scratch_bytes() const = 0;    // the most that a recording needs
  [[nodiscard]] virtual uint64_t allocated_bytes() const = 0;  // now, without scratch and imports
};

}  // namespace openinfer
