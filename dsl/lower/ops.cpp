// Op nodes: arguments against the schema, results against what is declared.
#include <algorithm>

#include "dsl/lower/lowering.h"
#include "dsl/lower/unknown.h"

namespace openinfer {

// A number that stands for elements of an integer result comes from an integer or bool variable; literals are the
// rules' to check.
void Lowering::whole_values(const OpSite& site, const Step& step, const std::vector<const Arg*>& given) {
  const auto result = site.results.empty() ? std::nullopt : site.results[0].dtype;
  if (!result || is_float(*result)) return;
  for (const Arg* a : given) {
    const auto i = static_cast<size_t>(site.op.attribute_index(a->name->text));
    if (site.op.attributes[i].type != AttrType::value || step.attributes[i].kind != StepAttr::Kind::variable) continue;
    const auto t = program_.var(step.attributes[i].variable).dtype;
    if (t && is_float(*t))
      error(Diagnostic(Code::E0305,
                       "`" + a->name->text + "` of `" + site.op.name + "` is an integer or a bool for " +
                           std::string(openinfer::name(*result)) + ", not " + std::string(openinfer::name(*t)),
                       a->value.span));
  }
}

void Lowering::place_devices(Step& step, Span span) {
  int device = -1;
  const Operand* first = nullptr;
  for (const auto* list : {&step.in, &step.out})
    for (const Operand& o : *list) {
      if (o.kind != Operand::Kind::variable) continue;
      const Variable& v = program_.var(o.var);
      if (v.kind == VarKind::constant || v.device < 0) continue;
      if (device >= 0 && v.device != device) {
        error(Diagnostic(Code::E0411,
                         "`" + v.name + "` lies on device " + std::to_string(v.device) + ", `" +
                             program_.var(first->var).name + "` on device " + std::to_string(device),
                         span)
                  .note("`" + v.name + "` is declared here", v.span)
                  .note("`" + program_.var(first->var).name + "` is declared here", program_.var(first->var).span)
                  .with_help("`transfer` joins devices"));
        return;
      }
      device = v.device;
      first = &o;
    }
  if (device < 0) return;
  for (const Operand& o : step.out)
    if (o.kind == Operand::Kind::variable && program_.var(o.var).device < 0) program_.var(o.var).device = device;
}

void Lowering::lower_op(const OpNode& op, const Node& node, const File& file, Scope* scope) {
  const OpSchema* schema = find_op(op.op.text);
  if (!schema) error(unknown_op(op.op));
  const size_t errors = faults_;
  bool faulty = false;  // something that was reported elsewhere is missing here
  const auto clean = [&] { return !faulty && faults_ == errors; };
  Step step;
  step.kind = StepKind::op;
  step.node = current_node_;
  step.op = schema;
  std::optional<FamilySlice> family;
  std::vector<const Arg*> attributes;
  for (const Arg& a : op.args) {
    if (a.name) {
      attributes.push_back(&a);
      continue;
    }
    if (!attributes.empty()) error(Diagnostic(Code::E0322, "inputs come before attributes", a.value.span));
    if (takes_family(step)) {
      if (auto slice = family_slice(a.value, file, scope)) {
        family = std::move(slice);
        faulty |= family->members.empty();
        if (!family->members.empty()) step.in.push_back(family->members[0]);
        continue;
      }
    }
    auto o = input(a.value, file, scope);
    faulty |= !o;
    if (o) step.in.push_back(std::move(*o));
  }
  std::optional<OpSite> site;
  if (schema) {
    site.emplace(OpSite{dims(), *schema, {}, {}, {}, [this](SymbolId s) { return symbol_name(s); }, {}, {}, {}, {}});
    site->attributes.resize(schema->attributes.size());
    step.attributes.resize(schema->attributes.size());
    std::map<std::string, Span> seen;
    for (const Arg* a : attributes) {
      const int i = schema->attribute_index(a->name->text);
      if (i < 0) {
        std::vector<std::string_view> candidates;
        for (const AttrSpec& s : schema->attributes) candidates.push_back(s.name);
        Diagnostic d(Code::E0106, "op `" + schema->name + "` has no attribute `" + a->name->text + "`", a->name->span);
        const std::string_view near = nearest_name(a->name->text, candidates);
        if (!near.empty()) d.help = "did you mean `" + std::string(near) + "`?";
        error(std::move(d));
        continue;
      }
      if (!seen.emplace(a->name->text, a->name->span).second) {
        error(Diagnostic(Code::E0304, "attribute `" + a->name->text + "` is given twice", a->name->span)
                  .note("first given here", seen[a->name->text]));
        continue;
      }
      if (auto v = attribute(schema->attributes[static_cast<size_t>(i)], a->value, file, scope,
                             step.attributes[static_cast<size_t>(i)]))
        site->attributes[static_cast<size_t>(i)] = std::move(*v);
      else
        faulty = true;
    }
  }
  // Outputs: new ones by their type, others by name.
  std::vector<Type> types;
  std::vector<std::optional<VarId>> existing;
  for (const Out& out : op.outs.list) {
    if (out.ref.indexed)
      error(Diagnostic(Code::E0320, "an op writes whole variables", out.ref.span)
                .with_help("`transfer` and `cache.write` write into places"));
    const TypeExpr* t = out.type ? &*out.type : op.outs.common ? &*op.outs.common : nullptr;
    if (t) {
      free_name(out.ref.name, scope);
      auto parsed = type(*t, file, scope, Fresh::result);
      if (parsed && parsed->is_auto)
        error(Diagnostic(Code::E0318, "a result has a type of its own, not auto", t->span));
      faulty |= !parsed;
      types.push_back(parsed ? *parsed : Type{});
      existing.emplace_back(std::nullopt);
      continue;
    }
    Entity* e = find_variable(out.ref.name.text, scope);
    if (!e) {
      Diagnostic d(Code::E0318, "`" + out.ref.name.text + "` is not declared: the result needs a type", out.ref.span);
      const std::string_view near = nearest_name(out.ref.name.text, variable_names(scope));
      d.help =
          near.empty() ? "write `>> " + out.ref.name.text + ": f32[...]`" : "did you mean `" + std::string(near) + "`?";
      error(std::move(d));
      types.emplace_back();
      existing.emplace_back(std::nullopt);
      continue;
    }
    if (e->kind != Entity::Kind::variable) {
      if (e->kind == Entity::Kind::literal)
        error(Diagnostic(Code::E0309, "`" + out.ref.name.text + "` is a number and cannot be written", out.ref.span));
      faulty = true;
      types.emplace_back();
      existing.emplace_back(std::nullopt);
      continue;
    }
    refuse_handed_over(e->var, out.ref.span);
    may_write(e->var, out.ref.span, false);
    const Variable& v = program_.var(e->var);
    types.push_back({v.dtype, false, v.shape});
    existing.emplace_back(e->var);
  }
  std::vector<std::vector<Dim>> taken(op.outs.list.size());
  bool contradicted = false;
  if (site && clean()) {
    for (const Operand& o : step.in) site->inputs.push_back({o.dtype, o.shape, o.kind == Operand::Kind::literal});
    if (family) site->inputs[1].shape->insert(site->inputs[1].shape->begin(), family->count);
    for (const Type& t : types) {
      std::vector<Dim> shape;
      for (Dim d : t.shape) shape.push_back(resolve(d));
      site->declared.push_back({t.dtype, std::move(shape), false});
    }
    for (OperandType& t : site->inputs)
      if (t.shape)
        for (Dim& d : *t.shape) d = resolve(d);
    if (!step.in.empty() && step.in.size() <= schema->inputs.size() + (schema->inputs.back().variadic ? 4096 : 0) &&
        !schema->inputs.empty())
      infer_literal_types(*site, step);
    if (clean()) {
      fill_defaults(*site);
      check_op(*site);
      taken = grown_results(*site, step, existing);
      settle(*site, step, op.outs, op.op.span);
      // A result that is not what it is declared as: who knows which of the two is meant.
      contradicted = !clean() && std::all_of(site->issues.begin(), site->issues.end(),
                                             [](const OpIssue& i) { return i.kind == OperandKind::output; });
      whole_values(*site, step, attributes);
      for (size_t i = 0; i < site->attributes.size(); ++i) {
        StepAttr& a = step.attributes[i];
        if (a.kind != StepAttr::Kind::none) continue;
        // Defaults.
        const AttrValue& v = site->attributes[i];
        if (const auto* f = std::get_if<double>(&v))
          a.kind = StepAttr::Kind::number, a.number = *f;
        else if (const auto* b = std::get_if<bool>(&v))
          a.kind = StepAttr::Kind::integer, a.integer = dims().constant(*b ? 1 : 0);
        else if (const auto* d = std::get_if<Dim>(&v))
          a.kind = StepAttr::Kind::integer, a.integer = *d;
        else if (const auto* l = std::get_if<std::vector<Dim>>(&v))
          a.kind = StepAttr::Kind::list, a.list = *l;
        else if (const auto* t = std::get_if<DType>(&v))
          a.kind = StepAttr::Kind::integer, a.integer = dims().constant(static_cast<int64_t>(*t));
        else if (const auto* s = std::get_if<std::string>(&v)) {
          const auto& choices = schema->attributes[i].choices;
          a.kind = StepAttr::Kind::integer;
          a.integer = dims().constant(std::find(choices.begin(), choices.end(), *s) - choices.begin());
        }
      }
    }
  }
  for (size_t i = 0; i < op.outs.list.size(); ++i) {
    const Out& out = op.outs.list[i];
    VarId id{};
    if (existing[i]) {
      id = *existing[i];
      for (size_t k = 0; k < i; ++k)
        if (existing[k] == existing[i])
          error(Diagnostic(Code::E0321, "`" + out.ref.name.text + "` is two outputs of one node", out.ref.span));
      for (size_t k = 0; k < step.in.size(); ++k) {
        if (step.in[k].kind != Operand::Kind::variable || step.in[k].var != id) continue;
        if (!schema || program_.var(id).kind == VarKind::constant || program_.var(id).kind == VarKind::persistent)
          continue;  // said already: nobody writes it
        const InputSpec& spec = schema->inputs[std::min(k, schema->inputs.size() - 1)];
        const bool same = i == 0 && step.in[k].selectors.empty();
        if (same && spec.in_place) continue;
        if (same && spec.in_place_copy) {
          Variable copy;
          copy.name = out.ref.name.text;
          copy.span = step.in[k].span;
          copy.dtype = step.in[k].dtype;
          copy.shape = step.in[k].shape;
          copy.device = program_.var(id).device;
          copy.written = true;
          const VarId before = add_variable(std::move(copy));
          declared_depth_[static_cast<uint32_t>(before)] = depth_;
          Step& move = emit(StepKind::copy);
          move.in.push_back(step.in[k]);
          move.out.push_back(*whole(before, step.in[k].span));
          step.in[k] = *whole(before, step.in[k].span);
          continue;
        }
        error(Diagnostic(Code::E0308,
                         "op `" + schema->name + "` cannot write `" + out.ref.name.text + "`, which it reads",
                         out.ref.span)
                  .note("read here", step.in[k].span)
                  .with_help("write to another variable"));
      }
    } else {
      if (scope->variables.contains(out.ref.name.text)) continue;  // reported above
      if (!types[i].dtype || contradicted) {
        declare_faulty(out.ref.name, scope);
        continue;
      }
      id = declare_temporary(out.ref.name, types[i], scope);
    }
    if (!taken[i].empty()) take_shape(id, taken[i]);
    note_write(id, true, out.ref.span);
    step.out.push_back(*whole(id, out.ref.span));
  }
  if (schema && clean()) {
    if (family) {  // the other members stand behind all inputs, given or not
      step.in.resize(schema->inputs.size());
      step.in.insert(step.in.end(), family->members.begin() + 1, family->members.end());
    }
    place_devices(step, op.op.span);
    body_->push_back(std::move(step));
  }
  (void)node;
}

}  // namespace openinfer
