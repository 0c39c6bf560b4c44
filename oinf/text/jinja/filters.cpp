// Filters of lists and numbers. Those of texts stand in text_filters.cpp.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "oinf/text/jinja/filters.h"
#include "oinf/text/unicode.h"

namespace openinfer::jinja {

namespace {

using Args = Arguments;

Result<Value> length(Run& run, const Value& v, const Args&) {
  size_t n = 0;
  if (const std::string* s = v.text()) {
    OINF_TRY(run.step(1 + s->size() / 16));
    n = character_count(*s);
  } else if (v.items() != nullptr) {
    n = v.items()->size();
  } else if (v.dict() != nullptr) {
    n = v.dict()->entries.size();
  } else if (!v.is_undefined()) {
    return failure("object of type '" + std::string(v.type_name()) + "' has no len()");
  }
  return Value::of(static_cast<int64_t>(n));
}

Result<Value> otherwise(Run&, const Value& v, const Args& a) {
  const bool falsy = truth_argument(a, 1, "boolean", false);
  if (!v.is_undefined() && (!falsy || v.truth())) return v;
  const Value* fallback = argument(a, 0, "default_value");
  return fallback == nullptr ? Value::of(std::string()) : *fallback;
}

// `name` may be a path with dots; parts that are numbers are indices.
Result<Value> path_of(Run& run, const Value& object, const Value& path) {
  if (!path.is_string()) return item_of(run, object, path);
  Value at = object;
  std::string_view rest = *path.text();
  for (bool more = true; more;) {
    const size_t dot = rest.find('.');
    const std::string part(rest.substr(0, dot));
    const bool number = !part.empty() && part.size() < 10 && part.find_first_not_of("0123456789") == part.npos;
    OINF_ASSIGN(at, item_of(run, at, number ? Value::of(int64_t{std::atoi(part.c_str())}) : Value::of(part)));
    more = dot != rest.npos;
    if (more) rest.remove_prefix(dot + 1);
  }
  return at;
}

template <bool Last>
Result<Value> end(Run& run, const Value& v, const Args&) {
  OINF_ASSIGN(const List items, iterated(run, v));
  if (items.empty())
    return Value::undefined(Last ? "No last item, sequence was empty." : "No first item, sequence was empty.");
  return Last ? items.back() : items.front();
}

Result<Value> join(Run& run, const Value& v, const Args& a) {
  OINF_ASSIGN(const List items, iterated(run, v));
  const Value* by = argument(a, 0, "d");
  const std::string separator = by == nullptr ? "" : to_text(*by);
  const Value* attribute = argument(a, 1, "attribute");
  std::string out;
  for (size_t i = 0; i < items.size(); ++i) {
    Value item = items[i];
    if (attribute != nullptr) {
      OINF_ASSIGN(item, path_of(run, item, *attribute));
    }
    if (i > 0) out += separator;
    const std::string text = to_text(item);
    OINF_TRY(run.grow(separator.size() + text.size()));
    out += text;
  }
  return Value::of(std::move(out));
}

Result<Value> list(Run& run, const Value& v, const Args&) {
  OINF_ASSIGN(List items, iterated(run, v));
  return run.list(std::move(items));
}

Result<Value> map(Run& run, const Value& v, const Args& a) {
  OINF_ASSIGN(const List items, iterated(run, v));
  const Value* attribute = a.positional.empty() ? argument(a, 9, "attribute") : nullptr;
  List out;
  if (attribute != nullptr) {
    const Value* fallback = argument(a, 9, "default");
    for (const Value& item : items) {
      OINF_ASSIGN(Value found, path_of(run, item, *attribute));
      out.push_back(found.is_undefined() && fallback != nullptr ? *fallback : std::move(found));
    }
    return run.list(std::move(out));
  }
  if (a.positional.empty()) return failure("map requires a filter argument");
  const Function function = a.positional[0].is_string() ? filter_named(*a.positional[0].text()) : nullptr;
  if (function == nullptr) return failure("No filter named '" + to_text(a.positional[0]) + "'.");
  Arguments rest{{a.positional.begin() + 1, a.positional.end()}, a.named};
  for (const Value& item : items) {
    OINF_ASSIGN(Value made, function(run, item, rest));
    out.push_back(std::move(made));
  }
  return run.list(std::move(out));
}

// select, reject, selectattr and rejectattr.
template <bool Keep, bool Attribute>
Result<Value> select(Run& run, const Value& v, const Args& a) {
  OINF_ASSIGN(const List items, iterated(run, v));
  const size_t first = Attribute ? 1 : 0;
  if (a.positional.size() < first) return failure("Missing parameter for attribute name");
  Function test = nullptr;
  Arguments rest;
  if (a.positional.size() > first) {
    const Value& name = a.positional[first];
    test = name.is_string() ? test_named(*name.text()) : nullptr;
    if (test == nullptr) return failure("No test named '" + to_text(name) + "'.");
    rest.positional.assign(a.positional.begin() + static_cast<std::ptrdiff_t>(first) + 1, a.positional.end());
  }
  List out;
  for (const Value& item : items) {
    Value seen = item;
    if (Attribute) {
      OINF_ASSIGN(seen, path_of(run, item, a.positional[0]));
    }
    if (test != nullptr) {
      OINF_ASSIGN(seen, test(run, seen, rest));
    }
    if (seen.truth() == Keep) out.push_back(item);
  }
  return run.list(std::move(out));
}

Value folded(const Value& v, bool sensitive) {
  return !sensitive && v.is_string() ? Value::of(lower_case(*v.text())) : v;
}

// Sorts by keys, stable; the first error of a comparison is the result's.
Status sort_by(Run& run, std::vector<std::pair<Value, Value>>& keyed, bool reverse) {
  std::optional<Diagnostic> fault;
  OINF_TRY(run.step(keyed.size() * 16));
  const auto before = [&](const auto& x, const auto& y) {
    if (fault) return false;
    auto result = reverse ? less(y.first, x.first) : less(x.first, y.first);
    if (!result.ok()) fault = result.error();
    return result.ok() && *result;
  };
  // Merging by hand would be needed for a comparison that fails; std::stable_sort bears one that says no to all.
  std::stable_sort(keyed.begin(), keyed.end(), before);
  return fault ? Status(*fault) : Status();
}

Result<Value> sort(Run& run, const Value& v, const Args& a) {
  OINF_ASSIGN(const List items, iterated(run, v));
  const bool reverse = truth_argument(a, 0, "reverse", false),
             sensitive = truth_argument(a, 1, "case_sensitive", false);
  const Value* attribute = argument(a, 2, "attribute");
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value& item : items) {
    Value key = item;
    if (attribute != nullptr && !attribute->is_none()) {
      if (attribute->is_string() && attribute->text()->find(',') != std::string::npos) {
        List keys;
        std::string_view rest = *attribute->text();
        for (bool more = true; more;) {
          const size_t comma = rest.find(',');
          OINF_ASSIGN(const Value part, path_of(run, item, Value::of(std::string(rest.substr(0, comma)))));
          keys.push_back(folded(part, sensitive));
          more = comma != rest.npos;
          if (more) rest.remove_prefix(comma + 1);
        }
        key = Value::tuple(std::move(keys));
      } else {
        OINF_ASSIGN(key, path_of(run, item, *attribute));
      }
    }
    keyed.emplace_back(folded(key, sensitive), item);
  }
  OINF_TRY(sort_by(run, keyed, reverse));
  List out;
  for (auto& [key, item] : keyed) out.push_back(std::move(item));
  return run.list(std::move(out));
}

Result<Value> dictsort(Run& run, const Value& v, const Args& a) {
  if (v.dict() == nullptr) return failure("dictsort needs a mapping");
  const bool sensitive = truth_argument(a, 0, "case_sensitive", false),
             reverse = truth_argument(a, 2, "reverse", false);
  OINF_ASSIGN(const std::string by, text_argument(a, 1, "by", "key"));
  std::vector<std::pair<Value, Value>> keyed;
  for (const auto& [key, value] : v.dict()->entries)
    keyed.emplace_back(folded(by == "value" ? value : key, sensitive), Value::tuple({key, value}));
  OINF_TRY(sort_by(run, keyed, reverse));
  List out;
  for (auto& [key, item] : keyed) out.push_back(std::move(item));
  return run.list(std::move(out));
}

template <bool Largest>
Result<Value> extreme(Run& run, const Value& v, const Args& a) {
  OINF_ASSIGN(const List items, iterated(run, v));
  const bool sensitive = truth_argument(a, 0, "case_sensitive", false);
  const Value* attribute = argument(a, 1, "attribute");
  if (items.empty()) return Value::undefined("No aggregated item, sequence was empty.");
  std::optional<std::pair<Value, Value>> best;
  for (const Value& item : items) {
    Value key = item;
    if (attribute != nullptr) {
      OINF_ASSIGN(key, path_of(run, item, *attribute));
    }
    key = folded(key, sensitive);
    if (best) {
      OINF_ASSIGN(const bool better, Largest ? less(best->first, key) : less(key, best->first));
      if (!better) continue;
    }
    best.emplace(std::move(key), item);
  }
  return best->second;
}

Result<Value> sum(Run& run, const Value& v, const Args& a) {
  OINF_ASSIGN(const List items, iterated(run, v));
  const Value* attribute = argument(a, 0, "attribute");
  const Value* start = argument(a, 1, "start");
  Value total = start == nullptr ? Value::of(int64_t{0}) : *start;
  for (const Value& item : items) {
    Value term = item;
    if (attribute != nullptr && !attribute->is_none()) {
      OINF_ASSIGN(term, path_of(run, item, *attribute));
    }
    OINF_ASSIGN(total, binary(run, "+", total, term));
  }
  return total;
}

Result<Value> unique(Run& run, const Value& v, const Args& a) {
  OINF_ASSIGN(const List items, iterated(run, v));
  const bool sensitive = truth_argument(a, 0, "case_sensitive", false);
  const Value* attribute = argument(a, 1, "attribute");
  List seen, out;
  for (const Value& item : items) {
    Value key = item;
    if (attribute != nullptr) {
      OINF_ASSIGN(key, path_of(run, item, *attribute));
    }
    key = folded(key, sensitive);
    OINF_TRY(run.step(1 + seen.size() / 8));
    if (std::any_of(seen.begin(), seen.end(), [&](const Value& other) { return equal(other, key); })) continue;
    seen.push_back(std::move(key));
    out.push_back(item);
  }
  return run.list(std::move(out));
}

Result<Value> groupby(Run& run, const Value& v, const Args& a) {
  const Value* attribute = argument(a, 0, "attribute");
  if (attribute == nullptr) return failure("groupby needs an attribute");
  OINF_ASSIGN(const List items, iterated(run, v));
  const Value* fallback = argument(a, 1, "default");
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value& item : items) {
    OINF_ASSIGN(Value key, path_of(run, item, *attribute));
    if (key.is_undefined() && fallback != nullptr) key = *fallback;
    keyed.emplace_back(folded(key, truth_argument(a, 2, "case_sensitive", false)), Value::tuple({key, item}));
  }
  OINF_TRY(sort_by(run, keyed, false));
  List out;
  for (size_t i = 0; i < keyed.size();) {
    List members;
    const Value shown = (*keyed[i].second.items())[0];
    const Value key = keyed[i].first;
    for (; i < keyed.size() && equal(keyed[i].first, key); ++i) members.push_back((*keyed[i].second.items())[1]);
    out.push_back(Value::tuple({shown, Value::of(std::move(members))}));
  }
  return run.list(std::move(out));
}

