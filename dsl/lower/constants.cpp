// Constants: which stored tensors a declaration stands for, and whether they fit it.
#include <bit>
#include <cmath>
#include <span>

#include "dsl/lower/lowering.h"
#include "ops/element.h"

namespace openinfer {
namespace {

constexpr int64_t kMaxMembers = 1 << 20;
constexpr uint64_t kMaxInlineBytes = uint64_t{64} << 20;

// Numbers of a metadata value, or nothing when it holds texts.
std::optional<std::vector<double>> numbers_of(const MetaValue& m, bool& is_list) {
  is_list = m.index() >= 4;
  std::vector<double> r;
  if (const auto* b = std::get_if<bool>(&m)) return std::vector<double>{*b ? 1.0 : 0.0};
  if (const auto* i = std::get_if<int64_t>(&m)) return std::vector<double>{static_cast<double>(*i)};
  if (const auto* f = std::get_if<double>(&m)) return std::vector<double>{*f};
  if (const auto* is = std::get_if<std::vector<int64_t>>(&m)) {
    for (int64_t i : *is) r.push_back(static_cast<double>(i));
    return r;
  }
  if (const auto* fs = std::get_if<std::vector<double>>(&m)) return *fs;
  if (const auto* bs = std::get_if<std::vector<bool>>(&m)) {
    for (bool b : *bs) r.push_back(b ? 1.0 : 0.0);
    return r;
  }
  if (const auto* ss = std::get_if<std::vector<std::string>>(&m); ss && ss->empty()) return r;
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<std::byte>> Lowering::encode(const std::vector<double>& numbers, DType dtype, Span span,
                                                       const std::string& what) {
  if (!is_plain(dtype)) {
    error(Diagnostic(Code::E0203, "a number cannot be given as " + std::string(openinfer::name(dtype)), span));
    return std::nullopt;
  }
  std::vector<std::byte> bytes(numbers.size() * element_bytes(dtype));
  for (size_t i = 0; i < numbers.size(); ++i) {
    std::byte* at = bytes.data() + i * element_bytes(dtype);
    const double x = numbers[i];
    if (is_integer(dtype) || dtype == DType::boolean || dtype == DType::bitset) {
      const int bits = info(dtype).bits;
      const double low = is_signed(dtype) ? -std::ldexp(1.0, bits - 1) : 0.0;
      const double high = std::ldexp(1.0, is_signed(dtype) ? bits - 1 : bits);
      const bool fits = x == std::floor(x) && x >= low && x < high && (dtype != DType::boolean || x == 0 || x == 1);
      if (!fits) {
        error(Diagnostic(Code::E0217,
                         what + ": " + std::to_string(x) + " does not fit " + std::string(openinfer::name(dtype)),
                         span));
        return std::nullopt;
      }
      const uint64_t raw = x < 0 ? static_cast<uint64_t>(static_cast<int64_t>(x)) : static_cast<uint64_t>(x);
      for (size_t b = 0; b < element_bytes(dtype); ++b) at[b] = static_cast<std::byte>(raw >> (8 * b));
    } else {
      store_element<double>(at, dtype, 0, x);
      const bool whole = x == std::floor(x) && std::isfinite(x) && std::fabs(x) < 9.007199254740992e15;
      if (whole && load_element<double>(at, dtype, 0) != x) {
        error(Diagnostic(Code::E0217,
                         what + ": " + std::to_string(x) + " is not exact in " + std::string(openinfer::name(dtype)),
                         span));
        return std::nullopt;
      }
    }
  }
  return bytes;
}

std::optional<uint32_t> Lowering::inline_constant(const MetaValue& meta, DType dtype, Shape shape, Span span,
                                                  const std::string& what) {
  bool is_list = false;
  const auto numbers = numbers_of(meta, is_list);
  if (!numbers) {
    error(Diagnostic(Code::E0215, what + " is a text, not a number", span));
    return std::nullopt;
  }
  // Past 2^53 a double is not exact: i64 takes integers as they are.
  const auto* one = std::get_if<int64_t>(&meta);
  const auto* list = std::get_if<std::vector<int64_t>>(&meta);
  std::optional<std::vector<std::byte>> bytes;
  if (dtype == DType::i64 && (one || list)) {
    const std::span<const int64_t> exact = one ? std::span(one, 1) : std::span<const int64_t>(*list);
    const auto raw = std::as_bytes(exact);
    bytes.emplace(raw.begin(), raw.end());
  } else {
    bytes = encode(*numbers, dtype, span, what);
  }
  if (!bytes) return std::nullopt;
  ConstantMember m;
  m.dtype = dtype;
  m.stored = shape;
  m.bytes = std::move(*bytes);
  program_.constants.push_back(std::move(m));
  return static_cast<uint32_t>(program_.constants.size() - 1);
}

VarId Lowering::beginning(VarId var) {
  if (const auto hit = beginnings_.find(static_cast<uint32_t>(var)); hit != beginnings_.end()) return hit->second;
  const Variable& v = program_.var(var);
  Variable c;
  c.name = v.name;
  c.kind = VarKind::constant;
  c.span = v.span;
  c.dtype = v.dtype;
  c.shape = v.shape;
  c.members.push_back(*v.initial_constant);
  c.written = true;
  const VarId id = add_variable(std::move(c));
  beginnings_.emplace(static_cast<uint32_t>(var), id);
  return id;
}

// Makes the declared shape and the stored one agree, and gives sizes that wait for it their values.
bool Lowering::fit_shape(Variable& v, const Shape& stored, bool plain, const std::string& what, Span span) {
  const auto differs = [&] {
    error(Diagnostic(Code::E0214, what + " has the shape " + to_string(stored) + ", declared is " + print(v.shape),
                     span));
    return false;
  };
  const auto rank = static_cast<int>(v.shape.size());
  std::vector<int64_t> s(stored.begin(), stored.end());
  if (static_cast<int>(s.size()) > rank) {
    // Axes of 1 may be left out.
    for (auto i = s.begin(); i != s.end() && static_cast<int>(s.size()) > rank;) i = *i == 1 ? s.erase(i) : i + 1;
    if (static_cast<int>(s.size()) > rank) return differs();
  }
  if (static_cast<int>(s.size()) == rank) {
    bool same = true;
    for (size_t i = 0; i < s.size(); ++i) {
      const auto k = known(v.shape[i]);
      if (k && *k != s[i]) same = false;
    }
    if (same) {
      for (size_t i = 0; i < s.size(); ++i)
        if (unify(v.shape[i], dims().constant(s[i])) == Unify::differ) return differs();
      return true;
    }
    if (stored.rank() == rank) return differs();
  }
  // Split axes: find the cut of the declared axes into groups whose products are the stored sizes. One unknown size a
  // group follows from the others. There are at most 35 cuts.
  std::vector<size_t> cut(s.size(), 1);  // axes in each group
  const auto fits = [&] {
    size_t at = 0;
    for (size_t i = 0; i < s.size(); ++i) {
      int64_t product = 1;
      int unknowns = 0;
      for (size_t k = 0; k < cut[i]; ++k, ++at) {
        const auto value = known(v.shape[at]);
        if (!value)
          ++unknowns;
        else if (__builtin_mul_overflow(product, *value, &product))
          return false;
      }
      if (unknowns > 1 || (unknowns == 0 ? product != s[i] : product == 0 || s[i] % product != 0)) return false;
    }
    return true;
  };
  const std::function<bool(size_t, size_t)> choose = [&](size_t group, size_t left) {
    if (group + 1 == s.size()) {
      cut[group] = left;
      return fits();
    }
    for (size_t n = 1; n + (s.size() - group - 1) <= left; ++n) {
      cut[group] = n;
      if (choose(group + 1, left - n)) return true;
    }
    return false;
  };
  if (s.empty() || !choose(0, v.shape.size())) return differs();
  if (cut.back() > 1 && !plain) {
    error(
        Diagnostic(Code::E0214, what + ": the last axis of a packed or block-quantised tensor cannot be split", span));
    return false;
  }
  size_t at = 0;
  for (size_t i = 0; i < s.size(); ++i) {
    int64_t product = 1;
    std::optional<Dim> unknown;
    for (size_t k = 0; k < cut[i]; ++k, ++at) {
      const auto value = known(v.shape[at]);
      if (value)
        product *= *value;
      else
        unknown = v.shape[at];
    }
    if (unknown && unify(*unknown, dims().constant(s[i] / product)) == Unify::differ) return differs();
  }
  return true;
}

std::optional<std::string> Lowering::piece_text(const NamePieces& p,
                                                const std::vector<std::pair<SymbolId, int64_t>>& values) {
  std::string text;
  for (const NamePiece& piece : p) {
    text += piece.text;
    if (!piece.value) continue;
    const Dim d = resolve(dims().substitute(resolve(*piece.value), [&](SymbolId s) -> std::optional<Dim> {
      for (const auto& [symbol, value] : values)
        if (symbol == s) return dims().constant(value);
      return std::nullopt;
    }));
    const auto k = dims().value(d);
    if (!k) return std::nullopt;
    text += std::to_string(*k);
  }
  return text;
}

// The first candidate that the package has, as tensor or metadata. Quiet when there is none.
std::optional<uint32_t> Lowering::find_member(const std::vector<std::string>& candidates, const DeclSite& site,
                                              const Variable& v) {
  for (const std::string& c : candidates) {
    if (const auto t = options_.package->find_tensor(c)) {
      for (size_t i = 0; i < program_.constants.size(); ++i)
        if (program_.constants[i].tensor == c) return static_cast<uint32_t>(i);
      ConstantMember m;
      m.tensor = c;
      m.dtype = t->dtype;
      m.layout = t->layout;
      m.stored = t->shape;
      program_.constants.push_back(std::move(m));
      return static_cast<uint32_t>(program_.constants.size() - 1);
    }
    if (const MetaValue* meta = options_.package->find_metadata(c)) {
      bool is_list = false;
      const auto numbers = numbers_of(*meta, is_list);
      Shape shape;
      if (is_list || !v.shape.empty()) shape.push_back(numbers ? static_cast<int64_t>(numbers->size()) : 0);
      const DType dtype =
          v.dtype ? *v.dtype
                  : (std::holds_alternative<int64_t>(*meta) || std::holds_alternative<std::vector<int64_t>>(*meta)
                         ? DType::i64
                         : DType::f32);
      const auto made = inline_constant(*meta, dtype, shape, site.decl->name.span, "metadata `" + c + "`");
      if (!made) failed_package_ = true;
      return made;
    }
  }
  return std::nullopt;
}

bool Lowering::constant_sources(const DeclSite& site, Variable& v, const std::vector<NamePieces>& sources,
                                const std::vector<Dim>& index_symbols, Scope* scope) {
  const Span span = site.decl->name.span;
  // The axes of the family: loop indices that stand in a name, then the declaration's own.
  std::vector<SymbolId> loops;
  for (const NamePieces& p : sources)
    for (const NamePiece& piece : p)
      if (piece.value)
        for (SymbolId s : dims().symbols(resolve(*piece.value))) {
          const bool own =
              std::find(index_symbols.begin(), index_symbols.end(), dims().symbol(s)) != index_symbols.end();
          if (!own && std::find(loops.begin(), loops.end(), s) == loops.end()) loops.push_back(s);
        }
  const auto name_sizes = [&](const std::string& source) {
    // Sizes that this shape gave are the program's from now on.
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
  };
  const auto symbolise = [&](SymbolSource source) {
    for (Dim& d : v.shape)
      if (const auto p = as_placeholder(d)) {
        const SymbolId s = new_symbol(program_.symbol(*p).name, source, span);
        program_.symbols[static_cast<size_t>(s)].least = 0;
        bind(*p, dims().symbol(s));
      }
    for (Dim& d : v.shape) d = resolve(d);
  };

  if (!options_.package) {
    for (SymbolId l : loops) v.family.push_back({false, l, 0, 0});
    for (size_t i = 0; i < index_symbols.size(); ++i) v.family.push_back({true, {}, 0, 0});
    if (scope == &program_scope_) {
      symbolise(SymbolSource::constant);
      name_sizes("shape of `" + v.name + "`");
    }
    return true;  // a def's names may still be given by what uses them
  }

  std::vector<std::pair<int64_t, int64_t>> ranges;
  int64_t combinations = 1;
  for (SymbolId l : loops) {
    const auto r = loop_bounds_.find(static_cast<uint32_t>(l));
    std::optional<int64_t> lo, hi;
    if (r != loop_bounds_.end()) {
      lo = known(r->second.first);
      hi = known(r->second.second);
    }
    if (!lo || !hi) {
      error(Diagnostic(
          Code::E0307,
          "the name of `" + v.name + "` needs `" + program_.symbol(l).name + "`, which is known only in the run",
          span));
      return false;
    }
    ranges.emplace_back(*lo, std::max(*lo, *hi));
    if (__builtin_mul_overflow(combinations, std::max<int64_t>(0, *hi - *lo), &combinations) ||
        combinations > kMaxMembers) {
      error(Diagnostic(Code::E0402, "`" + v.name + "` stands for too many tensors", span));
      return false;
    }
    v.family.push_back({false, l, *lo, std::max<int64_t>(0, *hi - *lo)});
  }

  const auto candidates = [&](const std::vector<std::pair<SymbolId, int64_t>>& values, std::vector<std::string>& out) {
    out.clear();
    for (const NamePieces& p : sources) {
      auto t = piece_text(p, values);
      if (!t) {
        error(Diagnostic(Code::E0307, "a name of `" + v.name + "` is not known before the run", span));
        return false;
      }
      out.push_back(std::move(*t));
    }
    return true;
  };
  std::vector<std::string> names;
  std::vector<std::pair<SymbolId, int64_t>> values;
  for (size_t i = 0; i < loops.size(); ++i) values.emplace_back(loops[i], ranges[i].first);
  const size_t own = index_symbols.size();
  for (size_t i = 0; i < own; ++i) values.emplace_back(*dims().as_symbol(index_symbols[i]), 0);

  const Attribute* fallback = nullptr;
  for (const Attribute& a : site.decl->attributes)
    if (a.name.text == "default") fallback = &a;

  // Extents of the declared indices: what the package has.
  failed_package_ = false;
  std::vector<int64_t> extents(own, 0);
  const auto exists = [&] {
    if (!candidates(values, names)) return false;
    for (const std::string& n : names)
      if (options_.package->find_tensor(n) || options_.package->find_metadata(n)) return true;
    return false;
  };
  if (combinations > 0)
    for (size_t i = 0; i < own; ++i) {
      for (int64_t k = 0; k < kMaxMembers; ++k) {
        values[loops.size() + i].second = k;
        if (!exists()) break;
        extents[i] = k + 1;
      }
      values[loops.size() + i].second = 0;
    }
  const bool empty_family = own > 0 && std::find(extents.begin(), extents.end(), 0) != extents.end();
  for (size_t i = 0; i < own; ++i) v.family.push_back({true, {}, 0, empty_family ? INT64_MAX : extents[i]});

  const auto use_default = [&]() -> bool {
    const Value* value = fallback->args.size() == 1 && !fallback->args[0].name ? &fallback->args[0].value : nullptr;
    if (!value) {
      error(Diagnostic(Code::E0502, "@default takes one value", fallback->span));
      return false;
    }
    if (!v.dtype) v.dtype = DType::f32;  // `auto` of something that is absent
    std::vector<double> numbers;
    Shape shape;
    if (value->kind == ValueKind::list) {
      for (const Value& x : value->list) {
        const auto l = literal(x, *site.file, scope, Reads::sizes);
        if (!l) return false;
        numbers.push_back(l->kind == LiteralValue::Kind::real ? l->real
                          : l->kind == LiteralValue::Kind::boolean
                              ? double(l->boolean)
                              : static_cast<double>(known(l->integer).value_or(0)));
      }
      shape.push_back(static_cast<int64_t>(numbers.size()));
      if (!fit_shape(v, shape, true, "@default of `" + v.name + "`", fallback->span)) return false;
    } else {
      const auto l = literal(*value, *site.file, scope, Reads::sizes);
      if (!l) return false;
      const double x = l->kind == LiteralValue::Kind::real      ? l->real
                       : l->kind == LiteralValue::Kind::boolean ? double(l->boolean)
                                                                : static_cast<double>(known(l->integer).value_or(0));
      for (Dim d : v.shape) {
        const auto k = known(d);
        if (!k) {
          error(Diagnostic(Code::E0206,
                           "`" + v.name + "` is absent, and nothing else gives its shape " + print(v.shape), span));
          return false;
        }
        shape.push_back(*k);
      }
      const auto n = shape.elements_checked();
      if (!n || static_cast<uint64_t>(*n) * 8 > kMaxInlineBytes) {
        error(Diagnostic(Code::E0208, "@default would fill a tensor of shape " + to_string(shape), fallback->span));
        return false;
      }
      numbers.assign(static_cast<size_t>(*n), x);
    }
    auto bytes = encode(numbers, *v.dtype, fallback->span, "@default");
    if (!bytes) return false;
    ConstantMember m;
    m.dtype = *v.dtype;
    m.stored = shape;
    m.bytes = std::move(*bytes);
    program_.constants.push_back(std::move(m));
    v.members.assign(1, static_cast<uint32_t>(program_.constants.size() - 1));
    v.family.clear();
    for (size_t i = 0; i < own; ++i) v.family.push_back({true, {}, 0, INT64_MAX});
    for (Dim& d : v.shape) d = resolve(d);
    name_sizes("@default of `" + v.name + "`");
    return true;
  };
  const auto absent = [&](const std::vector<std::string>& tried) {
    if (failed_package_) return false;
    std::vector<std::string_view> all = options_.package->tensor_names();
    for (std::string_view n : options_.package->metadata_names()) all.push_back(n);
    Diagnostic d(Code::E0110, "the package has no tensor or metadata `" + tried.front() + "`", span);
    for (size_t i = 1; i < tried.size(); ++i) d.notes.push_back({"nor `" + tried[i] + "`", {}});
    const std::string_view near = nearest_name(tried.front(), all);
    if (!near.empty()) d.help = "did you mean `" + std::string(near) + "`?";
    error(std::move(d));
    return false;
  };

  if (combinations == 0) {
    symbolise(SymbolSource::constant);  // a loop that never runs reads nothing
    return true;
  }
  if (empty_family) {
    if (fallback) return use_default();
    if (!candidates(values, names)) return false;
    return absent(names);
  }
  int64_t members = combinations;
  for (int64_t e : extents)
    if (__builtin_mul_overflow(members, e, &members) || members > kMaxMembers) {
      error(Diagnostic(Code::E0402, "`" + v.name + "` stands for too many tensors", span));
      return false;
    }
  for (int64_t m = 0; m < members; ++m) {
    int64_t rest = m;
    for (size_t i = v.family.size(); i-- > 0;) {
      const int64_t count = v.family[i].count;
      values[i].second = v.family[i].first + rest % count;
      rest /= count;
    }
    if (!candidates(values, names)) return false;
    const auto found = find_member(names, site, v);
    if (failed_package_) return false;
    if (!found) {
      if (m == 0 && fallback) return use_default();
      return absent(names);
    }
    const ConstantMember& c = program_.constants[*found];
    const std::string what = c.tensor.empty() ? "metadata `" + names.front() + "`" : "tensor `" + c.tensor + "`";
    if (!fit_shape(v, Shape(c.stored), is_plain(c.dtype), what, span)) return false;
    if (site.decl->type.name.text != "auto" && c.dtype != *v.dtype) {
      error(Diagnostic(Code::E0215,
                       what + " is " + std::string(openinfer::name(c.dtype)) + ", declared is " +
                           std::string(openinfer::name(*v.dtype)),
                       span)
                .with_help("`auto` takes whatever the package stores"));
      return false;
    }
    if (m > 0) {
      const ConstantMember& first = program_.constants[v.members[0]];
      v.mixed |= first.dtype != c.dtype || first.layout != c.layout;
    } else {
      v.dtype = c.dtype;
    }
    v.members.push_back(*found);
  }
  for (Dim& d : v.shape) d = resolve(d);
  if (v.kind != VarKind::constant && !v.members.empty()) {
    v.initial_constant = v.members[0];
    v.members.clear();
    v.family.clear();
  }
  name_sizes("shape of `" + v.name + "`");
  return true;
}

}  // namespace openinfer
