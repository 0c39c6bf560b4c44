// examples/onnx/control.graph: branches, a loop that ends early, lengths that only the run knows.
#include <unistd.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <numeric>

#include "oinf/pack/convert.h"
#include "tests/models/model_session.h"
#include "tests/models/reference.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

using Matrix = std::vector<std::vector<double>>;

std::string package_of_weights(const std::vector<float>& w) {
  pack::ModelSource source;
  source.tensors.push_back({"model/dense/kernel:0", DType::f32, {6, 6}, std::as_bytes(std::span(w))});
  const std::string path = package_path("control." + std::to_string(::getpid()));
  REQUIRE(pack::convert(source, source.description, {}, path).ok());
  return path;
}

// The example with a bound for its number of trips: a plan needs one.
std::string bounded_graph() {
  std::ifstream file(OPENINFER_SOURCE_DIR "/examples/onnx/control.graph");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::string open = "most = trips;";
  const size_t at = text.find(open);
  REQUIRE(at != std::string::npos);
  text.replace(at, open.size(), "most = min(trips, 4);");
  const std::string path = package_path("control." + std::to_string(::getpid())) + ".graph";
  std::ofstream(path) << text;
  return path;
}

std::vector<double> numbers(const Emitted& e) {
  std::vector<double> list;
  for (int64_t i = 0; i < e.value.elements(); ++i) {
    switch (e.value.dtype()) {
      case DType::f32:
        list.push_back(e.value.view().as<float>()[i]);
        break;
      case DType::i32:
        list.push_back(e.value.view().as<int32_t>()[i]);
        break;
      default:
        list.push_back(static_cast<double>(e.value.view().as<int64_t>()[i]));
    }
  }
  return list;
}

void check_close(const std::vector<double>& actual, const std::vector<double>& expected) {
  REQUIRE(actual.size() == expected.size());
  for (size_t i = 0; i < actual.size(); ++i) CHECK(actual[i] == Approx(expected[i]).margin(1e-5));
}

// What the program computes, in double precision.
struct Expected {
  std::vector<double> strided, values, indices, scan, r, c;

  Expected(const Matrix& x, const Matrix& w, int trips, double sign) {
    Matrix carried = x;
    for (auto& row : carried)
      for (double& v : row) v = sign > 0 ? std::max(v, 0.0) : -v;
    for (int i = 0; i < trips; ++i) {
      double largest = -1e9;
      for (auto& row : carried) {
        std::vector<double> product(6);
        for (size_t n = 0; n < 6; ++n)
          for (size_t k = 0; k < 6; ++k) product[n] += row[k] * w[k][n];
        for (size_t n = 0; n < 6; ++n) row[n] = std::tanh(product[n]);
        scan.push_back(std::accumulate(row.begin(), row.end(), 0.0));
        largest = std::max(largest, scan.back());
      }
      if (largest >= 5) break;
    }
    for (size_t b = 0; b < carried.size(); ++b) {
      const auto& row = carried[b];
      strided.insert(strided.end(), {row[2], row[4]});
      std::vector<int> order = {0, 1, 2, 3};
      std::sort(order.begin(), order.end(),
                [&](int i, int j) { return row[2 + i] != row[2 + j] ? row[2 + i] > row[2 + j] : i < j; });
      for (int k = 0; k < 3; ++k) {
        values.push_back(row[2 + order[k]]);
        indices.push_back(order[k]);
      }
      for (size_t k = 0; k < 2; ++k)
        if (row[k] != 0) {
          r.push_back(static_cast<double>(b));
          c.push_back(static_cast<double>(k));
        }
    }
  }
};

}  // namespace

TEST_CASE("onnx/control: every way through it gives what it should") {
  std::vector<float> w(36);
  for (size_t i = 0; i < 36; ++i) w[i] = i % 6 == 0 ? 0.0f : std::sin(static_cast<float>(i)) + 0.5f;
  const std::string package = package_of_weights(w);
  const std::string graph = bounded_graph();
  const auto session = open_session(graph, package);
  ::unlink(package.c_str());
  ::unlink(graph.c_str());
  for (const float scale : {0.3f, -0.3f, 9.0f})
    for (const int batch : {1, 3})
      for (const int trips : {0, 1, 4}) {
        std::vector<float> x(static_cast<size_t>(6 * batch));
        for (size_t i = 0; i < x.size(); ++i) x[i] = scale * (std::cos(static_cast<float>(3 * i)) + 0.9f);
        set(*session, "x", TensorView::dense(x.data(), DType::f32, {batch, 6}));
        set(*session, "trips", std::to_string(trips));
        const auto emitted = step(*session);
        REQUIRE(emitted.size() == 6);

        Matrix rows_of_x, rows_of_w;
        for (size_t b = 0; b < static_cast<size_t>(batch); ++b)
          rows_of_x.emplace_back(x.begin() + static_cast<std::ptrdiff_t>(6 * b),
                                 x.begin() + static_cast<std::ptrdiff_t>(6 * b + 6));
        for (size_t k = 0; k < 6; ++k)
          rows_of_w.emplace_back(w.begin() + static_cast<std::ptrdiff_t>(6 * k),
                                 w.begin() + static_cast<std::ptrdiff_t>(6 * k + 6));
        const double total = std::accumulate(x.begin(), x.end(), 0.0);
        const Expected expected(rows_of_x, rows_of_w, trips, total);
        INFO("scale " << scale << ", batch " << batch << ", trips " << trips);
        check_close(numbers(emitted[0]), expected.strided);
        check_close(numbers(emitted[1]), expected.values);
        check_close(numbers(emitted[2]), expected.indices);
        check_close(numbers(emitted[3]), expected.scan);
        check_close(numbers(emitted[4]), expected.r);
        check_close(numbers(emitted[5]), expected.c);
      }
}
