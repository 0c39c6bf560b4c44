#include "oinf/text/jinja/interpreter.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "oinf/text/jinja/loop.h"
#include "oinf/text/jinja/run.h"

namespace openinfer::jinja {
namespace {

using Kind = Expression::Kind;

// Names of one body; blocks without names of their own share that of what is around them.
struct Scope {
  std::unordered_map<std::string, Value> names;
  std::shared_ptr<Scope> outer;
};

struct Macro final : Object {
  [[nodiscard]] std::string_view type_name() const override { return "Macro"; }
  [[nodiscard]] bool callable() const override { return true; }
  [[nodiscard]] Value attribute(std::string_view name) const override {
    return name == "name" ? Value::of(statement->name) : Object::attribute(name);
  }
  const Statement* statement = nullptr;
  const std::vector<Parameter>* parameters = nullptr;
  std::shared_ptr<Scope> scope;
};

enum class Flow { on, leave, next };

class Interpreter {
 public:
  Interpreter(const Value& context, std::time_t now, const RenderLimits& limits)
      : run_(limits.steps, limits.bytes, now), scope_(std::make_shared<Scope>()) {
    if (const Dict* dict = context.dict())
      for (const auto& [key, value] : dict->entries)
        if (key.is_string()) scope_->names[*key.text()] = value;
    scope_ = inner(scope_);
  }
  ~Interpreter() {
    for (const auto& macro : macros_) macro->scope.reset();  // a macro's scope holds the macro
  }
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  Result<std::string> run(const Body& body) {
    OINF_TRY([&]() -> Status {
      Result<Flow> flow = execute(body);
      return flow.ok() ? Status() : Status(std::move(flow).error());
    }());
    return std::move(out_);
  }

 private:
  static std::shared_ptr<Scope> inner(std::shared_ptr<Scope> outer) {
    auto scope = std::make_shared<Scope>();
    scope->outer = std::move(outer);
    return scope;
  }

  // Makes another scope the current one for as long as it lives.
  struct Enter {
    Enter(Interpreter& i, std::shared_ptr<Scope> scope)
        : interpreter(i), before(std::exchange(i.scope_, std::move(scope))) {}
    ~Enter() { interpreter.scope_ = std::move(before); }
    Enter(const Enter&) = delete;
    Enter& operator=(const Enter&) = delete;
    Interpreter& interpreter;
    std::shared_ptr<Scope> before;
  };

  // ---- statements

  Result<Flow> execute(const Body& body) {
    for (const Statement& s : body) {
      OINF_ASSIGN(const Flow flow, execute(s));
      if (flow != Flow::on) return flow;
    }
    return Flow::on;
  }

  Status print(std::string_view text) {
    OINF_TRY(run_.grow(text.size()));
    out_ += text;
    return {};
  }

  Result<Flow> execute(const Statement& s) {
    OINF_TRY(run_.step());
    switch (s.kind) {
      case Statement::Kind::text:
        OINF_TRY(print(s.name));
        return Flow::on;
      case Statement::Kind::print: {
        OINF_ASSIGN(const Value value, evaluate(*s.expression));
        OINF_TRY(print(to_text(value)));
        return Flow::on;
      }
      case Statement::Kind::condition:
        return condition(s);
      case Statement::Kind::loop: {
        OINF_ASSIGN(const Value value, evaluate(*s.expression));
        return loop(s, value, 0);
      }
      case Statement::Kind::set: {
        OINF_ASSIGN(Value value, evaluate(*s.expression));
        OINF_TRY(assign(s, std::move(value)));
        return Flow::on;
      }
      case Statement::Kind::macro:
        scope_->names[s.name] = macro(s, s.parameters);
        return Flow::on;
      case Statement::Kind::with: {
        auto scope = inner(scope_);
        for (const Parameter& p : s.parameters) {
          OINF_ASSIGN(scope->names[p.name], evaluate(*p.value));
        }
        const Enter entered(*this, std::move(scope));
        return execute(s.bodies[0]);
      }
      case Statement::Kind::scope: {
        const Enter entered(*this, inner(scope_));
        return execute(s.bodies[0]);
      }
      case Statement::Kind::set_block:
      case Statement::Kind::filter_block:
      case Statement::Kind::call_block:
        return captured_block(s);
      case Statement::Kind::leave:
        return Flow::leave;
      case Statement::Kind::next:
        return Flow::next;
    }
    return Flow::on;
  }

