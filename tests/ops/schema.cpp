// Every row of ops.json, and how the list is read.
#include "ops/schema.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "ops/rules/node.h"

using namespace openinfer;

TEST_CASE("the list of ops is complete and sorted") {
  REQUIRE(all_ops().size() >= 101);
  REQUIRE(std::is_sorted(all_ops().begin(), all_ops().end(),
                         [](const OpSchema& a, const OpSchema& b) { return a.name < b.name; }));
  for (const OpSchema& op : all_ops()) CHECK(find_op(op.name) == &op);
  CHECK(find_op("layer_nrom") == nullptr);
  CHECK(find_op("") == nullptr);
}

TEST_CASE("every row of the list is well formed") {
  for (const OpSchema& op : all_ops()) {
    INFO(op.name);
    CHECK(!op.group.empty());
    CHECK(!op.summary.empty());
    CHECK(!op.formula.empty());
    CHECK(op.example.find("op " + op.name + "(") != std::string::npos);
    CHECK(op.example.find("// expect: ") != std::string::npos);
    CHECK(rules::find_shape_rule(op.shape_rule) != nullptr);
    CHECK(rules::has_type_rule(op.type_rule));
    CHECK(!op.outputs.empty());
    bool optional = false;
    std::set<std::string> names;
    for (const InputSpec& in : op.inputs) {
      INFO(in.name);
      CHECK(names.insert(in.name).second);
      CHECK(in.types != 0);
      CHECK((in.optional || !optional));  // optional inputs are the last ones
      CHECK(!(in.in_place && in.in_place_copy));
      CHECK((!in.variadic || &in == &op.inputs.back()));
      if (in.in_place) CHECK((in.types & op.outputs[0].types) != 0);
      optional = in.optional;
    }
    for (const OutputSpec& out : op.outputs) CHECK(out.types != 0);
    for (const AttrSpec& a : op.attributes) {
      INFO(a.name);
      CHECK(names.insert(a.name).second);
      CHECK(!a.summary.empty());
      CHECK((a.type == AttrType::choice) == !a.choices.empty());
      const bool has_default = a.default_integer || !std::holds_alternative<std::monostate>(a.default_value);
      CHECK(!(a.required && has_default));
      if (const auto* word = std::get_if<std::string>(&a.default_value))
        CHECK(std::count(a.choices.begin(), a.choices.end(), *word) == 1);
      CHECK(op.attribute_index(a.name) == &a - op.attributes.data());
    }
    CHECK(op.attribute_index("no such") == -1);
    for (const std::string& e : op.errors) CHECK((e.size() > 7 && e[0] == 'R' && e.substr(5, 2) == ": "));
  }
}

TEST_CASE("sets of element types are read from the list") {
  const OpSchema& add = *find_op("add");
  CHECK((add.inputs[0].types & dtype_bit(DType::i4)) != 0);
  CHECK((add.inputs[0].types & dtype_bit(DType::q8_0)) == 0);
  CHECK(add.broadcast);
  CHECK(add.in_place);
  CHECK(find_op("nonzero")->runtime_shape);
  const OpSchema& clamp = *find_op("clamp");
  CHECK(std::get<double>(clamp.attributes[0].default_value) == -std::numeric_limits<double>::infinity());
  CHECK(find_op("softmax")->attributes[0].default_integer == -1);
}
