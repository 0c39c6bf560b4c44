// Convolutions, pools, resizing, recurrences: against naive double code.
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

using V = std::vector<double>;
const double kNaN = std::numeric_limits<double>::quiet_NaN();

void near(const Tensor& y, const V& want, double tolerance = 1e-5) {
  REQUIRE(y.size() == static_cast<int64_t>(want.size()));
  for (size_t i = 0; i < want.size(); ++i)
    if (!(std::fabs(y[static_cast<int64_t>(i)] - want[i]) <= tolerance)) CHECK(y[static_cast<int64_t>(i)] == want[i]);
}

struct Conv {
  int64_t b, c, h, w, o, kh, kw, stride, pad_top, pad_left, dilation, groups;
};

V naive_conv(const Conv& p, const Tensor& x, const Tensor& k, const Tensor& bias, int64_t oh, int64_t ow) {
  V y;
  const int64_t cg = p.c / p.groups, og = p.o / p.groups;
  for (int64_t b = 0; b < p.b; ++b)
    for (int64_t o = 0; o < p.o; ++o)
      for (int64_t i = 0; i < oh; ++i)
        for (int64_t j = 0; j < ow; ++j) {
          double v = bias[o];
          for (int64_t c = 0; c < cg; ++c)
            for (int64_t m = 0; m < p.kh; ++m)
              for (int64_t n = 0; n < p.kw; ++n) {
                const int64_t r = i * p.stride - p.pad_top + m * p.dilation,
                              s = j * p.stride - p.pad_left + n * p.dilation;
                if (r < 0 || r >= p.h || s < 0 || s >= p.w) continue;
                v += x[((b * p.c + o / og * cg + c) * p.h + r) * p.w + s] * k[((o * cg + c) * p.kh + m) * p.kw + n];
              }
          y.push_back(v);
        }
  return y;
}

}  // namespace

TEST_CASE("conv of images, groups, strides, dilation, uneven padding") {
  for (const Conv& p : {Conv{2, 4, 7, 6, 6, 3, 2, 2, 1, 0, 1, 2}, Conv{1, 3, 9, 9, 2, 3, 3, 1, 2, 2, 2, 1},
                        Conv{1, 2, 5, 5, 4, 1, 1, 1, 0, 0, 1, 1}}) {
    const Tensor x = random_tensor(DType::f32, {p.b, p.c, p.h, p.w}, 1),
                 k = random_tensor(DType::f16, {p.o, p.c / p.groups, p.kh, p.kw}, 2),
                 bias = random_tensor(DType::f32, {p.o}, 3);
    Options o;
    o.integers = {{"groups", p.groups}, {"dilation", p.dilation}};
    o.lists = {{"stride", {p.stride}}, {"pad", {p.pad_top, p.pad_left, p.pad_top + 1, p.pad_left}}};
    const auto r = run("conv", {x, k, bias}, {}, o);
    REQUIRE(r.codes.empty());
    REQUIRE(r.ok);
    near(r.y(), naive_conv(p, x, k, bias, r.y().shape[2], r.y().shape[3]));
    o.strided = true;
    CHECK(run("conv", {x, k, bias}, {}, o).y().bytes == r.y().bytes);
  }
}

TEST_CASE("conv of sounds without a batch, and of integers") {
  Options one;
  one.lists = {{"pad", {1}}};
  CHECK(run("conv", {Tensor(DType::f32, {1, 4}, {1, 2, 3, 4}), Tensor(DType::f32, {1, 1, 3}, {1, 10, 100})}, {}, one)
            .y()
            .values() == V{210, 321, 432, 43});
  const auto z = run("conv", {Tensor(DType::i8, {1, 3}, {100, 100, 1}), Tensor(DType::i8, {1, 1, 2}, {100, 1})},
                     {{"acc", DType::i32}});
  REQUIRE(z.codes.empty());
  CHECK(z.y().values() == V{10100, 10001});
  CHECK(run("conv", {Tensor(DType::i8, {1, 3}), Tensor(DType::i8, {1, 1, 2})}).codes == "E0303");
}

