// A parsed chat template. Source: the template designer documentation of Jinja 3.1.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "oinf/text/jinja/value.h"

namespace openinfer::jinja {

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

struct Expression {
  enum class Kind {
    literal,      // value
    name,         // text
    list,         // parts
    tuple,        // parts
    dict,         // parts: key, value, key, value, …
    attribute,    // parts[0] . text
    item,         // parts[0] [ parts[1] ]
    slice,        // parts[0] [ parts[1] : parts[2] : parts[3] ], of which the last three may be absent
    call,         // parts[0] ( parts[1], …, named )
    filter,       // parts[0] | text ( parts[1], …, named ); parts[0] is absent at the head of a filter block
    test,         // parts[0] is text ( parts[1], … )
    negation,     // not parts[0]
    unary,        // text parts[0]: - or +
    binary,       // parts[0] text parts[1]: + - * / // % **
    concat,       // parts, as texts side by side
    compare,      // parts[0] operators[0] parts[1] operators[1] …
    both,         // parts[0] and parts[1]
    either,       // parts[0] or parts[1]
    conditional,  // parts[0] if parts[1] else parts[2], the last may be absent
  };
  Kind kind = Kind::literal;
  int line = 0;
  Value value;
  std::string text;
  std::vector<ExpressionPtr> parts;
  std::vector<std::pair<std::string, ExpressionPtr>> named;
  ExpressionPtr star, star_star;  // of a call: *list, **dict
  std::vector<std::string> operators;
};

struct Statement;
using Body = std::vector<Statement>;

// A macro's parameter, or what `with` and `call` bind.
struct Parameter {
  std::string name;
  ExpressionPtr value;  // its default; may be absent
};

struct Statement {
  enum class Kind {
    text,          // name
    print,         // expression
    condition,     // conditions[i] guards bodies[i]; the body behind the last condition is the else
    loop,          // targets in expression if conditions[0]; bodies[0], else bodies[1]; recursive
    set,           // targets = expression
    set_block,     // targets[0] = what bodies[0] prints, through the filters of expression
    macro,         // name, parameters, bodies[0]
    call_block,    // expression is the call, parameters those of caller, bodies[0]
    filter_block,  // expression is the chain of filters
    with,          // parameters, bodies[0]
    scope,         // bodies[0] by itself: generation
    leave,         // break
    next,          // continue
  };
  Kind kind = Kind::text;
  int line = 0;
  std::string name;
  ExpressionPtr expression;
  std::vector<ExpressionPtr> targets;  // names; or one attribute of a namespace
  std::vector<ExpressionPtr> conditions;
  std::vector<Parameter> parameters;
  std::vector<Body> bodies;
  bool recursive = false;
  bool unpacks = false;  // several targets for one value
};

// Parts of a template in order.
struct Token {
  enum class Kind { text, block_begin, block_end, print_begin, print_end, name, integer, real, string, op, end };
  Kind kind = Kind::end;
  int line = 0;
  std::string text;  // names and operators as they are, strings and texts without escapes
};

// Errors: P0030 with the line.
[[nodiscard]] Result<std::vector<Token>> tokenize(std::string_view source);
[[nodiscard]] Result<Body> parse(std::string_view source);

}  // namespace openinfer::jinja
