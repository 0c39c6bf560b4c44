#include "oinf/text/jinja/value.h"

#include <algorithm>
#include <cmath>

namespace openinfer::jinja {

const Value* Dict::find(const Value& key) const {
  for (const auto& [name, value] : entries)
    if (equal(name, key)) return &value;
  return nullptr;
}

const Value* Dict::find(std::string_view key) const {
  for (const auto& [name, value] : entries)
    if (const std::string* text = name.text(); text != nullptr && *text == key) return &value;
  return nullptr;
}

void Dict::set(Value key, Value value) {
  for (auto& [name, held] : entries)
    if (equal(name, key)) {
      held = std::move(value);
      return;
    }
  entries.emplace_back(std::move(key), std::move(value));
}

Value Value::undefined(std::string why) {
  return Value(V(Undefined{std::make_shared<const std::string>(std::move(why))}));
}
Value Value::of(List list) { return Value(V(std::make_shared<const List>(std::move(list)))); }
Value Value::of(Dict dict) { return Value(V(std::make_shared<const Dict>(std::move(dict)))); }

const std::string* Value::text() const {
  const auto* p = std::get_if<std::shared_ptr<const std::string>>(&v_);
  return p == nullptr ? nullptr : p->get();
}
const List* Value::list() const {
  const auto* p = std::get_if<std::shared_ptr<const List>>(&v_);
  return p == nullptr ? nullptr : p->get();
}
const List* Value::items() const {
  const auto* p = std::get_if<Tuple>(&v_);
  return p == nullptr ? list() : p->items.get();
}
const Dict* Value::dict() const {
  const auto* p = std::get_if<std::shared_ptr<const Dict>>(&v_);
  return p == nullptr ? nullptr : p->get();
}

int64_t Value::integer() const {
  if (const bool* b = boolean()) return *b ? 1 : 0;
  if (const auto* i = std::get_if<int64_t>(&v_)) return *i;
  const double* d = real();
  if (d == nullptr || !(std::abs(*d) < 9.2e18)) return 0;
  return static_cast<int64_t>(*d);
}

double Value::number() const {
  if (const double* d = real()) return *d;
  return static_cast<double>(integer());
}

bool Value::truth() const {
  if (is_none() || is_undefined()) return false;
  if (const bool* b = boolean()) return *b;
  if (is_integer()) return integer() != 0;
  if (const double* d = real()) return *d != 0;
  if (const std::string* s = text()) return !s->empty();
  if (const List* l = items()) return !l->empty();
  if (const Dict* d = dict()) return !d->entries.empty();
  return true;
}

std::string_view Value::type_name() const {
  if (is_none()) return "NoneType";
  if (is_undefined()) return "Undefined";
  if (boolean() != nullptr) return "bool";
  if (is_integer()) return "int";
  if (real() != nullptr) return "float";
  if (is_string()) return "str";
  if (list() != nullptr) return "list";
  if (is_tuple()) return "tuple";
  if (dict() != nullptr) return "dict";
  return (*object())->type_name();
}

bool equal(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    if (a.is_integer() && b.is_integer()) return a.integer() == b.integer();
    return a.number() == b.number();
  }
  if (a.is_string() && b.is_string()) return *a.text() == *b.text();
  if (a.is_none() || b.is_none()) return a.is_none() && b.is_none();
  if (a.is_undefined() || b.is_undefined()) return a.is_undefined() && b.is_undefined();
  if (a.items() != nullptr && b.items() != nullptr) {
    return a.is_tuple() == b.is_tuple() &&
           std::equal(a.items()->begin(), a.items()->end(), b.items()->begin(), b.items()->end(), equal);
  }
  if (a.dict() != nullptr && b.dict() != nullptr) {
    if (a.dict()->entries.size() != b.dict()->entries.size()) return false;
    return std::all_of(a.dict()->entries.begin(), a.dict()->entries.end(), [&](const auto& entry) {
      const Value* other = b.dict()->find(entry.first);
      return other != nullptr && equal(entry.second, *other);
    });
  }
  if (a.object() != nullptr && b.object() != nullptr) return a.object()->get() == b.object()->get();
  return false;
}

Value Object::attribute(std::string_view name) const {
  return Value::undefined("'" + std::string(type_name()) + " object' has no attribute '" + std::string(name) + "'");
}

}  // namespace openinfer::jinja