  Result<Flow> condition(const Statement& s) {
    for (size_t i = 0; i < s.conditions.size(); ++i) {
      OINF_ASSIGN(const Value test, evaluate(*s.conditions[i]));
      if (test.truth()) return execute(s.bodies[i]);
    }
    return s.bodies.size() > s.conditions.size() ? execute(s.bodies.back()) : Result<Flow>(Flow::on);
  }

  Result<Flow> captured_block(const Statement& s) {
    if (s.kind == Statement::Kind::call_block) {
      OINF_ASSIGN(const Value value, call(*s.expression, macro(s, s.parameters)));
      OINF_TRY(print(to_text(value)));
      return Flow::on;
    }
    OINF_ASSIGN(const std::string text, captured(s.bodies[0], inner(scope_)));
    Value value = Value::of(text);
    if (s.expression) {
      OINF_ASSIGN(value, filtered(*s.expression, &value));
    }
    if (s.kind == Statement::Kind::filter_block) {
      OINF_TRY(print(to_text(value)));
    } else {
      OINF_TRY(assign(s, std::move(value)));
    }
    return Flow::on;
  }

  // What a body prints.
  Result<std::string> captured(const Body& body, std::shared_ptr<Scope> scope) {
    std::string outside = std::exchange(out_, {});
    const Enter entered(*this, std::move(scope));
    Result<Flow> flow = execute(body);
    std::swap(out_, outside);
    if (!flow.ok()) return std::move(flow).error();
    return outside;
  }

  Status assign(const Statement& s, Value value) {
    const Expression& first = *s.targets[0];
    if (first.kind == Kind::attribute) {
      OINF_ASSIGN(const Value object, evaluate(*first.parts[0]));
      auto* space = object.object() == nullptr ? nullptr : dynamic_cast<Namespace*>(object.object()->get());
      if (space == nullptr) return failure("cannot assign attribute on non-namespace object");
      OINF_TRY(run_.step(1 + space->attributes.entries.size() / 8));
      space->attributes.set(Value::of(first.text), std::move(value));
      return {};
    }
    return bind(s, std::move(value), *scope_);
  }

  Status bind(const Statement& s, Value value, Scope& scope) {
    if (!s.unpacks) {
      scope.names[s.targets[0]->text] = std::move(value);
      return {};
    }
    OINF_ASSIGN(const List members, iterated(run_, value));
    if (members.size() > s.targets.size())
      return failure("too many values to unpack (expected " + std::to_string(s.targets.size()) + ")");
    if (members.size() < s.targets.size())
      return failure("not enough values to unpack (expected " + std::to_string(s.targets.size()) + ", got " +
                     std::to_string(members.size()) + ")");
    for (size_t i = 0; i < members.size(); ++i) scope.names[s.targets[i]->text] = members[i];
    return {};
  }

