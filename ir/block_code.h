// Where the code of an element stands in a block of GGUF's types. A code is the unsigned number that is stored: the
// value plus 8 of q4_0, an index into a table of iq4_nl, the byte of q8_0's value. The rest of a block, its scales and
// minima, is the header.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ir/dtype.h"

namespace openinfer {

// `width` bits of the block's byte `byte`, from bit `shift` on.
struct CodeBits {
  uint16_t byte = 0;
  uint8_t shift = 0;
  uint8_t width = 0;
  [[nodiscard]] unsigned get(const std::byte* block) const {
    return static_cast<unsigned>(block[byte]) >> shift & ((1u << width) - 1u);
  }
  void set(std::byte* block, unsigned bits) const { block[byte] |= static_cast<std::byte>(bits << shift); }
};

// The low bits of a code and, above them, the high ones (width 0 for types that keep a code in one piece).
struct CodePlace {
  CodeBits low;
  CodeBits high;
};

// Element i of a block, 0 <= i < info(dtype).block, of a block type.
[[nodiscard]] CodePlace code_place(DType dtype, int i);

[[nodiscard]] inline unsigned block_code(DType dtype, const std::byte* block, int i) {
  const CodePlace p = code_place(dtype, i);
  return p.low.get(block) | (p.high.width == 0 ? 0u : p.high.get(block) << p.low.width);
}

}  // namespace openinfer
