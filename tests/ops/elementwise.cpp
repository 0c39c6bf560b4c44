// Element-wise ops against their formulas in double, at corners and at random.
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>

#include "run.h"

using namespace openinfer;
using test::Options;
using test::random_tensor;
using test::run;
using test::Tensor;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNaN = std::numeric_limits<double>::quiet_NaN();

bool near(double a, double b, double tolerance) {
  if (std::isnan(b)) return std::isnan(a);
  if (std::isinf(b)) return a == b;
  return std::fabs(a - b) <= tolerance * std::max(1.0, std::fabs(b));
}

double y1(std::string_view op, double x, DType t = DType::f32, test::Attributes attributes = {}) {
  return run(op, {Tensor(t, {1}, {x})}, attributes).y()[0];
}
double y2(std::string_view op, double a, double b, DType t = DType::f32, test::Attributes attributes = {}) {
  return run(op, {Tensor(t, {1}, {a}), Tensor(t, {1}, {b})}, attributes).y()[0];
}
bool negative_zero(double x) { return x == 0 && std::signbit(x); }

}  // namespace

TEST_CASE("unary float ops follow their formulas in every type") {
  const std::map<std::string, std::function<double(double)>> formulas = {
      {"exp", [](double x) { return std::exp(x); }},
      {"log", [](double x) { return std::log(x); }},
      {"sqrt", [](double x) { return std::sqrt(x); }},
      {"rsqrt", [](double x) { return 1 / std::sqrt(x); }},
      {"sin", [](double x) { return std::sin(x); }},
      {"cos", [](double x) { return std::cos(x); }},
      {"atan", [](double x) { return std::atan(x); }},
      {"erf", [](double x) { return std::erf(x); }},
      {"tanh", [](double x) { return std::tanh(x); }},
      {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"silu", [](double x) { return x / (1 + std::exp(-x)); }},
      {"gelu", [](double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0))); }},
      {"softplus", [](double x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x))); }},
      {"floor", [](double x) { return std::floor(x); }},
      {"ceil", [](double x) { return std::ceil(x); }},
      {"trunc", [](double x) { return std::trunc(x); }},
      {"round", [](double x) { return std::nearbyint(x); }},
      {"neg", [](double x) { return -x; }},
      {"abs", [](double x) { return std::fabs(x); }},
      {"recip", [](double x) { return 1 / x; }},
  };
  for (const auto& [op, f] : formulas) {
    for (const DType t : {DType::f16, DType::bf16, DType::f32, DType::f64}) {
      if (!(find_op(op)->inputs[0].types & dtype_bit(t))) continue;
      const Tensor x = random_tensor(t, {3, 101}, 7, 6);
      for (const bool strided : {false, true}) {
        Options o;
        o.strided = strided;
        const auto r = run(op, {x}, {}, o);
        REQUIRE(r.ok);
        const double tolerance = t == DType::bf16 ? 0x1p-8 : t == DType::f16 ? 0x1p-10 : 1e-6;
        for (int64_t i = 0; i < x.size(); ++i) {
          INFO(op << " " << name(t) << " " << x[i]);
          if (!near(r.y()[i], f(x[i]), tolerance)) CHECK(r.y()[i] == f(x[i]));
        }
        o.in_place = true;
        CHECK(run(op, {x}, {}, o).y().bytes == r.y().bytes);
      }
    }
  }
}

TEST_CASE("gelu has three formulas") {
  for (const double x : {-3.0, -0.5, 0.0, 0.7, 4.0}) {
    CHECK(near(y1("gelu", x, DType::f32, {{"approximate", std::string("tanh")}}),
               x / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))), 1e-6));
    CHECK(near(y1("gelu", x, DType::f32, {{"approximate", std::string("sigmoid")}}), x / (1 + std::exp(-1.702 * x)),
               1e-6));
  }
}

