// Attributes of declarations: where a value comes from, how a table is indexed, how a person's value gets in and out.
#include <algorithm>

#include "dsl/lower/lowering.h"
#include "dsl/lower/unknown.h"

namespace openinfer {
namespace {

bool is_adapter(std::string_view name) {
  return name == "text" || name == "image" || name == "audio" || name == "labels";
}

struct AdapterArgSpec {
  std::string_view adapter, name;
};
constexpr AdapterArgSpec kAdapterArgs[] = {{"text", "add"},   {"text", "names"},  {"image", "resize"},
                                           {"image", "fit"},  {"image", "short"}, {"image", "white"},
                                           {"image", "mean"}, {"image", "std"},   {"audio", "rate"}};

}  // namespace

Adapter Lowering::adapter(const Attribute& a, const File& file, Scope* scope) {
  Adapter r;
  r.kind = a.name.text;
  r.span = a.span;
  for (const AttributeArg& arg : a.args) {
    AdapterArg out;
    if (!arg.name) {
      error(Diagnostic(Code::E0502, "arguments of @" + a.name.text + " have names", arg.value.span));
      continue;
    }
    out.name = arg.name->text;
    std::vector<std::string_view> candidates;
    bool found = false;
    for (const auto& s : kAdapterArgs)
      if (s.adapter == r.kind) {
        candidates.push_back(s.name);
        found |= s.name == out.name;
      }
    if (!found) {
      Diagnostic d(Code::E0106, "@" + r.kind + " has no argument `" + out.name + "`", arg.name->span);
      const std::string_view near = nearest_name(out.name, candidates);
      if (!near.empty()) d.help = "did you mean `" + std::string(near) + "`?";
      error(std::move(d));
      continue;
    }
    if (arg.value.kind == ValueKind::string) {
      out.is_text = true;
      out.text = arg.value.text;
    } else if (arg.value.kind == ValueKind::list) {
      out.is_list = true;
      for (const Value& v : arg.value.list)
        if (const auto l = literal(v, file, scope, Reads::sizes)) out.numbers.push_back(*l);
    } else if (const auto l = literal(arg.value, file, scope, Reads::sizes)) {
      out.numbers.push_back(*l);
    }
    r.args.push_back(std::move(out));
  }
  return r;
}

bool Lowering::fits(const LiteralValue& value, const Variable& v, Span span) {
  if (value.kind == LiteralValue::Kind::integer && !known(value.integer)) {
    if (!options_.package && expects_package_) return true;
    error(Diagnostic(
        Code::E0307,
        "the value of `" + v.name + "` must be known before the run, `" + print(value.integer) + "` is not", span));
    return false;
  }
  const std::string why = v.dtype ? misfit(value, *v.dtype) : std::string();
  if (why.empty()) return true;
  error(Diagnostic(Code::E0217, why, span).note("declared here", v.span));
  return false;
}

// A family whose names leave out an index would have the same tensor for all its values.
bool Lowering::uses_indices(const NamePieces& name, const Decl& d, const std::vector<Dim>& indices, Span span) {
  for (size_t i = 0; i < indices.size(); ++i) {
    const auto own = dims().as_symbol(indices[i]);
    const bool used = std::any_of(name.begin(), name.end(), [&](const NamePiece& p) {
      if (!p.value) return false;
      const auto all = dims().symbols(resolve(*p.value));
      return own && std::find(all.begin(), all.end(), *own) != all.end();
    });
    if (used) continue;
    const std::string& index = d.indices[i].text;
    Diagnostic e(Code::E0112, "this name does not use the index `" + index + "`", span);
    e.notes.push_back({"declared here", d.indices[i].span});
    e.help = "`{" + index + "}` stands for it";
    error(std::move(e));
    return false;
  }
  return true;
}

bool Lowering::declaration_attributes(const DeclSite& site, Variable& v, Scope* scope) {
  const Decl& d = *site.decl;
  std::map<std::string, const Attribute*> given;
  bool spelled = true;
  for (const Attribute& a : d.attributes) {
    if (!is_declaration_attribute(a.name.text)) {
      error(unknown_attribute(a.name));
      spelled = false;
      continue;
    }
    if (!given.emplace(a.name.text, &a).second)
      error(Diagnostic(Code::E0304, "@" + a.name.text + " is given twice", a.span)
                .note("first given here", given[a.name.text]->span));
  }
  if (!spelled) return false;  // it may be what the others need
  const auto has = [&](const char* n) { return given.contains(n); };
  const auto refuse = [&](const char* n, const char* why) {
    if (has(n)) error(Diagnostic(Code::E0501, std::string("@") + n + " is not allowed here: " + why, given[n]->span));
  };
  if (v.kind == VarKind::constant) refuse("init", "a constant comes from the package");
  if (v.kind == VarKind::constant) refuse("device", "a constant is on every device that reads it");
  if (v.kind == VarKind::dynamic) {
    refuse("ref", "the caller gives the value");
    refuse("pattern", "the caller gives the value");
    refuse("init", "the caller gives the value, or @default does");
  }
  if (v.kind != VarKind::dynamic && v.kind != VarKind::constant) refuse("default", "it is for inputs and constants");
  if (v.kind != VarKind::persistent) {
    refuse("table", "tables are persistent");
    refuse("fixed", "tables are persistent");
    refuse("auto_dim", "it is for persistent memory");
  }
  if (v.kind != VarKind::dynamic)
    for (const char* a : {"text", "image", "audio"}) refuse(a, "it stands on dynamic variables and on what is emitted");
  refuse("labels", "it stands on what is emitted");
  if (has("ref") && has("pattern"))
    error(Diagnostic(Code::E0505, "@ref and @pattern are two sources for one value", given["pattern"]->span)
              .note("@ref is here", given["ref"]->span));

  for (const Attribute& a : d.attributes)
    if (is_adapter(a.name.text) && v.kind == VarKind::dynamic) {
      if (!v.adapter.kind.empty()) {
        if (v.adapter.kind != a.name.text)
          error(Diagnostic(Code::E0505, "one adapter for one value", a.span)
                    .note("@" + v.adapter.kind + " is here", v.adapter.span));
        continue;
      }
      const size_t errors = faults_;
      v.adapter = adapter(a, *site.file, scope);
      if (faults_ == errors) check_adapter(v.adapter, v.dtype, v.shape, v.span);
    }
  if (v.adapter.kind == "text" && ((v.dtype != DType::i32 && v.dtype != DType::i64) || v.shape.size() > 2))
    error(Diagnostic(Code::E0502,
                     "@text makes token ids, i32 or i64 of rank 0 to 2, not " + std::string(openinfer::name(*v.dtype)) +
                         (v.shape.empty() ? "" : print(v.shape)),
                     v.adapter.span)
              .note("declared here", v.span));

  const auto number = [&](const char* n) -> std::optional<LiteralValue> {
    const Attribute& a = *given[n];
    if (a.args.size() != 1 || a.args[0].name) {
      error(Diagnostic(Code::E0502, std::string("@") + n + " takes one value", a.span));
      return std::nullopt;
    }
    return literal(a.args[0].value, *site.file, scope, Reads::sizes, Large::allowed);
  };
  if (has("init") && v.kind != VarKind::dynamic && v.kind != VarKind::constant) v.initial = number("init");
  for (const char* source : {"ref", "pattern"})
    if (has("init") && has(source))
      error(Diagnostic(Code::E0505, std::string("@init and @") + source + " are two sources for one value",
                       given[source]->span)
                .note("@init is here", given["init"]->span));
  if (has("device") && v.kind != VarKind::constant) {
    const auto l = number("device");
    if (!l) return false;
    const auto k = l->kind == LiteralValue::Kind::integer ? known(l->integer) : std::nullopt;
    if (!k || *k < 0 || *k > 255)
      error(Diagnostic(Code::E0502, "@device takes the number of a device, from 0", given["device"]->span));
    else
      v.device = static_cast<int>(*k);
  }
  if (has("default") && v.kind == VarKind::dynamic) {
    const Attribute& a = *given["default"];
    if (a.args.size() == 1 && a.args[0].value.kind == ValueKind::string) {
      if (v.adapter.kind.empty())
        error(Diagnostic(Code::E0502, "a text as default needs an adapter such as @text", a.span));
      v.default_text = a.args[0].value.text;
    } else if (a.args.size() == 1 && a.args[0].value.kind == ValueKind::list && a.args[0].value.list.empty()) {
      v.default_empty = fits_list(0, v, a.span);
    } else {
      v.initial = number("default");
    }
  }

  if (has("default") && v.kind == VarKind::constant) {
    const size_t errors = faults_;
    check_default(*given["default"], v, *site.file, scope);
    if (faults_ != errors) return false;
  }
  if (v.initial && !fits(*v.initial, v, given[v.kind == VarKind::dynamic ? "default" : "init"]->args[0].value.span))
    v.initial.reset();

  for (size_t i = 0; i < d.indices.size(); ++i)
    for (size_t k = 0; k < i; ++k)
      if (d.indices[k].text == d.indices[i].text)
        error(Diagnostic(Code::E0108, "index `" + d.indices[i].text + "` is declared twice", d.indices[i].span)
                  .note("first declared here", d.indices[k].span));

  if (v.kind == VarKind::volatile_ && !d.indices.empty() && !has("pattern")) {
    error(Diagnostic(Code::E0504, "`" + v.name + "` has indices: it needs @pattern", d.name.span));
    return false;
  }

  // Tables.
  if (v.kind == VarKind::persistent && !d.indices.empty()) {
    if (!has("table") && !has("auto_dim") && !has("pattern"))
      error(
          Diagnostic(Code::E0504, "`" + v.name + "` has indices: it needs @table, @pattern or @auto_dim", d.name.span));
    for (const Ident& i : d.indices) v.table.push_back({i.text, {}, {}});
  }
  if (v.kind == VarKind::persistent && d.indices.empty()) {
    refuse("table", "a table has indices");
    refuse("fixed", "a table has indices");
    refuse("auto_dim", "it names indices");
  }
  const auto index_named = [&](std::string_view name) -> int {
    for (size_t i = 0; i < v.table.size(); ++i)
      if (v.table[i].name == name) return static_cast<int>(i);
    return -1;
  };
  if (has("table") && !given["table"]->args.empty())
    error(Diagnostic(Code::E0502, "@table takes no values: @fixed has the bounds", given["table"]->span));
  if (has("fixed") && given["fixed"]->args.empty())
    error(Diagnostic(Code::E0502, "@fixed names indices and their bounds: @fixed(t=4096)", given["fixed"]->span));
  if (has("fixed") && !v.table.empty())
    for (const AttributeArg& a : given["fixed"]->args) {
      const int i = a.name ? index_named(a.name->text) : -1;
      if (i < 0) {
        error(Diagnostic(Code::E0502, "@fixed names indices and their bounds: @fixed(t=4096)", given["fixed"]->span));
        continue;
      }
      const auto l = literal(a.value, *site.file, scope, Reads::sizes);
      if (!l) continue;
      if (l->kind != LiteralValue::Kind::integer) {
        error(Diagnostic(Code::E0502, "a bound is an integer", a.value.span));
        continue;
      }
      if (const auto n = known(l->integer); n && *n < 0) {
        error(Diagnostic(Code::E0209, "the bound of index `" + a.name->text + "` is negative: " + std::to_string(*n),
                         a.value.span));
        continue;
      }
      v.table[static_cast<size_t>(i)].bound = l->integer;
      if (const Expr* e = a.value.kind == ValueKind::expr ? &site.file->expr(a.value.expr) : nullptr;
          e && e->kind == ExprKind::ref && !e->ref.indexed)
        v.table[static_cast<size_t>(i)].size = e->ref.name.text;
    }
  if (has("auto_dim") && !v.table.empty()) {
    for (const char* source : {"ref", "pattern"}) refuse(source, "a growing tensor begins as zero or @init");
    growing_axes(site, *given["auto_dim"], has("table"), v);
  }

  // Sources.
  const char* key = has("pattern") ? "pattern" : has("ref") ? "ref" : nullptr;
  if (v.kind == VarKind::constant || (key && (v.kind == VarKind::volatile_ || v.kind == VarKind::persistent))) {
    std::map<std::string, Dim> indices;
    std::vector<Dim> order;
    if (v.kind == VarKind::constant || has("pattern"))
      for (const Ident& i : d.indices) {
        const Dim s = dims().symbol(new_symbol(i.text, SymbolSource::loop, i.span));
        indices.emplace(i.text, s);
        order.push_back(s);
      }
    if (!d.indices.empty() && v.kind == VarKind::constant && !key) {
      error(Diagnostic(Code::E0504, "`" + v.name + "` has indices: it needs @pattern", d.name.span));
      return false;
    }
    std::vector<NamePieces> sources;
    if (!key) {
      sources.push_back({NamePiece{v.name, {}}});
    } else {
      if (given[key]->args.empty())
        error(Diagnostic(Code::E0502, std::string("@") + key + " takes one name or more", given[key]->span));
      for (const AttributeArg& a : given[key]->args) {
        if (a.value.kind != ValueKind::string) {
          error(Diagnostic(Code::E0502, std::string("@") + key + " takes names in quotes", a.value.span));
          continue;
        }
        auto p = pieces(a.value.text, a.value.span, indices, scope);
        if (!p || !uses_indices(*p, d, order, a.value.span)) continue;
        sources.push_back(std::move(*p));
      }
    }
    return !sources.empty() && constant_sources(site, v, sources, order, scope);
  }
  return true;
}

}  // namespace openinfer