TEST_CASE("conv_transpose spreads its input") {
  Options o;
  o.lists = {{"stride", {2}}, {"pad", {1}}, {"output_pad", {1}}};
  const Tensor x = random_tensor(DType::f32, {1, 2, 4, 3}, 1), k = random_tensor(DType::f32, {2, 3, 3, 3}, 2);
  const auto r = run("conv_transpose", {x, k}, {}, o);
  REQUIRE(r.y().shape == Shape({1, 3, 8, 6}));
  V want(3 * 8 * 6);
  for (int64_t c = 0; c < 2; ++c)
    for (int64_t i = 0; i < 4; ++i)
      for (int64_t j = 0; j < 3; ++j)
        for (int64_t f = 0; f < 3; ++f)
          for (int64_t m = 0; m < 3; ++m)
            for (int64_t n = 0; n < 3; ++n) {
              const int64_t p = i * 2 - 1 + m, q = j * 2 - 1 + n;
              if (p >= 0 && p < 8 && q >= 0 && q < 6)
                want[static_cast<size_t>((f * 8 + p) * 6 + q)] +=
                    x[(c * 4 + i) * 3 + j] * k[((c * 3 + f) * 3 + m) * 3 + n];
            }
  near(r.y(), want);
  Options two;
  two.integers = {{"groups", 2}};
  CHECK(
      run("conv_transpose", {Tensor(DType::f32, {2, 1}, {3, 5}), Tensor(DType::f32, {2, 1, 2}, {1, 2, 1, 2})}, {}, two)
          .y()
          .values() == V{3, 6, 5, 10});
}

TEST_CASE("max_pool: NaN wins, places are the lowest of equals") {
  Options o;
  o.lists = {{"kernel", {2}}, {"stride", {2}}};
  o.outputs = {{DType::f32, {1, 1, 2, 2}}, {DType::i64, {1, 1, 2, 2}}};
  const auto r = run(
      "max_pool", {Tensor(DType::f32, {1, 1, 4, 4}, {1, 2, 5, 5, 3, 4, 5, 5, kNaN, 9, -1, -2, 1, 1, -3, -4})}, {}, o);
  REQUIRE(r.ok);
  CHECK(r.y()[0] == 4);
  CHECK(r.y()[1] == 5);
  CHECK(std::isnan(r.y()[2]));
  CHECK(r.y()[3] == -1);
  CHECK(r.outputs[1].values() == V{5, 2, 8, 10});
  Options padded;
  padded.lists = {{"kernel", {3}}, {"stride", {2}}, {"pad", {1}}};
  CHECK(run("max_pool", {Tensor(DType::i32, {1, 1, 5}, {-5, -4, -3, -2, -1})}, {}, padded).y().values() ==
        V{-4, -2, -1});
}

TEST_CASE("pools round their size up") {
  Options up;
  up.lists = {{"kernel", {2}}, {"stride", {2}}};
  CHECK(run("max_pool", {Tensor(DType::f32, {1, 1, 5}, {1, 2, 3, 4, 5})}, {{"round_up", true}}, up).y().values() ==
        V{2, 4, 5});
  CHECK(run("avg_pool", {Tensor(DType::f32, {1, 1, 5}, {1, 2, 3, 4, 5})}, {{"round_up", true}}, up).y().values() ==
        V{1.5, 3.5, 5});
}

TEST_CASE("avg_pool counts cells inside x, or the padding too") {
  Options o;
  o.lists = {{"kernel", {2}}, {"stride", {1}}, {"pad", {1}}};
  const Tensor x(DType::f32, {1, 1, 3}, {2, 4, 6});
  CHECK(run("avg_pool", {x}, {}, o).y().values() == V{2, 3, 5, 6});
  CHECK(run("avg_pool", {x}, {{"count_pad", true}}, o).y().values() == V{1, 3, 5, 3});
}

TEST_CASE("resize: nearest, linear, corners, bytes") {
  const auto resized = [](const Tensor& x, Shape to, test::Attributes a) {
    Options o;
    o.outputs = {{x.dtype, to}};
    return run("resize", {x}, a, o).y().values();
  };
  const std::string nearest = "nearest", linear = "linear", corners = "align_corners";
  const Tensor x(DType::f32, {2, 2}, {1, 2, 3, 4});
  CHECK(resized(x, {4, 4}, {{"mode", nearest}}) == V{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4});
  CHECK(resized(Tensor(DType::f32, {2}, {0, 4}), {4}, {{"mode", linear}}) == V{0, 1, 3, 4});
  CHECK(resized(Tensor(DType::f32, {2}, {0, 4}), {3}, {{"mode", linear}, {"coordinates", corners}}) == V{0, 2, 4});
  CHECK(resized(Tensor(DType::f32, {4}, {1, 3, 5, 7}), {2}, {{"mode", linear}, {"antialias", false}}) == V{2, 6});
  CHECK(resized(x, {2, 2}, {}) == x.values());
  const Tensor bytes(DType::u8, {4}, {0, 255, 255, 0});
  const V half = resized(bytes, {2}, {});
  CHECK(half == V{146, 146});  // weights 3/7 3/7 1/7: the cell outside is left out
  for (const std::string mode : {"cubic", "lanczos"}) {
    const V flat = resized(Tensor(DType::u8, {5}, {77, 77, 77, 77, 77}), {13}, {{"mode", mode}});
    CHECK(flat == V(13, 77.0));
  }
  Options from_nothing;
  from_nothing.outputs = {{DType::f32, {2}}};
  CHECK(run("resize", {Tensor(DType::f32, {0})}, {}, from_nothing).fault.code == Code::R0003);
}