  Result<Flow> loop(const Statement& s, const Value& value, int level) {
    OINF_ASSIGN(List items, iterated(run_, value));
    if (!s.conditions.empty()) {
      List kept;
      for (Value& item : items) {
        auto scope = inner(scope_);
        OINF_TRY(bind(s, item, *scope));
        const Enter entered(*this, std::move(scope));
        OINF_ASSIGN(const Value test, evaluate(*s.conditions[0]));
        if (test.truth()) kept.push_back(std::move(item));
      }
      items = std::move(kept);
    }
    if (items.empty()) {
      if (s.bodies.size() < 2) return Flow::on;
      const Enter entered(*this, inner(scope_));
      return execute(s.bodies[1]);
    }
    const auto state = std::make_shared<Loop>(std::move(items), level);
    if (s.recursive) state->statement = &s;
    const std::shared_ptr<Scope> around = scope_;
    for (; state->index < state->items.size(); ++state->index) {
      OINF_TRY(run_.step());
      auto scope = inner(around);
      OINF_TRY(bind(s, state->items[state->index], *scope));
      scope->names["loop"] = Value::of(std::shared_ptr<Object>(state));
      const Enter entered(*this, std::move(scope));
      OINF_ASSIGN(const Flow flow, execute(s.bodies[0]));
      if (flow == Flow::leave) break;
    }
    return Flow::on;
  }

  Value macro(const Statement& s, const std::vector<Parameter>& parameters) {
    auto made = std::make_shared<Macro>();
    made->statement = &s;
    made->parameters = &parameters;
    made->scope = scope_;
    macros_.push_back(made);
    return Value::of(std::shared_ptr<Object>(std::move(made)));
  }

  // ---- expressions

  Result<Value> evaluate(const Expression& e) {
    OINF_TRY(run_.step());
    switch (e.kind) {
      case Kind::literal:
        return e.value;
      case Kind::name:
        return look_up(e.text);
      case Kind::list:
      case Kind::tuple: {
        OINF_ASSIGN(List items, evaluate_all(e.parts, 0));
        OINF_TRY(run_.grow(items.size() * sizeof(Value)));
        return e.kind == Kind::list ? Value::of(std::move(items)) : Value::tuple(std::move(items));
      }
      case Kind::dict: {
        Dict dict;
        for (size_t i = 0; i + 1 < e.parts.size(); i += 2) {
          OINF_ASSIGN(Value key, evaluate(*e.parts[i]));
          OINF_ASSIGN(Value value, evaluate(*e.parts[i + 1]));
          if (key.list() != nullptr || key.dict() != nullptr)
            return failure("unhashable type: '" + std::string(key.type_name()) + "'");
          dict.set(std::move(key), std::move(value));
        }
        OINF_TRY(run_.grow(dict.entries.size() * 2 * sizeof(Value)));
        return Value::of(std::move(dict));
      }
      case Kind::attribute: {
        OINF_ASSIGN(const Value object, evaluate(*e.parts[0]));
        if (object.is_undefined()) return failure(object.why_undefined());
        if (const Dict* dict = object.dict()) OINF_TRY(run_.step(1 + dict->entries.size() / 8));
        return attribute_of(object, e.text);
      }
      case Kind::item: {
        OINF_ASSIGN(const Value object, evaluate(*e.parts[0]));
        OINF_ASSIGN(const Value key, evaluate(*e.parts[1]));
        return item_of(run_, object, key);
      }
      case Kind::slice: {
        OINF_ASSIGN(const Value object, evaluate(*e.parts[0]));
        Value bounds[3];
        for (size_t i = 0; i < 3; ++i)
          if (e.parts[i + 1]) {
            OINF_ASSIGN(bounds[i], evaluate(*e.parts[i + 1]));
          }
        return slice_of(run_, object, bounds[0], bounds[1], bounds[2]);
      }
      case Kind::call:
        return call(e, std::nullopt);
      case Kind::filter:
        return filtered(e, nullptr);
      case Kind::test:
        return tested(e);
      case Kind::negation: {
        OINF_ASSIGN(const Value value, evaluate(*e.parts[0]));
        return Value::of(!value.truth());
      }
      case Kind::unary: {
        OINF_ASSIGN(const Value value, evaluate(*e.parts[0]));
        if (value.is_undefined()) return failure(value.why_undefined());
        if (!value.is_number())
          return failure("bad operand type for unary " + e.text + ": '" + std::string(value.type_name()) + "'");
        return binary(run_, e.text, Value::of(int64_t{0}), value);
      }
      case Kind::binary: {
        OINF_ASSIGN(const Value left, evaluate(*e.parts[0]));
        OINF_ASSIGN(const Value right, evaluate(*e.parts[1]));
        return binary(run_, e.text, left, right);
      }
      case Kind::concat: {
        std::string text;
        for (const ExpressionPtr& part : e.parts) {
          OINF_ASSIGN(const Value value, evaluate(*part));
          text += to_text(value);
        }
        return run_.text(std::move(text));
      }
      case Kind::compare: {
        OINF_ASSIGN(Value left, evaluate(*e.parts[0]));
        for (size_t i = 0; i < e.operators.size(); ++i) {
          OINF_ASSIGN(Value right, evaluate(*e.parts[i + 1]));
          OINF_ASSIGN(const bool holds, compare(run_, e.operators[i], left, right));
          if (!holds) return Value::of(false);
          left = std::move(right);
        }
        return Value::of(true);
      }
      case Kind::both:
      case Kind::either: {
        OINF_ASSIGN(Value left, evaluate(*e.parts[0]));
        if (left.truth() == (e.kind == Kind::either)) return left;
        return evaluate(*e.parts[1]);
      }
      case Kind::conditional: {
        OINF_ASSIGN(const Value test, evaluate(*e.parts[1]));
        if (test.truth()) return evaluate(*e.parts[0]);
        if (e.parts.size() > 2) return evaluate(*e.parts[2]);
        return Value::undefined("the inline if-expression on line " + std::to_string(e.line) +
                                " evaluated to false and no else section was defined.");
      }
    }
    return Value();
  }

