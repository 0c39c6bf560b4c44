// Products with weights, normalisations, rotary positions: against naive double code.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "run.h"

using namespace openinfer;
using test::Options;
using test::random_tensor;
using test::run;
using test::Tensor;

namespace {

void near(const Tensor& y, const std::vector<double>& want, double tolerance) {
  REQUIRE(y.size() == static_cast<int64_t>(want.size()));
  double worst = 0, largest = 1e-30;
  for (size_t i = 0; i < want.size(); ++i) {
    worst = std::max(worst, std::fabs(y[static_cast<int64_t>(i)] - want[i]));
    largest = std::max(largest, std::fabs(want[i]));
  }
  CHECK(worst <= tolerance * largest);
}

std::vector<double> product(const Tensor& x, const Tensor& w, const Tensor* bias) {
  const int64_t k = w.shape[w.shape.rank() - 1], rows = w.size() / k;
  std::vector<double> y;
  for (int64_t m = 0; m < x.size() / k; ++m)
    for (int64_t n = 0; n < rows; ++n) {
      double v = 0;
      for (int64_t i = 0; i < k; ++i) v += x[m * k + i] * w[n * k + i];
      y.push_back(v + (bias ? (*bias)[n] : 0));
    }
  return y;
}

// Panels of 16 rows, as the package stores them.
Tensor panels(const Tensor& w) {
  const int64_t k = w.shape[w.shape.rank() - 1], rows = w.size() / k, blocks = (rows + 15) / 16;
  const bool pairs = w.dtype == DType::bf16;
  Tensor p(w.dtype, {blocks * 16 * (pairs ? (k + 1) / 2 * 2 : k)});
  for (int64_t n = 0; n < rows; ++n)
    for (int64_t i = 0; i < k; ++i)
      p.set(pairs ? ((n / 16 * ((k + 1) / 2) + i / 2) * 16 + n % 16) * 2 + i % 2 : (n / 16 * k + i) * 16 + n % 16,
            w[n * k + i]);
  return p;
}

}  // namespace

TEST_CASE("linear multiplies rows and adds the bias") {
  for (const DType t : {DType::f32, DType::f16, DType::bf16, DType::f64, DType::f8, DType::f8e4m3}) {
    const Tensor x = random_tensor(DType::f32, {2, 3, 700}, 1), w = random_tensor(t, {4, 5, 700}, 2),
                 b = random_tensor(DType::f16, {4, 5}, 3);
    const auto r = run("linear", {x, w, b});
    REQUIRE(r.codes.empty());
    REQUIRE(r.ok);
    REQUIRE(r.y().shape == Shape({2, 3, 4, 5}));
    near(r.y(), product(x, w, &b), 1e-5);
    Options strided;
    strided.strided = true;
    CHECK(run("linear", {x, w, b}, {}, strided).y().bytes == r.y().bytes);
  }
}

TEST_CASE("a product is one chain in segments of 512") {
  const Tensor x = random_tensor(DType::f32, {1, 1300}, 5), w = random_tensor(DType::f32, {1, 1300}, 6);
  float total = 0;
  for (int64_t s = 0; s < 1300; s += 512) {
    float acc = 0;
    for (int64_t k = s; k < std::min<int64_t>(s + 512, 1300); ++k)
      acc = std::fma(static_cast<float>(w[k]), static_cast<float>(x[k]), acc);
    total += acc;
  }
  CHECK(run("linear", {x, w}).y()[0] == static_cast<double>(total));
  Tensor column = w;
  column.shape = {1300, 1};
  CHECK(run("matmul", {x, column}).y()[0] == static_cast<double>(total));
}

TEST_CASE("linear and embedding read panels of 16 rows") {
  for (const DType t : {DType::f32, DType::f16, DType::bf16}) {
    for (const int64_t k : {1, 7, 64}) {
      const Tensor x = random_tensor(DType::f32, {3, k}, 1), w = random_tensor(t, {21, k}, 2);
      Tensor p = panels(w);
      TensorView weight = p.view();
      weight.layout = Layout::panel16;
      weight.shape = w.shape;
      Tensor y(DType::f32, {3, 21}), ids(DType::i32, {2}, {20, 3}), rows(DType::f32, {2, k});
      Tensor x_copy = x;
      KernelFault fault;
      const TensorView linear_in[] = {x_copy.view(), weight, {}}, linear_out[] = {y.view()};
      KernelArgs args;
      args.inputs = linear_in;
      args.outputs = linear_out;
      args.fault = &fault;
      REQUIRE(test::plain_kernel("linear")->run(args));
      CHECK(y.bytes == run("linear", {x, w}).y().bytes);
      const TensorView embedding_in[] = {ids.view(), weight}, embedding_out[] = {rows.view()};
      args.inputs = embedding_in;
      args.outputs = embedding_out;
      REQUIRE(test::plain_kernel("embedding")->run(args));
      Options f32;
      f32.outputs = {{DType::f32, {2, k}}};
      CHECK(rows.bytes == run("embedding", {ids, w}, {}, f32).y().bytes);
    }
  }
}

