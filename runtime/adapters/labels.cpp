#include "runtime/adapters/labels.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "ops/element.h"
#include "runtime/adapters/format_number.h"
#include "runtime/adapters/host_tensor.h"
#include "runtime/adapters/json_string.h"

namespace openinfer {
namespace {

Diagnostic misfit(const TensorView& tensor, const std::string& why) {
  return {Code::I0009, "@labels on " + std::string(name(tensor.dtype)) + to_string(tensor.shape) + ": " + why};
}

// JSON has neither infinities nor NaN.
std::string json_number(const std::string& value) {
  return value == "nan" || value == "inf" || value == "-inf" ? "\"" + value + "\"" : value;
}

}  // namespace

Result<std::vector<LabelledRow>> rank_labels(const TensorView& tensor, const std::vector<std::string>& labels) {
  const int rank = tensor.shape.rank();
  if (!is_float(tensor.dtype) || (rank != 1 && rank != 2)) return misfit(tensor, "a float vector or matrix is needed");
  const int64_t classes = tensor.shape[rank - 1];
  if (static_cast<uint64_t>(classes) != labels.size())
    return misfit(tensor, "the package has " + std::to_string(labels.size()) + " labels");
  OINF_ASSIGN(const HostTensor dense, HostTensor::copy_of(tensor));
  std::vector<LabelledRow> rows(static_cast<size_t>(rank == 2 ? tensor.shape[0] : 1));
  std::vector<int64_t> order(labels.size());
  for (size_t row = 0; row < rows.size(); ++row) {
    const int64_t base = static_cast<int64_t>(row) * classes;
    const auto value = [&](int64_t k) { return load_element<double>(dense.data(), dense.dtype(), base + k); };
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      const double x = value(a), y = value(b);
      if (std::isnan(x) != std::isnan(y)) return std::isnan(y);
      return x > y || (!(x < y) && a < b);
    });
    for (const int64_t k : order)
      rows[row].push_back({labels[static_cast<size_t>(k)], format_element(dense.data(), dense.dtype(), base + k)});
  }
  return rows;
}

Result<std::vector<std::string>> name_labels(const TensorView& tensor, const std::vector<std::string>& labels) {
  if (!is_integer(tensor.dtype)) return misfit(tensor, "an integer type is needed");
  OINF_ASSIGN(const HostTensor dense, HostTensor::copy_of(tensor));
  std::vector<std::string> names;
  for (int64_t i = 0; i < dense.elements(); ++i) {
    const auto value = load_element<uint64_t>(dense.data(), dense.dtype(), i);  // below 0 it is past every label
    names.push_back(value < labels.size() ? labels[value] : format_element(dense.data(), dense.dtype(), i));
  }
  return names;
}

std::string label_table(const std::vector<LabelledRow>& rows, size_t most) {
  std::string table;
  for (size_t row = 0; row < rows.size(); ++row) {
    if (row > 0) table += "\n";
    size_t width = 0;
    const size_t shown = std::min(most, rows[row].size());
    for (size_t i = 0; i < shown; ++i) width = std::max(width, rows[row][i].label.size());
    for (size_t i = 0; i < shown; ++i) {
      const LabelledValue& entry = rows[row][i];
      table += entry.label + std::string(width - entry.label.size() + 2, ' ') + entry.value + "\n";
    }
  }
  return table;
}

std::string label_json(const std::vector<LabelledRow>& rows) {
  std::string json;
  for (size_t row = 0; row < rows.size(); ++row) {
    json += row > 0 ? ", [" : "[";
    for (size_t i = 0; i < rows[row].size(); ++i)
      json += (i > 0 ? ", {\"label\": \"" : "{\"label\": \"") + json_escaped(rows[row][i].label) +
              "\", \"value\": " + json_number(rows[row][i].value) + "}";
    json += "]";
  }
  return rows.size() == 1 ? json : "[" + json + "]";
}

}  // namespace openinfer
