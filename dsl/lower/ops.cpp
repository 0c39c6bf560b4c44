// Op nodes: arguments against the schema, results against what is declared.
#include <algorithm>

#include "dsl/lower/lowering.h"
#include "dsl/lower/unknown.h"

namespace openinfer {

std::optional<AttrValue> Lowering::attribute(const AttrSpec& spec, const Value& v, const File& file, Scope* scope,
                                             StepAttr& out) {
  const auto wrong = [&](const char* needed) -> std::optional<AttrValue> {
    error(Diagnostic(Code::E0305, "attribute `" + spec.name + "` needs " + needed, v.span));
    return std::nullopt;
  };
  const auto integer = [&](Dim d) -> std::optional<AttrValue> {
    d = resolve(d);
    if (spec.is_static)
      for (SymbolId s : dims().symbols(d)) {
        const SymbolSource from = program_.symbol(s).source;
        if (from == SymbolSource::scalar || from == SymbolSource::sizes || from == SymbolSource::loop ||
            from == SymbolSource::result || from == SymbolSource::extent) {
          error(Diagnostic(
              Code::E0307,
              "attribute `" + spec.name + "` must be known before the run, `" + program_.symbol(s).name + "` is not",
              v.span));
          return std::nullopt;
        }
      }
    out.kind = StepAttr::Kind::integer;
    out.integer = d;
    return AttrValue(d);
  };
  const auto number = [&](double x) -> std::optional<AttrValue> {
    out.kind = StepAttr::Kind::number;
    out.number = x;
    return AttrValue(x);
  };
  const auto boolean = [&](bool b) -> std::optional<AttrValue> {
    out.kind = StepAttr::Kind::integer;
    out.integer = dims().constant(b ? 1 : 0);
    return AttrValue(b);
  };
  const bool numeric = spec.type == AttrType::number || spec.type == AttrType::value;

  if (spec.type == AttrType::dtype) {
    const Expr* e = v.kind == ValueKind::expr ? &file.expr(v.expr) : nullptr;
    if (!e || e->kind != ExprKind::ref || e->ref.indexed) return wrong("an element type, such as f32");
    const auto t = dtype_named(e->ref.name.text);
    if (!t) {
      error(Diagnostic(Code::E0107, "unknown element type `" + e->ref.name.text + "`", v.span));
      return std::nullopt;
    }
    out.kind = StepAttr::Kind::integer;
    out.integer = dims().constant(static_cast<int64_t>(*t));
    return AttrValue(*t);
  }
  if (spec.type == AttrType::choice) {
    if (v.kind != ValueKind::string) return wrong("a text in quotes");
    const auto hit = std::find(spec.choices.begin(), spec.choices.end(), v.text);
    if (hit == spec.choices.end()) {
      std::vector<std::string_view> candidates(spec.choices.begin(), spec.choices.end());
      std::string list;
      for (const std::string& c : spec.choices) list += (list.empty() ? "\"" : ", \"") + c + "\"";
      Diagnostic d(Code::E0306, "attribute `" + spec.name + "` is one of " + list + ", not \"" + v.text + "\"", v.span);
      const std::string_view near = nearest_name(v.text, candidates);
      if (!near.empty()) d.help = "did you mean \"" + std::string(near) + "\"?";
      error(std::move(d));
      return std::nullopt;
    }
    out.kind = StepAttr::Kind::integer;
    out.integer = dims().constant(hit - spec.choices.begin());
    return AttrValue(v.text);
  }
  if (spec.type == AttrType::integers) {
    std::vector<Dim> list;
    const auto add = [&](const Value& x) {
      if (x.kind != ValueKind::expr && x.kind != ValueKind::integer) return false;
      const auto l = literal(x, file, scope, Reads::sizes);
      if (!l) return true;  // reported
      list.push_back(resolve(l->integer));
      return true;
    };
    if (v.kind == ValueKind::list) {
      for (const Value& x : v.list)
        if (!add(x)) return wrong("integers");
      if (list.size() != v.list.size()) return std::nullopt;
    } else {
      if (!add(v)) return wrong("an integer or a list of integers");
      if (list.empty()) return std::nullopt;
    }
    out.kind = StepAttr::Kind::list;
    out.list = list;
    return AttrValue(std::move(list));
  }
  switch (v.kind) {
    case ValueKind::boolean:
      if (spec.type == AttrType::boolean || spec.type == AttrType::value) return boolean(v.boolean);
      return wrong(numeric ? "a number" : "an integer");
    case ValueKind::floating:
    case ValueKind::inf:
    case ValueKind::nan:
      if (!numeric) return wrong(spec.type == AttrType::boolean ? "true or false" : "an integer");
      return number(literal(v, file, scope, Reads::sizes)->real);
    case ValueKind::integer: {
      if (spec.type == AttrType::boolean) return wrong("true or false");
      const auto l = literal(v, file, scope, Reads::sizes);
      if (!l) return std::nullopt;
      return integer(l->integer);
    }
    case ValueKind::string:
    case ValueKind::list:
      return wrong(spec.type == AttrType::boolean ? "true or false" : numeric ? "a number" : "an integer");
    case ValueKind::expr:
      break;
  }
  const Expr& e = file.expr(v.expr);
  if (e.kind == ExprKind::ref && !e.ref.indexed) {
    // A scalar variable, a size, the package's metadata, in this order.
    const std::string& name = e.ref.name.text;
    if (Entity* variable = find_variable(name, scope)) {
      if (variable->kind == Entity::Kind::literal && !variable->literal.vector) {
        const LiteralValue& l = variable->literal.values[0];
        if (l.kind == LiteralValue::Kind::real) return numeric ? number(l.real) : wrong("an integer");
        if (l.kind == LiteralValue::Kind::boolean)
          return spec.type == AttrType::integer || spec.type == AttrType::number ? wrong("a number")
                                                                                 : boolean(l.boolean);
        if (spec.type == AttrType::boolean) return wrong("true or false");
        return integer(l.integer);
      }
      auto o = operand(e.ref, file, scope);
      if (!o) return std::nullopt;
      if (!o->shape.empty()) return wrong("a scalar");
      const bool is_bool = o->dtype == DType::boolean;
      if (o->dtype && ((spec.type == AttrType::boolean) != is_bool) && spec.type != AttrType::value)
        return wrong(is_bool ? "a number, not a bool" : "a bool");
      if (o->dtype && spec.type == AttrType::integer && is_float(*o->dtype)) return wrong("an integer");
      if (const auto fixed = static_integer(*o))
        return spec.type == AttrType::boolean ? boolean(*fixed != 0) : integer(dims().constant(*fixed));
      const Variable& var = program_.var(o->var);
      if (var.kind == VarKind::constant && var.members.size() == 1 && var.family.empty()) {
        const ConstantMember& m = program_.constants[var.members[0]];
        if (m.tensor.empty() && m.dtype == DType::boolean) return boolean(m.bytes[0] != std::byte{0});
        if (m.tensor.empty() && m.dtype == DType::f32) {
          float f = 0;
          std::copy_n(m.bytes.data(), 4, reinterpret_cast<std::byte*>(&f));
          return number(f);
        }
      }
      if (spec.is_static) {
        error(Diagnostic(Code::E0307,
                         "attribute `" + spec.name + "` must be known before the run, `" + name + "` is a variable",
                         v.span));
        return std::nullopt;
      }
      note_read(*o);
      out.kind = StepAttr::Kind::variable;
      out.variable = o->var;
      return AttrValue(RuntimeAttr{});
    }
    if (!size_exists(name, scope)) {
      const MetaValue* meta = options_.package ? options_.package->find_metadata(name) : nullptr;
      if (meta) {
        if (const auto* b = std::get_if<bool>(meta);
            b && (spec.type == AttrType::boolean || spec.type == AttrType::value))
          return boolean(*b);
        if (const auto* i = std::get_if<int64_t>(meta); i && spec.type != AttrType::boolean)
          return integer(dims().constant(*i));
        if (const auto* f = std::get_if<double>(meta); f && numeric) return number(*f);
        return wrong(("another value than the metadata `" + name + "` has").c_str());
      }
      if (expects_package_ && !options_.package) {
        out.kind = StepAttr::Kind::none;  // the package will say
        return AttrValue(RuntimeAttr{});
      }
      std::vector<std::string_view> candidates;
      for (Scope* s = scope; s; s = s->parent) {
        for (const auto& [n, x] : s->variables) candidates.push_back(n);
        for (const auto& [n, x] : s->sizes) candidates.push_back(n);
      }
      for (const auto& [n, x] : names_.variables) candidates.push_back(n);
      for (const auto& [n, x] : names_.sizes) candidates.push_back(n);
      if (options_.package)
        for (std::string_view n : options_.package->metadata_names()) candidates.push_back(n);
      Diagnostic d(Code::E0111, "`" + name + "` is no scalar variable, no size and no metadata of the package", v.span);
      const std::string_view near = nearest_name(name, candidates);
      if (!near.empty()) d.help = "did you mean `" + std::string(near) + "`?";
      error(std::move(d));
      return std::nullopt;
    }
  }
  if (spec.type == AttrType::boolean) return wrong("true or false");
  const auto d = evaluate(v.expr, file, scope, spec.is_static ? Reads::sizes : Reads::scalars);
  if (!d) return std::nullopt;
  return integer(*d);
}

// A number among the inputs takes the type of the inputs it stands beside, else of the output.
void Lowering::infer_literal_types(OpSite& site, Step& step) {
  for (size_t i = 0; i < step.in.size(); ++i) {
    Operand& o = step.in[i];
    if (o.kind != Operand::Kind::literal) continue;
    const InputSpec& spec = site.op.inputs[std::min(i, site.op.inputs.size() - 1)];
    const auto allowed = [&](DType t) { return (spec.types & dtype_bit(t)) != 0; };
    bool real = false, boolean = false;
    for (const LiteralValue& l : o.values) {
      real |= l.kind == LiteralValue::Kind::real;
      boolean |= l.kind == LiteralValue::Kind::boolean;
    }
    std::optional<DType> t;
    for (size_t k = 0; k < step.in.size() && !t; ++k) {
      const InputSpec& other = site.op.inputs[std::min(k, site.op.inputs.size() - 1)];
      if (k != i && step.in[k].kind == Operand::Kind::variable && other.types == spec.types && step.in[k].dtype &&
          allowed(*step.in[k].dtype))
        t = step.in[k].dtype;
    }
    const bool comparison = !site.op.outputs.empty() && site.op.outputs[0].types == dtype_bit(DType::boolean);
    if (!t && !comparison && !site.declared.empty() && site.declared[0].dtype && allowed(*site.declared[0].dtype) &&
        !(real && is_integer(*site.declared[0].dtype)))
      t = site.declared[0].dtype;
    if (!t && comparison)
      for (size_t k = 0; k < step.in.size(); ++k)
        for (const LiteralValue& l : step.in[k].values) real |= l.kind == LiteralValue::Kind::real;
    if (!t)
      t = boolean && allowed(DType::boolean) ? DType::boolean
          : real || !allowed(DType::i64)     ? (allowed(DType::f32) ? DType::f32 : DType::i32)
                                             : DType::i64;
    if (real && !is_float(*t)) {
      error(Diagnostic(Code::E0217, "a fraction does not fit " + std::string(openinfer::name(*t)), o.span));
    } else if (boolean && *t != DType::boolean) {
      error(Diagnostic(Code::E0202, "true and false are bool, " + std::string(openinfer::name(*t)) + " is needed",
                       o.span));
    } else if (is_integer(*t)) {
      for (const LiteralValue& l : o.values) {
        const auto k = known(l.integer);
        const int bits = info(*t).bits;
        const bool fits =
            !k || (is_signed(*t) ? bits == 64 || (*k >= -(int64_t{1} << (bits - 1)) && *k < (int64_t{1} << (bits - 1)))
                                 : *k >= 0 && (bits == 64 || *k < (int64_t{1} << bits)));
        if (!fits)
          error(Diagnostic(Code::E0217, std::to_string(*k) + " does not fit " + std::string(openinfer::name(*t)),
                           o.span));
      }
    }
    o.dtype = t;
    site.inputs[i].dtype = t;
  }
}

// Results against declarations: names that wait get their values, differences are errors, the rest is checked in the
// run.
void Lowering::settle(OpSite& site, Step& step, const Outs& outs, Span span) {
  const bool refused =
      std::any_of(site.issues.begin(), site.issues.end(), [](const OpIssue& i) { return i.code == Code::E0203; });
  for (const OpIssue& issue : site.issues) {
    if (refused && issue.code == Code::E0202) continue;  // of a type that the op does not take nothing else matters
    Span at = span;
    if (issue.kind == OperandKind::input && issue.index < static_cast<int>(step.in.size()))
      at = step.in[static_cast<size_t>(issue.index)].span;
    if (issue.kind == OperandKind::output && issue.index < static_cast<int>(outs.list.size()))
      at = outs.list[static_cast<size_t>(issue.index)].ref.span;
    const bool named = issue.message.rfind("`" + site.op.name + "`", 0) == 0;
    Diagnostic d(issue.code, named ? issue.message : "`" + site.op.name + "`: " + issue.message, at);
    for (const Operand& o : step.in)
      if (o.kind == Operand::Kind::variable)
        d.notes.push_back({"`" + program_.var(o.var).name + "` is " +
                               (o.dtype ? std::string(openinfer::name(*o.dtype)) : "auto") + print(o.shape),
                           program_.var(o.var).span});
    error(std::move(d));
  }
  if (!site.issues.empty()) return;
  for (size_t i = 0; i < site.declared.size() && i < site.results.size(); ++i) {
    const OperandType &declared = site.declared[i], &result = site.results[i];
    const Span at = outs.list[i].ref.span;
    if (declared.dtype && result.dtype && *declared.dtype != *result.dtype)
      error(Diagnostic(Code::E0202,
                       "`" + site.op.name + "` gives " + std::string(openinfer::name(*result.dtype)) + ", `" +
                           outs.list[i].ref.name.text + "` is " + std::string(openinfer::name(*declared.dtype)),
                       at));
    if (!result.shape || !declared.shape) continue;
    const auto differs = [&](Code code) {
      Diagnostic d(code,
                   "`" + site.op.name + "` gives " + print(*result.shape) + ", `" + outs.list[i].ref.name.text +
                       "` is " + print(*declared.shape),
                   at);
      for (const Operand& o : step.in)
        if (o.kind == Operand::Kind::variable)
          d.notes.push_back({"`" + program_.var(o.var).name + "` is " +
                                 (o.dtype ? std::string(openinfer::name(*o.dtype)) : "auto") + print(o.shape),
                             program_.var(o.var).span});
      error(std::move(d));
    };
    if (result.shape->size() != declared.shape->size()) {
      differs(Code::E0204);
      continue;
    }
    for (size_t k = 0; k < result.shape->size(); ++k) {
      const Dim a = (*declared.shape)[k], b = (*result.shape)[k];
      // Only a run tells how many there are: the name keeps that number.
      if (site.op.runtime_shape && as_placeholder(a) && resolve(a) == resolve(b)) {
        const SymbolId s = new_symbol(program_.symbol(*as_placeholder(a)).name, SymbolSource::result, at);
        program_.symbols[static_cast<size_t>(s)].least = 0;
        bind(*as_placeholder(a), dims().symbol(s));
        step.symbol = s;
        step.label = "length";
        continue;
      }
      const Unify u = unify(a, b);
      if (u == Unify::differ) {
        differs(Code::E0201);
        break;
      }
      if (u == Unify::open)
        step.checks.push_back({a, b, "`" + site.op.name + "` and `" + outs.list[i].ref.name.text + "`", at});
    }
    if (i < site.bounds.size())
      for (size_t k = 0; k < site.bounds[i].size() && k < declared.shape->size(); ++k)
        note_bound((*declared.shape)[k], site.bounds[i][k]);
  }
  for (const OpenEquality& q : site.open) {
    const Unify u = unify(q.a, q.b);
    if (u == Unify::differ)
      error(Diagnostic(Code::E0201, "`" + site.op.name + "`: " + q.what + ": " + print(q.a) + " and " + print(q.b),
                       span));
    if (u == Unify::open) step.checks.push_back({q.a, q.b, "`" + site.op.name + "`: " + q.what, span});
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
  const size_t errors = diagnostics_.size();
  Step step;
  step.kind = StepKind::op;
  step.node = current_node_;
  step.op = schema;
  std::vector<const Arg*> attributes;
  for (const Arg& a : op.args) {
    if (a.name) {
      attributes.push_back(&a);
      continue;
    }
    if (!attributes.empty()) error(Diagnostic(Code::E0322, "inputs come before attributes", a.value.span));
    auto o = input(a.value, file, scope);
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
      types.push_back(parsed ? *parsed : Type{});
      existing.emplace_back(std::nullopt);
      continue;
    }
    Entity* e = find_variable(out.ref.name.text, scope);
    if (!e) {
      Diagnostic d(Code::E0318, "`" + out.ref.name.text + "` is not declared: the result needs a type", out.ref.span);
      std::vector<std::string_view> candidates;
      for (Scope* s = scope; s; s = s->parent)
        for (const auto& [n, x] : s->variables) candidates.push_back(n);
      const std::string_view near = nearest_name(out.ref.name.text, candidates);
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
      types.emplace_back();
      existing.emplace_back(std::nullopt);
      if (diagnostics_.size() == errors) return;
      continue;
    }
    if (handed_over(out.ref.name.text))
      error(Diagnostic(Code::E0405, "`" + out.ref.name.text + "` was handed over and is not taken back yet",
                       out.ref.span));
    may_write(e->var, out.ref.span, false);
    const Variable& v = program_.var(e->var);
    types.push_back({v.dtype, false, v.shape});
    existing.emplace_back(e->var);
  }
  if (site && diagnostics_.size() == errors) {
    for (const Operand& o : step.in) site->inputs.push_back({o.dtype, o.shape, o.kind == Operand::Kind::literal});
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
    if (diagnostics_.size() == errors) {
      fill_defaults(*site);
      check_op(*site);
      settle(*site, step, op.outs, op.op.span);
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
        if (!schema) continue;
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
      id = declare_temporary(out.ref.name, types[i], scope);
    }
    note_write(id, true, out.ref.span);
    step.out.push_back(*whole(id, out.ref.span));
  }
  if (schema && diagnostics_.size() == errors) {
    place_devices(step, op.op.span);
    body_->push_back(std::move(step));
  }
  (void)node;
}

}  // namespace openinfer