TEST_CASE("block-quantised weights meet int8 activations") {
  // One group: scale 0.5, quants 0 … 31; activations are 1 and 127, so that their scale is 1 and they stay themselves.
  Tensor w(DType::q8_0, {1, 32});
  w.bytes[0] = std::byte{0x00};
  w.bytes[1] = std::byte{0x38};  // f16 0.5
  for (size_t i = 0; i < 32; ++i) w.bytes[2 + i] = static_cast<std::byte>(i);
  Tensor x(DType::f32, {1, 32}, std::vector<double>(32, 1.0));
  x.set(31, 127);
  double dot = 0;
  for (int i = 0; i < 31; ++i) dot += i;
  CHECK(run("linear", {x, w}).y()[0] == 0.5 * (dot + 31 * 127));
  Tensor w4(DType::q4_0, {1, 32});
  w4.bytes[1] = std::byte{0x3C};                                      // f16 1
  for (size_t i = 0; i < 16; ++i) w4.bytes[2 + i] = std::byte{0xA9};  // low 9 - 8 = 1, high 10 - 8 = 2
  CHECK(run("linear", {x, w4}).y()[0] == 16 + 2 * (15 + 127));
  x.set(0, std::numeric_limits<double>::infinity());
  CHECK(std::isnan(run("linear", {x, w}).y()[0]));
  CHECK(run("linear", {Tensor(DType::f32, {1, 32}, std::vector<double>(32, 0x1p-110)), w}).y()[0] == 0);
}

TEST_CASE("linear over an empty axis is the bias") {
  CHECK(run("linear", {Tensor(DType::f32, {2, 0}), Tensor(DType::f32, {3, 0}), Tensor(DType::f32, {3}, {1, 2, 3})})
            .y()
            .values() == std::vector<double>{1, 2, 3, 1, 2, 3});
  CHECK(run("linear", {Tensor(DType::f32, {0, 4}), Tensor(DType::f32, {3, 4})}).y().size() == 0);
}

TEST_CASE("gather_linear computes the rows that are named") {
  const Tensor x = random_tensor(DType::f32, {2, 9}, 1), w = random_tensor(DType::f16, {5, 4, 9}, 2),
               b = random_tensor(DType::f32, {5, 4}, 3);
  const Tensor index(DType::i32, {2, 2}, {4, 0, 2, 2});
  const auto r = run("gather_linear", {x, w, index, b});
  REQUIRE(r.ok);
  for (int64_t t = 0; t < 2; ++t)
    for (int64_t a = 0; a < 2; ++a)
      for (int64_t n = 0; n < 4; ++n) {
        const int64_t e = index.integer(t * 2 + a);
        double v = b[e * 4 + n];
        for (int64_t k = 0; k < 9; ++k) v += x[t * 9 + k] * w[(e * 4 + n) * 9 + k];
        CHECK(r.y()[(t * 2 + a) * 4 + n] == Approx(v).epsilon(1e-5).margin(1e-6));
      }
  const auto bad = run("gather_linear", {x, w, Tensor(DType::i32, {2, 1}, {0, 5})});
  CHECK(bad.fault.code == Code::R0001);
  const auto each = run("gather_linear", {random_tensor(DType::f32, {2, 2, 9}, 4), w, index});
  CHECK(each.ok);
}