TEST_CASE("corners of float ops") {
  CHECK(y1("exp", 0) == 1);
  CHECK(y1("exp", -kInf) == 0);
  CHECK(y1("log", 0) == -kInf);
  CHECK(std::isnan(y1("log", -1)));
  CHECK(std::isnan(y1("sqrt", -1)));
  CHECK(negative_zero(y1("ceil", -0.2)));
  CHECK(negative_zero(y1("neg", 0)));
  CHECK(y1("round", 2.5) == 2);
  CHECK(y1("round", 3.5) == 4);
  CHECK(y1("recip", 0) == kInf);
  CHECK(y1("recip", 0, DType::f32, {{"div_by_zero_mask", 7.0}}) == 7);
  CHECK(y2("pow", -8, 3) == -512);
  CHECK(std::isnan(y2("pow", -8, 0.5)));
  CHECK(y2("pow", kNaN, 0) == 1);
  CHECK(y2("div", 1, 0) == kInf);
  CHECK(std::isnan(y2("div", 0, 0)));
  CHECK(y2("div", 1, 0, DType::f32, {{"div_by_zero_mask", 0.0}}) == 0);
  CHECK(y2("rem", -7, 3) == -1);
  CHECK(y2("rem", 5.5, -2) == 1.5);
  CHECK(run("fma", {Tensor(DType::f32, {1}, {1 + 0x1p-23}), Tensor(DType::f32, {1}, {1 - 0x1p-23}),
                    Tensor(DType::f32, {1}, {-1})})
            .y()[0] == -0x1p-46);
}

TEST_CASE("min and max: NaN wins, +0 is above -0") {
  for (const DType t : {DType::f32, DType::f64, DType::f16}) {
    CHECK(std::isnan(y2("max", kNaN, 1, t)));
    CHECK(std::isnan(y2("max", 1, kNaN, t)));
    CHECK(std::isnan(y2("min", kNaN, 1, t)));
    CHECK(!negative_zero(y2("max", -0.0, 0.0, t)));
    CHECK(!negative_zero(y2("max", 0.0, -0.0, t)));
    CHECK(negative_zero(y2("min", -0.0, 0.0, t)));
    CHECK(negative_zero(y2("min", 0.0, -0.0, t)));
    CHECK(y2("max", -2, 3, t) == 3);
    CHECK(y2("min", -2, 3, t) == -2);
  }
}

TEST_CASE("results hold one NaN") {
  Tensor x(DType::f32, {2});
  const uint32_t odd[2] = {0xFFC12345u, 0x7F800001u};
  std::memcpy(x.bytes.data(), odd, sizeof odd);
  for (const char* op : {"neg", "abs", "exp", "sqrt", "relu", "round"}) {
    uint32_t y[2];
    std::memcpy(y, run(op, {x}).y().bytes.data(), sizeof y);
    INFO(op);
    CHECK(y[0] == 0x7FC00000u);
    CHECK(y[1] == 0x7FC00000u);
  }
}

TEST_CASE("clamp and relu") {
  CHECK(y1("clamp", 5, DType::f32, {{"max", 2.0}}) == 2);
  CHECK(y1("clamp", -kInf) == -kInf);
  CHECK(std::isnan(y1("clamp", kNaN, DType::f32, {{"min", 0.0}})));
  Options three;
  three.integers = {{"max", 3}};
  CHECK(run("clamp", {Tensor(DType::i1, {2}, {0, -1})}, {}, three).y().values() == std::vector<double>{0, -1});
  CHECK(run("clamp", {Tensor(DType::u8, {2}, {2, 200})}, {}, three).y().values() == std::vector<double>{2, 3});
  CHECK(y1("clamp", -1, DType::i8) == -1);
  const auto wrong = run("clamp", {Tensor(DType::f32, {1}, {1})}, {{"min", 2.0}, {"max", 1.0}});
  CHECK(!wrong.ok);
  CHECK(wrong.fault.code == Code::R0005);
  CHECK(y1("relu", -2) == 0);
  CHECK(!negative_zero(y1("relu", -2)));
  CHECK(y1("relu", -kInf) == 0);
  CHECK(y1("relu", -2, DType::f32, {{"alpha", 0.5}}) == -1);
  CHECK(y1("relu", 9, DType::f32, {{"clamp_max", 6.0}}) == 6);
  CHECK(std::isnan(y1("relu", kNaN)));
  CHECK(y1("relu", -3, DType::i32) == 0);
}

