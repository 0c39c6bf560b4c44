// Properties of the shape rules over random shapes: with sizes instead of numbers they give the same shapes, and they
// refuse nothing that the numbers would allow.
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "site.h"

using namespace openinfer;

namespace {

using Shapes = std::vector<std::vector<int64_t>>;

// Random operands that fit a family of ops; sizes from 1 to 9 repeat often, so that broadcasts meet.
struct Node {
  std::string op;
  Shapes inputs;
  std::vector<std::pair<std::string, std::vector<int64_t>>> attributes;
};

int64_t size() { return *rc::gen::inRange<int64_t>(1, 10); }
std::vector<int64_t> sizes(size_t n) {
  std::vector<int64_t> s;
  for (size_t i = 0; i < n; ++i) s.push_back(size());
  return s;
}

Node random_node() {
  const int kind = *rc::gen::inRange(0, 7);
  const auto rank = *rc::gen::inRange<size_t>(1, 5);
  switch (kind) {
    case 0: {
      auto a = sizes(rank), b = a;
      for (auto& d : b)
        if (*rc::gen::inRange(0, 3) == 0) d = 1;
      b.erase(b.begin(), b.begin() + *rc::gen::inRange<ptrdiff_t>(0, static_cast<ptrdiff_t>(rank)));
      return {"add", {a, b}, {}};
    }
    case 1: {
      auto x = sizes(rank), w = sizes(rank);
      w.back() = x.back();
      return {"linear", {x, w}, {}};
    }
    case 2:
      return {"sum_axis", {sizes(rank)}, {{"axes", {*rc::gen::inRange<int64_t>(0, static_cast<int64_t>(rank))}}}};
    case 3: {
      const int64_t m = size(), k = size(), n = size();
      return {"matmul", {{m, k}, {k, n}}, {}};
    }
    case 4: {
      const int64_t c = size(), k = size(), s = k + size();
      return {"conv", {{size(), c, s}, {size(), c, k}}, {{"stride", {size()}}, {"pad", {size()}}}};
    }
    case 5: {
      auto a = sizes(rank), b = a;
      b[0] = size();
      return {"concat", {a, b}, {{"axis", {0}}}};
    }
    default:
      return {"unfold", {sizes(rank)}, {{"size", {size()}}, {"step", {size()}}}};
  }
}

struct Checked {
  std::unique_ptr<test::Site> site;
  std::vector<int64_t> values;  // by symbol
};

// Sizes for which `symbolic` says so are symbols; equal numbers get different ones.
Checked check(const Node& node, const std::function<bool(int64_t)>& symbolic) {
  Checked c;
  c.site = std::make_unique<test::Site>(node.op, std::vector<std::string>{}, std::vector<std::string>{""});
  OpSite& s = c.site->site;
  s.symbol_name = [](SymbolId id) { return "s" + std::to_string(static_cast<uint32_t>(id)); };
  for (const auto& shape : node.inputs) {
    OperandType t;
    t.dtype = DType::f32;
    t.shape.emplace();
    for (int64_t d : shape) {
      if (symbolic(d)) {
        t.shape->push_back(s.dims.symbol(static_cast<SymbolId>(c.values.size())));
        c.values.push_back(d);
      } else {
        t.shape->push_back(s.dims.constant(d));
      }
    }
    s.inputs.push_back(t);
  }
  for (const auto& [name, values] : node.attributes) {
    const auto at = static_cast<size_t>(s.op.attribute_index(name));
    std::vector<Dim> list;
    for (int64_t v : values) list.push_back(s.dims.constant(v));
    if (s.op.attributes[at].type == AttrType::integers) {
      s.attributes[at] = list;
    } else {
      s.attributes[at] = list.at(0);
    }
  }
  check_op(s);
  return c;
}

std::vector<int64_t> numbers(const Checked& c) {
  std::vector<int64_t> y;
  for (Dim d : *c.site->site.results[0].shape) y.push_back(c.site->site.dims.evaluate(d, c.values).value);
  return y;
}

}  // namespace

TEST_CASE("shapes of symbols are the shapes of numbers") {
  CHECK(rc::check([] {
    const Node node = random_node();
    const Checked exact = check(node, [](int64_t) { return false; });
    RC_ASSERT(exact.site->site.issues.empty());
    RC_ASSERT(exact.site->site.open.empty());
    // A size of 1 broadcasts only where it is written.
    const Checked symbols = check(node, [](int64_t d) { return d != 1 && *rc::gen::inRange(0, 2) == 0; });
    RC_ASSERT(symbols.site->site.issues.empty());
    for (const OpenEquality& q : symbols.site->site.open) {
      DimTable& dims = symbols.site->site.dims;
      RC_ASSERT(dims.evaluate(q.a, symbols.values).value == dims.evaluate(q.b, symbols.values).value);
    }
    RC_ASSERT(numbers(symbols) == numbers(exact));
  }));
}

TEST_CASE("a wrong size is refused, whatever it is") {
  CHECK(rc::check([] {
    auto x = sizes(3), w = sizes(2);
    w.back() = x.back() + *rc::gen::inRange<int64_t>(1, 5);
    const Checked c = check({"linear", {x, w}, {}}, [](int64_t) { return false; });
    RC_ASSERT(c.site->site.issues.size() == 1u);
    RC_ASSERT(c.site->site.issues[0].code == Code::E0201);
  }));
}
