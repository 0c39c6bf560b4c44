// Which kernels there are, and which one is chosen.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <set>

#include "run.h"

using namespace openinfer;

TEST_CASE("every op has a plain kernel, the last one of its list") {
  for (const OpSchema& op : all_ops()) {
    INFO(op.name);
    const auto kernels = kernels_of(op.name);
    REQUIRE(!kernels.empty());
    CHECK(kernels.back()->name == op.name + ".reference");
    CHECK(kernels.back()->isa == Isa::portable);
    std::set<std::string_view> names;
    for (const Kernel* k : kernels) {
      CHECK(k->run != nullptr);
      CHECK(k->op == op.name);
      CHECK(names.insert(k->name).second);
    }
  }
  CHECK(kernels_of("no_such_op").empty());
}

TEST_CASE("a kernel is found for every machine") {
  KernelOperand f32{DType::f32, Layout::rowmajor, {4}, true, true};
  const KernelOperand in[] = {f32, f32};
  const KernelAttr attrs[] = {{false, 0, 0, {}}};
  KernelSite site{find_op("add"), in, {&f32, 1}, attrs, 1};
  for (const Isa isa : {Isa::portable, Isa::avx2, Isa::avx512, Isa::avx512vnni, Isa::neon}) {
    const Kernel* k = find_kernel(site, isa);
    REQUIRE(k != nullptr);
    CHECK((isa == Isa::neon ? k->isa == Isa::neon || k->isa == Isa::portable : k->isa <= isa));
  }
  const KernelOperand panel[] = {{DType::f32, Layout::panel16, {4}, true, true}, f32};
  site.inputs = panel;
  CHECK(find_kernel(site, Isa::portable) == nullptr);  // element-wise ops do not read panels
}

TEST_CASE("OINF_ISA limits what is used") {
  const char* before = std::getenv("OINF_ISA");
  const std::string kept = before ? before : "";
  setenv("OINF_ISA", "portable", 1);
  const auto portable = detect_isa();
  setenv("OINF_ISA", "mmx", 1);
  const auto unknown = detect_isa();
  unsetenv("OINF_ISA");
  const auto best = detect_isa();
  if (before) setenv("OINF_ISA", kept.c_str(), 1);
  REQUIRE(portable.ok());
  CHECK(*portable == Isa::portable);
  REQUIRE(!unknown.ok());
  CHECK(unknown.error().code == Code::U0001);
  CHECK(best.ok());
  CHECK(name(Isa::avx512) == "avx512");
}

TEST_CASE("plain kernels compute every element type of an element-wise row") {
  for (const OpSchema& op : all_ops()) {
    if (op.expression.empty()) continue;
    for (size_t i = 0; i < dtype_count(); ++i) {
      const auto t = static_cast<DType>(i);
      if (!(op.inputs[0].types & dtype_bit(t))) continue;
      INFO(op.name << " " << name(t));
      std::vector<test::Tensor> in;
      for (size_t k = 0; k < op.inputs.size(); ++k) in.emplace_back(t, Shape{3}, std::vector<double>{1, 1, 0});
      if (op.name == "div") in[1] = test::Tensor(t, {3}, {1, 1, 1});
      const auto r = test::run(op.name, in);
      CHECK(r.codes.empty());
      CHECK(r.ok);
    }
  }
}
