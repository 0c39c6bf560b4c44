// @labels: names for classes, from the package's list of labels by index.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ir/result.h"
#include "ir/shape.h"

namespace openinfer {

struct LabelledValue {
  std::string label;
  std::string value;  // as format_element spells it
};
using LabelledRow = std::vector<LabelledValue>;

// tensor: a float vector [K] or matrix [B, K], on the host. A row for each row, its values falling, NaN last, at ties
// the lower index first. Errors: I0009 when K is not the number of labels, or for another rank or type.
[[nodiscard]] Result<std::vector<LabelledRow>> rank_labels(const TensorView& tensor,
                                                           const std::vector<std::string>& labels);

// tensor: of an integer type and any shape, on the host. The name of each value in row-major order; one without a label
// is its number. Errors: I0009 for another type.
[[nodiscard]] Result<std::vector<std::string>> name_labels(const TensorView& tensor,
                                                           const std::vector<std::string>& labels);

// A line a value, its first `most` ones; rows are separated by an empty line.
[[nodiscard]] std::string label_table(const std::vector<LabelledRow>& rows, size_t most = 5);

// All values: a list of {"label": …, "value": …}; of several rows, a list of such lists.
[[nodiscard]] std::string label_json(const std::vector<LabelledRow>& rows);

}  // namespace openinfer