  Result<Value> look_up(const std::string& name) {
    for (const Scope* scope = scope_.get(); scope != nullptr; scope = scope->outer.get())
      if (const auto found = scope->names.find(name); found != scope->names.end()) return found->second;
    if (auto global = global_named(name)) return *global;
    return Value::undefined("'" + name + "' is undefined");
  }

  Result<List> evaluate_all(const std::vector<ExpressionPtr>& parts, size_t first) {
    List values;
    for (size_t i = first; i < parts.size(); ++i) {
      OINF_ASSIGN(Value value, evaluate(*parts[i]));
      values.push_back(std::move(value));
    }
    return values;
  }

  Result<Arguments> arguments_of(const Expression& e) {
    Arguments arguments;
    OINF_ASSIGN(arguments.positional, evaluate_all(e.parts, 1));
    for (const auto& [key, part] : e.named) {
      OINF_ASSIGN(Value value, evaluate(*part));
      arguments.named.emplace_back(key, std::move(value));
    }
    if (e.star) {
      OINF_ASSIGN(const Value more, evaluate(*e.star));
      OINF_ASSIGN(const List members, iterated(run_, more));
      arguments.positional.insert(arguments.positional.end(), members.begin(), members.end());
    }
    if (e.star_star) {
      OINF_ASSIGN(const Value more, evaluate(*e.star_star));
      if (more.dict() == nullptr) return failure("argument after ** must be a mapping");
      for (const auto& [key, value] : more.dict()->entries)
        if (key.is_string()) arguments.named.emplace_back(*key.text(), value);
    }
    return arguments;
  }

  // caller: what a call block hands to the macro that it calls.
  Result<Value> call(const Expression& e, std::optional<Value> caller) {
    const Run::Depth depth(run_);
    OINF_TRY(depth.check());
    OINF_ASSIGN(const Value callee, evaluate(*e.parts[0]));
    OINF_ASSIGN(Arguments arguments, arguments_of(e));
    if (callee.is_undefined()) return failure(callee.why_undefined());
    if (const BoundFunction* function = as_bound(callee)) return function->function(run_, function->self, arguments);
    if (callee.object() != nullptr) {
      Object* object = callee.object()->get();
      if (const auto* made = dynamic_cast<const Macro*>(object)) return call_macro(*made, arguments, std::move(caller));
      if (auto* state = dynamic_cast<Loop*>(object)) return call_loop(*state, arguments);
      if (auto* cycle = dynamic_cast<Cycle*>(object)) return cycle->call(arguments);
    }
    return failure("'" + std::string(callee.type_name()) + "' object is not callable");
  }

