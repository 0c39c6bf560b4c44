#include <algorithm>
#include <nlohmann/json.hpp>

#include "ir/json.h"
#include "ir/json_fields.h"
#include "ir/literal.h"

namespace openinfer {
namespace json {
namespace {

using Json = nlohmann::json;  // its objects are trees: hostile ones with a million keys cost no more than their sorting

constexpr size_t kMaxErrors = 200;

// A JSON pointer, as a chain on the stack.
struct Path {
  const Path* outer = nullptr;
  std::string_view key;
  size_t index = 0;

  [[nodiscard]] std::string text() const {
    if (outer == nullptr) return "";
    std::string escaped;
    for (char c : key.substr(0, 64)) escaped += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return outer->text() + "/" + (key.data() != nullptr ? escaped : std::to_string(index));
  }
};

// The byte that the parser stopped at, counted from 1, as a person finds it.
std::string place_of(size_t byte, std::string_view text) {
  const std::string_view before = text.substr(0, byte == 0 ? 0 : byte - 1);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t begin = before.rfind('\n');
  const size_t column = before.size() - (begin == std::string_view::npos ? 0 : begin + 1) + 1;
  const std::string place = "line " + std::to_string(line) + ", column " + std::to_string(column);
  if (before.size() >= text.size()) return "it ends at " + place + ", before the value does";
  const char c = text[before.size()];
  return c > ' ' && c < 0x7F ? "unexpected `" + std::string(1, c) + "` at " + place : "unexpected byte at " + place;
}

class Reader {
 public:
  static constexpr bool writing = false;
  explicit Reader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  [[nodiscard]] bool failed() const { return errors_ > 0; }

  std::optional<Graph> graph(const Json& document) {
    Graph graph;
    std::string format;
    at_ = &root_;
    const bool object = with_object(document, [&] {
      field("format", format);
      if (!failed() && format != "openinfer.graph/1") error("format is `" + format + "`, not `openinfer.graph/1`");
      if (!failed())
        some("files", graph.files);
      else
        (void)find("files");  // it has a meaning all the same
    });
    if (!object || failed()) return std::nullopt;
    return graph;
  }

  // ---- what json_fields.h calls ----
  template <class T>
  void field(const char* key, T& x) {
    if (const Json* found = find(key))
      inside(key, [&] { read(*found, x); });
    else
      missing(key);
  }
  template <class T>
  void optional(const char* key, T& x) {
    if (const Json* found = find(key)) inside(key, [&] { read(*found, x); });
  }
  template <class T>
  void optional(const char* key, std::optional<T>& x) {
    if (const Json* found = find(key)) inside(key, [&] { read(*found, x.emplace()); });
  }
  // A list of one or more.
  template <class T>
  void some(const char* key, std::vector<T>& x) {
    field(key, x);
    if (!failed() && x.empty()) inside(key, [&] { error("expected one or more"); });
  }
  void comment(const char* key, std::string& x) {
    field(key, x);
    if (!failed() && !is_comment(x)) inside(key, [&] { error("not a comment: `//` on one line, or `/* */`"); });
  }
  void comments_behind(const char* key, std::string& x) {
    optional(key, x);
    if (!x.empty() && !is_trailing_comment(x)) inside(key, [&] { error("not a comment on one line"); });
  }
  void what(const char* key, Ident& x) {
    field(key, x.text);
    const size_t dot = x.text.find('.');
    const bool valid =
        is_identifier(x.text.substr(0, dot)) && (dot == std::string::npos || is_identifier(x.text.substr(dot + 1)));
    if (!failed() && !valid) inside(key, [&] { error("not an op or a node word"); });
  }
  void run_time(const SizesSection& sizes) {
    for (const SizeDef& size : sizes.sizes)
      if (size.if_absent) error("`if_absent` is for sizes of the file only");
  }
  void call_order(const std::vector<Arg>& args, const Outs& outs) {
    for (size_t i = 1; i < args.size(); ++i)
      if (args[i - 1].name && !args[i].name) return error("inputs come before attributes", Code::E0322);
    for (const Out& out : outs.list)
      if (out.ref.indexed) error("indices are for the outputs of cache.read and transfer");
  }
  void step(const std::optional<Value>& by) {
    if (!by || failed()) return;
    const Expr* e = by->kind == ValueKind::expr ? &file_->expr(by->expr) : nullptr;
    const bool valid = e != nullptr && (e->kind == ExprKind::integer || (e->kind == ExprKind::ref && !e->ref.indexed));
    if (!valid) inside("by", [&] { error("expected an integer or a name"); });
  }
  void kind(NodeBody& body) { read_kind(kNodeKinds, body, std::make_index_sequence<std::variant_size_v<NodeBody>>()); }

