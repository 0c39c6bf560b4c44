#include "ops/tools/expression.h"

#include <array>
#include <cctype>
#include <string_view>
#include <vector>

namespace openinfer::tools {
namespace {

// What an expression is: lanes of V, one truth value a lane, one number or truth value for all lanes.
enum class Kind { lanes, mask, uniform, uniform_truth };
struct Term {
  std::string text;
  Kind kind = Kind::lanes;
};

// Functions of the field whose C++ names differ.
std::string function_name(const std::string& name) {
  if (name == "min") return "minimum";
  if (name == "max") return "maximum";
  if (name == "round") return "round_even";
  if (name == "isnan") return "is_nan";
  if (name == "isinf") return "is_inf";
  return name;
}

class Parser {
 public:
  Parser(std::string_view text, const Names& names) : text_(text), names_(names) {}

  Translated run() {
    Term t = ternary();
    space();
    if (error_.empty() && at_ != text_.size()) fail("unexpected text");
    return error_.empty() ? Translated{t.text, ""} : Translated{"", error_};
  }

 private:
  void fail(const std::string& what) {
    if (error_.empty()) error_ = what + " at column " + std::to_string(at_ + 1) + " of `" + std::string(text_) + "`";
    at_ = text_.size();
  }
  void space() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(std::string_view symbol) {
    space();
    if (text_.substr(at_, symbol.size()) != symbol) return false;
    at_ += symbol.size();
    return true;
  }
  void need(std::string_view symbol) {
    if (!take(symbol)) fail("expected `" + std::string(symbol) + "`");
  }

  Term ternary() {
    Term condition = comparison();
    if (!take("?")) return condition;
    const Term yes = ternary();
    need(":");
    const Term no = ternary();
    if (condition.kind == Kind::uniform_truth)
      return {"(" + condition.text + " ? " + yes.text + " : " + no.text + ")", yes.kind};
    if (condition.kind == Kind::lanes) condition.text = "(" + condition.text + " != number<V>(0))";
    return {"select(" + condition.text + ", " + yes.text + ", " + no.text + ")", yes.kind};
  }

  Term comparison() {
    Term a = bits();
    for (const std::string_view op : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (!take(op)) continue;
      const Term b = bits();
      const bool uniform = a.kind == Kind::uniform;
      return {"(" + a.text + " " + std::string(op) + " " + b.text + ")", uniform ? Kind::uniform_truth : Kind::mask};
    }
    return a;
  }

  Term bits() {
    return chain({"&", "|", "^"}, [this] { return sum(); });
  }
  Term sum() {
    return chain({"+", "-"}, [this] { return product(); });
  }
  Term product() {
    return chain({"*", "/"}, [this] { return unary(); });
  }

  template <class Next>
  Term chain(const std::vector<std::string_view>& operators, const Next& next) {
    Term a = next();
    for (;;) {
      std::string_view found;
      for (const std::string_view op : operators)
        if (found.empty() && take(op)) found = op;
      if (found.empty()) return a;
      const Term b = next();
      a.text = "(" + a.text + " " + std::string(found) + " " + b.text + ")";
    }
  }

  Term unary() {
    for (const std::string_view op : {"-", "~"})
      if (take(op)) return {"(" + std::string(op) + unary().text + ")", Kind::lanes};
    return primary();
  }

  Term primary() {
    space();
    if (take("(")) {
      Term t = ternary();
      need(")");
      return t;
    }
    if (take("\"")) return word();
    if (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_]))) return number();
    if (at_ < text_.size() && std::isalpha(static_cast<unsigned char>(text_[at_]))) return name();
    fail("expected a value");
    return {};
  }

  Term word() {
    const size_t end = text_.find('"', at_);
    if (end == std::string_view::npos) {
      fail("unterminated word");
      return {};
    }
    const auto at = names_.choices.find(std::string(text_.substr(at_, end - at_)));
    if (at == names_.choices.end()) {
      fail("unknown word");
      return {};
    }
    at_ = end + 1;
    return {std::to_string(at->second), Kind::uniform};
  }

  Term number() {
    const size_t begin = at_;
    while (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) || text_[at_] == '.')) ++at_;
    return {"number<V>(" + std::string(text_.substr(begin, at_ - begin)) + ")", Kind::lanes};
  }

  Term name() {
    const size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_')) ++at_;
    const std::string id(text_.substr(begin, at_ - begin));
    if (take("(")) {
      std::string call = function_name(id) + "(" + ternary().text;
      while (take(",")) call += ", " + ternary().text;
      need(")");
      return {call + ")", id == "isnan" || id == "isinf" ? Kind::mask : Kind::lanes};
    }
    const auto at = names_.values.find(id);
    if (at == names_.values.end()) fail("unknown name `" + id + "`");
    return {id + "_", at != names_.values.end() && at->second ? Kind::uniform : Kind::lanes};
  }

  std::string_view text_;
  const Names& names_;
  size_t at_ = 0;
  std::string error_;
};

}  // namespace

Translated translate(const std::string& expression, const Names& names) { return Parser(expression, names).run(); }

}  // namespace openinfer::tools