Result<Value> reverse(Run& run, const Value& v, const Args&) {
  OINF_ASSIGN(List items, iterated(run, v));
  std::reverse(items.begin(), items.end());
  if (!v.is_string()) return run.list(std::move(items));
  std::string out;
  for (const Value& item : items) out += *item.text();
  return run.text(std::move(out));
}

Result<Value> batch(Run& run, const Value& v, const Args& a) {
  OINF_ASSIGN(const List items, iterated(run, v));
  OINF_ASSIGN(const int64_t size, integer_argument(a, 0, "linecount", 1));
  const Value* fill = argument(a, 1, "fill_with");
  if (size < 1) return failure("batch needs a size of 1 or more");
  List out;
  for (size_t at = 0; at < items.size(); at += static_cast<size_t>(size)) {
    const size_t end = std::min(items.size(), at + static_cast<size_t>(size));
    List row(items.begin() + static_cast<std::ptrdiff_t>(at), items.begin() + static_cast<std::ptrdiff_t>(end));
    if (fill != nullptr && !fill->is_none()) {
      OINF_TRY(run.grow((static_cast<uint64_t>(size) - row.size()) * sizeof(Value)));
      row.resize(static_cast<size_t>(size), *fill);
    }
    out.push_back(Value::of(std::move(row)));
  }
  return run.list(std::move(out));
}

