// Expressions, values, types and references of a File as canonical text on one line, with marks where a line that
// grows too long may be broken (dsl/wrap.h).
#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace openinfer::dsl {

class Speller {
 public:
  explicit Speller(const File& file) : file_(file) {}

  // Products are tight (H*Dh) in dimensions and indices, and airy (D / H) elsewhere, unless they begin with a number
  // (2*A).
  enum class Style { tight, airy };

  void expr(std::string& out, ExprId id, Style style) const { expr(out, id, style, 0); }
  void ref(std::string& out, const Ref& ref) const;
  void value(std::string& out, const Value& value) const;
  void type(std::string& out, const TypeExpr& type) const;
  void attribute(std::string& out, const Attribute& attribute) const;
  void attributes(std::string& out, const std::vector<Attribute>& attributes) const;
  void args(std::string& out, const std::vector<Arg>& args) const;
  void params(std::string& out, const std::vector<Param>& params) const;
  void out(std::string& text, const Out& out) const;
  void outs(std::string& text, const Outs& outs) const;
  void names(std::string& out, const std::vector<Ident>& names) const;
  // name(l, t)
  void indexed_name(std::string& out, const Ident& name, const std::vector<Ident>& indices) const;

 private:
  void expr(std::string& out, ExprId id, Style style, int binding) const;
  void bound(std::string& out, const Bound& bound) const;
  [[nodiscard]] bool begins_with_integer(ExprId id) const;
  [[nodiscard]] bool begins_with_literal_word(ExprId id) const;

  const File& file_;
};

}  // namespace openinfer::dsl
