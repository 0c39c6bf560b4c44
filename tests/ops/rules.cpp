// Types and shapes that the rules give, and what they refuse.
#include <catch2/catch.hpp>

#include "site.h"

using namespace openinfer;
using test::Site;

namespace {

// A checked node with integer attributes.
std::unique_ptr<Site> checked(std::string_view op, std::vector<std::string> in, std::vector<std::string> out,
                              std::vector<test::Attr> attributes = {}) {
  auto s = std::make_unique<Site>(op, in, out);
  for (const auto& a : attributes) {
    const auto at = static_cast<size_t>(s->site.op.attribute_index(a.name));
    std::vector<Dim> list;
    for (int64_t v : a.values) list.push_back(s->dims.constant(v));
    if (s->site.op.attributes[at].type == AttrType::integers) {
      s->site.attributes[at] = list;
    } else {
      s->site.attributes[at] = list.at(0);
    }
  }
  s->check();
  return s;
}
std::string result(std::string_view op, std::vector<std::string> in, std::vector<test::Attr> attributes = {},
                   size_t outputs = 1, size_t which = 0) {
  const auto s = checked(op, std::move(in), std::vector<std::string>(outputs), std::move(attributes));
  INFO(op);
  CHECK(s->codes().empty());
  for (const OpIssue& i : s->site.issues) INFO(i.message);
  return s->result(which);
}
std::string codes(std::string_view op, std::vector<std::string> in, std::vector<std::string> out = {""},
                  std::vector<test::Attr> attributes = {}) {
  return checked(op, std::move(in), std::move(out), std::move(attributes))->codes();
}

}  // namespace

TEST_CASE("broadcast follows NumPy and widens floats") {
  CHECK(result("add", {"f32[2, 3]", "f32[3]"}) == "f32[2, 3]");
  CHECK(result("add", {"f32[2, 1]", "f32[3]"}) == "f32[2, 3]");
  CHECK(result("add", {"f32[T, D]", "f32[D]"}) == "f32[T, D]");
  CHECK(result("add", {"f16[3]", "f32[3]"}) == "f32[3]");
  CHECK(result("add", {"f32[3]", "1"}) == "f32[3]");
  CHECK(result("fma", {"f32[3]", "f32[2, 1]", "f32[]"}) == "f32[2, 3]");
  CHECK(result("add", {"f32[0]", "f32[1]"}) == "f32[0]");
  CHECK(codes("add", {"f32[2, 3]", "f32[4]"}) == "E0201");
  CHECK(codes("add", {"f32[T]", "f32[4]"}).empty());
  CHECK(codes("add", {"i32[3]", "i64[3]"}) == "E0202");
  CHECK(codes("add", {"f16[3]", "bf16[3]"}) == "E0202");
  CHECK(codes("add", {"f32[3]", "f32[3]"}, {"f16[3]"}) == "E0202");
  CHECK(codes("add", {"f16[3]", "bf16[3]"}, {"f32[3]"}).empty());
  CHECK(codes("add", {"q8_0[32]", "q8_0[32]"}) == "E0203 E0203");
  CHECK(codes("add", {"f32[3]"}) == "E0301");
  CHECK(codes("add", {"f32[3]", "f32[3]"}, {"", ""}) == "E0302");
}

TEST_CASE("messages name the op, the operands and both shapes") {
  const auto s = checked("add", {"f32[2, 3]", "f32[4]"}, {""});
  REQUIRE(s->site.issues.size() == 1);
  CHECK(s->site.issues[0].message == "`add`: axes 1 of the broadcast operands differ, 3 and 4: a is [2, 3], b is [4]");
  CHECK(s->site.issues[0].kind == OperandKind::input);
  CHECK(s->site.issues[0].index == 1);
}

