// What the same weights give in float64 elsewhere: reference.safetensors of a model's folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oinf/pack/safetensors.h"

namespace openinfer::testing {

class Reference {
 public:
  // Fails the test when there is no such file.
  explicit Reference(std::string_view model, const std::string& file = "reference.safetensors");

  // Valid as long as the reference; fails the test when it is not there. Views are never written.
  [[nodiscard]] TensorView view(std::string_view tensor) const;
  // Without its first axis of one element.
  [[nodiscard]] TensorView row(std::string_view tensor) const;
  // An integer tensor, flat, as the graphs take ids.
  [[nodiscard]] std::vector<int32_t> ids(std::string_view tensor) const;

 private:
  pack::SafetensorsFile file_;
};

// rows[begin .. end) of the first axis of a dense tensor.
[[nodiscard]] TensorView rows(const TensorView& tensor, int64_t begin, int64_t end);
[[nodiscard]] TensorView view_of(std::vector<int32_t>& ids);

// The largest difference of two f32 tensors of as many elements, as a share of the largest value of `expected`.
// Infinity when one is not a number; fails the test when there is nothing to compare.
[[nodiscard]] double difference(const TensorView& actual, const TensorView& expected);

// What the project promises of f32 arithmetic against float64.
inline constexpr double kTolerance = 1e-4;

}  // namespace openinfer::testing
