// Names with integers in them: "model.layers.{l}.norm" and "{p}.resnets.{i + 1}".
#include <cctype>
#include <utility>

#include "dsl/lower/lowering.h"
#include "ir/literal.h"

namespace openinfer {
namespace {

// A small reader for what stands between braces: the integer expressions of the language, without indices.
class PieceReader {
 public:
  using Lookup = std::function<std::optional<Dim>(std::string_view)>;
  PieceReader(std::string_view text, DimTable& dims, const Lookup& lookup)
      : text_(text), dims_(dims), lookup_(lookup) {}
  std::optional<Dim> read() {
    const auto d = sum(0);
    skip();
    return at_ == text_.size() ? d : std::nullopt;
  }

 private:
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::optional<Dim> sum(int depth) {
    auto a = product(depth);
    while (a) {
      const bool plus = take('+');
      if (!plus && !take('-')) return a;
      const auto b = product(depth);
      if (!b) return std::nullopt;
      quotient_.reset();
      a = plus ? dims_.add(*a, *b) : dims_.sub(*a, *b);
    }
    return a;
  }
  std::optional<Dim> product(int depth) {
    auto a = factor(depth);
    while (a) {
      const char op = take('*') ? '*' : take('/') ? '/' : take('%') ? '%' : 0;
      if (!op) return a;
      const auto b = factor(depth);
      if (!b) return std::nullopt;
      quotient_.reset();
      if (op == '/') quotient_.emplace(*a, *b);
      a = op == '*' ? dims_.mul(*a, *b) : op == '/' ? dims_.div(*a, *b) : dims_.mod(*a, *b);
    }
    return a;
  }
  std::optional<Dim> factor(int depth) {
    if (depth > 32) return std::nullopt;
    if (take('(')) {
      const auto d = sum(depth + 1);
      return d && take(')') ? d : std::nullopt;
    }
    skip();
    quotient_.reset();
    if (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_]))) {
      const NumberLiteral number = scan_number(text_.substr(at_));
      at_ += number.length;
      if (!number.error.empty() || number.floating || number.integer > static_cast<uint64_t>(INT64_MAX))
        return std::nullopt;
      return dims_.constant(static_cast<int64_t>(number.integer));
    }
    const size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_')) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word.empty()) return std::nullopt;
    if ((word == "floor" || word == "ceil") && take('(')) return rounded(word == "ceil", depth + 1);
    if ((word == "min" || word == "max") && take('(')) return extreme(word == "max", depth + 1);
    return lookup_(word);
  }
  // Behind the parenthesis of floor(a / b) and ceil(a / b).
  std::optional<Dim> rounded(bool up, int depth) {
    const auto whole = sum(depth);
    if (!whole || !quotient_ || !take(')')) return std::nullopt;
    const auto [a, b] = *std::exchange(quotient_, std::nullopt);
    return up ? dims_.ceil_div(a, b) : dims_.floor_div(a, b);
  }
  // Behind the parenthesis of min(a, b, ...) and max(a, b, ...).
  std::optional<Dim> extreme(bool most, int depth) {
    auto best = sum(depth);
    size_t count = 1;
    for (; best && take(','); ++count) {
      const auto next = sum(depth);
      if (!next) return std::nullopt;
      best = most ? dims_.max(*best, *next) : dims_.min(*best, *next);
    }
    quotient_.reset();
    return best && count > 1 && take(')') ? best : std::nullopt;
  }

  std::string_view text_;
  DimTable& dims_;
  const Lookup& lookup_;
  size_t at_ = 0;
  std::optional<std::pair<Dim, Dim>> quotient_;  // when what was read last is one
};

}  // namespace

std::optional<NamePieces> Lowering::pieces(std::string_view text, Span span, const std::map<std::string, Dim>& indices,
                                           Scope* scope) {
  NamePieces out;
  std::string plain;
  const auto flush = [&] {
    if (!plain.empty()) out.push_back({std::move(plain), {}});
    plain.clear();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '{') {
      plain += text[i];
      if (text[i] == '}' && i + 1 < text.size() && text[i + 1] == '}') ++i;
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == '{') {
      plain += '{';
      ++i;
      continue;
    }
    const size_t end = text.find('}', i);
    if (end == std::string_view::npos) {
      error(Diagnostic(Code::E0502, "`{` without `}` in a name", span).with_help("`{{` is a brace"));
      return std::nullopt;
    }
    flush();
    const std::string_view inner = text.substr(i + 1, end - i - 1);
    const auto d = piece_expression(inner, span, indices, scope, out);
    if (d)
      out.push_back({"", *d});
    else if (!piece_was_name_)
      return std::nullopt;
    i = end;
  }
  flush();
  if (out.empty()) out.push_back({"", {}});
  return out;
}

// A name parameter's pieces go into `out` (piece_was_name_); anything else is an integer.
std::optional<Dim> Lowering::piece_expression(std::string_view text, Span span,
                                              const std::map<std::string, Dim>& indices, Scope* scope,
                                              NamePieces& out) {
  piece_was_name_ = false;
  if (const auto own = indices.find(std::string(text)); own != indices.end()) return own->second;
  for (Scope* s = scope; s; s = s->parent) {
    const auto hit = s->variables.find(text);
    if (hit == s->variables.end() || hit->second.kind != Entity::Kind::name) continue;
    out.insert(out.end(), hit->second.pieces.begin(), hit->second.pieces.end());
    piece_was_name_ = true;
    return std::nullopt;
  }
  std::string unknown;
  const PieceReader::Lookup lookup = [&](std::string_view name) -> std::optional<Dim> {
    if (const auto own = indices.find(std::string(name)); own != indices.end()) return own->second;
    const auto size = find_size(name, scope);
    if (!size) unknown = std::string(name);
    return size;
  };
  const auto d = PieceReader(text, dims(), lookup).read();
  if (d) return faulted(*d, span);
  Diagnostic e(Code::E0112,
               unknown.empty() ? "`{" + std::string(text) + "}` is no integer expression"
                               : "unknown index `" + unknown + "` in a name",
               span);
  std::vector<std::string_view> candidates;
  for (const auto& [n, v] : indices) candidates.push_back(n);
  for (Scope* s = scope; s; s = s->parent) {
    for (const auto& [n, v] : s->sizes) candidates.push_back(n);
    for (const auto& [n, v] : s->variables)
      if (v.kind == Entity::Kind::name) candidates.push_back(n);
  }
  const std::string_view near = nearest_name(unknown, candidates);
  if (!near.empty()) e.help = "did you mean `{" + std::string(near) + "}`?";
  error(std::move(e));
  return std::nullopt;
}

}  // namespace openinfer
