#include "ir/block_code.h"

namespace openinfer {
namespace {

CodeBits bits(int byte, int shift, int width) {
  return {static_cast<uint16_t>(byte), static_cast<uint8_t>(shift), static_cast<uint8_t>(width)};
}

// Blocks of 32: elements 0 … 15 are low nibbles, 16 … 31 high ones.
CodeBits nibble(int byte, int i) { return bits(byte + i % 16, i / 16 * 4, 4); }
// A bit for each of 32 elements in four bytes.
CodeBits bit(int byte, int i) { return bits(byte + i / 8, i % 8, 1); }

}  // namespace

CodePlace code_place(DType dtype, int i) {
  // Blocks of 256 are two halves of 128, each of four runs of 32 that share bytes.
  const int half = i / 128, run = i % 128 / 32, l = i % 32;
  // q4_k and q5_k: pairs of runs share bytes.
  const int pair = i / 64, odd = i / 32 % 2;
  switch (dtype) {
    case DType::q8_0:
      return {bits(2 + i, 0, 8), {}};
    case DType::q4_0:
    case DType::iq4_nl:
      return {nibble(2, i), {}};
    case DType::q4_1:
      return {nibble(4, i), {}};
    case DType::q5_0:
      return {nibble(6, i), bit(2, i)};
    case DType::q5_1:
      return {nibble(8, i), bit(4, i)};
    case DType::q2_k:
      return {bits(16 + half * 32 + l, 2 * run, 2), {}};
    case DType::q3_k:
      return {bits(32 + half * 32 + l, 2 * run, 2), bits(l, half * 4 + run, 1)};
    case DType::q4_k:
      return {bits(16 + pair * 32 + l, odd * 4, 4), {}};
    case DType::q5_k:
      return {bits(48 + pair * 32 + l, odd * 4, 4), bits(16 + l, pair * 2 + odd, 1)};
    case DType::q6_k:
      return {bits(half * 64 + run % 2 * 32 + l, run / 2 * 4, 4), bits(128 + half * 32 + l, 2 * run, 2)};
    case DType::iq4_xs:
      return {nibble(8 + i / 32 * 16, l), {}};
    default:
      return {};
  }
}

}  // namespace openinfer
