// Values of chat templates, which are Python's: what a template computes with.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ir/result.h"

namespace openinfer::jinja {

class Value;
struct Object;
using List = std::vector<Value>;

// In order of insertion. Keys are strings, numbers, bools, none or tuples.
struct Dict {
  std::vector<std::pair<Value, Value>> entries;
  [[nodiscard]] const Value* find(const Value& key) const;
  [[nodiscard]] const Value* find(std::string_view key) const;
  void set(Value key, Value value);
};

// Copies are cheap: strings and containers are shared, and never change once a template sees them (a namespace does).
class Value {
 public:
  struct None {};
  // What a name or an attribute gives that is not there: prints as nothing, and is an error in most other places.
  struct Undefined {
    std::shared_ptr<const std::string> why;
  };
  struct Tuple {
    std::shared_ptr<const List> items;
  };

  Value() : v_(None{}) {}
  static Value undefined(std::string why);
  static Value of(bool b) { return Value(V(b)); }
  static Value of(int64_t i) { return Value(V(i)); }
  static Value of(double d) { return Value(V(d)); }
  static Value of(std::string s) { return Value(V(std::make_shared<const std::string>(std::move(s)))); }
  static Value of(List list);
  static Value of(Dict dict);
  static Value tuple(List list) { return Value(V(Tuple{std::make_shared<const List>(std::move(list))})); }
  static Value of(std::shared_ptr<Object> object) { return Value(V(std::move(object))); }

  [[nodiscard]] bool is_undefined() const { return std::holds_alternative<Undefined>(v_); }
  [[nodiscard]] bool is_none() const { return std::holds_alternative<None>(v_); }
  [[nodiscard]] bool is_string() const { return text() != nullptr; }
  [[nodiscard]] bool is_number() const { return is_integer() || std::holds_alternative<double>(v_); }
  [[nodiscard]] bool is_integer() const {  // a bool is one
    return std::holds_alternative<int64_t>(v_) || std::holds_alternative<bool>(v_);
  }

  // Nothing when the value is of another kind.
  [[nodiscard]] const bool* boolean() const { return std::get_if<bool>(&v_); }
  [[nodiscard]] const double* real() const { return std::get_if<double>(&v_); }
  [[nodiscard]] const std::string* text() const;
  [[nodiscard]] const List* list() const;   // of a list, not of a tuple
  [[nodiscard]] const List* items() const;  // of a list or a tuple
  [[nodiscard]] const Dict* dict() const;
  [[nodiscard]] const std::shared_ptr<Object>* object() const { return std::get_if<std::shared_ptr<Object>>(&v_); }
  [[nodiscard]] bool is_tuple() const { return std::holds_alternative<Tuple>(v_); }
  [[nodiscard]] const std::string& why_undefined() const { return *std::get<Undefined>(v_).why; }

  [[nodiscard]] int64_t integer() const;  // of a number: 0 for others
  [[nodiscard]] double number() const;    // likewise
  [[nodiscard]] bool truth() const;
  [[nodiscard]] std::string_view type_name() const;  // as Python calls it

  // Python's ==.
  friend bool equal(const Value& a, const Value& b);

 private:
  using V = std::variant<None, Undefined, bool, int64_t, double, std::shared_ptr<const std::string>,
                         std::shared_ptr<const List>, Tuple, std::shared_ptr<const Dict>, std::shared_ptr<Object>>;
  explicit Value(V v) : v_(std::move(v)) {}
  V v_;
};

// Arguments of a call.
struct Arguments {
  List positional;
  std::vector<std::pair<std::string, Value>> named;
};

// What is neither data nor a literal: functions, macros, loops, namespaces.
struct Object : std::enable_shared_from_this<Object> {
  Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  virtual ~Object() = default;
  [[nodiscard]] virtual std::string_view type_name() const = 0;
  // An attribute; undefined without one.
  [[nodiscard]] virtual Value attribute(std::string_view name) const;
  [[nodiscard]] virtual bool callable() const { return false; }
};

// str() and repr() of Python, and the number as it prints there.
[[nodiscard]] std::string to_text(const Value& value);
[[nodiscard]] std::string representation(const Value& value);
[[nodiscard]] std::string number_text(double value);

// json.dumps without ASCII escapes. indent: spaces a level, below 0 for one line.
struct JsonStyle {
  int indent = -1;
  bool sort_keys = false;
  bool ascii = false;
  std::string item_separator, key_separator = ": ";  // no item separator: as json.dumps chooses
};
// Errors: I0010 for values that are no JSON.
[[nodiscard]] Result<std::string> to_json(const Value& value, const JsonStyle& style);

// A context: any JSON; P0021-like faults are I0006. Integers past 64 bits become floats.
[[nodiscard]] Result<Value> from_json(std::string_view json);

// An error of a running template.
[[nodiscard]] inline Diagnostic failure(std::string message) { return {Code::I0010, std::move(message)}; }

}  // namespace openinfer::jinja
