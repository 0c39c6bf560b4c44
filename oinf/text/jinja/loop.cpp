#include "oinf/text/jinja/loop.h"

#include "oinf/text/jinja/run.h"

namespace openinfer::jinja {
namespace {

Loop& loop_of(const Value& self) { return static_cast<Loop&>(**self.object()); }

Result<Value> cycle(Run&, const Value& self, const Arguments& arguments) {
  if (arguments.positional.empty()) return failure("no items for cycling given");
  return arguments.positional[loop_of(self).index % arguments.positional.size()];
}

Result<Value> changed(Run&, const Value& self, const Arguments& arguments) {
  Loop& loop = loop_of(self);
  const bool same = loop.last && loop.last->size() == arguments.positional.size() &&
                    equal(Value::of(*loop.last), Value::of(arguments.positional));
  loop.last = arguments.positional;
  return Value::of(!same);
}

Cycle& cycle_of(const Value& self) { return static_cast<Cycle&>(**self.object()); }

Result<Value> next(Run&, const Value& self, const Arguments&) {
  Cycle& c = cycle_of(self);
  if (c.items.empty()) return failure("no items for cycling given");
  Value current = c.items[c.at];
  c.at = (c.at + 1) % c.items.size();
  return current;
}

Result<Value> reset(Run&, const Value& self, const Arguments&) {
  cycle_of(self).at = 0;
  return Value();
}

// A method keeps its object alive without owning the reference that attribute() has.
Value method(const Object& object, std::string_view name, Function function) {
  auto& owner = const_cast<Object&>(object);
  return bound(name, function, Value::of(owner.shared_from_this()));
}

Value number(size_t value) { return Value::of(static_cast<int64_t>(value)); }

}  // namespace

Value Loop::attribute(std::string_view name) const {
  const size_t size = items.size();
  if (name == "index") return number(index + 1);
  if (name == "index0") return number(index);
  if (name == "revindex") return number(size - index);
  if (name == "revindex0") return number(size - index - 1);
  if (name == "first") return Value::of(index == 0);
  if (name == "last") return Value::of(index + 1 == size);
  if (name == "length") return number(size);
  if (name == "depth") return Value::of(int64_t{level} + 1);
  if (name == "depth0") return Value::of(int64_t{level});
  if (name == "previtem") return index > 0 ? items[index - 1] : Value::undefined("there is no previous item");
  if (name == "nextitem") return index + 1 < size ? items[index + 1] : Value::undefined("there is no next item");
  if (name == "cycle") return method(*this, name, cycle);
  if (name == "changed") return method(*this, name, changed);
  return Object::attribute(name);
}

Value Cycle::attribute(std::string_view name) const {
  if (joiner) return Object::attribute(name);
  if (name == "current") return items.empty() ? Value() : items[at];
  if (name == "next") return method(*this, name, next);
  if (name == "reset") return method(*this, name, reset);
  return Object::attribute(name);
}

Result<Value> Cycle::call(const Arguments&) {
  if (!joiner) return failure("'Cycler' object is not callable");
  if (std::exchange(used, true)) return items.empty() ? Value::of(std::string(", ")) : items[0];
  return Value::of(std::string());
}

}  // namespace openinfer::jinja