TEST_CASE("matmul follows NumPy's rule") {
  const Tensor a = random_tensor(DType::f32, {2, 1, 3, 4}, 1), b = random_tensor(DType::f32, {5, 4, 2}, 2);
  const auto r = run("matmul", {a, b});
  REQUIRE(r.y().shape == Shape({2, 5, 3, 2}));
  for (int64_t i = 0; i < 60; ++i) {
    const int64_t n = i % 2, m = i / 2 % 3, p = i / 6 % 5, q = i / 30;
    double v = 0;
    for (int64_t k = 0; k < 4; ++k) v += a[(q * 3 + m) * 4 + k] * b[(p * 4 + k) * 2 + n];
    CHECK(r.y()[i] == Approx(v).epsilon(1e-5).margin(1e-6));
  }
  Options strided;
  strided.strided = true;
  CHECK(run("matmul", {a, b}, {}, strided).y().bytes == r.y().bytes);
  CHECK(run("matmul", {Tensor(DType::f32, {2}, {1, 2}), Tensor(DType::f32, {2}, {3, 4})}).y()[0] == 11);
  CHECK(run("matmul", {Tensor(DType::i32, {1, 2}, {3, 4}), Tensor(DType::i32, {2, 1}, {5, 6})}).y()[0] == 39);
  CHECK(run("matmul", {Tensor(DType::i8, {1, 2}, {100, 100}), Tensor(DType::i8, {2, 1}, {1, 1})}).y()[0] == -56);
  CHECK(run("matmul", {Tensor(DType::i4, {1, 2}, {3, -2}), Tensor(DType::i4, {2, 2}, {1, 0, 0, 1})}).y().values() ==
        std::vector<double>{3, -2});
  CHECK(run("matmul", {Tensor(DType::boolean, {1, 2}, {1, 1}), Tensor(DType::boolean, {2, 2}, {0, 1, 0, 1})})
            .y()
            .values() == std::vector<double>{0, 1});
}

TEST_CASE("norms follow their formulas and may write their input") {
  for (const DType t : {DType::f32, DType::f16, DType::f64}) {
    const Tensor x = random_tensor(t, {3, 130}, 1, 4), w = random_tensor(DType::f32, {130}, 2),
                 b = random_tensor(DType::f32, {130}, 3);
    std::vector<double> rms, layer, soft;
    for (int64_t r = 0; r < 3; ++r) {
      double square = 0, sum = 0, var = 0, top = -1e30, all = 0;
      for (int64_t i = 0; i < 130; ++i) {
        const double v = x[r * 130 + i];
        square += v * v;
        sum += v;
        top = std::max(top, v);
      }
      for (int64_t i = 0; i < 130; ++i) {
        var += std::pow(x[r * 130 + i] - sum / 130, 2);
        all += std::exp(x[r * 130 + i] - top);
      }
      for (int64_t i = 0; i < 130; ++i) {
        const double v = x[r * 130 + i];
        rms.push_back(v / std::sqrt(square / 130 + 1e-3) * (1 + w[i]));
        layer.push_back((v - sum / 130) / std::sqrt(var / 130 + 1e-3) * w[i] + b[i]);
        soft.push_back(std::exp(v - top) / all);
      }
    }
    const double tolerance = t == DType::f16 ? 1e-3 : 1e-5;
    Options in_place, strided;
    in_place.in_place = true;
    strided.strided = true;
    const auto check = [&](std::string_view op, const std::vector<Tensor>& in, const std::vector<double>& want,
                           const test::Attributes& a) {
      const auto r = run(op, in, a);
      REQUIRE(r.ok);
      near(r.y(), want, tolerance);
      CHECK(run(op, in, a, in_place).y().bytes == r.y().bytes);
      CHECK(run(op, in, a, strided).y().bytes == r.y().bytes);
    };
    check("rms_norm", {x, w}, rms, {{"eps", 1e-3}, {"offset", 1.0}});
    check("layer_norm", {x, w, b}, layer, {{"eps", 1e-3}});
    check("softmax", {x}, soft, {});
  }
}

TEST_CASE("sums of norms are taken in 64 lanes") {
  const Tensor x = random_tensor(DType::f32, {1, 200}, 9), w(DType::f32, {200}, std::vector<double>(200, 1.0));
  float lane[64] = {};
  for (int64_t i = 0; i < 200; ++i)
    lane[i % 64] = std::fma(static_cast<float>(x[i]), static_cast<float>(x[i]), lane[i % 64]);
  for (int half = 32; half; half /= 2)
    for (int j = 0; j < half; ++j) lane[j] += lane[j + half];
  const float r = 1.0f / std::sqrt(lane[0] / 200.0f + 1e-6f);
  const auto y = run("rms_norm", {x, w}).y();
  for (int64_t i = 0; i < 200; ++i) CHECK(y[i] == static_cast<double>(static_cast<float>(x[i]) * r));
}

