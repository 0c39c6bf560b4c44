// y = x · w (+ bias) for a matrix of activations and weights in panels: packing, blocking and the split over threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ops/cpu/lanes.h"
#include "ops/cpu/panel_tile.h"
#include "ops/parallel.h"

namespace openinfer::OINF_ISA {

// How the weights lie. All but the first are brought into panels of f32 on the way, a panel at a time.
enum class Form : uint8_t {
  panels,   // panel16
  rows,     // [N, K], K dense
  columns,  // [K, N], N dense
  made,     // by Product::make
};

struct Product {
  const std::byte* x;  // [rows][depth], x_stride elements apart
  Stored x_stored;
  int64_t rows, depth, x_stride;
  const std::byte* w;
  Stored stored;
  Form form;
  int64_t columns;
  const float* bias;      // [columns] or nullptr
  const float* row_bias;  // [rows] or nullptr
  float* y;               // [rows][columns], y_stride apart
  int64_t y_stride;
  // Form::made: writes columns first … first+15 as [depth][16]; what lies beyond `columns` as zeros.
  void (*make)(const void* maker, int64_t first, float* to);
  const void* maker;
};

// Bytes of scratch for at most these sizes.
[[nodiscard]] uint64_t product_scratch(int64_t rows, int64_t depth, int64_t columns, Stored x_stored, Stored stored,
                                       Form form, int threads);
void run_product(const Product& product, std::byte* scratch, Parallel& threads);

}  // namespace openinfer::OINF_ISA