TEST_CASE("resize: axes longer than a kernel takes at once") {
  // A ramp of place keeps its places: a cell is its centre, wherever no edge is in sight.
  for (const auto& [n, m] : {std::pair<int64_t, int64_t>{40'000, 30'000}, {5'000, 40'000}, {60'000, 9}, {70'000, 4}}) {
    for (const Shape& lead : {Shape{}, Shape{2}}) {
      Shape from = lead, to = lead;
      from.push_back(n), to.push_back(m);
      V ramp;
      for (int64_t i = 0; i < from.elements(); ++i) ramp.push_back(static_cast<double>(i % n + i / n));
      Options o;
      o.outputs = {{DType::f64, to}};
      const V y = run("resize", {Tensor(DType::f64, from, ramp)}, {}, o).y().values();
      const double step = static_cast<double>(n) / static_cast<double>(m);
      double worst = 0;
      int compared = 0;
      for (int64_t i = 0; i < to.elements(); ++i) {
        const double place = (static_cast<double>(i % m) + 0.5) * step - 0.5, edge = std::max(step, 1.0);
        if (place < edge || place > static_cast<double>(n) - 1 - edge) continue;
        ++compared;
        worst = std::max(worst, std::fabs(y[static_cast<size_t>(i)] - place - static_cast<double>(i / m)));
      }
      INFO(n << " to " << m << ", " << lead.rank() << " axes before");
      CHECK(worst < 0.05);
      CHECK(compared >= to.elements() / 2);
    }
  }
}

TEST_CASE("causal_conv1d carries its state") {
  const Tensor x = random_tensor(DType::f32, {5, 3}, 1), w = random_tensor(DType::f32, {3, 1, 4}, 2),
               state = random_tensor(DType::f32, {3, 3}, 3), b = random_tensor(DType::f32, {3}, 4);
  Options two;
  two.outputs = {{DType::f32, {5, 3}}, {DType::f32, {3, 3}}};
  const auto r = run("causal_conv1d", {x, w, state, b}, {}, two);
  REQUIRE(r.codes.empty());
  const auto z = [&](int64_t row, int64_t c) { return row < 3 ? state[row * 3 + c] : x[(row - 3) * 3 + c]; };
  V want, carried;
  for (int64_t t = 0; t < 5; ++t)
    for (int64_t c = 0; c < 3; ++c) {
      double v = b[c];
      for (int64_t k = 0; k < 4; ++k) v += z(t + k, c) * w[c * 4 + k];
      want.push_back(v);
    }
  near(r.y(), want);
  for (int64_t k = 0; k < 3; ++k)
    for (int64_t c = 0; c < 3; ++c) carried.push_back(z(5 + k, c));
  CHECK(r.outputs[1].values() == carried);
}

TEST_CASE("selective_scan is a recurrence that may be cut anywhere") {
  const Tensor x = random_tensor(DType::f32, {4, 2}, 1), dt = random_tensor(DType::f32, {4, 2}, 2),
               a = random_tensor(DType::f32, {2, 3}, 3), b = random_tensor(DType::f32, {4, 3}, 4),
               c = random_tensor(DType::f32, {4, 3}, 5), s0 = random_tensor(DType::f32, {2, 3}, 6);
  Options two;
  two.outputs = {{DType::f32, {4, 2}}, {DType::f32, {2, 3}}};
  const auto r = run("selective_scan", {x, dt, a, b, c, s0}, {}, two);
  REQUIRE(r.ok);
  V s = s0.values(), want;
  for (int64_t t = 0; t < 4; ++t)
    for (int64_t i = 0; i < 2; ++i) {
      double v = 0;
      for (int64_t k = 0; k < 3; ++k) {
        double& q = s[static_cast<size_t>(i * 3 + k)];
        q = std::exp(dt[t * 2 + i] * a[i * 3 + k]) * q + dt[t * 2 + i] * b[t * 3 + k] * x[t * 2 + i];
        v += q * c[t * 3 + k];
      }
      want.push_back(v);
    }
  near(r.y(), want);
  near(r.outputs[1], s);
}
