// Constants that the package lacks: @default, or why there is nothing.
#include <cmath>

#include "dsl/lower/lowering.h"
#include "ir/no_package.h"

namespace openinfer {
namespace {

constexpr uint64_t kMaxInlineBytes = uint64_t{64} << 20;

// As an element of the type: true is 1, and 3.0 is the integer 3.
LiteralValue as_element(const NumberValue& number, DType dtype, DimTable& dims) {
  LiteralValue r;
  if (const auto* truth = std::get_if<bool>(&number)) {
    r.kind = dtype == DType::boolean ? LiteralValue::Kind::boolean : LiteralValue::Kind::integer;
    r.boolean = *truth;
    r.integer = dims.constant(*truth ? 1 : 0);
  } else if (const auto* whole = std::get_if<int64_t>(&number)) {
    r.integer = dims.constant(*whole);
  } else if (const auto* large = std::get_if<uint64_t>(&number)) {
    r.kind = LiteralValue::Kind::large;
    r.large = *large;
  } else {
    r.kind = LiteralValue::Kind::real;
    r.real = std::get<double>(number);
    if (!is_float(dtype)) {
      r.kind = LiteralValue::Kind::integer;
      r.integer = dims.constant(static_cast<int64_t>(r.real));
    }
  }
  return r;
}

}  // namespace

// Sizes that the shape of a stored tensor gave are the program's from now on.
void Lowering::name_sizes(const DeclSite& site, const Variable& v, const std::string& source, Scope* scope) {
  if (scope != &program_scope_) return;
  for (ExprId id : site.decl->type.dims) {
    const Expr& e = site.file->expr(id);
    if (e.kind != ExprKind::ref || e.ref.indexed || program_scope_.sizes.contains(e.ref.name.text)) continue;
    for (size_t i = 0; i < site.decl->type.dims.size() && i < v.shape.size(); ++i)
      if (site.decl->type.dims[i] == id) {
        program_scope_.sizes[e.ref.name.text] = v.shape[i];
        program_.sizes.push_back({e.ref.name.text, v.shape[i], source, e.span});
      }
  }
}

bool Lowering::use_default(const DeclSite& site, const Attribute& attribute, Variable& v, size_t indices,
                           Scope* scope) {
  const Span span = site.decl->name.span;
  const Value* value = attribute.args.size() == 1 && !attribute.args[0].name ? &attribute.args[0].value : nullptr;
  if (!value) {
    error(Diagnostic(Code::E0502, "@default takes one value", attribute.span));
    return false;
  }
  if (!v.dtype) v.dtype = DType::f32;  // `auto` of something that is absent
  std::vector<NumberValue> numbers;
  Shape shape;
  const auto number = [&](const Value& x) -> std::optional<NumberValue> {
    auto l = literal(x, *site.file, scope, Reads::sizes, Large::allowed);
    if (!l) return std::nullopt;
    l->integer = resolve(l->integer);
    const auto n = number_of(*l, dims());
    if (!n)
      error(
          Diagnostic(Code::E0307, "@default must be known before the run, `" + print(l->integer) + "` is not", x.span));
    return n;
  };
  const auto done = [&] {
    v.family.clear();
    for (size_t i = 0; i < indices; ++i) v.family.push_back({true, {}, 0, INT64_MAX});
    for (Dim& d : v.shape) d = resolve(d);
    name_sizes(site, v, "@default of `" + v.name + "`", scope);
    return true;
  };
  if (value->kind == ValueKind::list) {
    for (const Value& x : value->list) {
      const auto n = number(x);
      if (!n) return false;
      numbers.push_back(*n);
    }
    shape.push_back(static_cast<int64_t>(numbers.size()));
    if (!fit_shape(v, shape, true, "@default of `" + v.name + "`", attribute.span)) return false;
  } else {
    const auto x = number(*value);
    if (!x) return false;
    bool known_shape = true;
    for (Dim d : v.shape) {
      if (const auto p = as_placeholder(d); p && scope == &program_scope_) {
        // Nothing stored gives this size. An input may.
        const std::string name = program_.symbol(*p).name;
        const auto given = resolving_.contains(name) ? std::nullopt : program_size(name);
        if (!given || unify(d, *given) == Unify::differ) {
          error(Diagnostic(Code::E0206,
                           "`" + v.name + "` is absent, and nothing else gives its shape " + print(v.shape), span));
          return false;
        }
      }
      const auto k = known(d);
      known_shape &= k.has_value();
      shape.push_back(k.value_or(0));
    }
    if (!known_shape) {
      // An input decides how large it is: filled in each step.
      if (!encode({*x}, *v.dtype, attribute.span, "@default")) return false;
      v.initial = as_element(*x, *v.dtype, dims());
      return done();
    }
    const auto n = shape.elements_checked();
    if (!n || static_cast<uint64_t>(*n) * 8 > kMaxInlineBytes) {
      error(Diagnostic(Code::E0208, "@default would fill a tensor of shape " + to_string(shape), attribute.span));
      return false;
    }
    numbers.assign(static_cast<size_t>(*n), *x);
  }
  auto bytes = encode(numbers, *v.dtype, attribute.span, "@default");
  if (!bytes) return false;
  ConstantMember m;
  m.dtype = *v.dtype;
  m.stored = shape;
  m.bytes = std::move(*bytes);
  program_.constants.push_back(std::move(m));
  v.members.assign(1, static_cast<uint32_t>(program_.constants.size() - 1));
  return done();
}

bool Lowering::absent(const Variable& v, const std::vector<std::string>& tried) {
  if (failed_package_) return false;
  if (no_package_given()) {
    error(Diagnostic(Code::P0026, "`" + v.name + "` lies in a package, and none was given", v.span)
              .with_help(kGiveAPackage));
    return false;
  }
  std::vector<std::string_view> all = options_.package->tensor_names();
  for (std::string_view n : options_.package->metadata_names()) all.push_back(n);
  Diagnostic d(Code::E0110, "the package has no tensor or metadata `" + tried.front() + "`", v.span);
  for (size_t i = 1; i < tried.size(); ++i) d.notes.push_back({"nor `" + tried[i] + "`", {}});
  for (const std::string& name : tried)
    if (const std::string_view near = nearest_name(name, all); !near.empty() && d.help.empty())
      d.help = "did you mean `" + std::string(near) + "`?";
  error(std::move(d));
  return false;
}

bool Lowering::no_package_given() const { return options_.package == &no_package(); }

// Names without a value may be the package's.
void Lowering::blame_the_missing_package(Diagnostic& d) {
  if (d.code != Code::E0102 && d.code != Code::E0103 && d.code != Code::E0111 && d.code != Code::E0206) return;
  if (d.code == Code::E0102 && !d.help.empty()) return;
  d.notes.push_back({"no package was given: its sizes and metadata would have names, too", {}});
  if (d.help.empty()) d.help = kGiveAPackage;
}

// A constant without a member, and of a size that only a step knows, is memory of the step that nothing writes.
void Lowering::fill_in_each_step(Variable& v) {
  if (v.kind != VarKind::constant || !v.initial) return;
  v.kind = VarKind::volatile_;
  v.family.clear();
}

}  // namespace openinfer