 private:
  // ---- errors and places ----
  void error(std::string message, Code code = Code::E0012) {
    if (++errors_ > kMaxErrors) return;
    const std::string place = at_->text();
    diagnostics_.emplace_back(code, (place.empty() ? "the document" : place) + ": " + std::move(message));
  }
  void missing(const char* key) {
    ++missing_;
    error(std::string("`") + key + "` is missing");
  }
  void unknown(const std::string& key) {
    const std::vector<std::string_view> candidates(asked_.begin(), asked_.end());
    const std::string_view near = nearest_name(key, candidates);
    error("key `" + key + "` means nothing here" +
          (near.empty() ? std::string() : ": did you mean `" + std::string(near) + "`?"));
  }
  template <class F>
  void inside(std::string_view key, F f) {
    const Path here{at_, key, 0};
    const Path* outer = std::exchange(at_, &here);
    f();
    at_ = outer;
  }
  template <class F>
  void inside(size_t index, F f) {
    const Path here{at_, {}, index};
    const Path* outer = std::exchange(at_, &here);
    f();
    at_ = outer;
  }

  const Json* find(const char* key) {
    asked_.push_back(key);
    const auto found = object_->find(key);
    return found == object_->end() ? nullptr : &*found;
  }

  // Reads fields of an object with `f`, and refuses keys that it did not ask for.
  template <class F>
  bool with_object(const Json& j, F f) {
    if (!j.is_object()) {
      error("expected an object");
      return false;
    }
    const Json* outer = std::exchange(object_, &j);
    std::vector<const char*> outer_asked = std::exchange(asked_, {});
    const size_t outer_missing = std::exchange(missing_, 0);
    const size_t errors = errors_;
    f();
    // A misspelt key is also one that is missing; of any other error it may only be a consequence.
    if (errors_ - errors == missing_)
      for (auto i = j.begin(); i != j.end() && errors_ <= kMaxErrors; ++i) {
        const auto is_key = [&](const char* key) { return i.key() == key; };
        if (std::none_of(asked_.begin(), asked_.end(), is_key)) unknown(i.key());
      }
    object_ = outer;
    asked_ = std::move(outer_asked);
    missing_ = outer_missing;
    return true;
  }

  // Depth is what text allows; it also keeps this reader's own recursion bounded.
  template <class F>
  void deeper(int& depth, F f) {
    if (++depth > kMaxNesting)
      error("nested more than " + std::to_string(kMaxNesting) + " deep", Code::E0006);
    else
      f();
    --depth;
  }