TEST_CASE("sizes that may be equal stay open") {
  const auto s = checked("linear", {"f32[T, D]", "f32[4, E]"}, {"f32[T, N]"});
  CHECK(s->codes().empty());
  REQUIRE(s->site.open.size() == 2);
  CHECK(s->site.open[0].what == "last axes of x and weight");
  CHECK(s->result() == "f32[T, 4]");
}

TEST_CASE("literals take the type the op needs") {
  const auto s = checked("mul", {"f16[3]", "1"}, {"f32[3]"});
  CHECK(s->codes().empty());
  CHECK(s->site.inputs[1].dtype == DType::f16);
  const auto t = checked("sub", {"1", "1"}, {"i32[]"});
  CHECK(t->site.inputs[0].dtype == DType::i32);
  const auto u = checked("random_normal", {"1", "1"}, {"f32[3]"});
  CHECK(u->site.inputs[0].dtype == DType::u64);
  CHECK(u->site.inputs[1].dtype == DType::i64);
  CHECK(u->result() == "f32[3]");
  const auto v = checked("ge", {"i32[4]", "1"}, {"bool[4]"});
  CHECK(v->site.inputs[1].dtype == DType::i32);
}

TEST_CASE("unknown operands are left out") {
  CHECK(result("linear", {"f32[T, D]", ""}) == "f32");
  CHECK(result("embedding", {"i32[T]", ""}) == "?");
  CHECK(checked("embedding", {"i32[T]", ""}, {"f32[T, D]"})->result() == "f32[T, D]");
  CHECK(checked("rms_norm", {"f32[T, D]", ""}, {"f32[T, D]"})->codes().empty());
}

TEST_CASE("acc is a wider integer of the same sign") {
  Site a("add", {"i8[3]", "i8[3]"}, {"i32[3]"}, {{"acc", DType::i32}});
  CHECK(a.check().codes().empty());
  Site b("add", {"i8[3]", "i8[3]"}, {"u32[3]"}, {{"acc", DType::u32}});
  CHECK(b.check().codes() == "E0203");
  Site c("add", {"f32[3]", "f32[3]"}, {"f32[3]"}, {{"acc", DType::f64}});
  CHECK(c.check().codes() == "E0203 E0202");
}

TEST_CASE("attributes have types, ranges and words") {
  CHECK(codes("fill", {}, {"f32[3]"}) == "E0303");
  CHECK(codes("rms_norm", {"f32[3]", "f32[3]"}, {""}, {{"eps", {-1}}}) == "E0306");
  CHECK(codes("softmax", {"f32[3]"}, {""}, {{"axis", {1}}}) == "E0306");
  Site word("gelu", {"f32[3]"}, {"f32[3]"}, {{"approximate", std::string("erf")}});
  CHECK(word.check().codes() == "E0306");
  Site late("softmax", {"f32[3]"}, {"f32[3]"}, {{"axis", RuntimeAttr{}}});
  CHECK(late.check().codes() == "E0307");
  Site kind("softmax", {"f32[3]"}, {"f32[3]"}, {{"axis", 1.5}});
  CHECK(kind.check().codes() == "E0305");
  Site whole("fill", {}, {"i32[3]"}, {{"value", 1.5}});
  CHECK(whole.check().codes() == "E0305");
  CHECK(codes("fill", {}, {"u8[3]"}, {{"value", {-1}}}) == "E0217");
  CHECK(codes("clamp", {"i32[3]"}).empty());
  CHECK(codes("relu", {"i32[3]"}).empty());
}

TEST_CASE("shapes of reductions") {
  CHECK(result("sum_axis", {"f32[2, 3]"}) == "f32[]");
  CHECK(result("sum_axis", {"f32[2, T]"}, {{"axes", {-1}}}) == "f32[2]");
  CHECK(result("mean_axis", {"f32[B, C, H, W]"}, {{"axes", {2, 3}}}) == "f32[B, C]");
  CHECK(result("argmax_axis", {"f32[2, 3]"}, {{"axis", {1}}}) == "i64[2]");
  CHECK(checked("argmax_axis", {"f32[2, 3]"}, {"i32[2]"}, {{"axis", {1}}})->codes().empty());
  CHECK(codes("sum_axis", {"f32[2, 3]"}, {""}, {{"axes", {2}}}) == "E0306");
  CHECK(result("cumsum", {"i32[4]"}) == "i32[4]");
}