Result<Value> slice(Run& run, const Value& v, const Args& a) {
  OINF_ASSIGN(const List items, iterated(run, v));
  OINF_ASSIGN(const int64_t count, integer_argument(a, 0, "slices", 1));
  const Value* fill = argument(a, 1, "fill_with");
  if (count < 1) return failure("slice needs a count of 1 or more");
  OINF_TRY(run.grow(static_cast<uint64_t>(count) * sizeof(Value)));
  const size_t each = items.size() / static_cast<size_t>(count), more = items.size() % static_cast<size_t>(count);
  List out;
  size_t at = 0;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    const size_t size = each + (i < more ? 1 : 0);
    List row(items.begin() + static_cast<std::ptrdiff_t>(at), items.begin() + static_cast<std::ptrdiff_t>(at + size));
    at += size;
    if (fill != nullptr && !fill->is_none() && i >= more) row.push_back(*fill);
    out.push_back(Value::of(std::move(row)));
  }
  return Value::of(std::move(out));
}

Result<Value> items(Run& run, const Value& v, const Args& a) {
  if (v.is_undefined()) return Value::of(List());
  if (v.dict() == nullptr) return failure("Can only get item pairs from a mapping.");
  return dict_method("items")(run, v, a);
}

Result<Value> attr(Run&, const Value& v, const Args& a) {
  if (a.positional.empty() || !a.positional[0].is_string()) return failure("attr needs a name");
  const std::string& name = *a.positional[0].text();
  if (v.dict() != nullptr && dict_method(name) == nullptr)  // attributes only, not items
    return Value::undefined("'dict object' has no attribute '" + name + "'");
  return attribute_of(v, name);
}

