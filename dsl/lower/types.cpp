#include <algorithm>

#include "dsl/lower/lowering.h"
#include "dsl/lower/unknown.h"

namespace openinfer {

// A program's size that is not just waiting for a stored shape.
bool Lowering::has_value_elsewhere(const std::string& name, Scope* scope) {
  for (Scope* s = scope; s; s = s->parent)
    if (s->sizes.contains(name)) return true;
  if (scope != &program_scope_ && bare_names_.contains(name)) return true;
  return names_.sizes.contains(name) || options_.sizes.contains(name) ||
         (options_.package && options_.package->find_size(name));
}

std::optional<Lowering::Type> Lowering::type(const TypeExpr& t, const File& file, Scope* scope, Fresh fresh) {
  Type r;
  if (t.name.text == "auto") {
    r.is_auto = true;
  } else {
    r.dtype = dtype_named(t.name.text);
    if (!r.dtype) {
      error(unknown_type(t.name));
      return std::nullopt;
    }
  }
  if (t.dims.size() > kMaxRank) {
    error(
        Diagnostic(Code::E0213, "a tensor has at most 8 axes, this one has " + std::to_string(t.dims.size()), t.span));
    return std::nullopt;
  }
  bool good = true;
  for (ExprId id : t.dims) {
    const Expr& e = file.expr(id);
    if (fresh != Fresh::none && e.kind == ExprKind::ref && !e.ref.indexed) {
      const std::string& name = e.ref.name.text;
      const bool knows = fresh == Fresh::stored ? has_value_elsewhere(name, scope)
                                                : size_exists(name, scope) || find_variable(name, scope);
      if (!knows) {
        // Twice in one type it is the same size.
        std::optional<Dim> d;
        for (size_t i = 0; i < r.shape.size() && !d; ++i)
          if (const auto p = as_placeholder(r.shape[i]); p && program_.symbol(*p).name == name) d = r.shape[i];
        if (!d) d = placeholder(name, e.span);
        if (fresh == Fresh::result || scope != &program_scope_) {
          scope->sizes[name] = *d;
          scope->size_spans[name] = e.span;
        }
        r.shape.push_back(*d);
        continue;
      }
    }
    const auto d = evaluate(id, file, scope, Reads::sizes);
    if (!d) {
      good = false;
      continue;
    }
    if (const auto v = known(*d); v && *v < 0) {
      error(Diagnostic(Code::E0209, "a dimension is negative: " + std::to_string(*v), e.span));
      good = false;
      continue;
    }
    r.shape.push_back(*d);
  }
  if (!good) return std::nullopt;
  int64_t elements = 1;
  for (Dim d : r.shape)
    if (__builtin_mul_overflow(elements, std::max<int64_t>(1, known(d).value_or(1)), &elements)) {
      error(Diagnostic(Code::E0208, "a tensor of shape " + print(r.shape) + " has more elements than 64 bits can count",
                       t.span));
      return std::nullopt;
    }
  return r;
}

std::string Lowering::misfit(const LiteralValue& value, DType dtype) {
  LiteralValue resolved = value;
  resolved.integer = resolve(value.integer);
  const auto number = number_of(resolved, dims());
  return number ? openinfer::misfit(*number, dtype) : std::string();
}

std::optional<LiteralValue> Lowering::literal(const Value& v, const File& file, Scope* scope, Reads reads,
                                              Large large) {
  LiteralValue r;
  switch (v.kind) {
    case ValueKind::integer: {
      // Only with a minus; -2^63 is the least.
      if (v.magnitude > (uint64_t{1} << 63)) {
        error(Diagnostic(Code::E0208, "integer -" + v.spelling + " does not fit 64 bits", v.span));
        return std::nullopt;
      }
      r.integer = dims().constant(static_cast<int64_t>(0 - v.magnitude));
      return r;
    }
    case ValueKind::floating:
      r.kind = LiteralValue::Kind::real;
      r.real = v.negative ? -v.number : v.number;
      return r;
    case ValueKind::inf:
    case ValueKind::nan:
      r.kind = LiteralValue::Kind::real;
      r.real = v.kind == ValueKind::nan ? __builtin_nan("") : (v.negative ? -__builtin_inf() : __builtin_inf());
      return r;
    case ValueKind::boolean:
      r.kind = LiteralValue::Kind::boolean;
      r.boolean = v.boolean;
      return r;
    case ValueKind::expr: {
      if (const Expr& e = file.expr(v.expr);
          large == Large::allowed && e.kind == ExprKind::integer && e.integer > static_cast<uint64_t>(INT64_MAX)) {
        r.kind = LiteralValue::Kind::large;
        r.large = e.integer;
        return r;
      }
      const auto d = evaluate(v.expr, file, scope, reads);
      if (!d) return std::nullopt;
      r.integer = *d;
      return r;
    }
    case ValueKind::string:
    case ValueKind::list:
      break;
  }
  error(Diagnostic(Code::E0305, "a number is needed here", v.span));
  return std::nullopt;
}

}  // namespace openinfer
