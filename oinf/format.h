// Numbers of the package format, version 3 (docs/spec/oinf.md).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace openinfer::format {

inline constexpr std::string_view kMagic{"OINF\0", 5};
inline constexpr uint32_t kVersion = 3;
inline constexpr uint32_t kMinorVersion = 0;

inline constexpr uint64_t kHeaderBytes = 64;
inline constexpr uint64_t kChecksummedHeaderBytes = 48;  // the rest is the checksum

// A cache line, and the widest SIMD load.
inline constexpr uint64_t kPayloadAlignment = 64;
// A page, so that a device can import a payload's memory.
inline constexpr uint64_t kLargePayloadAlignment = 4096;
inline constexpr uint64_t kLargePayload = 65536;

[[nodiscard]] constexpr uint64_t align_up(uint64_t n, uint64_t alignment) {
  return (n + alignment - 1) / alignment * alignment;
}
// A payload begins at the first multiple of this behind the payload before it.
[[nodiscard]] constexpr uint64_t payload_alignment(uint64_t size) {
  return size >= kLargePayload ? kLargePayloadAlignment : kPayloadAlignment;
}

// Sections of the index, in the order in which they stand there.
enum class Section : uint32_t { general = 1, sizes, metadata, labels, tensors, attachments, provenance };
inline constexpr uint32_t kSections = 7;
// A reader that does not know a section with this flag refuses the file.
inline constexpr uint32_t kCriticalSection = 1;

enum class MetadataKind : uint32_t {
  boolean = 1,
  integer,
  floating,
  string,
  integer_list,
  floating_list,
  string_list,
  boolean_list
};

enum class AttachmentKind : uint32_t { tokenizer = 1, graph = 2 };

}  // namespace openinfer::format
