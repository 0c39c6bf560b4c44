// Defs are expanded where they are called; fuse regions are lowered as they stand.
#include <algorithm>

#include "dsl/lower/lowering.h"
#include "dsl/lower/unknown.h"
#include "dsl/lower/writes.h"

namespace openinfer {

void Lowering::lower_call(const CallNode& call, const Node& node, const File& file, Scope* scope) {
  const auto site = names_.defs.find(call.def.text);
  const size_t errors = faults_;
  bool faulty = false;  // an argument that was reported elsewhere
  // Whatever goes wrong, the results are declared, so that what follows is still checked.
  const auto give_up = [&] { give_faulty(call.outs, file, scope); };
  if (site == names_.defs.end()) {
    error(unknown_def(call.def, names_));
    return give_up();
  }
  if (names_.twice.defs.contains(call.def.text)) return give_up();
  const Def& def = *site->second.def;
  const File& def_file = *site->second.file;
  for (const auto& [name, span] : def_stack_)
    if (name == call.def.text) {
      error(Diagnostic(Code::E0401, "def `" + name + "` calls itself", call.def.span)
                .note("it is being expanded from here", span));
      return give_up();
    }
  if (!budget(call.def.span) || def_stack_.size() >= 64) {
    if (def_stack_.size() >= 64) error(Diagnostic(Code::E0402, "defs call each other too deeply", call.def.span));
    return give_up();
  }
  if (call.args.size() != def.params.size() || call.outs.list.size() != def.results.size()) {
    error(Diagnostic(Code::E0408,
                     "def `" + def.name.text + "` takes " + std::to_string(def.params.size()) +
                         " arguments and gives " + std::to_string(def.results.size()) + ", here are " +
                         std::to_string(call.args.size()) + " and " + std::to_string(call.outs.list.size()),
                     call.def.span)
              .note("defined here", def.name.span));
    return give_up();
  }

  Scope inner;
  inner.parent = &program_scope_;
  inner.is_def = true;
  // Of every def once: it looks through all that the def calls.
  auto known_writes = def_writes_.find(&def);
  if (known_writes == def_writes_.end()) known_writes = def_writes_.emplace(&def, names_written(def, names_)).first;
  const std::set<std::string>& written = known_writes->second;

  // Bare names in the types of parameters and results are the def's own.
  const auto own_names = [&](const std::vector<Param>& params) {
    for (const Param& p : params)
      for (ExprId id : p.type.dims) {
        const Expr& e = def_file.expr(id);
        if (e.kind != ExprKind::ref || e.ref.indexed || inner.sizes.contains(e.ref.name.text)) continue;
        const bool is_size_param = std::any_of(def.params.begin(), def.params.end(), [&](const Param& q) {
          return q.type.name.text == "size" && q.name.text == e.ref.name.text;
        });
        if (!is_size_param) inner.sizes[e.ref.name.text] = placeholder(e.ref.name.text, e.span);
      }
  };
  own_names(def.params);
  own_names(def.results);

  // Arguments.
  std::vector<std::optional<Operand>> operands(def.params.size());
  std::set<std::string> param_names;
  for (size_t i = 0; i < def.params.size(); ++i) {
    const Param& p = def.params[i];
    const Value& v = call.args[i].value;
    if (call.args[i].name) error(Diagnostic(Code::E0408, "arguments of a def have no names", call.args[i].name->span));
    if (!param_names.insert(p.name.text).second) {
      error(Diagnostic(Code::E0108, "parameter `" + p.name.text + "` is declared twice", p.name.span));
      return give_up();
    }
    if (p.type.name.text == "size" && !p.type.has_dims) {
      const bool integer = v.kind == ValueKind::expr || v.kind == ValueKind::integer;
      const auto l = integer ? literal(v, file, scope, Reads::scalars) : std::nullopt;
      faulty |= !l;
      if (!integer)
        error(
            Diagnostic(Code::E0408, "parameter `" + p.name.text + "` is a size", v.span).note("declared here", p.span));
      inner.sizes[p.name.text] = l ? l->integer : stand_in(p.name.text, p.span);
      continue;
    }
    Entity e;
    e.span = p.name.span;
    if (p.type.name.text == "name" && !p.type.has_dims) {
      e.kind = Entity::Kind::name;
      const Expr* ref = v.kind == ValueKind::expr ? &file.expr(v.expr) : nullptr;
      Entity* passed =
          ref && ref->kind == ExprKind::ref && !ref->ref.indexed ? find_variable(ref->ref.name.text, scope) : nullptr;
      if (v.kind == ValueKind::string) {
        if (auto parts = pieces(v.text, v.span, {}, scope)) e.pieces = std::move(*parts);
      } else if (passed && passed->kind == Entity::Kind::name && !passed->pieces.empty()) {
        e.pieces = passed->pieces;
      } else {
        error(Diagnostic(Code::E0408, "parameter `" + p.name.text + "` is a name: a text in quotes", v.span)
                  .note("declared here", p.span));
      }
      inner.variables[p.name.text] = std::move(e);
      continue;
    }
    const Expr* ref = v.kind == ValueKind::expr ? &file.expr(v.expr) : nullptr;
    if (!p.indices.empty()) {
      // A table or a family, whole.
      Entity* passed =
          ref && ref->kind == ExprKind::ref && !ref->ref.indexed ? find_variable(ref->ref.name.text, scope) : nullptr;
      if (passed && passed->kind == Entity::Kind::faulty) {
        faulty = true;
        continue;
      }
      if (!passed || passed->kind != Entity::Kind::variable) {
        error(Diagnostic(Code::E0408, "parameter `" + p.name.text + "` is a table", v.span)
                  .note("declared here", p.span));
        continue;
      }
      if (refuse_handed_over(passed->var, v.span)) continue;
      const Variable& t = program_.var(passed->var);
      const size_t indices = t.table.size() + t.growing.size() + t.declared_axes();
      if (indices != p.indices.size())
        error(Diagnostic(Code::E0408,
                         "parameter `" + p.name.text + "` has " + std::to_string(p.indices.size()) + " indices, `" +
                             t.name + "` has " + std::to_string(indices),
                         v.span)
                  .note("declared here", t.span));
      e.var = passed->var;
      operands[i] = *whole(passed->var, v.span);
      inner.variables[p.name.text] = e;
      continue;
    }
    auto o = input(v, file, scope);
    if (!o) {
      faulty = true;
      continue;
    }
    if (o->kind == Operand::Kind::literal) {
      const auto t = dtype_named(p.type.name.text);
      o->dtype = t;
      for (const LiteralValue& l : o->values)
        if (const std::string why = t ? misfit(l, *t) : std::string(); !why.empty())
          error(Diagnostic(Code::E0217, why, v.span).note("declared here", p.span));
      if (o->vector && t) {
        // A list is a tensor of its own: it may be indexed, and index others.
        Variable list;
        list.name = p.name.text;
        list.span = v.span;
        list.dtype = t;
        list.shape = o->shape;
        list.written = true;
        const VarId id = add_variable(std::move(list));
        declared_depth_[static_cast<uint32_t>(id)] = depth_;
        Step& step = emit(StepKind::copy);
        step.in.push_back(*o);
        step.out.push_back(*whole(id, v.span));
        *o = *whole(id, v.span);
        e.var = id;
      } else {
        e.kind = Entity::Kind::literal;
        e.literal = *o;
      }
    } else {
      const bool by_value = written.contains(program_.var(o->var).name) || written.contains(p.name.text);
      if (!o->selectors.empty() || (by_value && program_.var(o->var).kind != VarKind::constant)) {
        Variable copy;
        copy.name = p.name.text;
        copy.span = v.span;
        copy.dtype = o->dtype;
        for (Dim d : o->shape) copy.shape.push_back(now(d));
        copy.written = true;
        const VarId id = add_variable(std::move(copy));
        declared_depth_[static_cast<uint32_t>(id)] = depth_;
        Step& step = emit(StepKind::copy);
        step.in.push_back(*o);
        step.out.push_back(*whole(id, v.span));
        program_.var(id).device = program_.var(o->var).device;
        *o = *whole(id, v.span);
      }
      e.var = o->var;
    }
    operands[i] = std::move(*o);
    inner.variables[p.name.text] = std::move(e);
  }

  // Results: the caller's variables, or new ones.
  std::vector<Type> types;
  std::vector<std::optional<VarId>> targets;
  for (const Out& out : call.outs.list) {
    if (out.ref.indexed)
      error(Diagnostic(Code::E0320, "a call writes whole variables", out.ref.span)
                .with_help("`transfer` writes into places"));
    const TypeExpr* t = out.type ? &*out.type : call.outs.common ? &*call.outs.common : nullptr;
    if (t) {
      free_name(out.ref.name, scope);
      auto parsed = type(*t, file, scope, Fresh::result);
      faulty |= !parsed;
      types.push_back(parsed ? *parsed : Type{});
      targets.emplace_back(std::nullopt);
      continue;
    }
    Entity* e = find_variable(out.ref.name.text, scope);
    if (!e || e->kind != Entity::Kind::variable) {
      if (!e)
        error(Diagnostic(Code::E0409, "`" + out.ref.name.text + "` is not declared: the result needs a type",
                         out.ref.span));
      else if (e->kind == Entity::Kind::literal)
        error(Diagnostic(Code::E0309, "`" + out.ref.name.text + "` is a number and cannot be written", out.ref.span));
      types.emplace_back();
      targets.emplace_back(std::nullopt);
      faulty = true;
      continue;
    }
    refuse_handed_over(e->var, out.ref.span);
    may_write(e->var, out.ref.span, false);
    types.push_back({program_.var(e->var).dtype, false, program_.var(e->var).shape});
    targets.emplace_back(e->var);
  }
  if (faulty || faults_ != errors) return give_up();

  // Sizes: bare names of the parameters, then of the results, then everything is compared.
  std::vector<std::pair<const Param*, const std::vector<Dim>*>> pairs;
  for (size_t i = 0; i < def.params.size(); ++i)
    if (operands[i]) pairs.emplace_back(&def.params[i], &operands[i]->shape);
  std::vector<std::vector<Dim>> table_shapes(def.params.size());
  for (size_t i = 0; i < def.params.size(); ++i)
    if (operands[i] && !def.params[i].indices.empty()) {
      table_shapes[i] = program_.var(operands[i]->var).shape;
      for (auto& pair : pairs)
        if (pair.first == &def.params[i]) pair.second = &table_shapes[i];
    }
  for (size_t i = 0; i < def.results.size(); ++i) pairs.emplace_back(&def.results[i], &types[i].shape);
  const size_t results_begin = pairs.size() - def.results.size();
  for (size_t i = 0; i < pairs.size(); ++i) {
    const auto& [p, shape] = pairs[i];
    if (i >= results_begin && faults_ != errors) break;  // the results follow from the arguments
    if (p->type.dims.size() != shape->size()) {
      error(Diagnostic(Code::E0408,
                       "`" + p->name.text + "` of def `" + def.name.text + "` has " +
                           std::to_string(p->type.dims.size()) + " axes, the call has " + print(*shape),
                       call.def.span)
                .note("declared here", p->span));
      continue;
    }
    for (size_t k = 0; k < shape->size(); ++k) {
      const Expr& e = def_file.expr(p->type.dims[k]);
      if (e.kind != ExprKind::ref || e.ref.indexed) continue;
      const auto own = inner.sizes.find(e.ref.name.text);
      if (own != inner.sizes.end() && as_placeholder(own->second)) unify(own->second, now((*shape)[k]));
    }
  }
  if (faults_ != errors) return give_up();
  std::vector<SizeCheck> checks;
  std::vector<std::vector<Dim>> taken(types.size());  // shapes of results that have grown from what is declared
  for (const auto& [p, shape] : pairs) {
    std::vector<Dim> wanted;
    bool good = true;
    for (ExprId id : p->type.dims) {
      const auto d = evaluate(id, def_file, &inner, Reads::sizes);
      good &= d.has_value();
      if (d) wanted.push_back(*d);
    }
    if (!good) continue;
    const auto result = std::find_if(types.begin(), types.end(), [&](const Type& t) { return &t.shape == shape; });
    if (result != types.end()) {
      const auto at = static_cast<size_t>(result - types.begin());
      if (targets[at] ? may_take(*targets[at], wanted) : is_grown(wanted, *shape)) {
        taken[at] = wanted;
        continue;
      }
    }
    for (size_t k = 0; k < shape->size(); ++k) {
      const Unify u = unify(wanted[k], (*shape)[k]);
      if (u == Unify::open)
        checks.push_back(
            {wanted[k], (*shape)[k], "`" + p->name.text + "` of def `" + def.name.text + "`", call.def.span});
      if (u != Unify::differ) continue;
      error(Diagnostic(Code::E0201,
                       "`" + p->name.text + "` of def `" + def.name.text + "` is " + print(wanted) + ", the call has " +
                           print(*shape),
                       call.def.span)
                .note("declared here", p->span));
      break;
    }
  }
  const auto same_type = [&](const Param& p, std::optional<DType> given) {
    if (p.type.name.text == "auto" || !given) return;
    const auto wanted = dtype_named(p.type.name.text);
    if (!wanted)
      error(unknown_type(p.type.name));
    else if (*wanted != *given)
      error(Diagnostic(Code::E0202,
                       "`" + p.name.text + "` of def `" + def.name.text + "` is " + p.type.name.text +
                           ", the call has " + std::string(openinfer::name(*given)),
                       call.def.span)
                .note("declared here", p.span));
  };
  for (size_t i = 0; i < def.params.size(); ++i)
    if (operands[i] && operands[i]->kind == Operand::Kind::variable) same_type(def.params[i], operands[i]->dtype);
  for (size_t i = 0; i < def.results.size(); ++i) {
    if (!types[i].dtype) types[i].dtype = dtype_named(def.results[i].type.name.text);
    same_type(def.results[i], types[i].dtype);
  }
  if (faults_ != errors) return give_up();
  if (!checks.empty()) {
    Step& step = emit(StepKind::barrier);
    step.label = "check";
    step.checks = std::move(checks);
  }

  // The result is written in place of the caller's variable unless the def could see that.
  std::vector<VarId> results(def.results.size());
  std::vector<bool> moved(def.results.size(), false);
  for (size_t i = 0; i < def.results.size(); ++i) {
    bool apart = false;
    if (targets[i]) {
      apart = program_.var(*targets[i]).kind != VarKind::temporary;
      for (const auto& o : operands) apart |= o && o->kind == Operand::Kind::variable && o->var == *targets[i];
      for (size_t k = 0; k < i; ++k) apart |= targets[k] == targets[i];
    }
    const Ident& outer_name = call.outs.list[i].ref.name;
    if (!targets[i]) {
      targets[i] = declare_temporary(outer_name, types[i], scope);
    } else if (apart) {
      Variable v;
      v.name = def.results[i].name.text;
      v.span = def.results[i].name.span;
      v.dtype = types[i].dtype;
      v.shape = taken[i].empty() ? types[i].shape : taken[i];
      results[i] = add_variable(std::move(v));
      declared_depth_[static_cast<uint32_t>(results[i])] = depth_;
      moved[i] = true;
    }
    if (!moved[i]) results[i] = *targets[i];
    if (!moved[i] && !taken[i].empty()) take_shape(results[i], taken[i]);
    Entity e;
    e.var = results[i];
    e.span = def.results[i].name.span;
    if (!inner.variables.emplace(def.results[i].name.text, e).second && faults_ == errors)
      error(Diagnostic(Code::E0108, "result `" + def.results[i].name.text + "` has the name of a parameter",
                       def.results[i].name.span));
  }
  // What the def does not write of a result is zero, whatever the caller's variable held before.
  struct Before {
    bool zero_first, written;
    int depth;
  };
  std::vector<Before> before;
  for (VarId id : results) {
    Variable& v = program_.var(id);
    int& declared = declared_depth_[static_cast<uint32_t>(id)];
    before.push_back({v.zero_first, v.written, declared});
    v.zero_first = v.written = false;
    declared = depth_;
  }
  const size_t begin = body_->size();

  def_stack_.emplace_back(def.name.text, call.def.span);
  chain_.push_back(call.def.span);
  node_counter_.push_back(0);
  const int outer_loops = std::exchange(loops_, 0);
  reached_defs_.insert(&def);
  def_body(def, def_file, &inner);
  loops_ = outer_loops;
  node_counter_.pop_back();
  chain_.pop_back();
  def_stack_.pop_back();

  for (size_t i = 0; i < def.results.size(); ++i) {
    if (!program_.var(results[i]).written && faults_ == errors)
      error(Diagnostic(Code::E0310,
                       "def `" + def.name.text + "` never writes its result `" + def.results[i].name.text + "`",
                       def.results[i].name.span)
                .note("called here", call.def.span));
    Variable& result = program_.var(results[i]);
    result.written = true;
    if (result.zero_first) {
      Step fill;
      fill.kind = StepKind::fill;
      fill.node = current_node_;
      fill.label = "result";
      fill.out.push_back(*whole(results[i], call.def.span));
      body_->insert(body_->begin() + static_cast<std::ptrdiff_t>(begin), std::move(fill));
    }
    if (!moved[i]) {
      declared_depth_[static_cast<uint32_t>(results[i])] = before[i].depth;
      result.zero_first = before[i].zero_first || (!before[i].written && before[i].depth != depth_);
    }
    if (!moved[i]) {
      scalars_.erase(static_cast<uint32_t>(results[i]));
      continue;
    }
    current_node_ = add_node(node, "call");
    if (!taken[i].empty()) take_shape(*targets[i], taken[i]);
    Step& step = emit(StepKind::copy);
    step.in.push_back(*whole(results[i], call.def.span));
    note_write(*targets[i], true, call.outs.list[i].ref.span);
    step.out.push_back(*whole(*targets[i], call.def.span));
  }
}

void Lowering::def_body(const Def& def, const File& file, Scope* inner) {
  const size_t errors = faults_;
  for (const DefEntry& entry : def.body)
    if (const auto* memory = std::get_if<MemorySection>(&entry))
      for (const Decl& d : memory->decls) {
        if (inner->variables.contains(d.name.text)) {
          error(Diagnostic(Code::E0108, "variable `" + d.name.text + "` is declared twice", d.name.span)
                    .note("first declared here", inner->variables[d.name.text].span));
          continue;
        }
        declare(DeclSite{&d, memory->kind, &file}, inner);
      }
  if (faults_ != errors) return;
  for (const DefEntry& entry : def.body)
    if (const auto* n = std::get_if<Node>(&entry)) lower_node(*n, file, inner);
}

// Whether an op that has an axis, or several, has none but the last; rows are what one kernel can keep to itself.
bool Lowering::of_last_axis(const Step& step) {
  if (step.kind != StepKind::op || step.in.empty()) return true;
  const auto rank = static_cast<int64_t>(step.in[0].shape.size());
  const auto last = [&](Dim axis) {
    const auto k = known(axis);
    return !k || *k == -1 || *k == rank - 1;
  };
  if (const int i = step.op->attribute_index("axes"); i >= 0) {
    const StepAttr& a = step.attributes[static_cast<size_t>(i)];
    return a.kind == StepAttr::Kind::none ? rank <= 1 : std::all_of(a.list.begin(), a.list.end(), last);
  }
  if (const int i = step.op->attribute_index("axis"); i >= 0) {
    const StepAttr& a = step.attributes[static_cast<size_t>(i)];
    if (a.kind == StepAttr::Kind::integer) return last(a.integer);
    const auto standard = step.op->attributes[static_cast<size_t>(i)].default_integer;
    return !standard || last(dims().constant(*standard));
  }
  return true;
}

// A region that runs as one kernel where the backend can; it runs unfused here, with the same bits.
// Where a node of the region declares that name itself.
static std::optional<Span> declared_inside(const std::vector<Node>& body, std::string_view name) {
  for (const Node& n : body) {
    if (const auto* assign = std::get_if<AssignNode>(&n.body); assign && assign->name.text == name)
      return assign->name.span;
    const auto* op = std::get_if<OpNode>(&n.body);
    const auto* region = std::get_if<FuseNode>(&n.body);
    const Outs* outs = op ? &op->outs : region ? &region->outs : nullptr;
    if (!outs) continue;
    for (const Out& out : outs->list)
      if ((out.type || outs->common) && out.ref.name.text == name) return out.ref.name.span;
  }
  return std::nullopt;
}

void Lowering::lower_fuse(const FuseNode& fuse, const Node& node, const File& file, Scope* scope) {
  (void)node;
  Scope inner;
  inner.parent = scope;
  std::set<std::string_view> twice;  // by the region and by a node of it: the node's counts
  for (const Out& out : fuse.outs.list) {
    const TypeExpr* t = out.type ? &*out.type : fuse.outs.common ? &*fuse.outs.common : nullptr;
    if (out.ref.indexed) error(Diagnostic(Code::E0320, "a fuse region writes whole variables", out.ref.span));
    if (!t || !free_name(out.ref.name, scope)) continue;
    if (const auto first = declared_inside(fuse.body, out.ref.name.text)) {
      error(Diagnostic(Code::E0108, "variable `" + out.ref.name.text + "` is declared twice", out.ref.name.span)
                .note("first declared here", *first));
      twice.insert(out.ref.name.text);
      continue;
    }
    if (const auto parsed = type(*t, file, scope, Fresh::result))
      declare_temporary(out.ref.name, *parsed, scope);
    else
      declare_faulty(out.ref.name, scope);
  }
  for (const Node& n : fuse.body) {
    const auto* op = std::get_if<OpNode>(&n.body);
    const OpSchema* schema = op ? find_op(op->op.text) : nullptr;
    const bool fits = std::holds_alternative<AssignNode>(n.body) || std::holds_alternative<FuseNode>(n.body) ||
                      (op && (!schema || !schema->expression.empty() || schema->broadcast ||
                              schema->group == "reduction" || schema->name == "cast" || schema->name == "fill" ||
                              schema->name == "softmax" || schema->name == "rms_norm" || schema->name == "layer_norm" ||
                              schema->name == "gelu" || schema->name == "clamp"));
    if (!fits) {
      error(Diagnostic(Code::E0320, "a fuse region holds element-wise ops, broadcasts and reductions of the last axis",
                       n.span));
      if (op) give_faulty(op->outs, file, &inner);
      continue;
    }
    const size_t errors = faults_, steps = body_->size();
    lower_node(n, file, &inner);
    if (op && schema && faults_ == errors && body_->size() > steps && !of_last_axis(body_->back()))
      error(Diagnostic(Code::E0320, "`" + schema->name + "` in a fuse region works along the last axis only", n.span));
  }
  for (const Out& out : fuse.outs.list) {
    const bool typed = (out.type || fuse.outs.common) && !twice.contains(out.ref.name.text);
    if (const auto hit = inner.variables.find(out.ref.name.text); !typed && hit != inner.variables.end()) {
      if (free_name(out.ref.name, scope)) scope->variables[out.ref.name.text] = hit->second;
      continue;
    }
    Entity* e = find_variable(out.ref.name.text, scope);
    if (!e) {
      error(Diagnostic(Code::E0318, "`" + out.ref.name.text + "` is not declared: the result needs a type",
                       out.ref.span));
    } else if (e->kind == Entity::Kind::variable && !program_.var(e->var).written) {
      error(Diagnostic(Code::E0310, "the fuse region never writes `" + out.ref.name.text + "`", out.ref.span));
      program_.var(e->var).written = true;
    }
  }
}

}  // namespace openinfer
