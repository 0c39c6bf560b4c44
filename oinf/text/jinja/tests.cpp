// What stands behind `is`.
#include <algorithm>
#include <array>
#include <cctype>

#include "oinf/text/jinja/run.h"
#include "oinf/text/unicode.h"

namespace openinfer::jinja {
namespace {

using Args = Arguments;

Result<Value> yes(bool holds) { return Value::of(holds); }

Result<const Value*> other(const Args& a) {
  if (a.positional.empty()) return failure("the test needs an argument");
  return &a.positional[0];
}

template <int Remainder>
Result<Value> divides(Run&, const Value& v, const Args&) {
  if (v.is_undefined()) return failure(v.why_undefined());
  if (!v.is_number()) return failure("not all arguments converted during string formatting");
  return yes(v.integer() % 2 == Remainder || (Remainder == 1 && v.integer() % 2 == -1));
}

Result<Value> divisibleby(Run& run, const Value& v, const Args& a) {
  OINF_ASSIGN(const Value* by, other(a));
  OINF_ASSIGN(const Value rest, binary(run, "%", v, *by));
  return yes(rest.number() == 0);
}

template <int Op>
Result<Value> ordered(Run& run, const Value& v, const Args& a) {
  constexpr std::array<std::string_view, 7> kOps = {"==", "!=", "<", "<=", ">", ">=", "in"};
  OINF_ASSIGN(const Value* with, other(a));
  OINF_ASSIGN(const bool holds, compare(run, kOps[Op], v, *with));
  return yes(holds);
}

// Whether a text has letters, all of them of the case.
bool has_case(const Value& v, bool upper) {
  const std::string text = to_text(v);
  const std::string same = upper ? upper_case(text) : lower_case(text);
  return text == same && upper_case(text) != lower_case(text);
}

struct Named {
  std::string_view name;
  Function function;
};
constexpr Named kTests[] = {
    {"defined", [](Run&, const Value& v, const Args&) { return yes(!v.is_undefined()); }},
    {"undefined", [](Run&, const Value& v, const Args&) { return yes(v.is_undefined()); }},
    {"none", [](Run&, const Value& v, const Args&) { return yes(v.is_none()); }},
    {"boolean", [](Run&, const Value& v, const Args&) { return yes(v.boolean() != nullptr); }},
    {"true", [](Run&, const Value& v, const Args&) { return yes(v.boolean() != nullptr && *v.boolean()); }},
    {"false", [](Run&, const Value& v, const Args&) { return yes(v.boolean() != nullptr && !*v.boolean()); }},
    {"integer", [](Run&, const Value& v, const Args&) { return yes(v.is_integer() && v.boolean() == nullptr); }},
    {"float", [](Run&, const Value& v, const Args&) { return yes(v.real() != nullptr); }},
    {"number", [](Run&, const Value& v, const Args&) { return yes(v.is_number()); }},
    {"string", [](Run&, const Value& v, const Args&) { return yes(v.is_string()); }},
    {"mapping", [](Run&, const Value& v, const Args&) { return yes(v.dict() != nullptr); }},
    {"sequence",
     [](Run&, const Value& v, const Args&) {
       return yes(v.is_string() || v.items() != nullptr || v.dict() != nullptr || v.is_undefined());
     }},
    {"iterable",
     [](Run&, const Value& v, const Args&) {
       return yes(v.is_string() || v.items() != nullptr || v.dict() != nullptr || v.is_undefined());
     }},
    {"callable",
     [](Run&, const Value& v, const Args&) { return yes(v.object() != nullptr && (*v.object())->callable()); }},
    {"escaped", [](Run&, const Value&, const Args&) { return yes(false); }},
    {"sameas",
     [](Run&, const Value& v, const Args& a) -> Result<Value> {
       OINF_ASSIGN(const Value* with, other(a));
       return yes(v.type_name() == with->type_name() && equal(v, *with));
     }},
    {"odd", divides<1>},
    {"even", divides<0>},
    {"divisibleby", divisibleby},
    {"lower", [](Run&, const Value& v, const Args&) { return yes(has_case(v, false)); }},
    {"upper", [](Run&, const Value& v, const Args&) { return yes(has_case(v, true)); }},
    {"filter",
     [](Run&, const Value& v, const Args&) { return yes(v.is_string() && filter_named(*v.text()) != nullptr); }},
    {"test", [](Run&, const Value& v, const Args&) { return yes(v.is_string() && test_named(*v.text()) != nullptr); }},
    {"eq", ordered<0>},
    {"equalto", ordered<0>},
    {"==", ordered<0>},
    {"ne", ordered<1>},
    {"!=", ordered<1>},
    {"lt", ordered<2>},
    {"lessthan", ordered<2>},
    {"<", ordered<2>},
    {"le", ordered<3>},
    {"<=", ordered<3>},
    {"gt", ordered<4>},
    {"greaterthan", ordered<4>},
    {">", ordered<4>},
    {"ge", ordered<5>},
    {">=", ordered<5>},
    {"in", ordered<6>},
};

}  // namespace

Function test_named(std::string_view name) {
  for (const Named& t : kTests)
    if (t.name == name) return t.function;
  return nullptr;
}

}  // namespace openinfer::jinja
