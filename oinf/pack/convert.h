// A source into a package: element types converted, weights laid out, payloads streamed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/result.h"
#include "oinf/pack/model_source.h"

namespace openinfer::pack {

struct ConvertOptions {
  // f32, f16 or bf16: what f64, f32, f16 and bf16 tensors become, rounded to the nearest, ties to even.
  std::optional<DType> dtype;
  // A block type (oinf/pack/quantise.h) that float matrices are quantised to, where their last axis divides into
  // blocks.
  std::optional<DType> quantise;
  // What a tensor becomes, before dtype and quantise: a float type or one to quantise to. The first pattern that fits
  // counts; `*` stands for any text.
  std::vector<std::pair<std::string, DType>> keep;
  // Element `index` of blocks that begin at `base`: with it dtype, quantise and keep apply to block-quantised sources
  // too, which otherwise stay as they are.
  float (*decode)(DType type, const std::byte* base, int64_t index) = nullptr;
  // The target may be made in several attempts: what one leaves is in TARGET.part, and the next goes on behind it.
  bool resume = false;
  int jobs = 1;  // threads that quantise; the bytes do not depend on it
  // Whether a tensor is stored as panel16, if its type and shape can be. Unset: none.
  std::function<bool(std::string_view tensor)> use_panel16;
  // Called now and then with bytes of source tensors read, and all there are.
  std::function<void(uint64_t done, uint64_t total)> progress;
  // Asked now and then; true ends the conversion with C0001, and the target stays as it was.
  std::function<bool()> cancelled;
};

// A tensor that was to become a block type and could not.
struct NotQuantised {
  std::string tensor;
  Shape shape;
  DType type;       // that it has in the package
  DType asked;      // by quantise or keep
  std::string why;  // "rows do not divide into blocks of 256"
};

struct ConvertReport {
  struct Part {
    uint64_t tensors = 0;
    uint64_t bytes = 0;  // as they are stored
  };
  std::map<std::string, Part> by_type;  // "f16", "f16 panel16", "f32 -> f16"
  // In the order of the source. Vectors under `quantise`, which is for matrices, are not among them.
  std::vector<NotQuantised> not_quantised;
  uint64_t tensors = 0;
  uint64_t resumed = 0;  // of them, those that were there from an earlier attempt
  uint64_t source_bytes = 0;
  uint64_t file_bytes = 0;
};

// Writes `source` with `description` to `target`, which is replaced when all of it is written.
Result<ConvertReport> convert(const ModelSource& source, const PackageDescription& description,
                              const ConvertOptions& options, const std::string& target);

}  // namespace openinfer::pack
