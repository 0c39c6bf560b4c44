// Python's operators, with the messages that Python gives where they do not fit.
#include <algorithm>
#include <cmath>

#include "oinf/text/jinja/run.h"
#include "oinf/text/unicode.h"

namespace openinfer::jinja {
namespace {

std::string type_of(const Value& value) { return std::string(value.type_name()); }

Diagnostic undefined_use(const Value& value) { return failure(value.why_undefined()); }

Diagnostic no_operand(std::string_view op, const Value& a, const Value& b) {
  if (a.is_undefined()) return undefined_use(a);
  if (b.is_undefined()) return undefined_use(b);
  if (op == "+" && a.is_string()) return failure("can only concatenate str (not \"" + type_of(b) + "\") to str");
  if (op == "+" && a.list() != nullptr)
    return failure("can only concatenate list (not \"" + type_of(b) + "\") to list");
  return failure("unsupported operand type(s) for " + std::string(op) + ": '" + type_of(a) + "' and '" + type_of(b) +
                 "'");
}

Result<Value> integers(std::string_view op, int64_t a, int64_t b) {
  int64_t out = 0;
  const auto checked = [&](bool overflow) -> Result<Value> {
    if (overflow) return failure("an integer is past 64 bits");
    return Value::of(out);
  };
  if (op == "+") return checked(__builtin_add_overflow(a, b, &out));
  if (op == "-") return checked(__builtin_sub_overflow(a, b, &out));
  if (op == "*") return checked(__builtin_mul_overflow(a, b, &out));
  if (op == "**") {
    if (b < 0) return Value::of(std::pow(static_cast<double>(a), static_cast<double>(b)));
    out = 1;
    for (; b > 0; b >>= 1) {
      if ((b & 1) != 0 && __builtin_mul_overflow(out, a, &out)) return checked(true);
      if (b > 1 && __builtin_mul_overflow(a, a, &a)) return checked(true);
    }
    return Value::of(out);
  }
  if (b == 0) return failure(op == "/" ? "division by zero" : "integer division or modulo by zero");
  if (op == "/") return Value::of(static_cast<double>(a) / static_cast<double>(b));
  if (b == -1) {  // the one quotient that overflows
    if (op == "%") return Value::of(int64_t{0});
    return checked(__builtin_sub_overflow(int64_t{0}, a, &out));
  }
  int64_t quotient = a / b, rest = a % b;
  if (rest != 0 && (rest < 0) != (b < 0)) {  // Python rounds down
    --quotient;
    rest += b;
  }
  return Value::of(op == "%" ? rest : quotient);
}

Result<Value> reals(std::string_view op, double a, double b) {
  if (op == "+") return Value::of(a + b);
  if (op == "-") return Value::of(a - b);
  if (op == "*") return Value::of(a * b);
  if (op == "**") return Value::of(std::pow(a, b));
  if (b == 0) return failure(op == "%" ? "float modulo" : "float division by zero");
  if (op == "/") return Value::of(a / b);
  if (op == "//") return Value::of(std::floor(a / b));
  double rest = std::fmod(a, b);
  if (rest != 0 && (rest < 0) != (b < 0)) rest += b;
  return Value::of(rest);
}

Result<Value> repeated(Run& run, const Value& value, int64_t count) {
  const auto times = static_cast<uint64_t>(std::max<int64_t>(count, 0));
  if (const std::string* text = value.text()) {
    uint64_t size = 0;
    if (__builtin_mul_overflow(times, text->size(), &size)) return failure("the template makes too much");
    OINF_TRY(run.grow(size));
    std::string out;
    out.reserve(size);
    for (uint64_t i = 0; i < times && !text->empty(); ++i) out += *text;
    return Value::of(std::move(out));
  }
  uint64_t size = 0;
  if (__builtin_mul_overflow(times, value.items()->size() * sizeof(Value), &size))
    return failure("the template makes too much");
  OINF_TRY(run.grow(size));
  List out;
  for (uint64_t i = 0; i < times && !value.items()->empty(); ++i)
    out.insert(out.end(), value.items()->begin(), value.items()->end());
  return value.is_tuple() ? Value::tuple(std::move(out)) : Value::of(std::move(out));
}

// What would change a list or a dict is kept from templates.
bool is_unsafe(const Value& object, std::string_view name) {
  constexpr std::string_view kList[] = {"append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"};
  constexpr std::string_view kDict[] = {"clear", "pop", "popitem", "setdefault", "update"};
  if (object.list() != nullptr) return std::find(std::begin(kList), std::end(kList), name) != std::end(kList);
  return object.dict() != nullptr && std::find(std::begin(kDict), std::end(kDict), name) != std::end(kDict);
}

}  // namespace

Result<Value> binary(Run& run, std::string_view op, const Value& a, const Value& b) {
  if (op == "%" && a.is_string()) return printf_style(run, *a.text(), b);
  if (a.is_number() && b.is_number()) {
    if (a.is_integer() && b.is_integer()) return integers(op, a.integer(), b.integer());
    return reals(op, a.number(), b.number());
  }
  if (op == "+") {
    if (a.is_string() && b.is_string()) {
      OINF_TRY(run.grow(a.text()->size() + b.text()->size()));
      return Value::of(*a.text() + *b.text());
    }
    if (a.items() != nullptr && b.items() != nullptr && a.is_tuple() == b.is_tuple()) {
      List joined = *a.items();
      joined.insert(joined.end(), b.items()->begin(), b.items()->end());
      OINF_TRY(run.grow(joined.size() * sizeof(Value)));
      return a.is_tuple() ? Value::tuple(std::move(joined)) : Value::of(std::move(joined));
    }
  }
  if (op == "*") {
    if (b.is_integer() && (a.is_string() || a.items() != nullptr)) return repeated(run, a, b.integer());
    if (a.is_integer() && (b.is_string() || b.items() != nullptr)) return repeated(run, b, a.integer());
  }
  return no_operand(op == "**" ? "** or pow()" : op, a, b);
}

Result<bool> less(const Value& a, const Value& b, std::string_view op) {
  if (a.is_number() && b.is_number())
    return a.is_integer() && b.is_integer() ? a.integer() < b.integer() : a.number() < b.number();
  if (a.is_string() && b.is_string()) return *a.text() < *b.text();  // UTF-8 sorts as its characters do
  if (a.items() != nullptr && b.items() != nullptr && a.is_tuple() == b.is_tuple()) {
    const List &x = *a.items(), &y = *b.items();
    for (size_t i = 0; i < std::min(x.size(), y.size()); ++i)
      if (!equal(x[i], y[i])) return less(x[i], y[i], op);
    return x.size() < y.size();
  }
  if (a.is_undefined()) return undefined_use(a);
  if (b.is_undefined()) return undefined_use(b);
  return failure("'" + std::string(op) + "' not supported between instances of '" + type_of(a) + "' and '" +
                 type_of(b) + "'");
}

Result<bool> compare(Run& run, std::string_view op, const Value& a, const Value& b) {
  OINF_TRY(run.step(1 + (a.items() != nullptr ? a.items()->size() : 0)));
  if (op == "==") return equal(a, b);
  if (op == "!=") return !equal(a, b);
  if (op == "in" || op == "not in") {
    OINF_ASSIGN(const bool found, contains(run, b, a));
    return found == (op == "in");
  }
  const bool nan = (a.real() != nullptr && std::isnan(*a.real())) || (b.real() != nullptr && std::isnan(*b.real()));
  if (nan) return false;
  if (op == "<") return less(a, b, op);
  if (op == ">") {
    OINF_TRY([&]() -> Status {  // the message names the operands in the order of the source
      auto fits = less(a, b, op);
      return fits.ok() ? Status() : Status(std::move(fits).error());
    }());
    return less(b, a, op);
  }
  OINF_ASSIGN(const bool other, op == "<=" ? less(b, a, op) : less(a, b, op));
  return !other;
}

Result<bool> contains(Run& run, const Value& container, const Value& item) {
  if (const std::string* text = container.text()) {
    if (item.is_undefined()) return undefined_use(item);
    if (!item.is_string()) return failure("'in <string>' requires string as left operand, not " + type_of(item));
    OINF_TRY(run.step(1 + text->size() / 64));
    return text->find(*item.text()) != std::string::npos;
  }
  if (const Dict* dict = container.dict()) {
    OINF_TRY(run.step(1 + dict->entries.size() / 8));
    return dict->find(item) != nullptr;
  }
  if (container.is_undefined()) return false;
  if (container.items() == nullptr) return failure("argument of type '" + type_of(container) + "' is not iterable");
  OINF_TRY(run.step(1 + container.items()->size() / 8));
  return std::any_of(container.items()->begin(), container.items()->end(),
                     [&](const Value& member) { return equal(member, item); });
}

Value attribute_of(const Value& object, std::string_view name) {
  if (object.object() != nullptr) return (*object.object())->attribute(name);
  if (is_unsafe(object, name))
    return Value::undefined("access to attribute '" + std::string(name) + "' of '" + type_of(object) +
                            "' object is unsafe.");
  Function method = nullptr;
  if (object.is_string()) method = string_method(name);
  if (object.items() != nullptr) method = list_method(name);
  if (const Dict* dict = object.dict()) {
    method = dict_method(name);
    if (method == nullptr)
      if (const Value* found = dict->find(name)) return *found;
  }
  if (method != nullptr) return bound(name, method, object);
  const std::string owner = object.is_none() ? "None" : type_of(object) + " object";
  return Value::undefined("'" + owner + "' has no attribute '" + std::string(name) + "'");
}

Result<Value> item_of(Run& run, const Value& object, const Value& key) {
  if (object.is_undefined()) return undefined_use(object);
  if (const Dict* dict = object.dict()) {
    OINF_TRY(run.step(1 + dict->entries.size() / 8));
    if (const Value* found = dict->find(key)) return *found;
    if (key.is_string()) return attribute_of(object, *key.text());
  } else if (key.is_string()) {
    return attribute_of(object, *key.text());
  } else if (key.is_integer() && (object.items() != nullptr || object.is_string())) {
    const int64_t index = key.integer();
    if (const List* items = object.items()) {
      const auto size = static_cast<int64_t>(items->size());
      const int64_t at = index < 0 ? index + size : index;
      if (at >= 0 && at < size) return (*items)[static_cast<size_t>(at)];
    } else {
      OINF_TRY(run.step(1 + object.text()->size() / 16));
      const auto all = characters(*object.text());
      const auto size = static_cast<int64_t>(all.size());
      const int64_t at = index < 0 ? index + size : index;
      if (at >= 0 && at < size) return Value::of(std::string(all[static_cast<size_t>(at)]));
    }
  }
  const std::string owner = object.is_none() ? "None" : type_of(object) + " object";
  return Value::undefined(owner + " has no element " + representation(key));
}

Result<Value> slice_of(Run& run, const Value& object, const Value& begin, const Value& end, const Value& step) {
  if (object.is_undefined()) return undefined_use(object);
  const std::string* text = object.text();
  const List* items = object.items();
  if (text == nullptr && items == nullptr)
    return Value::undefined(type_of(object) + " object has no element slice(...)");
  for (const Value* bound : {&begin, &end, &step})
    if (!bound->is_none() && !bound->is_integer())
      return failure("slice indices must be integers or None or have an __index__ method");
  const int64_t stride = step.is_none() ? 1 : step.integer();
  if (stride == 0) return failure("slice step cannot be zero");
  std::vector<std::string_view> all;
  if (text != nullptr) {
    OINF_TRY(run.step(1 + text->size() / 16));
    all = characters(*text);
  }
  const auto size = static_cast<int64_t>(text != nullptr ? all.size() : items->size());
  const auto place = [&](const Value& bound, int64_t otherwise) {
    if (bound.is_none()) return otherwise;
    int64_t at = bound.integer();
    if (at < 0) at = at < -size ? -1 : at + size;
    return stride > 0 ? std::clamp<int64_t>(at, 0, size) : std::clamp<int64_t>(at, -1, size - 1);
  };
  int64_t from = place(begin, stride > 0 ? 0 : size - 1);
  const int64_t to = place(end, stride > 0 ? size : -1);
  std::string part;
  List members;
  for (; stride > 0 ? from < to : from > to;) {
    if (text != nullptr) {
      part += all[static_cast<size_t>(from)];
    } else {
      members.push_back((*items)[static_cast<size_t>(from)]);
    }
    if (__builtin_add_overflow(from, stride, &from)) break;
  }
  if (text != nullptr) return run.text(std::move(part));
  OINF_TRY(run.grow(members.size() * sizeof(Value)));
  return object.is_tuple() ? Value::tuple(std::move(members)) : Value::of(std::move(members));
}

Result<List> iterated(Run& run, const Value& value) {
  if (const List* items = value.items()) {
    OINF_TRY(run.step(1 + items->size() / 8));
    return *items;
  }
  List members;
  if (value.is_undefined()) return members;
  if (const Dict* dict = value.dict()) {
    for (const auto& [key, item] : dict->entries) members.push_back(key);
  } else if (const std::string* text = value.text()) {
    for (const std::string_view character : characters(*text)) members.push_back(Value::of(std::string(character)));
  } else {
    return failure("'" + type_of(value) + "' object is not iterable");
  }
  OINF_TRY(run.grow(members.size() * sizeof(Value)));
  return members;
}

size_t character_count(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> all;
  for_each_character(text, [&](uint32_t, size_t at, size_t length) { all.push_back(text.substr(at, length)); });
  return all;
}

}  // namespace openinfer::jinja
