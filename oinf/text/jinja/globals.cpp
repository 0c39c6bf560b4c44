// Names that every template knows, and the methods of dicts and lists.
#include <algorithm>
#include <array>

#include "oinf/text/jinja/loop.h"
#include "oinf/text/jinja/run.h"

namespace openinfer::jinja {
namespace {

using Args = Arguments;

constexpr int64_t kMostRange = 100000;  // of Jinja's sandbox

Result<Value> range(Run& run, const Value&, const Args& a) {
  OINF_ASSIGN(const int64_t first, integer_argument(a, 0, "", 0));
  OINF_ASSIGN(const int64_t second, integer_argument(a, 1, "", 0));
  OINF_ASSIGN(const int64_t step, integer_argument(a, 2, "", 1));
  if (a.positional.empty()) return failure("range expected at least 1 argument, got 0");
  if (step == 0) return failure("range() arg 3 must not be zero");
  const int64_t begin = a.positional.size() > 1 ? first : 0, end = a.positional.size() > 1 ? second : first;
  List list;
  for (int64_t i = begin; step > 0 ? i < end : i > end;) {
    if (static_cast<int64_t>(list.size()) == kMostRange)
      return failure("Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).");
    list.push_back(Value::of(i));
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  return run.list(std::move(list));
}

Result<Dict> dict_of(Run& run, const Args& a) {
  Dict made;
  if (!a.positional.empty()) {
    if (const Dict* from = a.positional[0].dict()) {
      made = *from;
    } else {
      OINF_ASSIGN(const List pairs, iterated(run, a.positional[0]));
      for (const Value& pair : pairs) {
        OINF_ASSIGN(const List members, iterated(run, pair));
        if (members.size() != 2) return failure("dictionary update sequence elements must have length 2");
        OINF_TRY(run.step(1 + made.entries.size() / 8));
        made.set(members[0], members[1]);
      }
    }
  }
  for (const auto& [key, value] : a.named) made.set(Value::of(key), value);
  OINF_TRY(run.grow(made.entries.size() * 2 * sizeof(Value)));
  return made;
}

Result<Value> dict(Run& run, const Value&, const Args& a) {
  OINF_ASSIGN(Dict made, dict_of(run, a));
  return Value::of(std::move(made));
}

Result<Value> name_space(Run& run, const Value&, const Args& a) {
  auto made = std::make_shared<Namespace>();
  OINF_ASSIGN(made->attributes, dict_of(run, a));
  run.keep(made);
  return Value::of(std::shared_ptr<Object>(std::move(made)));
}

Result<Value> raise_exception(Run&, const Value&, const Args& a) {
  return failure(a.positional.empty() ? std::string("the template refuses the conversation")
                                      : to_text(a.positional[0]));
}

Result<Value> strftime_now(Run& run, const Value&, const Args& a) {
  OINF_ASSIGN(const std::string format, text_argument(a, 0, "format", ""));
  std::tm parts{};
  const std::time_t now = run.now();
  if (::localtime_r(&now, &parts) == nullptr) return failure("the time is out of range");
  if (format.size() > 256) return failure("the format of the time is too long");
  std::array<char, 4096> buffer{};
  const size_t size = std::strftime(buffer.data(), buffer.size(), format.c_str(), &parts);
  return run.text(std::string(buffer.data(), size));
}

Result<Value> cycler(Run&, const Value&, const Args& a) {
  if (a.positional.empty()) return failure("at least one item has to be provided");
  return Value::of(std::shared_ptr<Object>(std::make_shared<Cycle>(a.positional, false)));
}

Result<Value> joiner(Run&, const Value&, const Args& a) {
  List separator;
  if (const Value* sep = argument(a, 0, "sep")) separator.push_back(*sep);
  return Value::of(std::shared_ptr<Object>(std::make_shared<Cycle>(std::move(separator), true)));
}

Result<Value> items(Run& run, const Value& self, const Args&) {
  List list;
  for (const auto& [key, value] : self.dict()->entries) list.push_back(Value::tuple({key, value}));
  return run.list(std::move(list));
}

Result<Value> keys(Run& run, const Value& self, const Args&) {
  List list;
  for (const auto& [key, value] : self.dict()->entries) list.push_back(key);
  return run.list(std::move(list));
}

Result<Value> values(Run& run, const Value& self, const Args&) {
  List list;
  for (const auto& [key, value] : self.dict()->entries) list.push_back(value);
  return run.list(std::move(list));
}

Result<Value> get(Run& run, const Value& self, const Args& a) {
  const Value* key = argument(a, 0, "key");
  if (key == nullptr) return failure("get expected at least 1 argument, got 0");
  OINF_TRY(run.step(1 + self.dict()->entries.size() / 8));
  if (const Value* found = self.dict()->find(*key)) return *found;
  const Value* otherwise = argument(a, 1, "default");
  return otherwise == nullptr ? Value() : *otherwise;
}

Result<Value> same(Run&, const Value& self, const Args&) { return self; }

Result<Value> count(Run& run, const Value& self, const Args& a) {
  if (a.positional.empty()) return failure("count() takes exactly one argument (0 given)");
  OINF_TRY(run.step(self.items()->size()));
  return Value::of(static_cast<int64_t>(std::count_if(self.items()->begin(), self.items()->end(),
                                                      [&](const Value& v) { return equal(v, a.positional[0]); })));
}

Result<Value> index(Run& run, const Value& self, const Args& a) {
  if (a.positional.empty()) return failure("index expected at least 1 argument, got 0");
  const List& list = *self.items();
  OINF_TRY(run.step(list.size()));
  for (size_t i = 0; i < list.size(); ++i)
    if (equal(list[i], a.positional[0])) return Value::of(static_cast<int64_t>(i));
  return failure(representation(a.positional[0]) + " is not in list");
}

struct Named {
  std::string_view name;
  Function function;
};
constexpr Named kGlobals[] = {{"range", range},
                              {"dict", dict},
                              {"namespace", name_space},
                              {"raise_exception", raise_exception},
                              {"strftime_now", strftime_now},
                              {"cycler", cycler},
                              {"joiner", joiner}};
constexpr Named kDict[] = {{"items", items}, {"keys", keys}, {"values", values}, {"get", get}, {"copy", same}};
constexpr Named kList[] = {{"count", count}, {"index", index}, {"copy", same}};

template <size_t N>
Function find(const Named (&table)[N], std::string_view name) {
  for (const Named& entry : table)
    if (entry.name == name) return entry.function;
  return nullptr;
}

}  // namespace

std::optional<Value> global_named(std::string_view name) {
  const Function function = find(kGlobals, name);
  return function == nullptr ? std::nullopt : std::optional(bound(name, function, Value()));
}

Function dict_method(std::string_view name) { return find(kDict, name); }
Function list_method(std::string_view name) { return find(kList, name); }

}  // namespace openinfer::jinja
