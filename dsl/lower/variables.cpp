#include "dsl/lower/lowering.h"

namespace openinfer {

Entity* Lowering::find_variable(std::string_view name, Scope* scope) {
  for (Scope* s = scope; s; s = s->parent) {
    if (const auto hit = s->variables.find(name); hit != s->variables.end()) return &hit->second;
    // A def's size hides a program's variable of that name.
    if (s->is_def && s->sizes.contains(name)) return nullptr;
  }
  return program_variable(std::string(name));
}

// Declarations of the program are lowered when something first names them, so that an entry needs only what it reads.
Entity* Lowering::program_variable(const std::string& name) {
  if (const auto hit = program_scope_.variables.find(name); hit != program_scope_.variables.end()) return &hit->second;
  const auto site = names_.variables.find(name);
  if (site == names_.variables.end()) return nullptr;
  const std::string key = "variable " + name;
  if (!resolving_.insert(key).second) return nullptr;
  const auto id = declare(site->second, &program_scope_);
  resolving_.erase(key);
  if (!id || names_.twice.variables.contains(name)) return declare_faulty(site->second.decl->name, &program_scope_);
  return &program_scope_.variables.find(name)->second;
}

// Without those that stand for unknown ones: one mistake is no advice for another.
std::vector<std::string_view> Lowering::variable_names(Scope* scope) const {
  std::vector<std::string_view> list;
  for (Scope* s = scope; s; s = s->parent)
    for (const auto& [n, e] : s->variables)
      if (e.kind != Entity::Kind::faulty || !unknown_variables_.contains(n)) list.push_back(n);
  for (const auto& [n, s] : names_.variables) list.push_back(n);
  return list;
}

void Lowering::unknown_variable(const Ident& name, Scope* scope, OrSize or_size) {
  std::vector<std::string_view> candidates = variable_names(scope);
  if (or_size == OrSize::yes)
    for (std::string_view n : size_names(scope)) candidates.push_back(n);
  Diagnostic d(Code::E0102, "unknown variable `" + name.text + "`", name.span);
  const std::string_view near = nearest_name(name.text, candidates);
  if (!near.empty()) d.help = "did you mean `" + std::string(near) + "`?";
  error(std::move(d));
  // Said once: the body around stands for where it should have been declared.
  while (scope->parent && !scope->is_def && scope->parent->parent) scope = scope->parent;
  declare_faulty(name, scope);
  unknown_variables_.insert(name.text);
}

VarId Lowering::add_variable(Variable v) {
  if (v.kind == VarKind::temporary && !loop_stack_.empty()) v.home = loop_stack_.back();
  program_.variables.push_back(std::move(v));
  return static_cast<VarId>(program_.variables.size() - 1);
}

bool Lowering::free_name(const Ident& name, Scope* scope) {
  Span earlier;
  bool taken = false;
  for (Scope* s = scope; s && !taken; s = s->parent) {
    if (const auto hit = s->variables.find(name.text);
        hit != s->variables.end() && hit->second.kind != Entity::Kind::faulty) {
      taken = true;
      earlier = hit->second.span;
    }
    if (s->is_def) break;  // a def's names are its own
    if (!s->parent && !taken) {
      if (const auto site = names_.variables.find(name.text); site != names_.variables.end()) {
        taken = true;
        earlier = site->second.decl->name.span;
      }
    }
  }
  if (taken)
    error(Diagnostic(Code::E0108, "variable `" + name.text + "` is declared twice", name.span)
              .note("first declared here", earlier));
  return !taken;
}

VarId Lowering::declare_temporary(const Ident& name, const Type& t, Scope* scope) {
  Variable v;
  v.name = name.text;
  v.span = name.span;
  v.dtype = t.dtype;
  v.shape = t.shape;
  const VarId id = add_variable(std::move(v));
  Entity e;
  e.var = id;
  e.span = name.span;
  scope->variables[name.text] = e;
  declared_depth_[static_cast<uint32_t>(id)] = depth_;
  return id;
}

std::optional<VarId> Lowering::declare(const DeclSite& site, Scope* scope) {
  const Decl& d = *site.decl;
  Variable v;
  v.name = d.name.text;
  v.span = d.name.span;
  v.kind = site.kind == MemoryKind::dynamic     ? VarKind::dynamic
           : site.kind == MemoryKind::volatile_ ? VarKind::volatile_
           : site.kind == MemoryKind::constant  ? VarKind::constant
                                                : VarKind::persistent;
  v.written = v.kind != VarKind::temporary;
  // Names that a stored tensor's shape gives may be unknown until it is found.
  if (v.kind == VarKind::constant && scope == &program_scope_) ask_earlier_shapes(site);
  auto t = type(d.type, *site.file, scope, v.kind == VarKind::constant ? Fresh::stored : Fresh::none);
  if (!t) return std::nullopt;
  v.dtype = t->dtype;
  v.shape = t->shape;
  if (t->is_auto && v.kind != VarKind::constant) {
    error(Diagnostic(Code::E0501, "`auto` is for constants: they have a stored type", d.type.span));
    return std::nullopt;
  }
  if (t->dtype && is_block(*t->dtype) && v.kind != VarKind::constant && v.kind != VarKind::persistent) {
    error(Diagnostic(Code::E0203,
                     std::string(openinfer::name(*t->dtype)) + " is a storage type of constants and tables",
                     d.type.span));
    return std::nullopt;
  }
  if (!d.indices.empty() && v.kind == VarKind::dynamic) {
    error(Diagnostic(Code::E0503, "indices are for families of tensors of the package and for persistent tables",
                     d.indices.front().span));
    return std::nullopt;
  }
  if (!whole_blocks(v, d.type.span)) return std::nullopt;
  const size_t before = faults_;
  const uint32_t id = static_cast<uint32_t>(program_.variables.size());
  program_.variables.push_back(v);  // reserves the id: attributes may need sizes that need variables
  if (!declaration_attributes(site, v, scope) || faults_ != before) {
    program_.variables[id].shape.clear();  // nothing waits for its sizes
    return std::nullopt;
  }
  for (Dim& x : v.shape) x = resolve(x);
  if (v.kind == VarKind::dynamic || v.kind == VarKind::volatile_)
    for (size_t i = 0; i < v.shape.size(); ++i)
      if (const auto p = as_placeholder(v.shape[i])) {
        const std::string name = program_.symbol(*p).name;
        if (is_stand_in(*p)) return std::nullopt;
        if (v.kind == VarKind::volatile_) {
          error(Diagnostic(Code::E0206, "nothing gives size `" + name + "` a value", d.type.span));
          return std::nullopt;
        }
      }
  program_.variables[id] = v;
  Entity e;
  e.var = static_cast<VarId>(id);
  e.span = d.name.span;
  scope->variables[d.name.text] = e;
  if (v.kind == VarKind::volatile_ && !v.initial_constants.empty()) {
    const uint32_t outer = std::exchange(current_node_, static_cast<uint32_t>(program_.nodes.size()));
    program_.nodes.push_back({"", 0, "volatile", v.span, {}});
    prologue_.push_back(copy_of_beginning(*whole(e.var, v.span), d.indices.size()));
    current_node_ = outer;
  }
  if (v.kind == VarKind::dynamic) program_.inputs[v.name] = e.var;
  if (v.kind == VarKind::dynamic || v.kind == VarKind::volatile_) program_.outputs[v.name] = e.var;
  return e.var;
}

}  // namespace openinfer
