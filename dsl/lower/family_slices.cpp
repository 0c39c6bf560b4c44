// Members of a family that one node reads together: `gate[l, ..]` as the weight of gather_linear. Each member is an
// operand of its own, since they need not lie side by side; the rules see one tensor with the members as first axis.
#include <algorithm>

#include "dsl/lower/lowering.h"

namespace openinfer {
namespace {

constexpr int64_t kMostMembers = 4096;  // operands of one node

}  // namespace

bool Lowering::takes_family(const Step& step) {
  return step.op != nullptr && step.op->name == "gather_linear" && step.in.size() == 1;
}

std::optional<FamilySlice> Lowering::family_slice(const Value& v, const File& file, Scope* scope) {
  if (v.kind != ValueKind::expr || file.expr(v.expr).kind != ExprKind::ref) return std::nullopt;
  const Ref& ref = file.expr(v.expr).ref;
  const Entity* named = find_variable(ref.name.text, scope);
  if (named == nullptr || named->kind != Entity::Kind::variable) return std::nullopt;
  const Variable& variable = program_.var(named->var);
  const size_t indices = variable.declared_axes();
  if (indices == 0 || ref.index.size() != indices) return std::nullopt;
  const Index& last = ref.index[indices - 1];
  if (!last.slice || last.lo || last.hi) return std::nullopt;
  int64_t count = 0;
  for (const FamilyAxis& a : variable.family)
    if (a.declared) count = a.count;
  FamilySlice slice;
  const bool unknown = !options_.package;
  slice.count = unknown ? dims().symbol(new_symbol(variable.name + "[]", SymbolSource::package, ref.span))
                        : dims().constant(count);
  const auto refused = [&](Code code, const std::string& why) {
    error(Diagnostic(code, "`" + variable.name + "` " + why, ref.span).note("declared here", variable.span));
    return slice;
  };
  if (variable.mixed)
    return refused(Code::E0503, "has members of different element types, which no node can read together");
  if (!unknown && (count < 1 || count > kMostMembers))
    return refused(Code::E0503, "has " + std::to_string(count) + " members, 1 to " + std::to_string(kMostMembers) +
                                    " can be read together");
  for (member_ = 0; *member_ < (unknown ? 1 : count); ++*member_) {
    auto o = operand(ref, file, scope);
    if (!o) break;
    note_read(*o);
    slice.members.push_back(std::move(*o));
  }
  member_.reset();
  return slice;
}

}  // namespace openinfer