  // ---- one value each ----
  void read(const Json& j, bool& x) {
    if (j.is_boolean())
      x = j.get<bool>();
    else
      error("expected true or false");
  }
  void read(const Json& j, uint64_t& x) {
    if (!j.is_number_unsigned()) return error("expected a number without sign and fraction");
    x = j.get<uint64_t>();
  }
  void read(const Json& j, std::string& x) {
    if (j.is_string())
      x = j.get_ref<const std::string&>();
    else
      error("expected a string");
  }
  void read(const Json& j, Ident& x) {
    read(j, x.text);
    if (j.is_string() && !is_identifier(x.text)) error("not a name");
  }
  void read(const Json& j, MemoryKind& x) {
    std::string word;
    read(j, word);
    for (MemoryKind kind : {MemoryKind::dynamic, MemoryKind::volatile_, MemoryKind::constant, MemoryKind::persistent})
      if (word == name(kind)) {
        x = kind;
        return;
      }
    if (j.is_string()) error("expected dynamic, volatile, constant or persistent");
  }
  template <class T>
  void read(const Json& j, std::vector<T>& x) {
    if (!j.is_array()) return error("expected a list");
    for (size_t i = 0; i < j.size() && errors_ <= kMaxErrors; ++i) inside(i, [&] { read(j[i], x.emplace_back()); });
  }
  template <class T>
  void read(const Json& j, T& x) {
    with_object(j, [&] { fields(*this, x); });
  }
  void read(const Json& j, TypeExpr& x) {
    with_object(j, [&] { fields(*this, x); });
    x.has_dims = !x.dims.empty();
  }
  void read(const Json& j, Attribute& x) {
    with_object(j, [&] { fields(*this, x); });
    x.has_args = !x.args.empty();
  }
  void read(const Json& j, Outs& x) {
    with_object(j, [&] { fields(*this, x); });
    x.parenthesised = x.list.size() != 1;
  }
  void read(const Json& j, Header& x) {
    with_object(j, [&] { fields(*this, x); });
    if (!failed() && x.version != 1)
      error("version " + std::to_string(x.version) + " of the language is not known; this is version 1", Code::E0009);
  }
  void read(const Json& j, Node& x) {
    deeper(node_depth_, [&] { with_object(j, [&] { fields(*this, x); }); });
  }
  void read(const Json& j, GraphFile& x) {
    file_ = &x.file;
    with_object(j, [&] {
      field("name", x.name);
      fields(*this, x.file);
    });
  }
  void read(const Json& j, Item& x) {
    with_object(j, [&] { read_kind(kItemKinds, x, std::make_index_sequence<std::variant_size_v<Item>>()); });
  }
  void read(const Json& j, DefEntry& x) {
    const auto kind = j.is_object() ? j.find("kind") : j.end();
    if (!j.is_object() || kind == j.end() || *kind != "memory") return read(j, x.emplace<Node>());
    with_object(j, [&] {
      asked_.push_back("kind");
      fields(*this, x.emplace<MemorySection>());
    });
  }

  // The alternative of `variant` that "kind" names, and its fields.
  template <class Names, class Variant, size_t... I>
  void read_kind(const Names& names, Variant& variant, std::index_sequence<I...>) {
    std::string word;
    field("kind", word);
    const bool known = ((word == names[I] && (fields(*this, variant.template emplace<I>()), true)) || ...);
    if (!known && !word.empty()) inside("kind", [&] { error("no such kind: `" + word + "`"); });
  }

  // ---- expressions, values, indices ----
  void read(const Json& j, ExprId& x) {
    deeper(expr_depth_, [&] { x = file_->add(expr(j)); });
  }
  Expr expr(const Json& j) {
    Expr e;
    if (j.is_number_unsigned()) {
      e.integer = j.get<uint64_t>();
      e.spelling = std::to_string(e.integer);
    } else if (j.is_string() || (j.is_object() && j.contains("ref"))) {
      e.kind = ExprKind::ref;
      read(j, e.ref);
    } else if (j.is_object() && j.size() == 1 && j.contains("integer")) {
      inside("integer", [&] { e.integer = number(j["integer"], e.spelling, false).integer; });
    } else {
      operation(j, e);
    }
    return e;
  }
  void operation(const Json& j, Expr& e) {
    if (j.is_object() && j.size() == 1)
      for (const Operation& o : kOperations) {
        const auto operands = j.find(o.key);
        if (operands == j.end()) continue;
        e.kind = o.kind;
        return inside(o.key, [&] {
          read(*operands, e.args);
          if (failed()) return;
          if (e.args.size() < o.least || e.args.size() > o.most) return error("wrong number of operands");
          const bool rounds = e.kind == ExprKind::floor || e.kind == ExprKind::ceil;
          if (rounds && file_->expr(e.args[0]).kind != ExprKind::div) error("expected a quotient");
        });
      }
    error("expected an integer expression");
  }
  void read(const Json& j, Ref& x) {
    if (j.is_string()) return read(j, x.name);
    x.indexed = true;
    with_object(j, [&] {
      field("ref", x.name);
      field("index", x.index);
    });
  }
  void read(const Json& j, Index& x) {
    with_object(j, [&] {
      x.slice = !j.contains("at");
      optional(x.slice ? "from" : "at", x.lo);
      if (x.slice) optional("to", x.hi);
    });
  }
  void read(const Json& j, Bound& x) {
    if (!j.is_object() || j.size() != 1 || !j.contains("from_end")) return read(j, x.expr);
    inside("from_end", [&] { x.from_end = number(j["from_end"], x.spelling, true).integer; });
  }

