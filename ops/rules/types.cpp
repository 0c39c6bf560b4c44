// Element types of a node: which inputs go together, and what comes out.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "ops/rules/node.h"

namespace openinfer::rules {
namespace {

using MaybeType = std::optional<DType>;

// 0 for what is no float.
int float_rank(DType t) {
  switch (t) {
    case DType::f8:
    case DType::f8e4m3:
      return 1;
    case DType::f16:
    case DType::bf16:
      return 2;
    case DType::f32:
      return 3;
    case DType::f64:
      return 4;
    default:
      return 0;
  }
}

// Equal, or a float that is exactly representable in the wider one.
bool widens(DType from, DType to) { return from == to || (float_rank(from) > 0 && float_rank(from) < float_rank(to)); }

const InputSpec& spec_of(Node& node, size_t i) {
  const auto& specs = node.site().op.inputs;
  return specs[std::min(i, specs.size() - 1)];
}

bool typed(Node& node, size_t i) {
  return node.given(i) && !node.site().inputs[i].literal && node.site().inputs[i].dtype;
}
MaybeType declared(Node& node, size_t o = 0) {
  return o < node.site().declared.size() ? node.site().declared[o].dtype : std::nullopt;
}

MaybeType only_type(DTypeSet set) {
  if (std::popcount(set) != 1) return std::nullopt;
  return static_cast<DType>(std::countr_zero(set));
}

void differ(Node& node, Where where, DType a, std::string_view a_name, DType b, std::string_view b_name) {
  node.issue(Code::E0202, where,
             fmt::format("`{}`: {} is {} and {} is {}", node.site().op.name, a_name, name(a), b_name, name(b)));
}

void set_result(Node& node, size_t o, MaybeType t) {
  if (o < node.site().results.size()) node.site().results[o].dtype = t;
}

// The type that inputs `from` … `to`-1 have together: equal, or (wide) the widest float.
MaybeType common_type(Node& node, size_t from, size_t to, bool wide) {
  MaybeType t;
  size_t first = 0;
  for (size_t i = from; i < std::min(to, node.inputs()); ++i) {
    if (!typed(node, i)) continue;
    const DType u = *node.site().inputs[i].dtype;
    if (!t || (wide && widens(*t, u))) {
      t = u;
      first = i;
    } else if (!(wide && widens(u, *t)) && u != *t) {
      differ(node, input(i), *t, spec_of(node, first).name, u, spec_of(node, i).name);
      return t;
    }
  }
  return t;
}

void give_literals(Node& node, size_t from, size_t to, MaybeType t) {
  if (!t) return;
  for (size_t i = from; i < std::min(to, node.inputs()); ++i)
    if (node.site().inputs[i].literal) node.site().inputs[i].dtype = t;
}

// `acc`: y's type, a wider integer of the same sign.
bool widened_by_acc(Node& node) {
  OpSite& site = node.site();
  const int at = site.op.attribute_index("acc");
  const DType* acc = at < 0 ? nullptr : std::get_if<DType>(&site.attributes[static_cast<size_t>(at)]);
  if (!acc) return false;
  const MaybeType x = common_type(node, 0, node.inputs(), false);
  if (x && !(is_integer(*acc) && is_signed(*acc) == is_signed(*x) && (is_integer(*x) || is_packed(*x)) &&
             info(*acc).bits > info(*x).bits))
    node.issue(Code::E0203, node.attribute("acc"),
               fmt::format("`acc` of `{}` is a wider integer than {} with the same sign, not {}", site.op.name,
                           name(*x), name(*acc)));
  if (declared(node) && *declared(node) != *acc)
    differ(node, output(0), *acc, "acc", *declared(node), site.op.outputs[0].name);
  give_literals(node, 0, node.inputs(), x ? x : *acc);
  set_result(node, 0, *acc);
  return true;
}

// y is what was declared if `t` widens to it, else `t`.
void follow(Node& node, MaybeType t, bool wide, std::string_view t_name) {
  const MaybeType y = declared(node);
  if (t && y && !(wide ? widens(*t, *y) : *t == *y))
    differ(node, output(0), *t, t_name, *y, node.site().op.outputs[0].name);
  set_result(node, 0, y ? y : t);
}

MaybeType first_typed(Node& node) {
  for (size_t i = 0; i < node.inputs(); ++i)
    if (typed(node, i)) return node.site().inputs[i].dtype;
  return std::nullopt;
}

// Every operand has one type; floats narrower than y are widened.
void same(Node& node) {
  if (widened_by_acc(node)) return;
  const MaybeType y = declared(node);
  if (!y || !is_float(*y)) {
    const MaybeType t = common_type(node, 0, node.inputs(), true);
    give_literals(node, 0, node.inputs(), t ? t : y);
    return follow(node, t, true, spec_of(node, 0).name);
  }
  give_literals(node, 0, node.inputs(), first_typed(node) ? first_typed(node) : y);
  set_result(node, 0, y);
  for (size_t i = 0; i < node.inputs(); ++i)
    if (typed(node, i) && !widens(*node.site().inputs[i].dtype, *y))
      return differ(node, input(i), *node.site().inputs[i].dtype, spec_of(node, i).name, *y,
                    node.site().op.outputs[0].name);
}

void compare(Node& node) { give_literals(node, 0, node.inputs(), common_type(node, 0, node.inputs(), false)); }

void filter(Node& node) {
  const MaybeType y = declared(node);
  const MaybeType t = common_type(node, 0, 2, true);
  give_literals(node, 0, 2, t ? t : y);
  follow(node, t, true, "a");
  if (typed(node, 2) && t && node.site().inputs[2].dtype != DType::boolean && node.site().inputs[2].dtype != t)
    differ(node, input(2), *t, "a", *node.site().inputs[2].dtype, "cond");
  if (node.given(2) && node.site().inputs[2].literal) node.site().inputs[2].dtype = DType::boolean;
}

MaybeType first_type(Node& node) { return typed(node, 0) ? node.site().inputs[0].dtype : std::nullopt; }

// Literals of an input that may have x's type take it.
void literals_like_first(Node& node, MaybeType x) {
  for (size_t i = 0; x && i < node.inputs(); ++i)
    if (node.site().inputs[i].literal && (spec_of(node, i).types & dtype_bit(*x))) node.site().inputs[i].dtype = x;
}

void as_first(Node& node) {
  literals_like_first(node, first_type(node) ? first_type(node) : declared(node));
  follow(node, first_type(node) ? first_type(node) : declared(node), false, node.site().op.inputs[0].name);
}

void layer(Node& node) {
  literals_like_first(node, first_type(node) ? first_type(node) : declared(node));
  follow(node, first_type(node) ? first_type(node) : declared(node), true, node.site().op.inputs[0].name);
}

void state(Node& node) {
  layer(node);
  const size_t at = node.site().op.name == "selective_scan" ? 5 : 2;
  const MaybeType s = typed(node, at) ? node.site().inputs[at].dtype : std::nullopt;
  if (s && declared(node, 1) && *s != *declared(node, 1))
    differ(node, output(1), *s, "state", *declared(node, 1), "the new state");
  set_result(node, 1, declared(node, 1) ? declared(node, 1) : s);
}

void equal(Node& node) {
  const MaybeType t = common_type(node, 0, node.inputs(), false);
  give_literals(node, 0, node.inputs(), t ? t : declared(node));
  follow(node, t, false, spec_of(node, 0).name);
}

void index_add(Node& node) {
  if (typed(node, 0) && typed(node, 2) && *node.site().inputs[0].dtype != *node.site().inputs[2].dtype)
    differ(node, input(2), *node.site().inputs[0].dtype, "x", *node.site().inputs[2].dtype, "v");
  as_first(node);
}

void as_declared(Node& node) {
  const MaybeType y = declared(node);
  if (node.site().op.name == "fill" && typed(node, 0) && y && *node.site().inputs[0].dtype != *y)
    differ(node, output(0), *node.site().inputs[0].dtype, "x", *y, "y");
  if (node.site().op.name == "fill") give_literals(node, 0, 1, y);
  set_result(node, 0, y ? y : node.site().op.name == "fill" ? first_type(node) : std::nullopt);
}

void index(Node& node) {
  compare(node);
  set_result(node, 0, declared(node) ? declared(node) : DType::i64);
}

void sign(Node& node) {
  if (declared(node) == DType::i8) return set_result(node, 0, DType::i8);
  same(node);
}

void cast(Node& node) {
  const int at = node.site().op.attribute_index("to");
  const DType* to = std::get_if<DType>(&node.site().attributes[static_cast<size_t>(at)]);
  if (to && declared(node) && *declared(node) != *to) differ(node, output(0), *to, "to", *declared(node), "y");
  set_result(node, 0, to ? *to : declared(node));
}

// Integers, bools: one type, `acc`. Floats: a may be narrower than y, b is read as stored, blocks too.
void matmul(Node& node) {
  if (typed(node, 0) && float_rank(*node.site().inputs[0].dtype)) {
    if (typed(node, 1) && !float_rank(*node.site().inputs[1].dtype) && !is_block(*node.site().inputs[1].dtype))
      differ(node, input(1), *node.site().inputs[0].dtype, "a", *node.site().inputs[1].dtype, "b");
    return layer(node);
  }
  same(node);
}

void conv(Node& node) {
  if (typed(node, 0) && is_integer(*node.site().inputs[0].dtype)) {
    OpSite& site = node.site();
    const DType* acc = std::get_if<DType>(&site.attributes[static_cast<size_t>(site.op.attribute_index("acc"))]);
    if (!acc)
      return node.issue(Code::E0303, {},
                        fmt::format("`conv` of {} needs the attribute `acc`", name(*site.inputs[0].dtype)));
    if (typed(node, 1) && !is_integer(*site.inputs[1].dtype))
      differ(node, input(1), *site.inputs[0].dtype, "x", *site.inputs[1].dtype, "weight");
    if (typed(node, 2) && *site.inputs[2].dtype != *acc)
      differ(node, input(2), *acc, "acc", *site.inputs[2].dtype, "bias");
    if (*acc != DType::i32)
      node.issue(Code::E0203, node.attribute("acc"), fmt::format("`acc` of `conv` is i32, not {}", name(*acc)));
    if (declared(node) && *declared(node) != *acc) differ(node, output(0), *acc, "acc", *declared(node), "y");
    return set_result(node, 0, *acc);
  }
  layer(node);
}

void embedding(Node& node) {
  const MaybeType y = declared(node);
  const MaybeType w = typed(node, 1) ? node.site().inputs[1].dtype : std::nullopt;
  if (y && w && is_float(*w) && !widens(*w, *y)) differ(node, output(0), *w, "weight", *y, "y");
  set_result(node, 0, y ? y : w && is_float(*w) ? w : std::nullopt);
}

struct Rule {
  std::string_view name;
  void (*apply)(Node&);
};
constexpr std::array kRules = {
    Rule{"as_first", as_first},
    Rule{"cast", cast},
    Rule{"compare", compare},
    Rule{"conv", conv},
    Rule{"declared", as_declared},
    Rule{"embedding", embedding},
    Rule{"equal", equal},
    Rule{"filter", filter},
    Rule{"index", index},
    Rule{"index_add", index_add},
    Rule{"layer", layer},
    Rule{"matmul", matmul},
    Rule{"same", same},
    Rule{"sign", sign},
    Rule{"state", state},
};

void check_sets(Node& node) {
  OpSite& site = node.site();
  for (size_t i = 0; i < node.inputs() && !site.op.inputs.empty(); ++i) {
    const InputSpec& spec = spec_of(node, i);
    OperandType& in = site.inputs[i];
    if (in.literal && (!in.dtype || !(spec.types & dtype_bit(*in.dtype)))) {
      if (const auto only = only_type(spec.types)) {
        in.dtype = only;
      } else {
        in.dtype = spec.types & dtype_bit(DType::i64) ? DType::i64 : DType::f32;
      }
    }
    if (in.dtype && !(spec.types & dtype_bit(*in.dtype)))
      node.issue(Code::E0203, input(i),
                 fmt::format("`{}` does not take {} for `{}`", site.op.name, name(*in.dtype), spec.name));
  }
  if (!site.issues.empty()) return;  // the results follow from the inputs
  for (size_t o = 0; o < site.results.size() && !site.op.outputs.empty(); ++o) {
    const OutputSpec& spec = site.op.outputs[std::min(o, site.op.outputs.size() - 1)];
    MaybeType& t = site.results[o].dtype;
    if (!t) t = declared(node, o) ? declared(node, o) : only_type(spec.types);
    if (t && !(spec.types & dtype_bit(*t)))
      node.issue(Code::E0203, output(o),
                 fmt::format("`{}` does not give {} for `{}`", site.op.name, name(*t), spec.name));
  }
}

}  // namespace

bool has_type_rule(std::string_view name) {
  return std::any_of(kRules.begin(), kRules.end(), [name](const Rule& r) { return r.name == name; });
}

bool apply_type_rule(Node& node, std::string_view name) {
  for (const Rule& r : kRules) {
    if (r.name != name) continue;
    r.apply(node);
    check_sets(node);
    return true;
  }
  return false;
}

}  // namespace openinfer::rules
