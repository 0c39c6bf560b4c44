// Types and shapes of an op node: what numbers among its inputs are, and what its results come to.
#include <algorithm>

#include "dsl/lower/lowering.h"

namespace openinfer {

// A number among the inputs takes the type of the inputs it stands beside, else of the output.
void Lowering::infer_literal_types(OpSite& site, Step& step) {
  for (size_t i = 0; i < step.in.size(); ++i) {
    Operand& o = step.in[i];
    if (o.kind != Operand::Kind::literal) continue;
    const InputSpec& spec = site.op.inputs[std::min(i, site.op.inputs.size() - 1)];
    const auto allowed = [&](DType t) { return (spec.types & dtype_bit(t)) != 0; };
    bool real = false, boolean = false, large = false;
    for (const LiteralValue& l : o.values) {
      real |= l.kind == LiteralValue::Kind::real;
      large |= l.kind == LiteralValue::Kind::large;
      boolean |= l.kind == LiteralValue::Kind::boolean;
    }
    std::optional<DType> t;
    const bool chooses = site.op.type_rule == "filter";  // its last input says which, and is no value
    for (size_t k = 0; k < step.in.size() && !t; ++k) {
      if (chooses && i < 2 && k == 2) continue;
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
          : large && allowed(DType::u64)     ? DType::u64
          : real || !allowed(DType::i64)     ? (allowed(DType::f32) ? DType::f32 : DType::i32)
                                             : DType::i64;
    for (const LiteralValue& l : o.values)
      if (const std::string why = misfit(l, *t); !why.empty())
        error(Diagnostic(l.kind == LiteralValue::Kind::boolean ? Code::E0202 : Code::E0217, why, o.span));
    o.dtype = t;
    site.inputs[i].dtype = t;
  }
}

// Results against declarations: names that wait get their values, differences are errors, the rest is checked in the
// run.
void Lowering::settle(OpSite& site, Step& step, const Outs& outs, Span span) {
  const bool refused =
      std::any_of(site.issues.begin(), site.issues.end(), [](const OpIssue& i) { return i.code == Code::E0203; });
  const auto note_operands = [&](Diagnostic& d) {
    for (const Operand& o : step.in)
      if (o.kind == Operand::Kind::variable)
        d.notes.push_back({"`" + program_.var(o.var).name + "` is " +
                               (o.dtype ? std::string(openinfer::name(*o.dtype)) : "auto") + print(o.shape),
                           program_.var(o.var).span});
  };
  for (const OpIssue& issue : site.issues) {
    if (refused && issue.code == Code::E0202) continue;  // of a type that the op does not take nothing else matters
    Span at = span;
    if (issue.kind == OperandKind::input && issue.index < static_cast<int>(step.in.size()))
      at = step.in[static_cast<size_t>(issue.index)].span;
    if (issue.kind == OperandKind::output && issue.index < static_cast<int>(outs.list.size()))
      at = outs.list[static_cast<size_t>(issue.index)].ref.span;
    const bool named = issue.message.rfind("`" + site.op.name + "`", 0) == 0;
    Diagnostic d(issue.code, named ? issue.message : "`" + site.op.name + "`: " + issue.message, at);
    note_operands(d);
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
      note_operands(d);
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
      const Unify u = unify(a, as_placeholder(a) ? now(b) : b);
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

}  // namespace openinfer
