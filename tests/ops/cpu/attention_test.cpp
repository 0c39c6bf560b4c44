#include <catch2/catch.hpp>

#include "tests/ops/cpu/kernel_case.h"

using namespace openinfer;
using namespace openinfer::test;

namespace {

struct Sizes {
  int64_t rows, heads, groups, keys, dh, dv;
};

Tensor query(const Sizes& s, uint64_t seed) { return Tensor(DType::f32, {s.rows, s.heads, s.dh}).random(seed, 2); }
Tensor result(const Sizes& s) { return Tensor(DType::f32, {s.rows, s.heads * s.dv}); }

}  // namespace

TEST_CASE("attention has the reference's bits for rows, keys, heads and features of all kinds") {
  for (const DType type : {DType::f32, DType::f16, DType::bf16}) {
    for (const Sizes& s : {Sizes{1, 2, 1, 1, 8, 8},
                           {1, 8, 4, 63, 32, 32},
                           {1, 4, 4, 64, 64, 64},
                           {1, 12, 2, 65, 24, 40},
                           {1, 32, 1, 200, 16, 16},
                           {1, 3, 1, 1100, 20, 12},
                           {2, 6, 3, 70, 17, 19},
                           {5, 8, 4, 130, 32, 32},
                           {37, 4, 2, 37, 16, 24},
                           {70, 6, 2, 150, 33, 31},
                           {20, 3, 3, 1090, 8, 8},
                           {3, 200, 1, 40, 8, 8},
                           {1, 1, 1, 2100, 128, 128}}) {
      INFO(name(type) << ", rows " << s.rows << ", heads " << s.heads << "/" << s.groups << ", keys " << s.keys
                      << ", features " << s.dh << ", " << s.dv);
      const auto k = Tensor(type, {s.keys, s.groups, s.dh}).random(11),
                 v = Tensor(type, {s.keys, s.groups, s.dv}).random(12);
      CHECK_SAME_BITS("attention", {query(s, 13), k, v}, {result(s)}, {{"causal", 1}});
      CHECK_SAME_BITS("attention", {query(s, 14), k, v}, {result(s)}, {{"scale", 0.3}, {"softcap", 5}});
      CHECK_SAME_BITS("attention", {query(s, 15), k, v}, {result(s)}, {{"causal", 1}, {"window", 20}});
    }
  }
}

TEST_CASE("attention with masks") {
  for (const Sizes& s : {Sizes{1, 4, 2, 90, 16, 16}, {25, 4, 2, 140, 16, 16}, {9, 2, 1, 1200, 8, 8}}) {
    const auto k = Tensor(DType::f32, {s.keys, s.groups, s.dh}).random(21),
               v = Tensor(DType::f32, {s.keys, s.groups, s.dv}).random(22);
    for (const Shape& shape :
         {Shape{s.rows, s.keys}, Shape{s.heads, s.rows, s.keys}, Shape{s.keys}, Shape{1, 1, s.keys}}) {
      INFO("mask " << to_string(shape));
      CHECK_SAME_BITS("attention", {query(s, 23), k, v, Tensor(DType::boolean, shape).random(24, 1, 2)}, {result(s)});
      Tensor added = Tensor(DType::f32, shape).random(25);
      for (int64_t i = 0; i < shape.elements(); i += 3) added.set(i, -INFINITY);
      CHECK_SAME_BITS("attention", {query(s, 26), k, v, added}, {result(s)}, {{"causal", 1}});
    }
    // Every key hidden: a row of zeros.
    CHECK_SAME_BITS("attention", {query(s, 27), k, v, Tensor(DType::boolean, {s.rows, s.keys})}, {result(s)});
  }
}

TEST_CASE("attention over parts of tables, batches and special values") {
  const Sizes s{7, 4, 2, 80, 16, 16};
  CHECK_SAME_BITS("attention",
                  {query(s, 31), Tensor::spread(DType::f32, {s.keys, s.groups, s.dh}, 3, 32),
                   Tensor::spread(DType::f16, {s.keys, s.groups, s.dv}, 2, 33)},
                  {result(s)}, {{"causal", 1}});
  CHECK_SAME_BITS(
      "attention",
      {Tensor(DType::f32, {2, 3, 7, 4, 16}).random(34), Tensor(DType::f32, {2, 3, 40, 2, 16}).random(35),
       Tensor(DType::f32, {2, 3, 40, 2, 16}).random(36), Tensor(DType::boolean, {3, 1, 7, 40}).random(37, 1, 2)},
      {Tensor(DType::f32, {2, 3, 7, 64})});
  for (const int64_t rows : {1, 30}) {
    const Sizes t{rows, 4, 2, 100, 16, 16};
    CHECK_SAME_BITS("attention",
                    {Tensor(DType::f32, {t.rows, t.heads, t.dh}).spiced(41, 60),
                     Tensor(DType::f32, {t.keys, t.groups, t.dh}).spiced(42, 900),
                     Tensor(DType::f32, {t.keys, t.groups, t.dv}).spiced(43, 90)},
                    {result(t)}, {{"causal", 1}});
  }
  // Wrong sizes that only the run can see: the same fault as the reference.
  CHECK_SAME_BITS("attention",
                  {Tensor(DType::f32, {5, 4, 16}).random(1), Tensor(DType::f32, {3, 2, 16}).random(2),
                   Tensor(DType::f32, {3, 2, 16}).random(3)},
                  {Tensor(DType::f32, {5, 64})}, {{"causal", 1}});
}
