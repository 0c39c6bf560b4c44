// Ops that search, sort and draw.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "ops/philox.h"
#include "run.h"

using namespace openinfer;
using test::Options;
using test::random_tensor;
using test::run;
using test::Tensor;

namespace {
using V = std::vector<double>;
constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNaN = std::numeric_limits<double>::quiet_NaN();

Options top(int64_t k, int64_t rows) {
  Options o;
  o.integers = {{"k", k}};
  o.outputs = {{DType::f32, {rows, k}}, {DType::i32, {rows, k}}};
  return o;
}
double draw(const std::vector<double>& logits, test::Attributes attributes, uint64_t seed = 7, int64_t position = 3,
            int64_t top_k = 0) {
  Options o;
  o.integers = {{"top_k", top_k}};
  const auto n = static_cast<int64_t>(logits.size());
  return run("sample",
             {Tensor(DType::f32, {1, n}, logits), Tensor(DType::u64, {}, {static_cast<double>(seed)}),
              Tensor(DType::i32, {}, {static_cast<double>(position)})},
             attributes, o)
      .y()[0];
}
}  // namespace

TEST_CASE("top_k: falling, of equals the lower index, NaN last") {
  const auto r = run("top_k", {Tensor(DType::f32, {2, 5}, {1, 5, kNaN, 5, -kInf, 0, -0.0, 2, 0, 1})}, {}, top(4, 2));
  REQUIRE(r.ok);
  CHECK(r.outputs[1].values() == V{1, 3, 0, 4, 2, 4, 0, 1});
  CHECK(r.outputs[0].values() == V{5, 5, 1, -kInf, 2, 1, 0, 0});
  Options whole = top(2, 1);
  whole.outputs[0].first = DType::u64;
  Tensor big(DType::u64, {1, 3});
  store_element<uint64_t>(big.bytes.data(), DType::u64, 0, UINT64_MAX);
  store_element<uint64_t>(big.bytes.data(), DType::u64, 2, UINT64_MAX - 1);
  CHECK(run("top_k", {big}, {}, whole).outputs[1].values() == V{0, 2});
}

TEST_CASE("nonzero gives coordinates, its length is known afterwards") {
  const Tensor x(DType::boolean, {2, 3}, {0, 1, 1, 0, 0, 1});
  Options exact;
  exact.outputs = {{DType::i32, {3}}, {DType::i32, {3}}};
  const auto r = run("nonzero", {x}, {}, exact);
  REQUIRE(r.ok);
  CHECK(r.outputs[0].values() == V{0, 0, 1});
  CHECK(r.outputs[1].values() == V{1, 2, 2});
  exact.outputs = {{DType::i32, {2}}, {DType::i32, {2}}};
  CHECK(run("nonzero", {x}, {}, exact).fault.code == Code::R0003);
  exact.outputs = {{DType::i32, {0}}};
  CHECK(run("nonzero", {Tensor(DType::boolean, {4})}, {}, exact).ok);
}

TEST_CASE("a longer result takes what was found") {
  Tensor x(DType::boolean, {4}, {1, 0, 0, 1}), at(DType::i32, {4});
  KernelFault fault;
  int64_t found = -1;
  const TensorView in[] = {x.view()}, out[] = {at.view()};
  KernelArgs args;
  args.inputs = in;
  args.outputs = out;
  args.fault = &fault;
  args.length = &found;
  REQUIRE(test::plain_kernel("nonzero")->run(args));
  CHECK(found == 2);
  CHECK(at[1] == 3);
}

TEST_CASE("nms keeps what overlaps little") {
  const Tensor boxes(DType::f32, {5, 4}, {0, 0, 10, 10, 1, 1, 10, 10, 20, 20, 30, 30, 0, 0, 10, 10, 5, 5, 5, 5});
  const Tensor score(DType::f32, {5}, {0.5, 0.9, 0.3, kNaN, 0.1});
  const auto kept = [&](Options o, int64_t n, test::Attributes a = {}, bool groups = false) {
    o.outputs = {{DType::i32, {n}}};
    std::vector<Tensor> in = {boxes, score};
    if (groups) in.emplace_back(DType::i32, Shape{5}, V{1, 2, 1, 1, 1});
    return run("nms", in, a, o);
  };
  CHECK(kept({}, 3).y().values() == V{1, 2, 4});
  CHECK(kept({}, 4, {}, true).y().values() == V{1, 0, 2, 4});
  Options two;
  two.integers = {{"limit", 2}};
  CHECK(kept(two, 2).y().values() == V{1, 2});
  Options one_each;
  one_each.integers = {{"limit_each", 1}};
  CHECK(kept(one_each, 2, {}, true).y().values() == V{1, 0});
  CHECK(kept({}, 1, {{"min_score", 0.4}}).y().values() == V{1});
  CHECK(kept({}, 4, {{"overlap", 0.9}}).y().values() == V{1, 0, 2, 4});
  CHECK(kept({}, 5).fault.code == Code::R0003);
}

