// attention and ragged_attention against softmax written out in double, and against the stated order of steps.
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

struct Case {
  int64_t batch = 1, rows = 1, heads = 1, dh = 8, keys = 1, groups = 1, dv = 8;
  bool causal = false;
  int64_t window = 0;
  double softcap = 0, scale = 0;
};

// visible(b, h, t, s) and extra(b, h, t, s) state the mask.
template <class Visible, class Extra>
std::vector<double> naive(const Case& c, const Tensor& q, const Tensor& k, const Tensor& v, const Visible& visible,
                          const Extra& extra) {
  std::vector<double> y;
  for (int64_t b = 0; b < c.batch; ++b)
    for (int64_t t = 0; t < c.rows; ++t)
      for (int64_t h = 0; h < c.heads; ++h) {
        const int64_t g = h / (c.heads / c.groups), place = c.keys - c.rows + t;
        std::vector<double> score(static_cast<size_t>(c.keys), -std::numeric_limits<double>::infinity());
        double top = -std::numeric_limits<double>::infinity(), sum = 0;
        for (int64_t s = 0; s < c.keys; ++s) {
          if ((c.causal && s > place) || (c.window > 0 && s <= place - c.window) || !visible(b, h, t, s)) continue;
          double dot = 0;
          for (int64_t d = 0; d < c.dh; ++d)
            dot += q[((b * c.rows + t) * c.heads + h) * c.dh + d] * k[((b * c.keys + s) * c.groups + g) * c.dh + d];
          dot *= c.scale > 0 ? c.scale : 1 / std::sqrt(static_cast<double>(c.dh));
          if (c.softcap > 0) dot = c.softcap * std::tanh(dot / c.softcap);
          score[static_cast<size_t>(s)] = dot + extra(b, h, t, s);
          top = std::max(top, score[static_cast<size_t>(s)]);
        }
        for (double& s : score) {
          s = top == -std::numeric_limits<double>::infinity() ? 0 : std::exp(s - top);
          sum += s;
        }
        for (int64_t d = 0; d < c.dv; ++d) {
          double o = 0;
          for (int64_t s = 0; s < c.keys; ++s)
            o += score[static_cast<size_t>(s)] * v[((b * c.keys + s) * c.groups + g) * c.dv + d];
          y.push_back(sum > 0 ? o / sum : 0);
        }
      }
  return y;
}
template <class Visible>
std::vector<double> naive(const Case& c, const Tensor& q, const Tensor& k, const Tensor& v, const Visible& visible) {
  return naive(c, q, k, v, visible, [](auto...) { return 0.0; });
}
const auto kAll = [](auto...) { return true; };

void near(const Tensor& y, const std::vector<double>& want) {
  REQUIRE(y.size() == static_cast<int64_t>(want.size()));
  for (size_t i = 0; i < want.size(); ++i)
    if (!(std::fabs(y[static_cast<int64_t>(i)] - want[i]) <= 2e-6)) CHECK(y[static_cast<int64_t>(i)] == want[i]);
}

test::Attributes attributes(const Case& c) {
  test::Attributes a = {{"causal", c.causal}, {"softcap", c.softcap}};
  if (c.scale > 0) a.emplace_back("scale", c.scale);
  return a;
}
Options window(const Case& c) {
  Options o;
  o.integers = {{"window", c.window}};
  return o;
}

}  // namespace

TEST_CASE("attention is a softmax over the visible keys") {
  const std::vector<Case> cases = {
      {1, 1, 1, 8, 1, 1, 8},
      {1, 5, 4, 16, 5, 2, 8, true},
      {2, 3, 2, 8, 130, 1, 8, true},
      {1, 4, 2, 8, 100, 2, 4, true, 7},
      {1, 6, 2, 8, 70, 1, 8, false, 5},
      {1, 2, 2, 8, 40, 2, 8, false, 0, 3.0},
      {1, 2, 2, 8, 40, 2, 8, true, 0, 0, 0.7},
      {1, 2, 1, 8, 2500, 1, 4, true},
      {1, 3, 1, 8, 2500, 1, 4, true, 1300},
  };
  for (const Case& c : cases) {
    const Tensor q = random_tensor(DType::f32, {c.batch, c.rows, c.heads, c.dh}, 1, 2);
    for (const DType t : {DType::f32, DType::f16, DType::bf16}) {
      const Tensor k = random_tensor(t, {c.batch, c.keys, c.groups, c.dh}, 2, 2),
                   v = random_tensor(t, {c.batch, c.keys, c.groups, c.dv}, 3);
      const auto r = run("attention", {q, k, v}, attributes(c), window(c));
      REQUIRE(r.codes.empty());
      REQUIRE(r.ok);
      REQUIRE(r.y().shape == Shape({c.batch, c.rows, c.heads * c.dv}));
      near(r.y(), naive(c, q, k, v, kAll));
      Options strided = window(c);
      strided.strided = true;
      CHECK(run("attention", {q, k, v}, attributes(c), strided).y().bytes == r.y().bytes);
    }
  }
}

