#include "dsl/spell.h"

#include "dsl/string_literal.h"
#include "dsl/wrap.h"

namespace openinfer::dsl {
namespace {

// How tightly an operator binds: sums 1, products 2, everything else 3.
int binding_of(ExprKind kind) {
  switch (kind) {
    case ExprKind::add:
    case ExprKind::sub:
      return 1;
    case ExprKind::mul:
    case ExprKind::div:
    case ExprKind::mod:
      return 2;
    case ExprKind::integer:
    case ExprKind::ref:
    case ExprKind::min:
    case ExprKind::max:
    case ExprKind::floor:
    case ExprKind::ceil:
      return 3;
  }
  return 3;
}

const char* word_of(ExprKind kind) {
  switch (kind) {
    case ExprKind::add:
      return "+";
    case ExprKind::sub:
      return "-";
    case ExprKind::mul:
      return "*";
    case ExprKind::div:
      return "/";
    case ExprKind::mod:
      return "%";
    case ExprKind::min:
      return "min";
    case ExprKind::max:
      return "max";
    case ExprKind::floor:
      return "floor";
    case ExprKind::ceil:
      return "ceil";
    case ExprKind::integer:
    case ExprKind::ref:
      break;
  }
  return "";
}

// Calls `write` for each of a list, with ", " between them where a line may break.
template <class List, class Write>
void join(std::string& out, const List& list, Write write) {
  bool first = true;
  for (const auto& entry : list) {
    if (!first) out += {',', kBreakInList};
    first = false;
    write(entry);
  }
}

// How tightly the left operand must bind to stand without parentheses. A quotient times something has them, though it
// need not: (S / P) * k.
int left_binding(ExprKind kind, ExprKind left) {
  const bool quotient = left == ExprKind::div || left == ExprKind::mod;
  return kind == ExprKind::mul && quotient ? 3 : binding_of(kind);
}

}  // namespace

bool Speller::begins_with_integer(ExprId id) const {
  const Expr* e = &file_.expr(id);
  while (e->kind == ExprKind::mul) e = &file_.expr(e->args[0]);
  return e->kind == ExprKind::integer;
}

bool Speller::begins_with_literal_word(ExprId id) const {
  const Expr* e = &file_.expr(id);
  while (binding_of(e->kind) < 3) {
    const Expr* left = &file_.expr(e->args[0]);
    if (binding_of(left->kind) < left_binding(e->kind, left->kind)) return false;  // it begins with a parenthesis
    e = left;
  }
  const std::string& name = e->ref.name.text;
  return e->kind == ExprKind::ref && (name == "true" || name == "false" || name == "inf" || name == "nan");
}

void Speller::expr(std::string& out, ExprId id, Style style, int binding) const {
  const Expr& e = file_.expr(id);
  if (e.kind == ExprKind::integer) {
    out += e.spelling;
  } else if (e.kind == ExprKind::ref) {
    ref(out, e.ref);
  } else if (const int own = binding_of(e.kind); own == 3) {
    out.append(word_of(e.kind)).append("(");
    for (size_t i = 0; i < e.args.size(); ++i) {
      if (i > 0) out += ", ";
      expr(out, e.args[i], Style::airy, 0);
    }
    out += ")";
  } else {
    const bool parentheses = own < binding;
    const bool tight = own == 2 && (style == Style::tight || (e.kind == ExprKind::mul && begins_with_integer(id)));
    if (parentheses) out += "(";
    expr(out, e.args[0], style, left_binding(e.kind, file_.expr(e.args[0]).kind));
    out.append(tight ? "" : " ").append(word_of(e.kind)).append(tight ? "" : " ");
    expr(out, e.args[1], style, own + 1);
    if (parentheses) out += ")";
  }
}

void Speller::bound(std::string& out, const Bound& bound) const {
  if (bound.from_end)
    out.append("-").append(bound.spelling);
  else
    expr(out, bound.expr, Style::tight);
}

void Speller::ref(std::string& out, const Ref& ref) const {
  out += ref.name.text;
  if (!ref.indexed) return;
  out += "[";
  for (size_t i = 0; i < ref.index.size(); ++i) {
    const Index& index = ref.index[i];
    if (i > 0) out += ", ";
    if (index.lo) bound(out, *index.lo);
    if (index.slice) out += "..";
    if (index.hi) bound(out, *index.hi);
  }
  out += "]";
}

void Speller::value(std::string& out, const Value& value) const {
  if (value.negative) out += "-";
  switch (value.kind) {
    case ValueKind::expr:
      // A variable called inf is not the number: (inf).
      if (begins_with_literal_word(value.expr)) {
        out += "(";
        expr(out, value.expr, Style::airy);
        out += ")";
      } else {
        expr(out, value.expr, Style::airy);
      }
      break;
    case ValueKind::integer:
    case ValueKind::floating:
      out += value.spelling;
      break;
    case ValueKind::inf:
      out += "inf";
      break;
    case ValueKind::nan:
      out += "nan";
      break;
    case ValueKind::boolean:
      out += value.boolean ? "true" : "false";
      break;
    case ValueKind::string:
      out += quote(value.text);
      break;
    case ValueKind::list:
      out += "[";
      join(out, value.list, [&](const Value& v) { this->value(out, v); });
      out += "]";
      break;
  }
}

void Speller::type(std::string& out, const TypeExpr& type) const {
  out += type.name.text;
  if (type.dims.empty()) return;
  out += "[";
  for (size_t i = 0; i < type.dims.size(); ++i) {
    if (i > 0) out += ", ";
    expr(out, type.dims[i], Style::tight);
  }
  out += "]";
}

void Speller::attribute(std::string& out, const Attribute& attribute) const {
  out.append("@").append(attribute.name.text);
  if (attribute.args.empty()) return;
  out += "(";
  join(out, attribute.args, [&](const AttributeArg& arg) {
    if (arg.name) out.append(arg.name->text).append("=");
    value(out, arg.value);
  });
  out += ")";
}

void Speller::attributes(std::string& out, const std::vector<Attribute>& attributes) const {
  for (size_t i = 0; i < attributes.size(); ++i) {
    if (i > 0) out += kBreakInList;
    attribute(out, attributes[i]);
  }
}

void Speller::args(std::string& out, const std::vector<Arg>& args) const {
  out += "(";
  join(out, args, [&](const Arg& arg) {
    if (arg.name) out.append(arg.name->text).append("=");
    value(out, arg.value);
  });
  out += ")";
}

void Speller::params(std::string& out, const std::vector<Param>& params) const {
  out += "(";
  join(out, params, [&](const Param& param) {
    indexed_name(out, param.name, param.indices);
    out += ": ";
    type(out, param.type);
  });
  out += ")";
}

void Speller::out(std::string& text, const Out& out) const {
  ref(text, out.ref);
  if (!out.type) return;
  text += ": ";
  type(text, *out.type);
}

void Speller::outs(std::string& text, const Outs& outs) const {
  const bool one = outs.list.size() == 1 && !(outs.common && outs.list[0].type);
  if (!one) text += "(";
  join(text, outs.list, [&](const Out& o) { out(text, o); });
  if (!one) text += ")";
  if (!outs.common) return;
  text += ": ";
  type(text, *outs.common);
}

void Speller::names(std::string& out, const std::vector<Ident>& names) const {
  join(out, names, [&](const Ident& name) { out += name.text; });
}

void Speller::indexed_name(std::string& out, const Ident& name, const std::vector<Ident>& indices) const {
  out += name.text;
  if (indices.empty()) return;
  out += "(";
  for (size_t i = 0; i < indices.size(); ++i) out.append(i > 0 ? ", " : "").append(indices[i].text);
  out += ")";
}

}  // namespace openinfer::dsl