TEST_CASE("isin and common_prefix") {
  CHECK(run("isin", {Tensor(DType::i32, {2, 2}, {1, 2, 3, 4}), Tensor(DType::i32, {2}, {4, 1})}).y().values() ==
        V{1, 0, 0, 1});
  CHECK(run("isin", {Tensor(DType::i32, {1}, {1}), Tensor(DType::i32, {0})}).y().values() == V{0});
  Options i32;
  i32.outputs = {{DType::i32, {}}};
  CHECK(run("common_prefix", {Tensor(DType::i32, {3}, {1, 2, 3}), Tensor(DType::i32, {2}, {1, 2})}, {}, i32).y()[0] ==
        2);
  CHECK(run("common_prefix", {Tensor(DType::i32, {2}, {5, 2}), Tensor(DType::i32, {2}, {1, 2})}, {}, i32).y()[0] == 0);
}

TEST_CASE("philox gives the published words") {
  // Known answers of Random123 for philox4x32-10.
  CHECK(philox(0, 0, 0) == std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox(~0ull, ~0ull, ~0ull) == std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox(0x299f31d0a4093822ull, 0x85a308d3243f6a88ull, 0x0370734413198a2eull) ==
        std::array<uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("sample at temperature 0 takes the largest") {
  CHECK(draw({1, 3, 3, 2}, {{"temperature", 0.0}}) == 1);
  CHECK(draw({kNaN, -kInf, -5}, {{"temperature", 0.0}}) == 2);
}

TEST_CASE("sample draws with the probabilities") {
  const std::vector<double> logits = {0, 1, 2, 3};
  double sum = 0;
  for (double l : logits) sum += std::exp(l);
  std::vector<int> count(4);
  for (int64_t p = 0; p < 20000; ++p) ++count[static_cast<size_t>(draw(logits, {}, 11, p))];
  for (size_t i = 0; i < 4; ++i) CHECK(count[i] / 20000.0 == Approx(std::exp(logits[i]) / sum).margin(0.01));
}

TEST_CASE("sample keeps top_k, top_p, min_p") {
  const std::vector<double> logits = {0, 1, 2, 3};
  for (int64_t p = 0; p < 200; ++p) {
    CHECK(draw(logits, {}, 5, p, 1) == 3);
    CHECK(draw(logits, {}, 5, p, 2) >= 2);
    CHECK(draw(logits, {{"top_p", 0.5}}, 5, p) == 3);
    CHECK(draw(logits, {{"top_p", 0.7}}, 5, p) >= 2);
    CHECK(draw(logits, {{"min_p", 0.9}}, 5, p) == 3);
    CHECK(draw(logits, {}, 5, p) == draw(logits, {}, 5, p));
  }
  CHECK(draw({1, kInf, 2}, {}) == 1);
}

TEST_CASE("sample refuses what has no answer") {
  const Tensor seed(DType::u64, {}, {1}), position(DType::i32, {}, {0});
  CHECK(run("sample", {Tensor(DType::f32, {1, 2}, {-kInf, kNaN}), seed, position}).fault.code == Code::R0005);
  CHECK(run("sample", {Tensor(DType::f32, {1, 0}), seed, position}).fault.code == Code::R0005);
}

TEST_CASE("a row's token depends on its own seed and position only") {
  const Tensor logits = random_tensor(DType::f32, {3, 50}, 3, 2);
  const auto all = run("sample", {logits, Tensor(DType::u64, {3}, {1, 2, 3}), Tensor(DType::i32, {3}, {10, 20, 30})});
  for (int64_t r = 0; r < 3; ++r) {
    std::vector<double> row;
    for (int64_t i = 0; i < 50; ++i) row.push_back(logits[r * 50 + i]);
    CHECK(all.y()[r] == draw(row, {}, static_cast<uint64_t>(r + 1), (r + 1) * 10));
  }
}

TEST_CASE("repetition_penalty lowers each id once") {
  const Tensor logits(DType::f32, {2, 3}, {2, -2, 4, 2, -2, 4});
  CHECK(run("repetition_penalty", {logits, Tensor(DType::i32, {4}, {0, 1, 0, -1})}, {{"penalty", 2.0}}).y().values() ==
        V{1, -4, 4, 1, -4, 4});
  CHECK(run("repetition_penalty", {logits, Tensor(DType::i32, {2, 1}, {2, 0})}, {{"penalty", 2.0}}).y().values() ==
        V{2, -2, 2, 1, -2, 4});
  CHECK(run("repetition_penalty", {logits, Tensor(DType::i32, {1}, {3})}, {{"penalty", 2.0}}).fault.code ==
        Code::R0001);
}
