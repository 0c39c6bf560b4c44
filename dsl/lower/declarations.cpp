// What a declaration says is right or wrong by itself, whether a node reads it or not.
#include <algorithm>

#include "dsl/lower/lowering.h"

namespace openinfer {

// Rows of block-quantised types are whole blocks.
bool Lowering::whole_blocks(const Variable& v, Span type) {
  if (!v.dtype || !is_block(*v.dtype)) return true;
  const int64_t block = info(*v.dtype).block;
  const auto row = v.shape.empty() ? std::optional<int64_t>(1) : known(v.shape.back());
  if (!row || *row % block == 0) return true;
  error(Diagnostic(Code::E0203,
                   "a row of " + std::string(openinfer::name(*v.dtype)) + " has blocks of " + std::to_string(block) +
                       " elements, which " + std::to_string(*row) + " is no multiple of",
                   type));
  return false;
}

// @default of a constant, also where the package has the tensor.
void Lowering::check_default(const Attribute& a, const Variable& v, const File& file, Scope* scope) {
  if (a.args.size() != 1 || a.args[0].name) {
    error(Diagnostic(Code::E0502, "@default takes one value", a.span));
    return;
  }
  const Value& value = a.args[0].value;
  std::vector<NumberValue> numbers;
  const auto add = [&](const Value& x) {
    auto l = literal(x, file, scope, Reads::sizes, Large::allowed);
    if (!l) return;
    l->integer = resolve(l->integer);
    if (const auto n = number_of(*l, dims())) numbers.push_back(*n);
  };
  if (value.kind == ValueKind::list) {
    for (const Value& x : value.list) add(x);
    fits_list(static_cast<int64_t>(value.list.size()), v, a.span);
  } else {
    add(value);
  }
  if (v.dtype) encode(numbers, *v.dtype, a.span, "@default");
}

bool Lowering::fits_list(int64_t length, const Variable& v, Span span) {
  const auto n = v.shape.size() == 1 ? known(v.shape[0]) : std::nullopt;
  if (v.shape.size() == 1 && (!n || *n == length)) return true;
  error(Diagnostic(Code::E0502,
                   "@default of " + std::to_string(length) + " values does not fit `" + v.name + "`, which is " +
                       (v.dtype ? std::string(openinfer::name(*v.dtype)) : "auto") +
                       (v.shape.empty() ? "" : print(v.shape)),
                   span)
            .note("declared here", v.span));
  return false;
}

// Adapters whose settings must suit the variable. Where the package has not said all sizes yet, nothing is known.
void Lowering::check_adapter(const Adapter& adapter, std::optional<DType> dtype, const std::vector<Dim>& shape,
                             Span span) {
  const auto refuse = [&](const std::string& why) {
    error(Diagnostic(Code::E0502, "@" + adapter.kind + ": " + why, adapter.span).note("declared here", span));
  };
  if (adapter.kind == "text") {
    for (const AdapterArg& a : adapter.args)
      if (a.is_text || a.is_list || a.numbers.size() != 1 || a.numbers[0].kind != LiteralValue::Kind::boolean)
        refuse("`" + a.name + "` is true or false");
    return;
  }
  if (!options_.check_adapter || !dtype) return;
  std::vector<std::optional<int64_t>> sizes;
  for (const Dim d : shape) {
    sizes.push_back(known(d));
    for (const SymbolId s : dims().symbols(resolve(d)))
      if (program_.symbol(s).source != SymbolSource::input) return;
  }
  if (Status s = options_.check_adapter(adapter, *dtype, sizes, dims(), options_.package); !s) error(s.error());
}

// Declarations that no entry reads. What a package would give them is not asked for.
void Lowering::check_declarations() {
  for (const DeclSite* site : names_.declared) {
    if (diagnostics_.size() > kMaxErrors) return;
    (void)program_variable(site->decl->name.text);
  }
  for (const auto& [name, site] : names_.sizes)
    if (diagnostics_.size() <= kMaxErrors) (void)program_size(name);
  for (const SizeSite& site : names_.sizes_again)
    if (diagnostics_.size() <= kMaxErrors) {
      const auto value = evaluate(site.def->value, *site.file, &program_scope_, Reads::sizes);
      if (value) (void)faulted(*value, site.def->span);
    }
  for (const DeclSite& site : names_.variables_again)
    if (diagnostics_.size() <= kMaxErrors) {
      Scope apart;
      apart.parent = &program_scope_;
      (void)declare(site, &apart);
    }
  if (!options_.package) return;
  std::erase_if(diagnostics_, [](const Diagnostic& d) {
    return d.code == Code::E0103 || d.code == Code::E0206 || d.code == Code::E0307;
  });
}

}  // namespace openinfer
