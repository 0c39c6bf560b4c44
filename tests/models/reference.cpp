#include "tests/models/reference.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "tests/models/model_session.h"

namespace openinfer::testing {
namespace {

pack::SafetensorsFile opened(const std::string& path) {
  auto file = pack::SafetensorsFile::open(path);
  INFO(path);
  REQUIRE(file.ok());
  return std::move(*file);
}

}  // namespace

Reference::Reference(std::string_view model, const std::string& file)
    : file_(opened(model_folder(model) + "/" + file)) {}

TensorView Reference::view(std::string_view tensor) const {
  const auto& all = file_.tensors();
  const auto hit = std::find_if(all.begin(), all.end(), [&](const pack::SourceTensor& t) { return t.name == tensor; });
  INFO(tensor);
  REQUIRE(hit != all.end());
  return TensorView::dense(const_cast<std::byte*>(hit->data.data()), hit->dtype, hit->shape);
}

TensorView Reference::row(std::string_view tensor) const {
  const TensorView whole = view(tensor);
  REQUIRE(whole.shape[0] == 1);
  return TensorView::dense(whole.data, whole.dtype, Shape(whole.shape.dims().subspan(1)));
}

std::vector<int32_t> Reference::ids(std::string_view tensor) const {
  const TensorView whole = view(tensor);
  REQUIRE(whole.dtype == DType::i64);
  const auto* first = whole.as<int64_t>();
  return {first, first + whole.elements()};
}

TensorView rows(const TensorView& tensor, int64_t begin, int64_t end) {
  TensorView part = tensor;
  part.shape[0] = end - begin;
  part.data += static_cast<uint64_t>(begin * tensor.strides[0]) * element_bytes(tensor.dtype);
  return part;
}

TensorView view_of(std::vector<int32_t>& ids) {
  return TensorView::dense(ids.data(), DType::i32, {static_cast<int64_t>(ids.size())});
}

double difference(const TensorView& actual, const TensorView& expected) {
  REQUIRE(actual.dtype == DType::f32);
  REQUIRE(expected.dtype == DType::f32);
  REQUIRE(actual.elements() == expected.elements());
  REQUIRE(actual.elements() > 0);
  double largest = 0, worst = 0;
  for (int64_t i = 0; i < actual.elements(); ++i) {
    const double a = actual.as<float>()[i], e = expected.as<float>()[i];
    if (!std::isfinite(a) || !std::isfinite(e)) return std::numeric_limits<double>::infinity();
    largest = std::max(largest, std::abs(e));
    worst = std::max(worst, std::abs(a - e));
  }
  REQUIRE(largest > 0);
  return worst / largest;
}

}  // namespace openinfer::testing
