// Operands: variables with their indices, numbers, sizes.
#include <algorithm>

#include "dsl/lower/lowering.h"
#include "ir/size_fact.h"

namespace openinfer {

std::string Lowering::entity_name(const Operand& o) const {
  return o.kind == Operand::Kind::variable ? program_.var(o.var).name : "a number";
}

void Lowering::note_read(const Operand& o) {
  if (o.kind != Operand::Kind::variable) return;
  Variable& v = program_.var(o.var);
  if (!v.written && !lost_nodes_) {
    error(Diagnostic(Code::E0310, "`" + v.name + "` is read before anything writes it", o.span)
              .note("declared here", v.span));
    v.written = true;  // once is enough
  }
  note_touch(o.var, false, o.span);
}

void Lowering::note_write(VarId var, bool whole, Span span) {
  Variable& v = program_.var(var);
  const auto id = static_cast<uint32_t>(var);
  if (!v.written && v.kind == VarKind::temporary) {
    const auto depth = declared_depth_.find(id);
    if (!whole || (depth != declared_depth_.end() && depth->second != depth_)) v.zero_first = true;
  }
  v.written = true;
  scalars_.erase(id);
  note_touch(var, true, span);
}

bool Lowering::may_write(VarId var, Span span, bool by_cache) {
  const Variable& v = program_.var(var);
  if (v.kind == VarKind::constant) {
    error(Diagnostic(Code::E0309, "`" + v.name + "` is a constant and cannot be written", span)
              .note("declared constant here", v.span));
    return false;
  }
  if (v.kind == VarKind::persistent && !by_cache) {
    error(Diagnostic(Code::E0311, "`" + v.name + "` is persistent: only cache nodes write it", span)
              .note("declared persistent here", v.span)
              .with_help("cache.write x >> " + v.name + ";"));
    return false;
  }
  if (by_cache && v.kind != VarKind::persistent) {
    error(Diagnostic(Code::E0312, "`" + v.name + "` is not persistent: cache nodes are for persistent memory", span)
              .note("declared here", v.span));
    return false;
  }
  return true;
}

std::optional<Operand> Lowering::whole(VarId var, Span span) {
  const Variable& v = program_.var(var);
  Operand o;
  o.kind = Operand::Kind::variable;
  o.var = var;
  o.dtype = v.dtype;
  o.shape = v.shape;
  o.span = span;
  return o;
}

// Sizes of the program and its inputs count as above 0: nobody writes a loop for what is never there.
bool Lowering::may_be_empty(Dim trips) {
  if (const auto n = known(trips)) return *n <= 0;
  for (const SymbolId s : dims().symbols(trips)) {
    const SymbolSource from = program_.symbol(s).source;
    if (from != SymbolSource::package && from != SymbolSource::constant && from != SymbolSource::input) return true;
  }
  return false;
}

std::vector<Lowering::Corner> Lowering::corners(Dim d) {
  constexpr size_t kMostLoops = 3;
  std::vector<uint32_t> loops;  // innermost first: their bounds may read the outer ones
  d = resolve(d);
  const auto reads = dims().symbols(d);
  for (size_t i = loop_stack_.size(); i-- > 0;) {
    const bool read =
        std::any_of(reads.begin(), reads.end(), [&](SymbolId s) { return static_cast<uint32_t>(s) == loop_stack_[i]; });
    if (!read) continue;
    if (i < certain_ || !loop_bounds_.contains(loop_stack_[i])) return {};
    loops.push_back(loop_stack_[i]);
  }
  if (loops.empty() || loops.size() > kMostLoops) return {};
  // Loops between these and the node must run as well, whatever the data are.
  std::vector<Dim> all_trips;
  for (size_t i = certain_; i < loop_stack_.size(); ++i) {
    const auto range = loop_bounds_.find(loop_stack_[i]);
    if (range == loop_bounds_.end()) return {};
    all_trips.push_back(dims().sub(resolve(range->second.second), resolve(range->second.first)));
  }
  std::vector<Corner> list;
  for (size_t choice = 0; choice < size_t{1} << loops.size(); ++choice) {
    Corner c{d, {}};
    std::vector<Dim> trips = all_trips;
    for (size_t i = 0; i < loops.size(); ++i) {
      const auto& [lo, hi] = loop_bounds_.find(loops[i])->second;
      const Dim at = (choice >> i & 1) != 0 ? dims().sub(resolve(hi), dims().constant(1)) : resolve(lo);
      const auto put = [&](Dim x) {
        return dims().substitute(x, [&](SymbolId s) -> std::optional<Dim> {
          return static_cast<uint32_t>(s) == loops[i] ? std::optional<Dim>(at) : std::nullopt;
        });
      };
      c.value = put(c.value);
      for (Dim& t : trips) t = put(t);
      c.where += (c.where.empty() ? " at `" : ", `") + program_.symbol(static_cast<SymbolId>(loops[i])).name +
                 "` = " + print(at);
    }
    const bool runs = std::none_of(trips.begin(), trips.end(), [this](Dim t) { return may_be_empty(t); });
    if (runs) list.push_back(std::move(c));
  }
  return list;
}

// Values of a block type share scales along the last axis: a part begins and ends with a block, and its rows lie side
// by side. What only the run knows, the run checks.
bool Lowering::takes_blocks_apart(const Place& r, size_t families) {
  const Operand& o = r.operand;
  if (!o.dtype || !is_block(*o.dtype) || o.selectors.size() <= families || program_.var(o.var).shape.empty())
    return false;
  const auto refuse = [&](const std::string& why) {
    error(Diagnostic(Code::E0203, "`" + program_.var(o.var).name + "` is " + std::string(name(*o.dtype)) + ": " + why,
                     o.span)
              .note("declared here", program_.var(o.var).span));
    return true;
  };
  if (!r.vectors.empty()) return refuse("index vectors do not take blocks; `embedding` gives rows as floats");
  const Selector& last = o.selectors.back();
  if (last.whole) return false;
  const auto block = static_cast<int64_t>(info(*o.dtype).block);
  const std::string blocks = "blocks of " + std::to_string(block) + " are not taken apart";
  if (last.kind == Selector::Kind::at) return refuse(blocks);
  for (const Dim bound : {last.lo, last.hi})
    if (const auto n = known(bound); n && *n % block != 0) return refuse(blocks);
  for (size_t i = families; i + 1 < o.selectors.size(); ++i) {
    const Selector& s = o.selectors[i];
    if (s.kind == Selector::Kind::at) continue;
    if (const auto n = known(dims().sub(s.hi, s.whole ? dims().constant(0) : s.lo)); n && *n > 1)
      return refuse("parts of several rows do not lie side by side");
  }
  return false;
}

std::optional<Lowering::Place> Lowering::place(const Ref& ref, const File& file, Scope* scope) {
  Entity* e = find_variable(ref.name.text, scope);
  if (!e) {
    unknown_variable(ref.name, scope, OrSize::no);
    return std::nullopt;
  }
  if (e->kind == Entity::Kind::faulty) return std::nullopt;
  if (e->kind == Entity::Kind::name) {
    error(Diagnostic(Code::E0317, "`" + ref.name.text + "` is a name, not a tensor", ref.span)
              .note("declared here", e->span));
    return std::nullopt;
  }
  Place r;
  if (e->kind == Entity::Kind::literal) {
    if (ref.indexed) {
      error(Diagnostic(Code::E0315, "`" + ref.name.text + "` is a number and has no indices", ref.span));
      return std::nullopt;
    }
    r.operand = e->literal;
    r.operand.span = ref.span;
    r.shape = r.operand.shape;
    return r;
  }
  const VarId id = e->var;
  if (refuse_handed_over(id, ref.span)) return std::nullopt;
  const size_t families = program_.var(id).declared_axes();
  const size_t tables = program_.var(id).table.size() + program_.var(id).growing.size();
  const size_t leading = families + tables;
  const size_t total = leading + program_.var(id).shape.size();
  const auto count = [&](size_t n) { return std::to_string(n) + (n == 1 ? " index" : " indices"); };
  if (ref.index.size() > total) {
    error(Diagnostic(Code::E0315,
                     "`" + ref.name.text + "` takes at most " + count(total) + ", " + std::to_string(ref.index.size()) +
                         " given",
                     ref.span)
              .note("declared here", program_.var(id).span));
    return std::nullopt;
  }
  if (ref.index.size() < families) {
    error(Diagnostic(Code::E0315, "`" + ref.name.text + "` is a family: it needs " + count(families), ref.span)
              .note("declared here", program_.var(id).span));
    return std::nullopt;
  }
  r.operand.kind = Operand::Kind::variable;
  r.operand.var = id;
  r.operand.dtype = program_.var(id).dtype;
  r.operand.span = ref.span;
  bool vectors_closed = false;
  bool good = true;
  std::vector<Dim> grown;
  const bool grows = !program_.var(id).growing.empty();
  if (grows && !growing_indices(ref, id, file, scope, r, grown)) return std::nullopt;
  for (size_t i = grows ? leading : 0; i < total; ++i) {
    const bool family = i < families;
    Dim extent{};
    if (family) {
      const Variable& v = program_.var(id);
      size_t seen = 0;
      for (const FamilyAxis& a : v.family)
        if (a.declared && seen++ == i)
          extent = a.count == 0 || a.count == INT64_MAX ? dims().constant(INT64_MAX) : dims().constant(a.count);
    } else if (i < leading) {
      const TableIndex& t = program_.var(id).table[i - families];
      if (t.bound) {
        extent = resolve(*t.bound);
      } else {
        // How far the table is filled when this node runs.
        const SymbolId s = new_symbol(program_.var(id).name + "." + t.name, SymbolSource::extent, ref.span);
        program_.symbols[static_cast<size_t>(s)].least = 0;
        Step& step = emit(StepKind::load);
        step.symbol = s;
        step.label = "extent";
        step.value = dims().constant(static_cast<int64_t>(i - families));
        step.in.push_back(*whole(id, ref.span));
        extent = dims().symbol(s);
      }
    } else {
      extent = resolve(i - leading < grown.size() ? grown[i - leading] : program_.var(id).shape[i - leading]);
    }
    // Memory reaches further than a growing axis does.
    const bool everything = i < leading || i - leading >= grown.size();
    if (i >= ref.index.size()) {
      if (family) continue;
      r.operand.selectors.push_back({Selector::Kind::range, {}, extent, everything});
      r.operand.shape.push_back(extent);
      r.shape.push_back(extent);
      continue;
    }
    const Index& index = ref.index[i];
    const auto bound = [&](const Bound& b) -> std::optional<Dim> {
      if (b.from_end)
        return resolve(
            dims().sub(extent, dims().constant(static_cast<int64_t>(std::min<uint64_t>(*b.from_end, INT64_MAX)))));
      return evaluate(b.expr, file, scope, Reads::scalars);
    };
    const auto as_given = [](const Bound& b, int64_t at) {  // counted from the end, if it was
      return b.from_end ? "-" + std::to_string(*b.from_end) : std::to_string(at);
    };
    const auto out_of_range = [&](const std::string& what, Span span) {
      Diagnostic d(Code::E0316, what + " is out of range: the axis has " + print(extent), span);
      d.notes.push_back({"declared here", program_.var(id).span});
      if (i >= families && i < leading)
        if (const SizeFact* f = size_fact(program_, program_.var(id).table[i - families].size))
          d.notes.push_back({"size `" + f->name + "` is " + print(f->value) + ", from " + f->source, f->span});
      error(std::move(d));
      good = false;
    };
    if (index.slice) {
      if (family && i + 1 == families && member_ && !index.lo && !index.hi) {
        r.operand.selectors.push_back({Selector::Kind::at, dims().constant(*member_), {}, false});
        continue;
      }
      if (family) {
        error(Diagnostic(Code::E0503, "members of a family are chosen one at a time", index.span)
                  .note("declared here", program_.var(id).span));
        return std::nullopt;
      }
      const auto lo = index.lo ? bound(*index.lo) : std::optional<Dim>(dims().constant(0));
      const auto hi = index.hi ? bound(*index.hi) : std::optional<Dim>(extent);
      if (!lo || !hi) return std::nullopt;
      const Dim length = resolve(dims().sub(resolve(*hi), resolve(*lo)));
      const auto l = known(*lo), h = known(*hi), x = known(extent), n = known(length);
      if (l && *l < 0)
        out_of_range("the slice's start " + as_given(*index.lo, *l), index.span);
      else if (h && x && *h > *x && i >= leading)
        out_of_range("the slice's end " + std::to_string(*h), index.span);
      else if (h && x && *h > *x && program_.var(id).table[i - families].bound)
        out_of_range("the slice's end " + std::to_string(*h), index.span);
      else if (n && *n < 0)
        out_of_range("the slice " + print(*lo) + ".." + print(*hi), index.span);
      else if (const bool open = i < leading && !program_.var(id).table[i - families].bound; !open && good)
        for (const bool end : {false, true})
          for (const Corner& c : good ? corners(end ? *hi : *lo) : std::vector<Corner>())
            if (const auto past = known(dims().sub(c.value, extent)), at = known(c.value);
                good && ((past && *past > 0) || (at && *at < 0)))
              out_of_range(std::string("the slice's ") + (end ? "end " : "start ") + print(c.value) + c.where,
                           index.span);
      if (!n) note_bound(length, extent);
      const bool all = !index.lo && !index.hi && everything;
      r.operand.selectors.push_back({Selector::Kind::range, *lo, *hi, all});
      r.operand.shape.push_back(length);
      r.shape.push_back(length);
      continue;
    }
    // A vector of integers, or one integer.
    if (!index.lo->from_end) {
      const Expr& x = file.expr(index.lo->expr);
      Entity* named = x.kind == ExprKind::ref ? find_variable(x.ref.name.text, scope) : nullptr;
      if (named && named->kind == Entity::Kind::variable && !(size_exists(x.ref.name.text, scope) && !x.ref.indexed)) {
        auto o = operand(x.ref, file, scope);
        if (!o) return std::nullopt;
        if (!o->shape.empty()) {
          if (o->shape.size() != 1 || (o->dtype && !is_integer(*o->dtype))) {
            error(Diagnostic(Code::E0317, "an index is an integer or a vector of integers", index.span));
            return std::nullopt;
          }
          if (family) {
            error(Diagnostic(Code::E0503, "members of a family are chosen one at a time", index.span));
            return std::nullopt;
          }
          if (vectors_closed) {
            error(Diagnostic(Code::E0315, "index vectors of one place stand side by side", index.span));
            return std::nullopt;
          }
          note_read(*o);
          const Dim length = o->shape[0];
          if (r.vectors.empty()) {
            r.shape.push_back(length);
          } else if (unify(r.vectors[0].shape[0], length) == Unify::differ) {
            error(Diagnostic(
                Code::E0201,
                "index vectors have different lengths: " + print(r.vectors[0].shape[0]) + " and " + print(length),
                index.span));
            return std::nullopt;
          }
          r.axes.push_back(static_cast<int>(r.operand.shape.size()));
          r.operand.selectors.push_back({Selector::Kind::range, {}, extent, everything});
          r.operand.shape.push_back(extent);
          r.vectors.push_back(std::move(*o));
          continue;
        }
        const auto fixed = static_integer(*o);
        const auto d =
            fixed ? std::optional<Dim>(dims().constant(*fixed)) : load_scalar(std::move(*o), x.ref.name.text, x.span);
        if (!d) return std::nullopt;
        if (!r.vectors.empty()) vectors_closed = true;
        r.operand.selectors.push_back({Selector::Kind::at, *d, {}, false});
        continue;
      }
    }
    if (!r.vectors.empty()) vectors_closed = true;
    const auto at = bound(*index.lo);
    if (!at) return std::nullopt;
    const auto a = known(*at), x = known(extent);
    const bool open_end = !family && i < leading && !program_.var(id).table[i - families].bound;
    if (a && !open_end && (*a < 0 || (x && *a >= *x))) out_of_range("index " + as_given(*index.lo, *a), index.span);
    if (!a && !open_end)
      for (const Corner& c : corners(*at))
        if (const auto past = known(dims().sub(c.value, extent)), k = known(c.value);
            good && ((past && *past >= 0) || (k && *k < 0)))
          out_of_range("index " + print(c.value) + c.where, index.span);
    r.operand.selectors.push_back({Selector::Kind::at, *at, {}, false});
  }
  for (size_t i = r.axes.empty() ? 0 : r.axes.size(); i-- > 1;)
    if (r.axes[i] != r.axes[i - 1] + 1) {
      error(Diagnostic(Code::E0315, "index vectors of one place stand side by side", ref.span));
      return std::nullopt;
    }
  if (!good || takes_blocks_apart(r, families)) return std::nullopt;
  // Selectors that choose everything say nothing.
  if (r.vectors.empty())
    while (!r.operand.selectors.empty() && r.operand.selectors.back().whole) r.operand.selectors.pop_back();
  return r;
}

// As it is written, while its indices are names and integers; `x[]` for what is longer.
static std::string place_name(const Ref& ref, const File& file) {
  std::string inside;
  const auto bound = [&](const std::optional<Bound>& b) {
    if (!b) return true;
    if (b->from_end) {
      inside += "-" + std::to_string(*b->from_end);
      return true;
    }
    const Expr& e = file.expr(b->expr);
    if (e.kind == ExprKind::integer) {
      inside += e.spelling;
      return true;
    }
    inside += e.ref.name.text;
    return e.kind == ExprKind::ref && !e.ref.indexed;
  };
  for (const Index& index : ref.index) {
    if (!inside.empty()) inside += ", ";
    const bool plain = bound(index.lo) && (inside += index.slice ? ".." : "", bound(index.hi));
    if (!plain) return ref.name.text + "[]";
  }
  return ref.name.text + "[" + inside + "]";
}

std::optional<Operand> Lowering::operand(const Ref& ref, const File& file, Scope* scope) {
  auto p = place(ref, file, scope);
  if (!p) return std::nullopt;
  if (p->vectors.empty()) return std::move(p->operand);
  note_read(p->operand);
  Variable v;
  v.name = place_name(ref, file);
  v.span = ref.span;
  v.dtype = p->operand.dtype;
  v.shape = p->shape;
  v.written = true;
  const VarId id = add_variable(std::move(v));
  declared_depth_[static_cast<uint32_t>(id)] = depth_;
  Step& step = emit(StepKind::gather);
  step.gather_axes = p->axes;
  step.in.push_back(std::move(p->operand));
  for (Operand& x : p->vectors) step.in.push_back(std::move(x));
  step.out.push_back(*whole(id, ref.span));
  return whole(id, ref.span);
}

std::optional<Operand> Lowering::input(const Value& v, const File& file, Scope* scope) {
  Operand o;
  o.span = v.span;
  o.kind = Operand::Kind::literal;
  if (v.kind == ValueKind::list) {
    for (const Value& x : v.list) {
      const auto l = literal(x, file, scope, Reads::scalars, Large::allowed);
      if (!l) return std::nullopt;
      o.values.push_back(*l);
    }
    o.vector = true;
    o.shape.push_back(dims().constant(static_cast<int64_t>(o.values.size())));
    return o;
  }
  if (v.kind == ValueKind::string) {
    error(Diagnostic(Code::E0203, "a text is no tensor", v.span));
    return std::nullopt;
  }
  if (v.kind == ValueKind::expr) {
    const Expr& e = file.expr(v.expr);
    if (e.kind == ExprKind::ref) {
      Entity* named = find_variable(e.ref.name.text, scope);
      if (named || e.ref.indexed) {
        auto r = operand(e.ref, file, scope);
        if (r && r->kind == Operand::Kind::variable) note_read(*r);
        return r;
      }
      if (!size_exists(e.ref.name.text, scope) && !(expects_package_ && !options_.package)) {
        unknown_variable(e.ref.name, scope, OrSize::yes);
        return std::nullopt;
      }
    }
  }
  const auto l = literal(v, file, scope, Reads::scalars, Large::allowed);
  if (!l) return std::nullopt;
  o.values.push_back(*l);
  return o;
}

}  // namespace openinfer