TEST_CASE("shapes of products") {
  CHECK(result("matmul", {"f32[2, 3]", "f32[3, 4]"}) == "f32[2, 4]");
  CHECK(result("matmul", {"f32[3]", "f32[3]"}) == "f32[]");
  CHECK(result("matmul", {"f32[5, 1, 2, 3]", "f32[7, 3, 4]"}) == "f32[5, 7, 2, 4]");
  CHECK(codes("matmul", {"f32[2, 3]", "t1[3]"}) == "E0202 E0203");
  CHECK(codes("matmul", {"f32[2, 3]", "f32[4, 4]"}) == "E0201");
  CHECK(result("linear", {"f32[T, D]", "f16[H, K, D]"}) == "f32[T, H, K]");
  CHECK(codes("linear", {"f32[T, 4]", "f16[3, 5]"}) == "E0201");
  CHECK(codes("linear", {"f32[]", "f16[3, 5]"}) == "E0204");
  CHECK(result("embedding", {"i32[B, T]", "f32[V, D]"}) == "f32[B, T, D]");
  CHECK(result("gather_linear", {"f32[T, K]", "f16[E, N, K]", "i32[T, A]"}) == "f32[T, A, N]");
}

TEST_CASE("results have at most eight axes") {
  CHECK(codes("embedding", {"i32[1, 1, 1, 1, 1, 1, 1, 1]", "f32[V, D]"}) == "E0213");
  CHECK(codes("linear", {"f32[1, 1, 1, 1, 1, 1, D]", "f32[1, 1, 1, D]"}) == "E0213");
}

TEST_CASE("shapes along a sequence") {
  CHECK(result("rope", {"f32[T, H, 8]", "1", "f32[4]"}) == "f32[T, H, 8]");
  CHECK(codes("rope", {"f32[T, H, 8]", "1", "f32[5]"}) == "E0201");
  CHECK(result("attention", {"f32[T, 8, D]", "f16[S, 2, D]", "f16[S, 2, D]"}) == "f32[T, 8*D]");
  CHECK(result("attention", {"f32[B, T, H, D]", "f16[B, S, H, D]", "f16[B, S, H, D]", "bool[B, 1, 1, S]"}) ==
        "f32[B, T, H*D]");
  CHECK(codes("attention", {"f32[T, 8, D]", "f16[S, 3, D]", "f16[S, 3, D]"}) == "E0201 E0201");
  CHECK(codes("attention", {"f32[2, 8, 4]", "f16[3, 8, 4]", "f16[4, 8, 4]"}) == "E0201");
  CHECK(result("ragged_attention", {"f32[M, 4, 8]", "f16[B, S, 2, 8]", "f16[B, S, 2, 8]", "i32[M]", "i32[M]"}) ==
        "f32[M, 32]");
  CHECK(result("causal_conv1d", {"f32[T, C]", "f32[C, 1, 4]", "f32[3, C]"}, {}, 2, 1) == "f32[3, C]");
  CHECK(result("selective_scan", {"f32[T, I]", "f32[T, I]", "f32[I, 4]", "f32[T, 4]", "f32[T, 4]", "f32[I, 4]"}, {}, 2,
               1) == "f32[I, 4]");
}

