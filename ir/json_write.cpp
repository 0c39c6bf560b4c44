#include <nlohmann/json.hpp>

#include "ir/json.h"
#include "ir/json_fields.h"

namespace openinfer {
namespace json {
namespace {

using nlohmann::ordered_json;

// Whether an integer can be a JSON number without losing how it was written.
bool plainly_spelled(const Expr& e) { return e.spelling == std::to_string(e.integer); }

class Writer {
 public:
  static constexpr bool writing = true;
  explicit Writer(const File& file) : file_(file) {}

  // ---- what json_fields.h calls ----
  template <class T>
  void field(const char* key, const T& x) {
    (*object_)[key] = put(x);
  }
  template <class T>
  void optional(const char* key, const T& x) {
    if (present(x)) field(key, x);
  }
  template <class T>
  void some(const char* key, const T& x) {
    field(key, x);
  }
  void comment(const char* key, const std::string& x) { field(key, x); }
  void comments_behind(const char* key, const std::string& x) { optional(key, x); }
  void what(const char* key, const Ident& x) { field(key, x); }
  void run_time(const SizesSection&) {}
  void call_order(const std::vector<Arg>&, const Outs&) {}
  void step(const std::optional<Value>&) {}
  template <class... Bodies>
  void kind(const std::variant<Bodies...>& body) {
    (*object_)["kind"] = kNodeKinds[body.index()];
    std::visit([&](const auto& x) { fields(*this, x); }, body);
  }

  template <class T>
  ordered_json record(const T& x) {
    ordered_json object = ordered_json::object();
    ordered_json* outer = std::exchange(object_, &object);
    fields(*this, x);
    object_ = outer;
    return object;
  }

 private:
  // ---- what is left out ----
  static bool present(bool x) { return x; }
  static bool present(const std::string& x) { return !x.empty(); }
  static bool present(const Trivia& x) {
    return !x.leading.empty() || !x.trailing.empty() || !x.opening.empty() || x.blank_before || x.blank_below;
  }
  template <class T>
  static bool present(const std::vector<T>& x) {
    return !x.empty();
  }
  template <class T>
  static bool present(const std::optional<T>& x) {
    return x.has_value();
  }

  // ---- one value each ----
  ordered_json put(bool x) { return x; }
  ordered_json put(uint64_t x) { return x; }
  ordered_json put(const std::string& x) { return x; }
  ordered_json put(const Ident& x) { return x.text; }
  ordered_json put(MemoryKind x) { return name(x); }
  template <class T>
  ordered_json put(const std::optional<T>& x) {
    return put(*x);
  }
  template <class T>
  ordered_json put(const std::vector<T>& x) {
    ordered_json list = ordered_json::array();
    for (const T& entry : x) list.push_back(put(entry));
    return list;
  }
  template <class T>
  ordered_json put(const T& x) {
    return record(x);
  }
  ordered_json put(const Item& item) {
    ordered_json object = {{"kind", kItemKinds[item.index()]}};
    std::visit([&](const auto& x) { object.update(record(x)); }, item);
    return object;
  }
  ordered_json put(const DefEntry& entry) {
    if (const auto* section = std::get_if<MemorySection>(&entry)) return put(Item(*section));
    return put(std::get<Node>(entry));
  }

  ordered_json put(ExprId id) {
    const Expr& e = file_.expr(id);
    if (e.kind == ExprKind::integer)
      return plainly_spelled(e) ? ordered_json(e.integer) : ordered_json{{"integer", e.spelling}};
    if (e.kind == ExprKind::ref) return put(e.ref);
    ordered_json object = ordered_json::object();
    for (const Operation& o : kOperations)
      if (o.kind == e.kind) object[o.key] = put(e.args);
    return object;
  }
  ordered_json put(const Ref& ref) {
    if (!ref.indexed) return ref.name.text;
    return {{"ref", ref.name.text}, {"index", put(ref.index)}};
  }
  ordered_json put(const Index& index) {
    if (!index.slice) return {{"at", put(*index.lo)}};
    ordered_json object = ordered_json::object();
    if (index.lo) object["from"] = put(*index.lo);
    if (index.hi) object["to"] = put(*index.hi);
    return object;
  }
  ordered_json put(const Bound& bound) {
    if (bound.from_end) return {{"from_end", bound.spelling}};
    return put(bound.expr);
  }
  ordered_json put(const Value& value) {
    const std::string sign = value.negative ? "-" : "";
    switch (value.kind) {
      case ValueKind::expr:
        return {{"expr", put(value.expr)}};
      case ValueKind::integer:
        return {{"integer", sign + value.spelling}};
      case ValueKind::floating:
        return {{"float", sign + value.spelling}};
      case ValueKind::inf:
        return {{"float", sign + "inf"}};
      case ValueKind::nan:
        return {{"float", sign + "nan"}};
      case ValueKind::boolean:
        return value.boolean;
      case ValueKind::string:
        return value.text;
      case ValueKind::list:
        return put(value.list);
    }
    return nullptr;
  }

  const File& file_;
  ordered_json* object_ = nullptr;
};

}  // namespace
}  // namespace json

std::string to_json(const Graph& graph) {
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const GraphFile& f : graph.files) {
    nlohmann::ordered_json object = {{"name", f.name}};
    object.update(json::Writer(f.file).record(f.file));
    files.push_back(std::move(object));
  }
  const nlohmann::ordered_json document = {{"format", "openinfer.graph/1"}, {"files", std::move(files)}};
  // Paths of files need not be UTF-8; everything else is.
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace openinfer
