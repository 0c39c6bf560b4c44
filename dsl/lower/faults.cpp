// Errors, and what stands for what they left undeclared: one mistake is one error.
#include <algorithm>

#include "dsl/lower/lowering.h"

namespace openinfer {

void Lowering::locate(Diagnostic& d) const {
  const size_t uncalled = def_stack_.size() - chain_.size();  // a def that is checked by itself has no call
  for (size_t i = chain_.size(); i-- > 0;)
    d.notes.push_back({"in def `" + def_stack_[uncalled + i].first + "`, called here", chain_[i]});
}

void Lowering::error(Diagnostic d) {
  ++faults_;
  if (diagnostics_.size() >= kMaxErrors) {
    if (diagnostics_.size() == kMaxErrors)
      diagnostics_.push_back(Diagnostic(d.code, "too many errors; the others are not shown", d.span));
    return;
  }
  locate(d);
  if (no_package_given()) blame_the_missing_package(d);
  // A block that two others call, or a def that is called twice, has its fault once, if with other sizes.
  for (const Diagnostic& old : diagnostics_) {
    if (old.code != d.code || old.span != d.span) continue;
    const bool of_another_call = !chain_.empty() && !old.notes.empty() && old.notes.back().span != chain_.front() &&
                                 old.notes.back().message.ends_with(", called here");
    if (old.message == d.message || of_another_call) return;
  }
  diagnostics_.push_back(std::move(d));
}

Entity* Lowering::declare_faulty(const Ident& name, Scope* scope) {
  Entity e;
  e.kind = Entity::Kind::faulty;
  e.span = name.span;
  return &(scope->variables[name.text] = e);
}

void Lowering::note_lost_write(const Ref& ref, Scope* scope) {
  if (const Entity* e = find_variable(ref.name.text, scope); e && e->kind == Entity::Kind::variable)
    program_.var(e->var).written = true;
}

void Lowering::give_faulty(const Outs& outs, const File& file, Scope* scope) {
  for (const Out& out : outs.list) {
    const TypeExpr* t = out.type ? &*out.type : outs.common ? &*outs.common : nullptr;
    if (!t && find_variable(out.ref.name.text, scope)) {
      note_lost_write(out.ref, scope);
      continue;
    }
    if (scope->variables.contains(out.ref.name.text)) continue;
    const auto parsed = t ? type(*t, file, scope, Fresh::result) : std::nullopt;
    if (!parsed || !parsed->dtype) {
      declare_faulty(out.ref.name, scope);
      continue;
    }
    program_.var(declare_temporary(out.ref.name, *parsed, scope)).written = true;
  }
}

}  // namespace openinfer
