#include "dsl/lower/lowering.h"

namespace openinfer {

std::optional<Dim> Lowering::evaluate(ExprId id, const File& file, Scope* scope, Reads reads) {
  const Expr& e = file.expr(id);
  const auto operand = [&](size_t i) { return evaluate(e.args[i], file, scope, reads); };
  switch (e.kind) {
    case ExprKind::integer:
      if (e.integer > static_cast<uint64_t>(INT64_MAX)) {
        error(Diagnostic(Code::E0208, "integer " + e.spelling + " does not fit 64 bits", e.span));
        return std::nullopt;
      }
      return dims().constant(static_cast<int64_t>(e.integer));
    case ExprKind::ref:
      return evaluate_ref(e.ref, file, scope, reads);
    case ExprKind::floor:
    case ExprKind::ceil: {
      const Expr& quotient = file.expr(e.args[0]);
      if (quotient.kind != ExprKind::div) {
        error(Diagnostic(Code::E0005, std::string(e.kind == ExprKind::floor ? "floor" : "ceil") + "() needs a quotient",
                         e.span));
        return std::nullopt;
      }
      const auto a = evaluate(quotient.args[0], file, scope, reads);
      const auto b = evaluate(quotient.args[1], file, scope, reads);
      if (!a || !b) return std::nullopt;
      return faulted(e.kind == ExprKind::floor ? dims().floor_div(resolve(*a), resolve(*b))
                                               : dims().ceil_div(resolve(*a), resolve(*b)),
                     e.span);
    }
    case ExprKind::min:
    case ExprKind::max: {
      std::optional<Dim> best = operand(0);
      for (size_t i = 1; i < e.args.size(); ++i) {
        const auto next = operand(i);
        if (!best || !next) return std::nullopt;
        best = e.kind == ExprKind::min ? dims().min(resolve(*best), resolve(*next))
                                       : dims().max(resolve(*best), resolve(*next));
      }
      return best;
    }
    case ExprKind::add:
    case ExprKind::sub:
    case ExprKind::mul:
    case ExprKind::div:
    case ExprKind::mod: {
      const auto a = operand(0), b = operand(1);
      if (!a || !b) return std::nullopt;
      const Dim x = resolve(*a), y = resolve(*b);
      Dim r{};
      if (e.kind == ExprKind::add)
        r = dims().add(x, y);
      else if (e.kind == ExprKind::sub)
        r = dims().sub(x, y);
      else if (e.kind == ExprKind::mul)
        r = dims().mul(x, y);
      else if (e.kind == ExprKind::div)
        r = dims().div(x, y);
      else
        r = dims().mod(x, y);
      return faulted(r, e.span);
    }
  }
  return std::nullopt;
}

std::vector<std::string_view> Lowering::size_names(Scope* scope) const {
  std::vector<std::string_view> list;
  for (Scope* s = scope; s; s = s->parent)
    for (const auto& [n, d] : s->sizes) list.push_back(n);
  for (const auto& [n, s] : names_.sizes) list.push_back(n);
  for (const auto& [n, s] : bare_names_) list.push_back(n);
  if (options_.package)
    for (std::string_view n : options_.package->metadata_names()) list.push_back(n);
  return list;
}

// Variables that an expression may read: constants everywhere, others where the run may be asked.
void Lowering::add_integer_scalars(std::vector<std::string_view>& list, Scope* scope, Reads reads) const {
  for (Scope* s = scope; s; s = s->parent)
    for (const auto& [n, e] : s->variables) {
      if (e.kind != Entity::Kind::variable) continue;
      const Variable& v = program_.var(e.var);
      const bool readable = reads == Reads::scalars || v.kind == VarKind::constant;
      if (readable && v.shape.empty() && v.dtype && is_integer(*v.dtype)) list.push_back(n);
    }
  for (const auto& [n, site] : names_.variables) {
    const auto dtype = dtype_named(site.decl->type.name.text);
    const bool readable = reads == Reads::scalars || site.kind == MemoryKind::constant;
    if (readable && site.decl->type.dims.empty() && site.decl->indices.empty() && dtype && is_integer(*dtype))
      list.push_back(n);
  }
}

std::optional<Dim> Lowering::evaluate_ref(const Ref& ref, const File& file, Scope* scope, Reads reads) {
  const std::string& name = ref.name.text;
  Entity* variable = find_variable(name, scope);
  if (!ref.indexed && size_exists(name, scope)) {
    if (variable && variable->kind == Entity::Kind::variable && reads == Reads::scalars &&
        program_.var(variable->var).shape.empty()) {
      error(Diagnostic(Code::E0109, "`" + name + "` is a size and a scalar", ref.span)
                .note("the scalar is declared here", variable->span));
      return std::nullopt;
    }
    const auto size = find_size(name, scope);
    const auto symbol = size ? dims().as_symbol(*size) : std::nullopt;
    if (symbol && is_stand_in(*symbol)) return std::nullopt;  // reported where it is defined
    return size;
  }
  if (!variable) {
    if (ref.indexed) {
      unknown_variable(ref.name, scope, OrSize::no);
      return std::nullopt;
    }
    if (const auto size = find_size(name, scope)) return size;
    std::vector<std::string_view> candidates = size_names(scope);
    add_integer_scalars(candidates, scope, reads);
    const std::string_view near = nearest_name(name, candidates);
    if (!unknown_sizes_.insert(name).second) return std::nullopt;  // said once
    Diagnostic d(Code::E0103, "unknown size `" + name + "`", ref.name.span);
    if (!near.empty()) d.help = "did you mean `" + std::string(near) + "`?";
    error(std::move(d));
    return std::nullopt;
  }
  if (variable->kind == Entity::Kind::literal) {
    if (variable->literal.vector || ref.indexed || variable->literal.values[0].kind != LiteralValue::Kind::integer) {
      error(Diagnostic(Code::E0317, "`" + name + "` is not an integer scalar", ref.span)
                .note("its value is given here", variable->span));
      return std::nullopt;
    }
    return resolve(variable->literal.values[0].integer);
  }
  auto o = operand(ref, file, scope);
  if (!o) return std::nullopt;
  if (const auto constant = static_integer(*o)) return dims().constant(*constant);
  if (reads != Reads::scalars && !(program_.var(o->var).kind == VarKind::constant)) {
    Diagnostic d = Diagnostic(Code::E0103, "`" + name + "` is a variable, where only sizes may stand", ref.span)
                       .note("declared here", program_.var(o->var).span);
    if (reads == Reads::sizes) d.help = "`sizes { name = " + name + "; }` as a node makes it a size";
    error(std::move(d));
    return std::nullopt;
  }
  return load_scalar(std::move(*o), name, ref.span);
}

// The element of a constant whose values are at hand, when its indices are known.
std::optional<int64_t> Lowering::static_integer(const Operand& o) {
  if (o.kind != Operand::Kind::variable || !o.shape.empty()) return std::nullopt;
  const Variable& v = program_.var(o.var);
  if (v.kind != VarKind::constant || v.members.size() != 1 || !v.family.empty() || !v.dtype || !is_integer(*v.dtype))
    return std::nullopt;
  const ConstantMember& m = program_.constants[v.members[0]];
  if (!m.tensor.empty()) return std::nullopt;
  int64_t at = 0;
  for (size_t axis = 0; axis < v.shape.size(); ++axis) {
    const auto extent = known(v.shape[axis]);
    const auto index = axis < o.selectors.size() ? known(o.selectors[axis].lo) : std::nullopt;
    if (!extent || !index || *index < 0 || *index >= *extent) return std::nullopt;
    at = at * *extent + *index;
  }
  const size_t bytes = element_bytes(*v.dtype);
  if (bytes == 0 || (static_cast<size_t>(at) + 1) * bytes > m.bytes.size()) return std::nullopt;
  uint64_t raw = 0;
  for (size_t i = 0; i < bytes; ++i)
    raw |= static_cast<uint64_t>(m.bytes[static_cast<size_t>(at) * bytes + i]) << (8 * i);
  if (is_signed(*v.dtype) && bytes < 8 && (raw >> (8 * bytes - 1)) != 0) raw |= ~uint64_t{0} << (8 * bytes);
  return static_cast<int64_t>(raw);
}

std::optional<Dim> Lowering::load_scalar(Operand o, const std::string& name, Span span) {
  if (!o.shape.empty() || (o.dtype && !is_integer(*o.dtype))) {
    std::string found = o.dtype ? std::string(openinfer::name(*o.dtype)) : "auto";
    if (!o.shape.empty()) found += print(o.shape);
    error(Diagnostic(Code::E0317, "`" + name + "` is no integer scalar, it is " + found, span)
              .note("declared here", program_.var(o.var).span));
    return std::nullopt;
  }
  note_read(o);  // also where the value is known already: consumers must not depend on it
  const bool plain = o.selectors.empty();
  const auto key = static_cast<uint32_t>(o.var);
  if (plain)
    if (const auto hit = scalars_.find(key); hit != scalars_.end()) return dims().symbol(hit->second);
  const SymbolId s = new_symbol(name, SymbolSource::scalar, span);
  Step& step = emit(StepKind::load);
  step.symbol = s;
  step.in.push_back(std::move(o));
  if (plain) scalars_[key] = s;
  return dims().symbol(s);
}

}  // namespace openinfer