TEST_CASE("integers wrap at the width of their type") {
  CHECK(y2("add", 127, 1, DType::i8) == -128);
  CHECK(y2("sub", 0, 1, DType::u8) == 255);
  CHECK(y2("mul", 200, 2, DType::u8) == 144);
  CHECK(y2("add", 7, 1, DType::i4) == -8);
  CHECK(y2("mul", -1, -1, DType::i1) == -1);
  CHECK(y1("neg", -128, DType::i8) == -128);
  CHECK(y1("abs", -128, DType::i8) == -128);
  Options wide;
  wide.outputs = {{DType::u16, {1}}};
  const auto r = run("sub", {Tensor(DType::u8, {1}, {0}), Tensor(DType::u8, {1}, {1})}, {{"acc", DType::u16}}, wide);
  REQUIRE(r.ok);
  CHECK(r.y()[0] == 65535);
  Tensor big(DType::i64, {1});
  store_element<int64_t>(big.bytes.data(), DType::i64, 0, INT64_MAX);
  CHECK(run("add", {big, big}).y().integer(0) == -2);
}

TEST_CASE("bools: sum is or, product is and") {
  CHECK(y2("add", 1, 1, DType::boolean) == 1);
  CHECK(y2("mul", 1, 0, DType::boolean) == 0);
  CHECK(y2("and", 1, 0, DType::boolean) == 0);
  CHECK(y2("xor", 1, 1, DType::boolean) == 0);
  CHECK(y1("not", 0, DType::boolean) == 1);
  CHECK(y2("and", 12, 10, DType::u8) == 8);
  CHECK(y2("or", 12, 10, DType::i32) == 14);
  CHECK(y1("not", 5, DType::i8) == -6);
  CHECK(y1("not", 1, DType::u4) == 14);
}

TEST_CASE("integer division") {
  CHECK(y2("div", -7, 2, DType::i32) == -3);
  CHECK(y2("floor_div", -7, 2, DType::i32) == -4);
  CHECK(y2("floor_div", 1, -2, DType::i32) == -1);
  CHECK(y2("rem", -7, 2, DType::i32) == -1);
  CHECK(y2("div", -128, -1, DType::i8) == -128);
  CHECK(y2("rem", -128, -1, DType::i8) == 0);
  CHECK(y2("div", 200, 3, DType::u8) == 66);
  for (const char* op : {"div", "floor_div", "rem"}) {
    const auto r = run(op, {Tensor(DType::i32, {2}, {1, 2}), Tensor(DType::i32, {2}, {1, 0})});
    CHECK(!r.ok);
    CHECK(r.fault.code == Code::R0002);
    Options mask;
    mask.integers = {{"div_by_zero_mask", -9}};
    CHECK(run(op, {Tensor(DType::i32, {1}, {5}), Tensor(DType::i32, {1}, {0})}, {}, mask).y()[0] == -9);
  }
  Tensor least(DType::i64, {1});
  store_element<int64_t>(least.bytes.data(), DType::i64, 0, INT64_MIN);
  CHECK(run("floor_div", {least, Tensor(DType::i64, {1}, {-1})}).y().integer(0) == INT64_MIN);
}

TEST_CASE("shifts and bits") {
  Options two;
  two.integers = {{"bits", 2}};
  CHECK(run("shl", {Tensor(DType::i8, {1}, {65})}, {}, two).y()[0] == 4);
  CHECK(run("shr", {Tensor(DType::i8, {1}, {-5})}, {}, two).y()[0] == -2);
  CHECK(run("shr", {Tensor(DType::u8, {1}, {200})}, {}, two).y()[0] == 50);
  two.integers = {{"bits", 64}};
  CHECK(run("shl", {Tensor(DType::i8, {1}, {65})}, {}, two).y()[0] == 0);
  CHECK(run("shr", {Tensor(DType::i8, {1}, {-5})}, {}, two).y()[0] == -1);
  CHECK(run("shl", {Tensor(DType::u4, {3}, {1, 2, 9}), Tensor(DType::i32, {3}, {1, 2, 3})}).y().values() ==
        std::vector<double>{2, 8, 8});
  CHECK(run("shr", {Tensor(DType::u8, {1}, {1}), Tensor(DType::i32, {1}, {-1})}).fault.code == Code::R0005);
  CHECK(y1("popcount", -1, DType::i8) == 8);
  CHECK(y1("popcount", -1, DType::i2) == 2);
  CHECK(y1("popcount", 255, DType::u64) == 8);
}