TEST_CASE("shapes of moved elements") {
  CHECK(result("transpose", {"f32[A, B, C]"}, {{"perm", {2, 0, 1}}}) == "f32[C, A, B]");
  CHECK(codes("transpose", {"f32[A, B]"}, {""}, {{"perm", {0, 0}}}) == "E0306");
  CHECK(result("concat", {"f32[A, B]", "f32[C, B]"}, {{"axis", {0}}}) == "f32[A + C, B]");
  CHECK(codes("concat", {"f32[2, 3]", "f32[2, 4]"}, {""}, {{"axis", {0}}}) == "E0201");
  CHECK(codes("concat", {}, {""}, {{"axis", {0}}}) == "E0301");
  CHECK(result("pad", {"f32[S]"}, {{"before", {1}}, {"after", {2}}}) == "f32[S + 3]");
  CHECK(result("unfold", {"f32[10]"}, {{"size", {4}}, {"step", {2}}}) == "f32[4, 4]");
  CHECK(result("unfold", {"f32[3]"}, {{"size", {4}}, {"step", {2}}}) == "f32[0, 4]");
  CHECK(checked("reshape", {"f32[B, T, D]"}, {"f32[B, D, T]"})->site.open.empty());
  CHECK(codes("reshape", {"f32[2, 3]"}, {"f32[7]"}) == "E0201");
  CHECK(result("top_k", {"f32[2, 9]"}, {{"k", {3}}}, 2, 1) == "i32[2, 3]");
  CHECK(codes("top_k", {"f32[2, 2]"}, {"", ""}, {{"k", {3}}}) == "E0306");
}

TEST_CASE("lengths that are known when the op has run") {
  const auto s = checked("nonzero", {"bool[B, T]"}, {"i32[N]", "i32[N]"});
  CHECK(s->codes().empty());
  CHECK(s->result(1) == "i32[N]");
  REQUIRE(s->site.bounds.size() == 2);
  CHECK(s->dims.print(s->site.bounds[0].at(0), s->site.symbol_name) == "B*T");
  const auto open = checked("nonzero", {"bool[7]"}, {""});
  CHECK(open->result() == "i32");
  CHECK(open->dims.is(open->site.bounds[0].at(0), 7));
  CHECK(codes("nonzero", {"bool[B, T]"}, {""}) == "E0302");
  const auto kept = checked("nms", {"f32[9, 4]", "f32[9]"}, {""}, {{"limit", {5}}});
  CHECK(kept->dims.is(kept->site.bounds[0].at(0), 5));
}

TEST_CASE("sizes of convolutions and pools") {
  CHECK(result("conv", {"f32[1, 2, 5, 5]", "f32[3, 2, 3, 3]"}, {{"pad", {1}}}) == "f32[1, 3, 5, 5]");
  CHECK(result("conv", {"f32[2, T]", "f32[3, 2, 3]"}, {{"pad", {1}}}) == "f32[3, T]");
  CHECK(result("conv", {"f32[1, 4, 7]", "f32[6, 2, 2]"}, {{"groups", {2}}, {"stride", {2}}}) == "f32[1, 6, 3]");
  CHECK(codes("conv", {"f32[1, 2, 2, 2]", "f32[3, 2, 3, 3]"}) == "E0209 E0209");
  CHECK(codes("conv", {"f32[1, 3, 5, 5]", "f32[3, 2, 3, 3]"}) == "E0201");
  CHECK(result("conv_transpose", {"f32[1, 2, 4]", "f32[2, 3, 2]"}, {{"stride", {2}}}) == "f32[1, 3, 8]");
  CHECK(result("max_pool", {"f32[1, 2, 4, 4]"}, {{"kernel", {2}}, {"stride", {2}}}) == "f32[1, 2, 2, 2]");
  CHECK(result("max_pool", {"f32[2, 5, 5]"}, {{"kernel", {3, 3}}, {"stride", {2}}, {"pad", {1}}}) == "f32[2, 3, 3]");
  CHECK(codes("max_pool", {"f32[2, 5, 5]"}, {""}, {{"kernel", {2}}, {"stride", {2}}, {"pad", {2}}}) == "E0306");
}
