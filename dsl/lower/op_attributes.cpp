// Attributes of op nodes against their row of ops.json.
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
  const auto large = [&](uint64_t n) -> std::optional<AttrValue> {
    out.kind = StepAttr::Kind::large;
    out.large = n;
    return AttrValue(n);
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
      error(unknown_type(e->ref.name));
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
      const auto l = literal(x, file, scope, Reads::before_run);
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
        if (l.kind == LiteralValue::Kind::large) return numeric ? large(l.large) : wrong("an integer of 64 bits");
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
      std::vector<std::string_view> candidates = variable_names(scope);
      for (std::string_view n : size_names(scope)) candidates.push_back(n);
      Diagnostic d(Code::E0111, "`" + name + "` is no scalar variable, no size and no metadata of the package", v.span);
      const std::string_view near = nearest_name(name, candidates);
      if (!near.empty()) d.help = "did you mean `" + std::string(near) + "`?";
      error(std::move(d));
      return std::nullopt;
    }
  }
  if (spec.type == AttrType::boolean) return wrong("true or false");
  if (numeric && e.kind == ExprKind::integer && e.integer > static_cast<uint64_t>(INT64_MAX)) return large(e.integer);
  const auto d = evaluate(v.expr, file, scope, spec.is_static ? Reads::before_run : Reads::scalars);
  if (!d) return std::nullopt;
  return integer(*d);
}

}  // namespace openinfer
