// Constants: which stored tensors a declaration stands for, and whether they fit it.
#include <bit>
#include <cmath>
#include <span>

#include "dsl/lower/lowering.h"
#include "dsl/lower/shape_split.h"
#include "ir/size_fact.h"
#include "ops/element.h"

namespace openinfer {
namespace {

constexpr int64_t kMaxMembers = 1 << 20;

// Numbers of a metadata value, or nothing when it holds texts.
std::optional<std::vector<NumberValue>> numbers_of(const MetaValue& m, bool& is_list) {
  is_list = m.index() >= 4;
  std::vector<NumberValue> r;
  if (const auto* b = std::get_if<bool>(&m)) return std::vector<NumberValue>{*b};
  if (const auto* i = std::get_if<int64_t>(&m)) return std::vector<NumberValue>{*i};
  if (const auto* f = std::get_if<double>(&m)) return std::vector<NumberValue>{*f};
  if (const auto* is = std::get_if<std::vector<int64_t>>(&m)) return std::vector<NumberValue>(is->begin(), is->end());
  if (const auto* fs = std::get_if<std::vector<double>>(&m)) return std::vector<NumberValue>(fs->begin(), fs->end());
  if (const auto* bs = std::get_if<std::vector<bool>>(&m)) {
    for (const bool b : *bs) r.emplace_back(b);
    return r;
  }
  if (const auto* ss = std::get_if<std::vector<std::string>>(&m); ss && ss->empty()) return r;
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<std::byte>> Lowering::encode(const std::vector<NumberValue>& numbers, DType dtype, Span span,
                                                       const std::string& what) {
  const auto refuse = [&](const std::string& why) {
    error(Diagnostic(Code::E0217, what + ": " + why, span));
    return std::nullopt;
  };
  std::vector<std::byte> bytes(storage_bytes(dtype, numbers.size(), numbers.size()).value_or(0));
  for (size_t i = 0; i < numbers.size(); ++i) {
    NumberValue number = numbers[i];
    // Metadata and defaults have no suffix: true is 1, and 3.0 is the integer 3.
    if (const bool* truth = std::get_if<bool>(&number); truth && dtype != DType::boolean) number = int64_t{*truth};
    if (const double* real = std::get_if<double>(&number);
        real && !is_float(dtype) && *real == std::floor(*real) && std::fabs(*real) < 0x1p63)
      number = static_cast<int64_t>(*real);
    if (const std::string why = openinfer::misfit(number, dtype); !why.empty()) return refuse(why);
    const auto at = static_cast<int64_t>(i);
    store_number(bytes.data(), dtype, at, number);
    if (!is_float(dtype)) continue;
    // A fraction rounds; a whole number that a float type cannot hold would be another one.
    const double kept = load_element<double>(bytes.data(), dtype, at);
    const int64_t* whole = std::get_if<int64_t>(&number);
    const double* real = std::get_if<double>(&number);
    const bool exact = whole  ? std::fabs(kept) < 0x1p63 && static_cast<int64_t>(kept) == *whole
                       : real ? kept == *real || *real != std::floor(*real) || std::fabs(*real) >= 0x1p53
                              : true;
    if (!exact) return refuse(to_string(number) + " is not exact in " + std::string(openinfer::name(dtype)));
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
  auto bytes = encode(*numbers, dtype, span, what);
  if (!bytes) return std::nullopt;
  ConstantMember m;
  m.dtype = dtype;
  m.stored = shape;
  m.bytes = std::move(*bytes);
  program_.constants.push_back(std::move(m));
  return static_cast<uint32_t>(program_.constants.size() - 1);
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
  std::vector<std::optional<int64_t>> declared;
  for (const Dim d : v.shape) declared.push_back(known(d));
  const ShapeSplit split = split_shape(s, declared);
  if (split.ways == 0) return differs();
  if (split.ways > 1) {
    error(Diagnostic(Code::E0214,
                     what + " has the shape " + to_string(stored) + ", which " + print(v.shape) +
                         " splits in more than one way",
                     span)
              .with_help("`sizes { ... }` gives the names that are open"));
    return false;
  }
  if (split.splits_last && !plain) {
    error(
        Diagnostic(Code::E0214, what + ": the last axis of a packed or block-quantised tensor cannot be split", span));
    return false;
  }
  for (size_t i = 0; i < v.shape.size(); ++i)
    if (unify(v.shape[i], dims().constant(split.axes[i])) == Unify::differ) return differs();
  return true;
}

// Where the sizes of a declaration come from: the other side of what does not fit it.
void Lowering::note_sources(const DeclSite& site, Diagnostic& d) const {
  for (const ExprId id : site.decl->type.dims) {
    const Expr& e = site.file->expr(id);
    if (e.kind != ExprKind::ref || e.ref.indexed) continue;
    if (const SizeFact* f = size_fact(program_, e.ref.name.text))
      d.notes.push_back({"size `" + f->name + "` is " + print(f->value) + ", from " + f->source, f->span});
  }
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
          if (is_stand_in(s)) return false;  // reported
          if (!own && std::find(loops.begin(), loops.end(), s) == loops.end()) loops.push_back(s);
        }
  const auto symbolise = [&](SymbolSource source) {
    for (Dim& d : v.shape)
      if (const auto p = as_placeholder(d)) {
        const SymbolId s = new_symbol(program_.symbol(*p).name, source, span);
        program_.symbols[static_cast<size_t>(s)].least = 0;
        bind(*p, dims().symbol(s));
      }
    for (Dim& d : v.shape) d = resolve(d);
  };

  if (v.kind != VarKind::constant && !loops.empty()) {
    error(Diagnostic(
        Code::E0307,
        "`" + v.name + "` begins before any loop: its name cannot have `" + program_.symbol(loops.front()).name + "`",
        span));
    return false;
  }
  if (!options_.package || asks_for_nothing_) {
    for (SymbolId l : loops) v.family.push_back({false, l, 0, 0});
    for (size_t i = 0; i < index_symbols.size(); ++i) v.family.push_back({true, {}, 0, 0});
    if (scope == &program_scope_) {
      symbolise(SymbolSource::constant);
      name_sizes(site, v, "shape of `" + v.name + "`", scope);
    }
    if (v.kind != VarKind::constant) return begins_as_members(site, v);
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
    if (r == loop_bounds_.end() && program_.symbol(l).source == SymbolSource::loop) return false;  // reported
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

  if (combinations == 0) {
    symbolise(SymbolSource::constant);  // a loop that never runs reads nothing
    return true;
  }
  if (empty_family) {
    if (fallback) return use_default(site, *fallback, v, own, scope);
    if (!candidates(values, names)) return false;
    return absent(v, names);
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
      if (m == 0 && fallback) return use_default(site, *fallback, v, own, scope);
      return absent(v, names);
    }
    const ConstantMember& c = program_.constants[*found];
    const std::string what = c.tensor.empty() ? "metadata `" + names.front() + "`" : "tensor `" + c.tensor + "`";
    if (!fit_shape(v, Shape(c.stored), is_plain(c.dtype), what, span)) {
      note_sources(site, diagnostics_.back());
      return false;
    }
    if (site.decl->type.name.text != "auto" && c.dtype != *v.dtype) {
      Diagnostic d(Code::E0215,
                   what + " is " + std::string(openinfer::name(c.dtype)) + ", declared is " +
                       std::string(openinfer::name(*v.dtype)),
                   span);
      if (v.kind == VarKind::constant) d.help = "`auto` takes whatever the package stores";
      error(std::move(d));
      return false;
    }
    if (m == 0) v.dtype = c.dtype;
    v.members.push_back(*found);
  }
  v.mixed = program_.stored_differently(v.members);
  for (Dim& d : v.shape) d = resolve(d);
  name_sizes(site, v, "shape of `" + v.name + "`", scope);
  return v.kind == VarKind::constant || begins_as_members(site, v);
}

}  // namespace openinfer
