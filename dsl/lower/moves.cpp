// Values on the move: transfer, cache nodes, emit.
#include <algorithm>

#include "dsl/lower/lowering.h"

namespace openinfer {

// What is moved: a variable with indices, or a size.
std::optional<Operand> Lowering::source(const Ref& ref, const File& file, Scope* scope) {
  if (!ref.indexed && !find_variable(ref.name.text, scope) && size_exists(ref.name.text, scope)) {
    const auto d = find_size(ref.name.text, scope);
    if (!d) return std::nullopt;
    Operand o;
    o.kind = Operand::Kind::literal;
    o.span = ref.span;
    LiteralValue l;
    l.integer = *d;
    o.values.push_back(l);
    return o;
  }
  if (!ref.indexed && !find_variable(ref.name.text, scope)) {
    unknown_variable(ref.name, scope, OrSize::yes);
    return std::nullopt;
  }
  auto o = operand(ref, file, scope);
  if (o && o->kind == Operand::Kind::variable) note_read(*o);
  return o;
}

// What both sides of a move are, where they do not fit.
Diagnostic Lowering::sides(Diagnostic d, const Operand& from, VarId to) const {
  if (from.kind == Operand::Kind::variable)
    d.notes.push_back({"the value is declared here", program_.var(from.var).span});
  d.notes.push_back({"the place is declared here", program_.var(to).span});
  return d;
}

bool Lowering::broadcastable(const Operand& value, const Place& place, Step& step) {
  const std::vector<Dim>&from = value.shape, &to = place.shape;
  const Span span = value.span;
  const auto differs = [&] {
    Diagnostic d(Code::E0201, "a value of shape " + print(from) + " does not fit a place of shape " + print(to), span);
    error(sides(std::move(d), value, place.operand.var));
    return false;
  };
  if (from.size() > to.size()) return differs();
  for (size_t i = 0; i < from.size(); ++i) {
    const Dim f = from[from.size() - 1 - i], t = to[to.size() - 1 - i];
    if (known(f) == 1) continue;
    const Unify u = unify(f, t);
    if (u == Unify::differ) return differs();
    if (u == Unify::open) step.checks.push_back({f, t, "value and place", span});
  }
  return true;
}

void Lowering::copy_into(Operand from, Place to, bool convert, bool broadcast, const Node& node) {
  (void)node;
  Step step;
  step.node = current_node_;
  step.convert = convert;
  step.kind = to.vectors.empty() ? StepKind::copy : StepKind::scatter;
  step.gather_axes = to.axes;
  const DType wanted = to.operand.dtype.value_or(DType::f32);
  if (from.kind == Operand::Kind::literal) {
    from.dtype = wanted;
    for (const LiteralValue& l : from.values)
      if (const std::string why = misfit(l, wanted); !why.empty())
        error(Diagnostic(Code::E0217, why, from.span).note("declared here", program_.var(to.operand.var).span));
  } else if (from.dtype && *from.dtype != wanted) {
    const bool may = convert && is_float(*from.dtype) && (is_float(wanted) || is_block(wanted));
    if (!may) {
      Diagnostic d(Code::E0202,
                   "`" + entity_name(from) + "` is " + std::string(openinfer::name(*from.dtype)) + ", `" +
                       entity_name(to.operand) + "` is " + std::string(openinfer::name(wanted)),
                   from.span);
      d.notes.push_back({"declared here", program_.var(to.operand.var).span});
      const OpSchema* cast = find_op("cast");
      if ((cast->inputs[0].types & dtype_bit(*from.dtype)) && (cast->outputs[0].types & dtype_bit(wanted)))
        d.help = "`op cast` converts";
      error(std::move(d));
    }
  }
  if (!broadcastable(from, to, step)) {
    program_.var(to.operand.var).written = true;
    return;
  }
  if (!broadcast && from.shape.size() != to.shape.size() && from.kind == Operand::Kind::variable) {
    Diagnostic d(
        Code::E0204,
        "a cache write takes a value of the place's shape " + print(to.shape) + ", this one has " + print(from.shape),
        from.span);
    error(sides(std::move(d), from, to.operand.var));
    return;
  }
  const bool all = to.vectors.empty() && to.operand.selectors.empty();
  note_write(to.operand.var, all, to.operand.span);
  step.in.push_back(std::move(from));
  for (Operand& v : to.vectors) step.in.push_back(std::move(v));
  step.out.push_back(std::move(to.operand));
  if (convert) place_devices(step, step.in[0].span);
  body_->push_back(std::move(step));
}

void Lowering::lower_transfer(const Ref& from, const Out& to, bool by_cache_read, const Node& node, const File& file,
                              Scope* scope) {
  auto o = source(from, file, scope);
  if (by_cache_read && o &&
      (o->kind != Operand::Kind::variable ||
       (program_.var(o->var).kind != VarKind::persistent && program_.var(o->var).kind != VarKind::temporary)))
    error(Diagnostic(Code::E0312, "`" + from.name.text + "` is not persistent: cache.read reads persistent memory",
                     from.span)
              .with_help("`transfer` copies any value"));
  Place target;
  if (to.type) {
    if (to.ref.indexed) error(Diagnostic(Code::E0320, "a new variable has no indices", to.ref.span));
    if (!free_name(to.ref.name, scope)) return;
    auto t = type(*to.type, file, scope, Fresh::result);
    if (!t) {
      declare_faulty(to.ref.name, scope);
      return;
    }
    if (o && t->shape.size() >= o->shape.size())
      for (size_t i = 0; i < o->shape.size(); ++i) {
        const Dim d = t->shape[t->shape.size() - 1 - i];
        if (as_placeholder(d)) unify(d, now(o->shape[o->shape.size() - 1 - i]));
      }
    const VarId id = declare_temporary(to.ref.name, *t, scope);
    target.operand = *whole(id, to.ref.span);
    target.shape = target.operand.shape;
    if (!o) program_.var(id).written = true;
  } else {
    auto p = place(to.ref, file, scope);
    if (!p || !o) return note_lost_write(to.ref, scope);
    if (p->operand.kind != Operand::Kind::variable) {
      error(Diagnostic(Code::E0309, "`" + to.ref.name.text + "` is a number and cannot be written", to.ref.span));
      return;
    }
    if (!may_write(p->operand.var, to.ref.span, false)) return;
    target = std::move(*p);
  }
  if (!o) return;
  const VarId to_var = target.operand.var;
  const bool itself = o->kind == Operand::Kind::variable && o->var == to_var;
  if (target.vectors.empty() && target.operand.selectors.empty() && !itself && may_take(to_var, o->shape)) {
    take_shape(to_var, o->shape);
    target.operand = *whole(to_var, to.ref.span);
    target.shape = target.operand.shape;
  }
  copy_into(std::move(*o), std::move(target), false, true, node);
}

void Lowering::lower_cache_write(const CacheWriteNode& n, const Node& node, const File& file, Scope* scope) {
  auto o = source(n.from, file, scope);
  auto p = place(n.to, file, scope);
  if (!o || !p) return;
  if (p->operand.kind != Operand::Kind::variable) {
    error(Diagnostic(Code::E0312, "`" + n.to.name.text + "` is not persistent", n.to.span));
    return;
  }
  if (!may_write(p->operand.var, n.to.span, true)) return;
  copy_into(std::move(*o), std::move(*p), true, false, node);
}

void Lowering::lower_cache_step(const CacheStepNode& n, const Node& node, const File& file, Scope* scope) {
  (void)node;
  Ref ref;
  ref.name = n.name;
  ref.span = n.name.span;
  auto p = place(ref, file, scope);
  if (!p) return;
  if (p->operand.kind != Operand::Kind::variable || !may_write(p->operand.var, n.name.span, true)) return;
  const Operand target = std::move(p->operand);
  if (!target.shape.empty() || !target.dtype || !is_integer(*target.dtype)) {
    error(Diagnostic(Code::E0317, "`" + n.name.text + "` is no integer scalar", n.name.span)
              .note("declared here", program_.var(target.var).span));
    find_variable(n.name.text, scope)->kind = Entity::Kind::faulty;
    return;
  }
  std::optional<Dim> by = dims().constant(1);
  if (n.by) {
    const auto l = literal(*n.by, file, scope, Reads::scalars);
    by = l ? std::optional<Dim>(l->integer) : std::nullopt;
  }
  if (!by) return;
  if (const auto count = known(*by))
    if (const std::string why = openinfer::misfit(NumberValue(*count), *target.dtype); !why.empty()) {
      error(Diagnostic(Code::E0217, "cache." + std::string(n.decrement ? "decrement" : "increment") + " by " + why,
                       n.by ? n.by->span : n.name.span)
                .note("declared here", program_.var(target.var).span));
      return;
    }
  note_write(target.var, true, n.name.span);
  Step& step = emit(StepKind::increment);
  step.value = n.decrement ? dims().sub(dims().constant(0), resolve(*by)) : *by;
  step.out.push_back(target);
}

void Lowering::lower_cache_reset(const CacheResetNode& n, const Node& node, const File& file, Scope* scope) {
  (void)node;
  if (Entity* e = find_variable(n.ref.name.text, scope);
      e && e->kind == Entity::Kind::variable && !program_.var(e->var).growing.empty()) {
    if (!refuse_handed_over(e->var, n.ref.span)) reset_growing(n.ref, e->var, file, scope);
    return;
  }
  auto p = place(n.ref, file, scope);
  if (!p) return;
  if (!p->vectors.empty()) {
    error(Diagnostic(Code::E0315, "cache.reset takes integers and slices", n.ref.span));
    return;
  }
  if (p->operand.kind != Operand::Kind::variable || !may_write(p->operand.var, n.ref.span, true)) return;
  const VarId var = p->operand.var;
  note_write(var, true, n.ref.span);
  if (!program_.var(var).initial_constants.empty()) {
    body_->push_back(copy_of_beginning(std::move(p->operand), program_.var(var).table.size()));
    return;
  }
  Step& step = emit(StepKind::reset);
  step.out.push_back(std::move(p->operand));
}

void Lowering::lower_emit(const EmitNode& n, const Node& node, const File& file, Scope* scope) {
  (void)node;
  auto o = source(n.value, file, scope);
  if (!o) return;
  if (o->kind == Operand::Kind::literal && !o->dtype) o->dtype = DType::i64;
  Adapter out;
  for (const Attribute& a : n.attributes) {
    if (a.name.text == "text" || a.name.text == "image" || a.name.text == "audio" || a.name.text == "labels") {
      if (!out.kind.empty()) error(Diagnostic(Code::E0505, "one adapter for one value", a.span));
      out = adapter(a, file, scope);
      check_adapter(out, o->dtype, o->shape, n.value.span);
    } else {
      std::vector<std::string_view> candidates{"text", "image", "audio", "labels"};
      Diagnostic d(Code::E0106, "@" + a.name.text + " is not for what is emitted", a.name.span);
      const std::string_view near = nearest_name(a.name.text, candidates);
      if (!near.empty()) d.help = "did you mean @" + std::string(near) + "?";
      error(std::move(d));
    }
  }
  if (out.kind == "text" && o->dtype && !is_integer(*o->dtype))
    error(Diagnostic(Code::E0202, "@text shows token ids: integers, not " + std::string(openinfer::name(*o->dtype)),
                     n.value.span));
  Step& step = emit(StepKind::emit);
  step.label = n.value.name.text;
  step.adapter = std::move(out);
  step.in.push_back(std::move(*o));
}

}  // namespace openinfer
