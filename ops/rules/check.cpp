// check_op: counts, attributes, element types, shapes, and results against what was declared.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ir/shape.h"
#include "ops/rules/shapes.h"

namespace openinfer {
namespace rules {
namespace {

struct NamedRule {
  std::string_view name;
  ShapeRule rule;
};

constexpr std::array kShapeRules = {
    NamedRule{"arange", arange},
    NamedRule{"arg_reduce", arg_reduce},
    NamedRule{"attention", attention},
    NamedRule{"axis_keep", axis_keep},
    NamedRule{"batch_norm", batch_norm},
    NamedRule{"broadcast", broadcast},
    NamedRule{"causal_conv1d", causal_conv1d},
    NamedRule{"common_prefix", common_prefix},
    NamedRule{"concat", concat},
    NamedRule{"conv", conv},
    NamedRule{"conv_transpose", conv_transpose},
    NamedRule{"declared", declared},
    NamedRule{"embedding", embedding},
    NamedRule{"gather_linear", gather_linear},
    NamedRule{"grid_sample", grid_sample},
    NamedRule{"group_norm", group_norm},
    NamedRule{"index_add", index_add},
    NamedRule{"is_finite", is_finite},
    NamedRule{"isin", isin},
    NamedRule{"layer_norm", layer_norm},
    NamedRule{"linear", linear},
    NamedRule{"matmul", matmul},
    NamedRule{"nms", nms},
    NamedRule{"nonzero", nonzero},
    NamedRule{"pad", pad},
    NamedRule{"pool", pool},
    NamedRule{"ragged_attention", ragged_attention},
    NamedRule{"random", random},
    NamedRule{"reduce", reduce},
    NamedRule{"repetition_penalty", repetition_penalty},
    NamedRule{"reshape", reshape},
    NamedRule{"resize", resize},
    NamedRule{"rms_norm", rms_norm},
    NamedRule{"roi_align", roi_align},
    NamedRule{"rope", rope},
    NamedRule{"sample", sample},
    NamedRule{"selective_scan", selective_scan},
    NamedRule{"top_k", top_k},
    NamedRule{"transpose", transpose},
    NamedRule{"unfold", unfold},
};

std::string counted(size_t least, size_t most, std::string_view word) {
  if (most == SIZE_MAX) return fmt::format("at least {} {}{}", least, word, least == 1 ? "" : "s");
  if (least == most) return fmt::format("{} {}{}", least, word, least == 1 ? "" : "s");
  return fmt::format("{} to {} {}s", least, most, word);
}

template <class Spec>
bool right_count(Node& node, const std::vector<Spec>& specs, size_t given, Code code, std::string_view word) {
  const auto least =
      static_cast<size_t>(std::count_if(specs.begin(), specs.end(), [](const Spec& s) { return !s.optional; }));
  const size_t most = !specs.empty() && specs.back().variadic ? SIZE_MAX : specs.size();
  if (given >= least && given <= most) return true;
  std::string names;
  for (const Spec& s : specs)
    names += (names.empty() ? "" : ", ") + s.name + (s.optional ? "?" : "") + (s.variadic ? "…" : "");
  node.issue(code, {},
             fmt::format("`{}` has {}{}{}{}, not {}", node.site().op.name, counted(least, most, word),
                         names.empty() ? "" : " (", names, names.empty() ? "" : ")", given));
  return false;
}

void against_declared(Node& node, size_t o) {
  OpSite& site = node.site();
  const Dims* declared = node.declared(o);
  auto& result = site.results[o].shape;
  if (!declared) return;
  if (!result) {
    result = *declared;
    return;
  }
  const std::string& name = site.op.outputs[std::min(o, site.op.outputs.size() - 1)].name;
  if (result->size() != declared->size()) {
    node.issue(Code::E0201, output(o),
               fmt::format("`{}` gives {}, declared is {}: {}", site.op.name, node.print(*result),
                           node.print(*declared), node.operands()));
    return;
  }
  for (size_t i = 0; i < result->size(); ++i) {
    const Dim a = (*result)[i], b = (*declared)[i];
    switch (site.dims.compare(a, b)) {
      case DimOrder::equal:
        continue;
      case DimOrder::unknown:
        site.open.push_back({a, b, fmt::format("axis {} of `{}` of `{}`", i, name, site.op.name)});
        continue;
      case DimOrder::different:
        break;
    }
    node.issue(Code::E0201, output(o),
               fmt::format("`{}` gives {}, declared is {}: {}", site.op.name, node.print(*result),
                           node.print(*declared), node.operands()));
    return;
  }
}

}  // namespace

ShapeRule find_shape_rule(std::string_view name) {
  const auto at =
      std::find_if(kShapeRules.begin(), kShapeRules.end(), [name](const NamedRule& r) { return r.name == name; });
  return at == kShapeRules.end() ? nullptr : at->rule;
}

}  // namespace rules

void check_op(OpSite& site) {
  using namespace rules;
  Node node(site);
  site.attributes.resize(site.op.attributes.size());
  site.results.assign(site.declared.size(), {});
  site.bounds.assign(site.declared.size(), {});
  const bool counts = right_count(node, site.op.inputs, site.inputs.size(), Code::E0301, "input");
  if (!right_count(node, site.op.outputs, site.declared.size(), Code::E0302, "output") || !counts) {
    site.results = site.declared;  // what follows goes on with what the author wrote
    return;
  }
  apply_type_rule(node, site.op.type_rule);
  check_attributes(node);
  if (const ShapeRule rule = find_shape_rule(site.op.shape_rule)) rule(node);
  if (!site.issues.empty()) {
    site.results = site.declared;  // what wrong arguments come to says nothing about the declaration
    return;
  }
  for (size_t o = 0; o < site.results.size(); ++o) {
    if (site.results[o].shape && site.results[o].shape->size() > static_cast<size_t>(kMaxRank)) {
      node.issue(Code::E0213, output(o),
                 fmt::format("`{}` gives {} axes: {}", site.op.name, site.results[o].shape->size(), node.operands()));
      site.results[o].shape.reset();
    }
    if (site.results[o].shape)
      for (Dim d : *site.results[o].shape) node.not_negative(d, output(o), "a size of the result");
    against_declared(node, o);
  }
}

}  // namespace openinfer