  // A spelling of an integer without a sign.
  NumberLiteral number(const Json& j, std::string& spelling, bool negative) {
    read(j, spelling);
    NumberLiteral n;
    if (!j.is_string()) return n;
    if (!spelling.empty() && is_digit(spelling[0])) n = scan_number(spelling);
    if (n.length == 0 || n.length != spelling.size() || !n.error.empty() || n.floating)
      error("not an integer: `" + spelling + "`");
    else if (n.suffix && !literal_fits(*n.suffix, negative, n))
      error("`" + spelling + "` does not fit its type");
    return n;
  }

  void read(const Json& j, Value& x) {
    if (j.is_boolean()) {
      x.kind = ValueKind::boolean;
      x.boolean = j.get<bool>();
    } else if (j.is_string()) {
      x.kind = ValueKind::string;
      x.text = j.get_ref<const std::string&>();
    } else if (j.is_array()) {
      x.kind = ValueKind::list;
      deeper(value_depth_, [&] { read(j, x.list); });
    } else if (j.is_object() && j.size() == 1 && j.contains("expr")) {
      inside("expr", [&] { read(j["expr"], x.expr); });
    } else if (j.is_object() && j.size() == 1 && j.contains("integer")) {
      inside("integer", [&] { negative_integer(j["integer"], x); });
    } else if (j.is_object() && j.size() == 1 && j.contains("float")) {
      inside("float", [&] { floating(j["float"], x); });
    } else {
      error("expected a value");
    }
  }
  void negative_integer(const Json& j, Value& x) {
    std::string text;
    read(j, text);
    if (!j.is_string()) return;
    if (!text.starts_with('-')) return error("an integer without a minus is an `expr`");
    x.kind = ValueKind::integer;
    x.negative = true;
    x.magnitude = number(Json(text.substr(1)), x.spelling, true).integer;
  }
  void floating(const Json& j, Value& x) {
    std::string text;
    read(j, text);
    if (!j.is_string()) return;
    x.negative = text.starts_with('-');
    if (x.negative) text.erase(0, 1);
    if (text == "inf" || text == "nan") {
      x.kind = text == "inf" ? ValueKind::inf : ValueKind::nan;
      return;
    }
    NumberLiteral n;
    if (!text.empty() && is_digit(text[0])) n = scan_number(text);
    if (n.length == 0 || n.length != text.size() || !n.error.empty() || !n.floating)
      return error("not a number with a point or exponent: `" + text + "`");
    if (n.suffix && !literal_fits(*n.suffix, x.negative, n)) return error("`" + text + "` does not fit its type");
    x.kind = ValueKind::floating;
    x.number = n.number;
    x.spelling = text;
  }

  Diagnostics& diagnostics_;
  File* file_ = nullptr;
  const Path root_{};
  const Path* at_ = &root_;
  const Json* object_ = nullptr;
  std::vector<const char*> asked_;  // keys of object_ that have a meaning
  size_t missing_ = 0;              // of object_: how many of the errors are keys that are not there
  size_t errors_ = 0;
  int node_depth_ = 0;
  int expr_depth_ = 0;
  int value_depth_ = 0;
};

}  // namespace
}  // namespace json

std::optional<Graph> from_json(std::string_view text, Diagnostics& diagnostics) {
  try {
    return json::Reader(diagnostics).graph(json::Json::parse(text));
  } catch (const json::Json::parse_error& e) {
    diagnostics.emplace_back(Code::E0012, "the document is not JSON: " + json::place_of(e.byte, text));
  } catch (const json::Json::out_of_range&) {
    diagnostics.emplace_back(Code::E0012, "the document is not JSON: a number is out of range");
  }
  return std::nullopt;
}

}  // namespace openinfer
