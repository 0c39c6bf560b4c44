#include "runtime/planner.h"

#include <algorithm>

#include "ops/schema.h"
#include "runtime/arena.h"

namespace openinfer {

Dim Planner::bind(Dim d) {
  if (const auto hit = bound_.find(d.id); hit != bound_.end()) return hit->second;
  const Dim r = dims_.substitute(d, [this](SymbolId s) -> std::optional<Dim> {
    const auto i = inputs_.find(static_cast<uint32_t>(s));
    if (i == inputs_.end()) return std::nullopt;
    return dims_.constant(i->second);
  });
  if (dims_.fault(r) != DimFault::none) fail(no_size(d, r));
  bound_.emplace(d.id, r);
  return r;
}

// Sizes do not know where they were written. The definition that comes to the same fault is the place, else the
// variable that has such an axis.
Diagnostic Planner::no_size(Dim d, Dim bound) {
  const std::string why = dims_.fault_text(bound);
  const auto given = [this](SymbolId s) -> std::optional<Dim> {
    const auto i = inputs_.find(static_cast<uint32_t>(s));
    return i == inputs_.end() ? std::nullopt : std::optional<Dim>(dims_.constant(i->second));
  };
  const auto same = [&](Dim x) {
    const Dim r = dims_.substitute(x, given);
    return dims_.fault(r) != DimFault::none && dims_.fault_text(r) == why;
  };
  Diagnostic found(Code::R0003, "the inputs' sizes do not work out: " + why);
  for (const SizeFact& f : program_.sizes)
    if (!found.span.valid() && f.span.valid() && same(f.value)) found.span = f.span;
  for (const Variable& v : program_.variables)
    if (!found.span.valid() && std::any_of(v.shape.begin(), v.shape.end(), same)) found.span = v.span;
  for (const SymbolId s : dims_.symbols(d))
    if (const auto i = inputs_.find(static_cast<uint32_t>(s)); i != inputs_.end())
      found.notes.push_back({"`" + program_.symbol(s).name + "` is " + std::to_string(i->second) + ", given here",
                             program_.symbol(s).span});
  return found;
}

Number Planner::number(Dim d, std::vector<uint32_t>* values) {
  const Dim b = bind(d);
  if (const auto v = dims_.value(b)) return {*v, UINT32_MAX};
  auto [at, fresh] = value_index_.emplace(b.id, static_cast<uint32_t>(plan_.values.size()));
  if (fresh) plan_.values.push_back(b);
  if (values && std::find(values->begin(), values->end(), at->second) == values->end()) values->push_back(at->second);
  return {0, at->second};
}

std::optional<int64_t> Planner::largest(Dim d) {
  if (largest_.empty())
    for (const auto& [dim, bound] : program_.bounds) largest_.emplace(bind(dim).id, bind(bound));
  std::vector<uint32_t> open;  // symbols under way: a bound may name others
  const std::function<DimTable::Interval(SymbolId)> range = [&](SymbolId s) -> DimTable::Interval {
    const Symbol& symbol = program_.symbol(s);
    DimTable::Interval r;
    if (symbol.least) r.lo = symbol.least;
    const auto id = static_cast<uint32_t>(s);
    if (std::find(open.begin(), open.end(), id) != open.end() || open.size() > 16) return r;
    open.push_back(id);
    const auto take = [&](const std::optional<Dim>& x) {
      if (!x) return;
      const Dim b = bind(*x);
      std::optional<int64_t> hi = dims_.value(b);
      if (!hi)
        if (const auto whole = largest_.find(b.id); whole != largest_.end())
          hi = dims_.interval(whole->second, range).hi;
      const DimTable::Interval i = dims_.interval(b, range);
      if (!hi || (i.hi && *i.hi < *hi)) hi = i.hi ? i.hi : hi;
      if (hi && (!r.hi || *hi < *r.hi)) r.hi = hi;
    };
    take(symbol.bound);
    take(symbol.definition);
    open.pop_back();
    return r;
  };
  const Dim b = bind(d);
  std::optional<int64_t> best = dims_.value(b);
  if (best) return best;
  best = dims_.interval(b, range).hi;
  if (const auto whole = largest_.find(b.id); whole != largest_.end()) {
    const auto hi = dims_.interval(whole->second, range).hi;
    if (hi && (!best || *hi < *best)) best = hi;
  }
  return best;
}

// Shapes and sizes of all variables that the program uses.
void Planner::variables() {
  live_ = liveness(program_);
  plan_.vars.resize(program_.variables.size());
  for (size_t i = 0; i < program_.variables.size(); ++i) {
    const Variable& v = program_.variables[i];
    VarPlan& p = plan_.vars[i];
    const bool fetched = v.kind == VarKind::dynamic || v.kind == VarKind::volatile_;
    if (!live_.vars[i].used() && !fetched) continue;
    p.first = fetched ? 0 : live_.vars[i].first;
    p.last = fetched ? UINT32_MAX : live_.vars[i].last;
    for (Dim d : v.shape) p.shape.push_back(number(d, nullptr));
    p.dynamic = std::any_of(p.shape.begin(), p.shape.end(), [](const Number& n) { return !n.is_constant(); });
    for (const Number& n : p.shape)
      if (n.is_constant() && n.constant < 0)
        fail(Diagnostic(Code::R0004, "`" + v.name + "` would have a negative size", v.span));
    switch (v.kind) {
      case VarKind::constant:
        p.kind = VarPlan::Kind::constant;
        if (!v.members.empty()) p.layout = program_.constants[v.members[0]].layout;
        continue;
      case VarKind::persistent: {
        p.kind = VarPlan::Kind::persistent;
        std::vector<Number> all;
        for (const TableIndex& t : v.table) {
          p.dynamic |= !t.bound;
          all.push_back(t.bound ? number(*t.bound, nullptr) : Number{});
        }
        // As long as they can be; nothing where no bound says it.
        for (size_t axis = 0; axis < v.growing.size(); ++axis) {
          p.dynamic = true;
          const auto& bound = v.growing[axis].index.bound;
          p.shape[axis] = bound ? number(dims_.add(v.shape[axis], *bound), nullptr) : Number{};
        }
        all.insert(all.end(), p.shape.begin(), p.shape.end());
        for (const Number& n : all)
          if (!n.is_constant())
            fail(Diagnostic(Code::E0206, "`" + v.name + "` outlives a step, so its size cannot depend on one", v.span));
        p.shape = std::move(all);
        continue;
      }
      case VarKind::dynamic:
      case VarKind::volatile_:
      case VarKind::temporary:
        break;
    }
    if (v.is_view) {
      p.kind = VarPlan::Kind::view;
      p.dynamic = true;
      continue;
    }
    p.kind = VarPlan::Kind::arena;
    Shape bounds;
    uint64_t row = 1;
    for (Dim d : v.shape) {
      const auto n = largest(d);
      if (!n) {
        fail(Diagnostic(Code::E0216,
                        "nothing bounds the size " +
                            dims_.print(bind(d), [this](SymbolId s) { return program_.symbol(s).name; }) + " of `" +
                            v.name + "`",
                        v.span)
                 .with_help("a @fixed table that is sliced, or min(), bounds a run-time size"));
        return;
      }
      bounds.push_back(std::max<int64_t>(0, *n));
    }
    const auto n = bounds.elements_checked();
    if (bounds.rank() > 0) row = static_cast<uint64_t>(bounds[bounds.rank() - 1]);
    const auto bytes = n ? storage_bytes(v.dtype.value_or(DType::f32), static_cast<uint64_t>(*n), row) : std::nullopt;
    if (!bytes || *bytes > (uint64_t{1} << 46)) {
      fail(Diagnostic(Code::R0010, "`" + v.name + "` would need more memory than there is: " + to_string(bounds),
                      v.span));
      return;
    }
    p.bytes = *bytes;
  }
}

void Planner::arena() {
  // An output takes the place of an input that dies in the same step, where the op may write it.
  std::vector<uint32_t> shares(plan_.vars.size());
  for (uint32_t i = 0; i < shares.size(); ++i) shares[i] = i;
  const auto temporary = [&](uint32_t v) {
    return plan_.vars[v].kind == VarPlan::Kind::arena && program_.variables[v].kind == VarKind::temporary;
  };
  for (const Reuse& r : live_.reuses) {
    if (!temporary(r.from) || !temporary(r.to) || shares[r.to] != r.to) continue;
    const uint32_t place = shares[r.from];
    VarPlan &from = plan_.vars[place], &to = plan_.vars[r.to];
    if (from.last != r.step || to.first != r.step || from.bytes != to.bytes || place == r.to) continue;
    shares[r.to] = place;
    from.last = to.last;
  }
  std::vector<ArenaRequest> requests;
  std::vector<uint32_t> request(plan_.vars.size(), UINT32_MAX);
  for (uint32_t i = 0; i < plan_.vars.size(); ++i) {
    const VarPlan& p = plan_.vars[i];
    if (p.kind != VarPlan::Kind::arena || shares[i] != i) continue;
    request[i] = static_cast<uint32_t>(requests.size());
    requests.push_back({p.bytes, p.first, p.last, 0});
  }
  plan_.need.arena = place_in_arena(requests);
  for (uint32_t i = 0; i < plan_.vars.size(); ++i)
    if (plan_.vars[i].kind == VarPlan::Kind::arena) plan_.vars[i].offset = requests[request[shares[i]]].offset;
}

// What is emitted is copied to host memory: room for the largest value. What nothing bounds counts nothing.
void Planner::emission_bytes(const Operand& o, std::optional<DType> dtype) {
  Shape shape;
  bool sure = true;
  for (Dim d : o.shape) {
    sure &= dims_.value(bind(d)).has_value();
    shape.push_back(std::max<int64_t>(0, largest(d).value_or(0)));
  }
  const auto n = shape.elements_checked();
  const uint64_t row = shape.rank() ? static_cast<uint64_t>(shape[shape.rank() - 1]) : 1;
  const auto bytes = n ? storage_bytes(dtype.value_or(DType::f32), static_cast<uint64_t>(*n), row) : std::nullopt;
  plan_.need.emissions = std::max(plan_.need.emissions, bytes.value_or(0));
  if (sure) plan_.surely_emitted = std::max(plan_.surely_emitted, bytes.value_or(0));
}

// Volatile memory begins each step as zero, @init or @ref.
void Planner::volatiles() {
  for (size_t i = 0; i < program_.variables.size(); ++i) {
    const Variable& v = program_.variables[i];
    if (v.kind != VarKind::volatile_ || plan_.vars[i].kind != VarPlan::Kind::arena) continue;
    if (!v.initial_constants.empty()) continue;  // the program's first steps copy it
    Operand whole;
    whole.kind = Operand::Kind::variable;
    whole.var = static_cast<VarId>(i);
    whole.dtype = v.dtype;
    whole.shape = v.shape;
    whole.span = v.span;
    Step s;
    s.kind = StepKind::fill;
    s.out.push_back(whole);
    command(s, CommandKind::fill);
  }
}

Result<Plan> Planner::run() {
  variables();
  if (error_) return std::move(*error_);
  arena();
  volatiles();
  close_segment();
  steps(program_.steps);
  close_segment();
  if (error_) return std::move(*error_);
  plan_.need.literals = plan_.literal_bytes;
  return std::move(plan_);
}

Result<Plan> make_plan(const Program& program, const InputSizes& inputs) { return Planner(program, inputs).run(); }

}  // namespace openinfer
