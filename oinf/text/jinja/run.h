// One rendering of a template: what it may still use, and the operations that every part of the interpreter shares.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oinf/text/jinja/value.h"

namespace openinfer::jinja {

// Bounds time and memory: each operation costs a step, each byte and list member made costs its size, whether it is
// still alive or not.
struct Namespace;

class Run {
 public:
  Run(uint64_t steps, uint64_t bytes, std::time_t now) : steps_(steps), bytes_(bytes), now_(now) {}

  // Errors: I0010 when there is nothing left.
  Status step(uint64_t count = 1);
  Status grow(uint64_t bytes);
  Result<Value> text(std::string made);
  Result<Value> list(List made);
  [[nodiscard]] std::time_t now() const { return now_; }
  // Objects that templates can make part of themselves are emptied when the run is over.
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  void keep(std::shared_ptr<Namespace> made) { namespaces_.push_back(std::move(made)); }

  // Calls and macros inside each other.
  struct Depth {
    explicit Depth(Run& run) : run_(run) { ++run_.depth_; }
    ~Depth() { --run_.depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    [[nodiscard]] Status check() const;

   private:
    Run& run_;
  };

 private:
  uint64_t steps_, bytes_;
  std::time_t now_;
  int depth_ = 0;
  std::vector<std::shared_ptr<Namespace>> namespaces_;
};

using Function = Result<Value> (*)(Run& run, const Value& self, const Arguments& arguments);

// Nothing for an unknown name.
[[nodiscard]] Function filter_named(std::string_view name);
[[nodiscard]] Function test_named(std::string_view name);  // gives a bool
[[nodiscard]] Function string_method(std::string_view name);
[[nodiscard]] Function dict_method(std::string_view name);
[[nodiscard]] Function list_method(std::string_view name);
// range, dict, namespace, raise_exception, strftime_now, … as values.
[[nodiscard]] std::optional<Value> global_named(std::string_view name);

// A function as a value: a global, or a method with its object.
[[nodiscard]] Value bound(std::string_view name, Function function, Value self);
// The function and object of such a value; nothing for others.
struct BoundFunction;
[[nodiscard]] const BoundFunction* as_bound(const Value& value);
struct BoundFunction final : Object {
  BoundFunction(std::string n, Function f, Value s) : name(std::move(n)), function(f), self(std::move(s)) {}
  [[nodiscard]] std::string_view type_name() const override { return "builtin_function_or_method"; }
  [[nodiscard]] bool callable() const override { return true; }
  std::string name;
  Function function;
  Value self;
};

// The one kind of value that a template can change: namespace().
struct Namespace final : Object {
  [[nodiscard]] std::string_view type_name() const override { return "Namespace"; }
  [[nodiscard]] Value attribute(std::string_view name) const override;
  Dict attributes;
};

// Operators and look-ups.
Result<Value> binary(Run& run, std::string_view op, const Value& a, const Value& b);
Result<bool> compare(Run& run, std::string_view op, const Value& a, const Value& b);
Result<bool> contains(Run& run, const Value& container, const Value& item);
Result<bool> less(const Value& a, const Value& b, std::string_view op = "<");
Value attribute_of(const Value& object, std::string_view name);          // a.name
Result<Value> item_of(Run& run, const Value& object, const Value& key);  // a[key]
Result<Value> slice_of(Run& run, const Value& object, const Value& begin, const Value& end, const Value& step);
// What a loop sees: members, keys, characters. Errors: I0010 for what cannot be iterated.
Result<List> iterated(Run& run, const Value& value);
// Python's %.
Result<Value> printf_style(Run& run, std::string_view format, const Value& values);

// Characters of a text: their number, and those from `begin` up to `end`.
[[nodiscard]] size_t character_count(std::string_view text);
[[nodiscard]] std::vector<std::string_view> characters(std::string_view text);

// An argument by place or name; none when it is absent.
[[nodiscard]] const Value* argument(const Arguments& arguments, size_t index, std::string_view name);
// Its text, or `fallback`; I0010 when it is no text.
[[nodiscard]] Result<std::string> text_argument(const Arguments& arguments, size_t index, std::string_view name,
                                                std::string_view fallback);
[[nodiscard]] Result<int64_t> integer_argument(const Arguments& arguments, size_t index, std::string_view name,
                                               int64_t fallback);
[[nodiscard]] bool truth_argument(const Arguments& arguments, size_t index, std::string_view name, bool fallback);

}  // namespace openinfer::jinja