  Result<Value> call_loop(Loop& state, const Arguments& arguments) {
    if (state.statement == nullptr)
      return failure("The loop must have the 'recursive' marker to be called recursively.");
    if (arguments.positional.size() != 1) return failure("a loop is called with what it goes over");
    std::string outside = std::exchange(out_, {});
    Result<Flow> flow = loop(*state.statement, arguments.positional[0], state.level + 1);
    std::swap(out_, outside);
    if (!flow.ok()) return std::move(flow).error();
    return run_.text(std::move(outside));
  }

  Result<Value> call_macro(const Macro& made, const Arguments& arguments, std::optional<Value> caller) {
    auto scope = inner(made.scope);
    const std::vector<Parameter>& parameters = *made.parameters;
    const Enter entered(*this, scope);
    for (size_t i = 0; i < parameters.size(); ++i) {
      const Parameter& p = parameters[i];
      if (const Value* given = argument(arguments, i, p.name)) {
        scope->names[p.name] = *given;
      } else if (p.value) {
        OINF_ASSIGN(scope->names[p.name], evaluate(*p.value));
      } else {
        scope->names[p.name] = Value::undefined("parameter '" + p.name + "' was not provided");
      }
    }
    List more;
    for (size_t i = parameters.size(); i < arguments.positional.size(); ++i) more.push_back(arguments.positional[i]);
    Dict named;
    for (const auto& [key, value] : arguments.named) {
      if (key == "caller") caller = value;
      const bool known =
          std::any_of(parameters.begin(), parameters.end(), [&](const Parameter& p) { return p.name == key; });
      if (!known) named.set(Value::of(key), value);
    }
    scope->names["varargs"] = Value::tuple(std::move(more));
    scope->names["kwargs"] = Value::of(std::move(named));
    if (caller) scope->names["caller"] = std::move(*caller);
    OINF_ASSIGN(std::string text, captured(made.statement->bodies[0], scope));
    return run_.text(std::move(text));
  }

  // block: what stands at the head of the chain, for filters of a block.
  Result<Value> filtered(const Expression& e, const Value* block) {
    if (e.kind != Kind::filter) return block != nullptr ? *block : Value();
    Value input;
    if (!e.parts[0]) {
      if (block != nullptr) input = *block;
    } else if (block != nullptr) {
      OINF_ASSIGN(input, filtered(*e.parts[0], block));
    } else {
      OINF_ASSIGN(input, evaluate(*e.parts[0]));
    }
    const Function function = filter_named(e.text);
    if (function == nullptr) return failure("No filter named '" + e.text + "'.");
    OINF_ASSIGN(const Arguments arguments, arguments_of(e));
    return function(run_, input, arguments);
  }

  Result<Value> tested(const Expression& e) {
    OINF_ASSIGN(const Value input, evaluate(*e.parts[0]));
    const Function function = test_named(e.text);
    if (function == nullptr) return failure("No test named '" + e.text + "'.");
    OINF_ASSIGN(const Arguments arguments, arguments_of(e));
    return function(run_, input, arguments);
  }

  Run run_;
  std::shared_ptr<Scope> scope_;
  std::string out_;
  std::vector<std::shared_ptr<Macro>> macros_;
};

}  // namespace

Result<std::string> render(const Body& body, const Value& context, std::time_t now, const RenderLimits& limits) {
  return Interpreter(context, now, limits).run(body);
}

}  // namespace openinfer::jinja
