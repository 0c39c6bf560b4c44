#include "oinf/pack/quantise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <thread>

#include "oinf/scalar.h"

namespace openinfer::pack {
namespace {

using Block = void (*)(const float* x, std::byte* out);

void put_half(std::byte* out, float value) {
  const uint16_t bits = narrow_f16(value);
  std::memcpy(out, &bits, sizeof bits);
}

int nearest(float value) { return static_cast<int>(std::nearbyint(value)); }  // halves to even

float inverse(float d) { return d != 0 ? 1.0F / d : 0.0F; }

void q8_0(const float* x, std::byte* out) {
  float largest = 0;
  for (int i = 0; i < 32; ++i) largest = std::max(largest, std::abs(x[i]));
  const float d = largest / 127.0F, id = inverse(d);
  put_half(out, d);
  for (int i = 0; i < 32; ++i) out[2 + i] = static_cast<std::byte>(static_cast<int8_t>(std::round(x[i] * id)));
}

// Nibbles of 32 values: value j low, value 16 + j high.
void put_nibbles(std::byte* out, const std::array<int, 32>& q) {
  for (size_t j = 0; j < 16; ++j) out[j] = static_cast<std::byte>(q[j] | q[16 + j] << 4);
}

void q4_0(const float* x, std::byte* out) {
  float largest = 0, extreme = 0;
  for (int i = 0; i < 32; ++i)
    if (std::abs(x[i]) > largest) {
      largest = std::abs(x[i]);
      extreme = x[i];
    }
  const float d = extreme / -8.0F, id = inverse(d);
  put_half(out, d);
  std::array<int, 32> q{};
  for (size_t i = 0; i < 32; ++i) q[i] = std::min(15, static_cast<int>(static_cast<int8_t>(x[i] * id + 8.5F)));
  put_nibbles(out + 2, q);
}

void q4_1(const float* x, std::byte* out) {
  const auto [low, high] = std::minmax_element(x, x + 32);
  const float d = (*high - *low) / 15.0F, id = inverse(d);
  put_half(out, d);
  put_half(out + 2, *low);
  std::array<int, 32> q{};
  for (size_t i = 0; i < 32; ++i) q[i] = std::min(15, static_cast<int>(static_cast<int8_t>((x[i] - *low) * id + 0.5F)));
  put_nibbles(out + 4, q);
}

struct ScaleMin {
  float scale = 0, min = 0;  // a value is scale · q - min
};

// Scale and minimum for 32 values of 4 bits: of 21 ways to stretch the range, each refined by least squares, the one
// with the smallest error, larger values counting more.
ScaleMin fit_with_minimum(const float* x) {
  constexpr int kLevels = 15, kSteps = 20;
  constexpr size_t kCount = 32;
  std::array<float, kCount> weight{};
  float squares = 0;
  for (size_t i = 0; i < kCount; ++i) squares += x[i] * x[i];
  const float mean = std::sqrt(squares / static_cast<float>(kCount));
  float low = x[0], high = x[0], sum_w = 0, sum_x = 0;
  for (size_t i = 0; i < kCount; ++i) {
    weight[i] = mean + std::abs(x[i]);
    low = std::min(low, x[i]);
    high = std::max(high, x[i]);
    sum_w += weight[i];
    sum_x += weight[i] * x[i];
  }
  low = std::min(low, 0.0F);
  if (high == low) return {0, -low};
  const auto level = [&](size_t i, float stretch) { return std::clamp(nearest(stretch * (x[i] - low)), 0, kLevels); };
  const float first = static_cast<float>(kLevels) / (high - low);
  ScaleMin best{1 / first, low};
  float smallest = 0;
  for (size_t i = 0; i < kCount; ++i) {
    const float off = best.scale * static_cast<float>(level(i, first)) + low - x[i];
    smallest += weight[i] * (off * off);
  }
  for (int step = 0; step <= kSteps; ++step) {
    const float stretch = (-1.0F + 0.1F * static_cast<float>(step) + static_cast<float>(kLevels)) / (high - low);
    std::array<float, kCount> q{};
    float sum_l = 0, sum_l2 = 0, sum_xl = 0;
    for (size_t i = 0; i < kCount; ++i) {
      q[i] = static_cast<float>(level(i, stretch));
      sum_l += weight[i] * q[i];
      sum_l2 += weight[i] * q[i] * q[i];
      sum_xl += weight[i] * q[i] * x[i];
    }
    const float determinant = sum_w * sum_l2 - sum_l * sum_l;
    if (!(determinant > 0)) continue;
    ScaleMin fit{(sum_w * sum_xl - sum_x * sum_l) / determinant, (sum_l2 * sum_x - sum_l * sum_xl) / determinant};
    if (fit.min > 0) fit = {sum_xl / sum_l2, 0};
    float error = 0;
    for (size_t i = 0; i < kCount; ++i) {
      const float off = fit.scale * q[i] + fit.min - x[i];
      error += weight[i] * (off * off);
    }
    if (error < smallest) {
      smallest = error;
      best = fit;
    }
  }
  return {best.scale, -best.min};
}

void q4_k(const float* x, std::byte* out) {
  std::array<ScaleMin, 8> fits{};
  float most_scale = 0, most_min = 0;
  for (size_t run = 0; run < 8; ++run) {
    fits[run] = fit_with_minimum(x + 32 * run);
    most_scale = std::max(most_scale, fits[run].scale);
    most_min = std::max(most_min, fits[run].min);
  }
  const float to_scale = most_scale > 0 ? 63.0F / most_scale : 0, to_min = most_min > 0 ? 63.0F / most_min : 0;
  put_half(out, most_scale / 63.0F);
  put_half(out + 2, most_min / 63.0F);
  const float d = widen_f16(narrow_f16(most_scale / 63.0F)), dmin = widen_f16(narrow_f16(most_min / 63.0F));
  // Six bits of each scale and minimum: four of them whole, the upper two bits of the others in their spare bits.
  std::array<int, 12> packed{};
  std::array<int, 256> q{};
  for (size_t run = 0; run < 8; ++run) {
    const int scale = std::clamp(nearest(to_scale * fits[run].scale), 0, 63);
    const int min = std::clamp(nearest(to_min * fits[run].min), 0, 63);
    if (run < 4) {
      packed[run] = scale;
      packed[run + 4] = min;
    } else {
      packed[run + 4] = (scale & 15) | (min & 15) << 4;
      packed[run - 4] |= scale >> 4 << 6;
      packed[run] |= min >> 4 << 6;
    }
    const float step = d * static_cast<float>(scale), shift = dmin * static_cast<float>(min);
    for (size_t i = 32 * run; step != 0 && i < 32 * (run + 1); ++i)
      q[i] = std::clamp(nearest((x[i] + shift) / step), 0, 15);
  }
  for (size_t i = 0; i < packed.size(); ++i) out[4 + i] = static_cast<std::byte>(packed[i]);
  for (size_t run = 0; run < 8; run += 2)
    for (size_t i = 0; i < 32; ++i)
      out[16 + 16 * run + i] = static_cast<std::byte>(q[32 * run + i] | q[32 * run + 32 + i] << 4);
}

constexpr float kNothing = 1e-15F;  // a block below this is zero

// The scale for 16 values of 6 bits around zero: of 19 ways to stretch the range, the one whose least-squares fit has
// the smallest error weighted by the squares of the values.
float fit_symmetric(const float* x) {
  constexpr int kLevels = 32;
  float largest = 0, extreme = 0;
  for (int i = 0; i < 16; ++i)
    if (std::abs(x[i]) > largest) {
      largest = std::abs(x[i]);
      extreme = x[i];
    }
  if (largest < kNothing) return 0;
  float scale = 0, best = 0;
  // The plain range first; others replace it only if they are better.
  for (const int step : {0, -9, -8, -7, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
    const float stretch = -(static_cast<float>(kLevels) + 0.1F * static_cast<float>(step)) / extreme;
    float sum_lx = 0, sum_l2 = 0;
    for (int i = 0; i < 16; ++i) {
      const auto l = static_cast<float>(std::clamp(nearest(stretch * x[i]), -kLevels, kLevels - 1));
      const float w = x[i] * x[i];
      sum_lx += w * x[i] * l;
      sum_l2 += w * l * l;
    }
    const bool better = step == 0 ? sum_l2 != 0 : sum_l2 > 0 && sum_lx * sum_lx > best * sum_l2;
    if (!better) continue;
    scale = sum_lx / sum_l2;
    best = scale * sum_lx;
  }
  return scale;
}

void q6_k(const float* x, std::byte* out) {
  std::array<float, 16> fits{};
  float largest = 0, extreme = 0;
  for (size_t run = 0; run < 16; ++run) {
    fits[run] = fit_symmetric(x + 16 * run);
    if (std::abs(fits[run]) > largest) {
      largest = std::abs(fits[run]);
      extreme = fits[run];
    }
  }
  std::memset(out, 0, 210);
  if (largest < kNothing) return;
  const float to_scale = -128.0F / extreme;
  put_half(out + 208, 1 / to_scale);
  const float d = widen_f16(narrow_f16(1 / to_scale));
  std::array<unsigned, 256> q{};
  for (size_t run = 0; run < 16; ++run) {
    const int scale = std::min(127, nearest(to_scale * fits[run]));
    out[192 + run] = static_cast<std::byte>(static_cast<int8_t>(scale));
    const float step = d * static_cast<float>(scale);
    for (size_t i = 16 * run; i < 16 * (run + 1); ++i)
      q[i] = static_cast<unsigned>(step == 0 ? 32 : std::clamp(nearest(x[i] / step), -32, 31) + 32);
  }
  for (size_t half = 0; half < 2; ++half)
    for (size_t i = 0; i < 32; ++i) {
      const unsigned* v = q.data() + 128 * half + i;
      out[64 * half + i] = static_cast<std::byte>((v[0] & 15u) | (v[64] & 15u) << 4);
      out[64 * half + 32 + i] = static_cast<std::byte>((v[32] & 15u) | (v[96] & 15u) << 4);
      out[128 + 32 * half + i] =
          static_cast<std::byte>(v[0] >> 4 | v[32] >> 4 << 2 | v[64] >> 4 << 4 | v[96] >> 4 << 6);
    }
}

Block block_of(DType to) {
  switch (to) {
    case DType::q8_0:
      return q8_0;
    case DType::q4_0:
      return q4_0;
    case DType::q4_1:
      return q4_1;
    case DType::q4_k:
      return q4_k;
    case DType::q6_k:
      return q6_k;
    default:
      return nullptr;
  }
}

}  // namespace

bool can_quantise(DType to) { return block_of(to) != nullptr; }

void quantise(DType to, std::span<const float> values, int threads, std::vector<std::byte>& out) {
  const Block block = block_of(to);
  const size_t elements = info(to).block, bytes = info(to).block_bytes, count = values.size() / elements;
  out.resize(count * bytes);
  const auto work = [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) block(values.data() + i * elements, out.data() + i * bytes);
  };
  // Below this a thread costs more than it saves.
  constexpr size_t kFewest = 256;
  const size_t parts = std::clamp<size_t>(count / kFewest, 1, static_cast<size_t>(std::max(threads, 1)));
  std::vector<std::thread> others;
  for (size_t part = 1; part < parts; ++part)
    others.emplace_back(work, count * part / parts, count * (part + 1) / parts);
  work(0, count / parts);
  for (std::thread& t : others) t.join();
}

}  // namespace openinfer::pack