TEST_CASE("comparisons: NaN is equal to nothing") {
  for (const char* op : {"eq", "lt", "le", "gt", "ge"}) CHECK(y2(op, kNaN, kNaN) == 0);
  CHECK(y2("ne", kNaN, kNaN) == 1);
  CHECK(y2("eq", -0.0, 0.0) == 1);
  CHECK(y2("lt", -1, 1, DType::i32) == 1);
  CHECK(y2("lt", 255, 1, DType::u8) == 0);
  CHECK(run("ge", {Tensor(DType::f32, {2, 2}, {1, 2, 3, 4}), Tensor(DType::f32, {2}, {2, 2})}).y().values() ==
        std::vector<double>{0, 1, 1, 1});
  CHECK(y1("is_nan", kNaN) == 1);
  CHECK(y1("is_inf", -kInf) == 1);
  CHECK(y1("is_inf", kNaN) == 0);
  CHECK(y1("is_neg", -0.0) == 0);
  CHECK(y1("is_neg", -3, DType::i8) == 1);
  CHECK(run("is_finite", {Tensor(DType::f32, {2}, {1, kInf})}).y().values() == std::vector<double>{0});
  CHECK(run("is_finite", {Tensor(DType::f32, {0})}).y()[0] == 1);
  Options each;
  each.outputs = {{DType::boolean, {2}}};
  CHECK(run("is_finite", {Tensor(DType::f32, {2}, {1, kInf})}, {}, each).y().values() == std::vector<double>{1, 0});
}

TEST_CASE("filter and sign") {
  CHECK(run("filter",
            {Tensor(DType::f32, {}, {9}), Tensor(DType::f32, {3}, {1, 2, 3}), Tensor(DType::boolean, {3}, {1, 0, 1})})
            .y()
            .values() == std::vector<double>{9, 2, 9});
  CHECK(run("filter",
            {Tensor(DType::f32, {2}, {1, 2}), Tensor(DType::f32, {2}, {3, 4}), Tensor(DType::f32, {2}, {kNaN, -0.0})})
            .y()
            .values() == std::vector<double>{1, 4});
  Options i8;
  i8.outputs = {{DType::i8, {4}}};
  CHECK(run("sign", {Tensor(DType::f32, {4}, {-2, 0, 3, kNaN})}, {}, i8).y().values() ==
        std::vector<double>{-1, 0, 1, 0});
  CHECK(std::isnan(run("sign", {Tensor(DType::f32, {1}, {kNaN})}).y()[0]));
}

TEST_CASE("broadcast over strided operands, and empty tensors") {
  const Tensor a = random_tensor(DType::f32, {3, 1, 5}, 1), b = random_tensor(DType::f32, {4, 1}, 2);
  const auto r = run("sub", {a, b});
  REQUIRE(r.y().shape == Shape({3, 4, 5}));
  for (int64_t i = 0; i < 60; ++i)
    CHECK(r.y()[i] == static_cast<double>(static_cast<float>(a[i / 20 * 5 + i % 5] - b[i / 5 % 4])));
  Options strided;
  strided.strided = true;
  CHECK(run("sub", {a, b}, {}, strided).y().bytes == r.y().bytes);
  const auto empty = run("add", {Tensor(DType::f32, {0, 3}), Tensor(DType::f32, {3}, {1, 2, 3})});
  CHECK(empty.ok);
  CHECK(empty.y().size() == 0);
}

TEST_CASE("narrow floats are widened to the result") {
  Options wide;
  wide.outputs = {{DType::f32, {1}}};
  const auto r = run("add", {Tensor(DType::f16, {1}, {2048}), Tensor(DType::bf16, {1}, {1})}, {}, wide);
  REQUIRE(r.ok);
  CHECK(r.y()[0] == 2049);
}