TEST_CASE("softmax at the corners") {
  const double inf = std::numeric_limits<double>::infinity();
  const auto y = run("softmax", {Tensor(DType::f32, {3, 2}, {-inf, 0, -inf, -inf, 1000, 1000})}).y();
  CHECK(y[0] == 0);
  CHECK(y[1] == 1);
  CHECK(std::isnan(y[2]));
  CHECK(y[4] == 0.5);
  Options first;
  first.integers = {{"axis", 0}};
  CHECK(run("softmax", {Tensor(DType::f32, {2, 2}, {0, 1, 0, 1})}, {}, first).y().values() ==
        std::vector<double>{0.5, 0.5, 0.5, 0.5});
  CHECK(run("softmax", {Tensor(DType::f32, {2, 0})}).fault.code == Code::R0005);
  CHECK(run("softmax", {Tensor(DType::f32, {0, 2})}).ok);
}

TEST_CASE("batch_norm and group_norm") {
  const Tensor x = random_tensor(DType::f32, {2, 4, 3, 5}, 1), w = random_tensor(DType::f32, {4}, 2),
               b = random_tensor(DType::f32, {4}, 3);
  const Tensor mean = random_tensor(DType::f32, {4}, 4), var(DType::f32, {4}, {1, 2, 0.5, 3});
  std::vector<double> batch, group;
  for (int64_t i = 0; i < x.size(); ++i) {
    const int64_t c = i / 15 % 4;
    batch.push_back((x[i] - mean[c]) / std::sqrt(var[c] + 1e-5) * w[c] + b[c]);
  }
  near(run("batch_norm", {x, w, b, mean, var}).y(), batch, 1e-5);
  for (int64_t g = 0; g < 4; ++g) {
    double sum = 0, square = 0;
    for (int64_t i = 0; i < 30; ++i) sum += x[g * 30 + i];
    for (int64_t i = 0; i < 30; ++i) square += std::pow(x[g * 30 + i] - sum / 30, 2);
    for (int64_t i = 0; i < 30; ++i) {
      const int64_t c = (g * 30 + i) / 15 % 4;
      group.push_back((x[g * 30 + i] - sum / 30) / std::sqrt(square / 30 + 1e-5) * w[c] + b[c]);
    }
  }
  Options two;
  two.integers = {{"groups", 2}};
  near(run("group_norm", {x, w, b}, {}, two).y(), group, 1e-5);
}

TEST_CASE("embedding gives rows") {
  const Tensor w = random_tensor(DType::bf16, {10, 300}, 1);
  const auto r = run("embedding", {Tensor(DType::i64, {2, 2}, {3, 0, 9, 3}), w});
  REQUIRE(r.ok);
  CHECK(r.y().dtype == DType::bf16);
  for (int64_t i = 0; i < 300; ++i) CHECK(r.y()[300 * 2 + i] == w[9 * 300 + i]);
  CHECK(run("embedding", {Tensor(DType::i32, {1}, {10}), w}).fault.code == Code::R0001);
  CHECK(run("embedding", {Tensor(DType::i32, {1}, {-1}), w}).fault.code == Code::R0001);
  // Every block type reads through the same accessor.
  Tensor q(DType::q8_0, {2, 32});
  q.bytes[35] = std::byte{0x3C};
  q.bytes[36] = std::byte{0xF9};
  Options f32;
  f32.outputs = {{DType::f32, {1, 32}}};
  CHECK(run("embedding", {Tensor(DType::i32, {1}, {1}), q}, {}, f32).y()[0] == -7);
}

TEST_CASE("rope turns pairs by the position") {
  const Tensor x = random_tensor(DType::f32, {3, 2, 6}, 1), freq(DType::f32, {2}, {1, 0.1});
  for (const bool neighbours : {false, true}) {
    const auto r = run("rope", {x, Tensor(DType::i32, {}, {40}), freq}, {{"interleaved", neighbours}});
    REQUIRE(r.ok);
    for (int64_t t = 0; t < 3; ++t)
      for (int64_t h = 0; h < 2; ++h) {
        const int64_t base = (t * 2 + h) * 6;
        for (int64_t i = 0; i < 2; ++i) {
          const int64_t p = base + (neighbours ? 2 * i : i), q = base + (neighbours ? 2 * i + 1 : i + 2);
          const double angle = static_cast<double>(40 + t) * freq[i];
          CHECK(r.y()[p] == Approx(x[p] * std::cos(angle) - x[q] * std::sin(angle)).margin(1e-5));
          CHECK(r.y()[q] == Approx(x[q] * std::cos(angle) + x[p] * std::sin(angle)).margin(1e-5));
        }
        CHECK(r.y()[base + 4] == x[base + 4]);
      }
    Options in_place;
    in_place.in_place = true;
    CHECK(run("rope", {x, Tensor(DType::i32, {3}, {40, 41, 42}), freq}, {{"interleaved", neighbours}}, in_place)
              .y()
              .bytes == r.y().bytes);
  }
}
