// Builds an OpSite from short texts: "f32[2, T]", with single capital letters as sizes.
#pragma once

#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include "ops/schema.h"

namespace openinfer::test {

struct Site {
  DimTable dims;
  OpSite site;

  explicit Site(std::string_view op, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                const std::vector<std::pair<std::string, AttrValue>>& attributes = {})
      : site{dims, *find_op(op), {}, {}, {}, {}, {}, {}, {}, {}} {
    for (const auto& in : inputs) site.inputs.push_back(operand(in));
    for (const auto& out : outputs) site.declared.push_back(operand(out));
    site.attributes.resize(site.op.attributes.size());
    for (const auto& [name, value] : attributes)
      site.attributes[static_cast<size_t>(site.op.attribute_index(name))] = value;
    site.symbol_name = [](SymbolId id) { return std::string(1, static_cast<char>(id)); };
    fill_defaults(site);
  }
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  Site& check() {
    check_op(site);
    return *this;
  }
  AttrValue n(int64_t v) { return dims.constant(v); }
  Dim dim(const std::string& text) {
    if (text.size() == 1 && std::isupper(static_cast<unsigned char>(text[0])))
      return dims.symbol(static_cast<SymbolId>(text[0]));
    return dims.constant(std::stoll(text));
  }
  // "": nothing is known. "1": a literal.
  OperandType operand(const std::string& text) {
    OperandType t;
    if (text.empty()) return t;
    if (std::isdigit(static_cast<unsigned char>(text[0]))) {
      t.literal = true;
      t.shape.emplace();
      return t;
    }
    const size_t open = text.find('[');
    t.dtype = dtype_named(text.substr(0, open));
    if (open == std::string::npos) return t;
    t.shape.emplace();
    std::string word;
    for (char c : text.substr(open + 1)) {
      if (c != ',' && c != ']') {
        if (c != ' ') word += c;
        continue;
      }
      if (!word.empty()) t.shape->push_back(dim(word));
      word.clear();
    }
    return t;
  }
  // "f32[2, T]" of a result.
  std::string result(size_t o = 0) const {
    const OperandType& r = site.results.at(o);
    std::string s = r.dtype ? std::string(name(*r.dtype)) : "?";
    if (!r.shape) return s;
    s += "[";
    for (size_t i = 0; i < r.shape->size(); ++i) s += (i ? ", " : "") + dims.print((*r.shape)[i], site.symbol_name);
    return s + "]";
  }
  // Codes of all issues, in order.
  std::string codes() const {
    std::string s;
    for (const OpIssue& i : site.issues) s += (s.empty() ? "" : " ") + std::string(code_name(i.code));
    return s;
  }
};

// An integer attribute.
struct Attr {
  std::string name;
  std::vector<int64_t> values;
};

}  // namespace openinfer::test