Result<Value> absolute(Run&, const Value& v, const Args&) {
  if (v.is_undefined()) return failure(v.why_undefined());
  if (!v.is_number()) return failure("bad operand type for abs(): '" + std::string(v.type_name()) + "'");
  if (v.is_integer()) return Value::of(v.integer() == INT64_MIN ? INT64_MAX : std::abs(v.integer()));
  return Value::of(std::abs(v.number()));
}

Result<Value> integer(Run&, const Value& v, const Args& a) {
  OINF_ASSIGN(const int64_t fallback, integer_argument(a, 0, "default", 0));
  OINF_ASSIGN(const int64_t base, integer_argument(a, 1, "base", 10));
  if (v.is_number()) return Value::of(v.integer());
  if (!v.is_string() || base < 2 || base > 36) return Value::of(fallback);
  const std::string text = without_blanks(*v.text());
  char* stop = nullptr;
  errno = 0;
  const long long whole = std::strtoll(text.c_str(), &stop, static_cast<int>(base));
  if (!text.empty() && *stop == '\0' && errno == 0) return Value::of(int64_t{whole});
  const double number = std::strtod(text.c_str(), &stop);
  if (!text.empty() && *stop == '\0' && std::abs(number) < 9e18) return Value::of(static_cast<int64_t>(number));
  return Value::of(fallback);
}

Result<Value> real(Run&, const Value& v, const Args& a) {
  const Value* fallback = argument(a, 0, "default");
  if (v.is_number()) return Value::of(v.number());
  if (v.is_string()) {
    const std::string text = without_blanks(*v.text());
    char* stop = nullptr;
    const double number = std::strtod(text.c_str(), &stop);
    if (!text.empty() && *stop == '\0' && text.find_first_of("xX") == text.npos) return Value::of(number);
  }
  return fallback == nullptr ? Value::of(0.0) : *fallback;
}

Result<Value> round(Run&, const Value& v, const Args& a) {
  OINF_ASSIGN(const int64_t digits, integer_argument(a, 0, "precision", 0));
  OINF_ASSIGN(const std::string method, text_argument(a, 1, "method", "common"));
  if (!v.is_number()) return failure(v.is_undefined() ? v.why_undefined() : "round needs a number");
  if (std::abs(digits) > 300) return v;
  const double scale = std::pow(10.0, static_cast<double>(digits)), x = v.number();
  if (method == "ceil") return Value::of(std::ceil(x * scale) / scale);
  if (method == "floor") return Value::of(std::floor(x * scale) / scale);
  if (digits < 0) return Value::of(std::nearbyint(x * scale) / scale);
  // The decimal digits of the exact value, as Python rounds.
  char buffer[720];
  std::snprintf(buffer, sizeof buffer, "%.*f", static_cast<int>(digits), x);
  const double rounded = std::strtod(buffer, nullptr);
  return v.is_integer() ? Value::of(v.integer()) : Value::of(rounded);
}

}  // namespace

std::span<const NamedFilter> list_filters() {
  static constexpr NamedFilter kFilters[] = {
      {"abs", absolute},
      {"attr", attr},
      {"batch", batch},
      {"count", length},
      {"d", otherwise},
      {"default", otherwise},
      {"dictsort", dictsort},
      {"first", end<false>},
      {"float", real},
      {"groupby", groupby},
      {"int", integer},
      {"items", items},
      {"join", join},
      {"last", end<true>},
      {"length", length},
      {"list", list},
      {"map", map},
      {"max", extreme<true>},
      {"min", extreme<false>},
      {"reject", select<false, false>},
      {"rejectattr", select<false, true>},
      {"reverse", reverse},
      {"round", round},
      {"select", select<true, false>},
      {"selectattr", select<true, true>},
      {"slice", slice},
      {"sort", sort},
      {"sum", sum},
      {"unique", unique},
  };
  return kFilters;
}

Function filter_named(std::string_view name) {
  for (const auto filters : {list_filters(), text_filters()})
    for (const NamedFilter& f : filters)
      if (f.name == name) return f.function;
  return nullptr;
}

}  // namespace openinfer::jinja