TEST_CASE("masks hide or are added") {
  const Case c{2, 3, 2, 8, 70, 1, 8};
  const Tensor q = random_tensor(DType::f32, {2, 3, 2, 8}, 1), k = random_tensor(DType::f32, {2, 70, 1, 8}, 2),
               v = random_tensor(DType::f32, {2, 70, 1, 8}, 3);
  Tensor hidden(DType::boolean, {2, 1, 1, 70}), added = random_tensor(DType::f32, {2, 3, 70}, 5);
  for (int64_t i = 0; i < 140; ++i) hidden.set(i, i % 3 == 0);
  near(run("attention", {q, k, v, hidden}).y(),
       naive(c, q, k, v, [](int64_t b, int64_t, int64_t, int64_t s) { return (b * 70 + s) % 3 == 0; }));
  near(run("attention", {q, k, v, added}).y(),
       naive(c, q, k, v, kAll, [&](int64_t, int64_t h, int64_t t, int64_t s) { return added[(h * 3 + t) * 70 + s]; }));
  const auto none = run("attention", {q, k, v, Tensor(DType::boolean, {1})});
  REQUIRE(none.ok);
  for (double x : none.y().values()) CHECK(x == 0);
}

TEST_CASE("a prompt has the same bits in one piece and token by token") {
  const Tensor q = random_tensor(DType::f32, {90, 2, 8}, 1), k = random_tensor(DType::f16, {90, 1, 8}, 2),
               v = random_tensor(DType::f16, {90, 1, 8}, 3);
  const auto whole = run("attention", {q, k, v}, {{"causal", true}});
  REQUIRE(whole.ok);
  for (int64_t t = 0; t < 90; ++t) {
    Tensor row(DType::f32, {1, 2, 8}), keys(DType::f16, {t + 1, 1, 8}), values(DType::f16, {t + 1, 1, 8});
    std::memcpy(row.bytes.data(), q.bytes.data() + t * 64, 64);
    std::memcpy(keys.bytes.data(), k.bytes.data(), static_cast<size_t>(t + 1) * 16);
    std::memcpy(values.bytes.data(), v.bytes.data(), static_cast<size_t>(t + 1) * 16);
    const auto one = run("attention", {row, keys, values}, {{"causal", true}});
    CHECK(std::memcmp(one.y().bytes.data(), whole.y().bytes.data() + t * 64, 64) == 0);
  }
}

TEST_CASE("rows of a ragged batch have the bits they have alone") {
  const Tensor q = random_tensor(DType::f32, {3, 4, 8}, 1), k = random_tensor(DType::f16, {2, 80, 2, 8}, 2),
               v = random_tensor(DType::f16, {2, 80, 2, 8}, 3);
  const int64_t slots[] = {1, 0, 1}, places[] = {70, 3, 0};
  const auto all =
      run("ragged_attention", {q, k, v, Tensor(DType::i32, {3}, {1, 0, 1}), Tensor(DType::i32, {3}, {70, 3, 0})});
  REQUIRE(all.ok);
  for (int64_t i = 0; i < 3; ++i) {
    const int64_t n = places[i] + 1;
    Tensor row(DType::f32, {1, 4, 8}), keys(DType::f16, {n, 2, 8}), values(DType::f16, {n, 2, 8});
    std::memcpy(row.bytes.data(), q.bytes.data() + i * 128, 128);
    std::memcpy(keys.bytes.data(), k.bytes.data() + slots[i] * 80 * 32, static_cast<size_t>(n) * 32);
    std::memcpy(values.bytes.data(), v.bytes.data() + slots[i] * 80 * 32, static_cast<size_t>(n) * 32);
    const auto one = run("attention", {row, keys, values}, {{"causal", true}});
    CHECK(std::memcmp(one.y().bytes.data(), all.y().bytes.data() + i * 128, 128) == 0);
  }
  CHECK(run("ragged_attention", {q, k, v, Tensor(DType::i32, {3}, {2, 0, 0}), Tensor(DType::i32, {3})}).fault.code ==
        Code::R0001);
  CHECK(run("ragged_attention", {q, k, v, Tensor(DType::i32, {3}), Tensor(DType::i32, {3}, {80, 0, 0})}).fault.code ==
        Code::R0001);
}

TEST_CASE("more rows than keys cannot be causal") {
  const Tensor q = random_tensor(DType::f32, {3, 1, 8}, 1), k = random_tensor(DType::f32, {2, 1, 8}, 2);
  CHECK(run("attention", {q, k, k}, {{"causal", true}}).fault.code == Code::R0003);
  const auto empty = run("attention", {q, Tensor(DType::f32, {0, 1, 8}), Tensor(DType::f32, {0, 1, 8})});
  REQUIRE(empty.ok);
  CHECK(empty.y()[0] == 0);
}
