// The methods of Python's str that templates use, and its % operator.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "ir/utf8.h"
#include "oinf/text/jinja/run.h"
#include "oinf/text/unicode.h"

namespace openinfer::jinja {
namespace {

using Args = Arguments;

const std::string& own(const Value& self) { return *self.text(); }

// Strips characters of a set, or white space without one.
std::string stripped(std::string_view text, const Value* set, bool left, bool right) {
  const std::vector<std::string_view> all = characters(text);
  const auto dropped = [&](std::string_view c) {
    if (set == nullptr || !set->is_string()) {
      const uint32_t code = utf8_code(c, 0, c.size());
      return is_white_space(code) || (code >= 0x1C && code <= 0x1F);
    }
    return set->text()->find(c) != std::string::npos;
  };
  size_t begin = 0, end = all.size();
  while (left && begin < end && dropped(all[begin])) ++begin;
  while (right && end > begin && dropped(all[end - 1])) --end;
  if (begin == end) return {};
  const char* first = all[begin].data();
  const char* last = all[end - 1].data() + all[end - 1].size();
  return {first, last};
}

template <bool Left, bool Right>
Result<Value> strip(Run& run, const Value& self, const Args& a) {
  OINF_TRY(run.step(1 + own(self).size() / 16));
  return run.text(stripped(own(self), argument(a, 0, "chars"), Left, Right));
}

Result<Value> split_blanks(Run& run, const std::string& text, int64_t most, bool from_right) {
  List parts;
  std::string_view rest = text;
  const auto blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= 0x1F); };
  while (true) {
    while (!rest.empty() && blank(from_right ? rest.back() : rest.front()))
      from_right ? rest.remove_suffix(1) : rest.remove_prefix(1);
    if (rest.empty()) break;
    if (most >= 0 && static_cast<int64_t>(parts.size()) == most) {
      parts.push_back(Value::of(std::string(rest)));
      break;
    }
    size_t n = 0;
    while (n < rest.size() && !blank(from_right ? rest[rest.size() - 1 - n] : rest[n])) ++n;
    parts.push_back(Value::of(std::string(from_right ? rest.substr(rest.size() - n) : rest.substr(0, n))));
    from_right ? rest.remove_suffix(n) : rest.remove_prefix(n);
  }
  if (from_right) std::reverse(parts.begin(), parts.end());
  return run.list(std::move(parts));
}

template <bool FromRight>
Result<Value> split(Run& run, const Value& self, const Args& a) {
  const Value* separator = argument(a, 0, "sep");
  OINF_ASSIGN(const int64_t most, integer_argument(a, 1, "maxsplit", -1));
  OINF_TRY(run.grow(own(self).size()));
  if (separator == nullptr || separator->is_none()) return split_blanks(run, own(self), most, FromRight);
  OINF_ASSIGN(const std::string by, text_argument(a, 0, "sep", ""));
  if (by.empty()) return failure("empty separator");
  List parts;
  std::string_view rest = own(self);
  while (most < 0 || static_cast<int64_t>(parts.size()) < most) {
    const size_t at = FromRight ? rest.rfind(by) : rest.find(by);
    if (at == rest.npos) break;
    if (FromRight) {
      parts.push_back(Value::of(std::string(rest.substr(at + by.size()))));
      rest = rest.substr(0, at);
    } else {
      parts.push_back(Value::of(std::string(rest.substr(0, at))));
      rest = rest.substr(at + by.size());
    }
  }
  parts.push_back(Value::of(std::string(rest)));
  if (FromRight) std::reverse(parts.begin(), parts.end());
  return run.list(std::move(parts));
}

Result<Value> splitlines(Run& run, const Value& self, const Args& a) {
  const bool keep = truth_argument(a, 0, "keepends", false);
  OINF_TRY(run.grow(own(self).size()));
  List lines;
  std::string_view rest = own(self);
  while (!rest.empty()) {
    const size_t end = rest.find_first_of("\n\r\v\f");
    if (end == rest.npos) {
      lines.push_back(Value::of(std::string(rest)));
      break;
    }
    const size_t next = end + (rest.substr(end, 2) == "\r\n" ? 2 : 1);
    lines.push_back(Value::of(std::string(rest.substr(0, keep ? next : end))));
    rest.remove_prefix(next);
  }
  return run.list(std::move(lines));
}

template <bool FromRight>
Result<Value> partition(Run& run, const Value& self, const Args& a) {
  OINF_ASSIGN(const std::string by, text_argument(a, 0, "sep", ""));
  if (by.empty()) return failure("empty separator");
  OINF_TRY(run.grow(own(self).size()));
  const std::string& text = own(self);
  const size_t at = FromRight ? text.rfind(by) : text.find(by);
  const auto part = [](std::string s) { return Value::of(std::move(s)); };
  if (at == text.npos)
    return FromRight ? Value::tuple({part(""), part(""), self}) : Value::tuple({self, part(""), part("")});
  return Value::tuple({part(text.substr(0, at)), part(by), part(text.substr(at + by.size()))});
}

// start and end of find, count, startswith … as bytes of the text; false when they leave nothing.
Result<bool> window(const Args& a, const std::string& text, size_t& begin, size_t& end) {
  begin = 0;
  end = text.size();
  if (a.positional.size() < 2) return true;
  const auto all = static_cast<int64_t>(character_count(text));
  OINF_ASSIGN(int64_t first, integer_argument(a, 1, "start", 0));
  OINF_ASSIGN(int64_t last, integer_argument(a, 2, "end", all));
  if (first < 0) first = std::max<int64_t>(0, first + all);
  if (last < 0) last = std::max<int64_t>(0, last + all);
  last = std::min(last, all);
  if (first > last) return false;
  const auto chars = characters(text);
  const auto byte_of = [&](int64_t i) {
    return i >= all ? text.size() : static_cast<size_t>(chars[static_cast<size_t>(i)].data() - text.data());
  };
  begin = byte_of(first);
  end = byte_of(last);
  return true;
}

template <bool FromRight, bool Must>
Result<Value> find(Run& run, const Value& self, const Args& a) {
  const std::string& text = own(self);
  OINF_TRY(run.step(1 + text.size() / 16));
  OINF_ASSIGN(const std::string what, text_argument(a, 0, "sub", ""));
  size_t begin = 0, end = 0;
  OINF_ASSIGN(const bool open, window(a, text, begin, end));
  const std::string_view part = std::string_view(text).substr(begin, open ? end - begin : 0);
  const size_t at = !open ? part.npos : FromRight ? part.rfind(what) : part.find(what);
  if (at == part.npos) return Must ? Result<Value>(failure("substring not found")) : Value::of(int64_t{-1});
  return Value::of(static_cast<int64_t>(character_count(std::string_view(text).substr(0, begin + at))));
}

Result<Value> count(Run& run, const Value& self, const Args& a) {
  const std::string& text = own(self);
  OINF_TRY(run.step(1 + text.size() / 16));
  OINF_ASSIGN(const std::string what, text_argument(a, 0, "sub", ""));
  size_t begin = 0, end = 0;
  OINF_ASSIGN(const bool open, window(a, text, begin, end));
  if (!open) return Value::of(int64_t{0});
  const std::string_view part = std::string_view(text).substr(begin, end - begin);
  if (what.empty()) return Value::of(static_cast<int64_t>(character_count(part) + 1));
  int64_t n = 0;
  for (size_t at = part.find(what); at != part.npos; at = part.find(what, at + what.size())) ++n;
  return Value::of(n);
}

template <bool Begin>
Result<Value> begins(Run& run, const Value& self, const Args& a) {
  const std::string& text = own(self);
  OINF_TRY(run.step());
  size_t begin = 0, end = 0;
  OINF_ASSIGN(const bool open, window(a, text, begin, end));
  const std::string_view part = std::string_view(text).substr(begin, open ? end - begin : 0);
  const Value* what = argument(a, 0, "prefix");
  if (what == nullptr) return failure("startswith() takes at least 1 argument (0 given)");
  const auto fits = [&](const Value& v) {
    return open && v.is_string() && (Begin ? part.starts_with(*v.text()) : part.ends_with(*v.text()));
  };
  if (what->is_undefined()) return failure(what->why_undefined());
  if (what->is_tuple()) return Value::of(std::any_of(what->items()->begin(), what->items()->end(), fits));
  if (!what->is_string())
    return failure(std::string(Begin ? "startswith" : "endswith") + " first arg must be str or a tuple of str, not " +
                   std::string(what->type_name()));
  return Value::of(fits(*what));
}

Result<Value> replace(Run& run, const Value& self, const Args& a) {
  OINF_ASSIGN(const std::string from, text_argument(a, 0, "old", ""));
  OINF_ASSIGN(const std::string to, text_argument(a, 1, "new", ""));
  OINF_ASSIGN(int64_t most, integer_argument(a, 2, "count", -1));
  const std::string& text = own(self);
  std::string out;
  size_t done = 0;
  for (size_t at = 0; most != 0; --most) {
    if (from.empty()) {
      OINF_TRY(run.grow(to.size() + 1));
      out += to;
      if (at >= text.size()) break;
      const size_t n = std::max<size_t>(1, utf8_length(text, at));
      out.append(text, at, n);
      done = at += n;
      continue;
    }
    at = text.find(from, at);
    if (at == text.npos) break;
    OINF_TRY(run.grow(to.size() + (at - done)));
    out.append(text, done, at - done).append(to);
    done = at += from.size();
  }
  out.append(text, std::min(done, text.size()));
  return run.text(std::move(out));
}

Result<Value> join(Run& run, const Value& self, const Args& a) {
  if (a.positional.size() != 1) return failure("str.join() takes exactly one argument");
  OINF_ASSIGN(const List members, iterated(run, a.positional[0]));
  std::string out;
  for (size_t i = 0; i < members.size(); ++i) {
    if (!members[i].is_string())
      return failure("sequence item " + std::to_string(i) + ": expected str instance, " +
                     std::string(members[i].type_name()) + " found");
    if (i > 0) out += own(self);
    out += *members[i].text();
    OINF_TRY(run.grow(own(self).size() + members[i].text()->size()));
  }
  return Value::of(std::move(out));
}

enum class Side { left, right, both };
template <Side S>
Result<Value> justify(Run& run, const Value& self, const Args& a) {
  OINF_ASSIGN(const int64_t width, integer_argument(a, 0, "width", 0));
  OINF_ASSIGN(const std::string fill, text_argument(a, 1, "fillchar", " "));
  const auto size = static_cast<int64_t>(character_count(own(self)));
  if (width <= size) return self;
  const auto missing = static_cast<uint64_t>(width - size);
  OINF_TRY(run.grow(own(self).size() + missing * fill.size()));
  const uint64_t left = S == Side::left    ? 0
                        : S == Side::right ? missing
                                           : missing / 2 + (missing & static_cast<uint64_t>(width) & 1u);
  std::string out;
  for (uint64_t i = 0; i < left; ++i) out += fill;
  out += own(self);
  for (uint64_t i = left; i < missing; ++i) out += fill;
  return Value::of(std::move(out));
}

Result<Value> zfill(Run& run, const Value& self, const Args& a) {
  OINF_ASSIGN(const int64_t width, integer_argument(a, 0, "width", 0));
  const std::string& text = own(self);
  const auto size = static_cast<int64_t>(character_count(text));
  if (width <= size) return self;
  OINF_TRY(run.grow(static_cast<uint64_t>(width)));
  const size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  return Value::of(text.substr(0, sign) + std::string(static_cast<size_t>(width - size), '0') + text.substr(sign));
}

template <bool Prefix>
Result<Value> remove(Run& run, const Value& self, const Args& a) {
  OINF_ASSIGN(const std::string what, text_argument(a, 0, "prefix", ""));
  const std::string& text = own(self);
  if (what.empty() || !(Prefix ? text.starts_with(what) : text.ends_with(what))) return self;
  return run.text(Prefix ? text.substr(what.size()) : text.substr(0, text.size() - what.size()));
}

// Every character is in the class, and there is one.
template <bool (*In)(uint32_t)>
Result<Value> all_in(Run& run, const Value& self, const Args&) {
  OINF_TRY(run.step(1 + own(self).size() / 16));
  bool all = !own(self).empty();
  for_each_character(own(self), [&](uint32_t code, size_t, size_t) { all = all && In(code); });
  return Value::of(all);
}
bool is_letter_or_number(uint32_t code) { return is_letter(code) || is_numeric(code); }
bool is_ascii(uint32_t code) { return code < 0x80; }
bool is_blank(uint32_t code) { return is_white_space(code) || (code >= 0x1C && code <= 0x1F); }

template <bool Upper>
Result<Value> has_case(Run& run, const Value& self, const Args&) {
  OINF_TRY(run.step(1 + own(self).size() / 16));
  const std::string &text = own(self), low = lower_case(text), high = upper_case(text);
  return Value::of(text == (Upper ? high : low) && low != high);
}

Result<Value> format_braces(Run& run, const Value& self, const Args& a) {
  const std::string& text = own(self);
  std::string out;
  size_t next = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c == '{' || c == '}') && i + 1 < text.size() && text[i + 1] == c) {
      out.push_back(c);
      ++i;
      continue;
    }
    if (c == '}') return failure("Single '}' encountered in format string");
    if (c != '{') {
      out.push_back(c);
      continue;
    }
    const size_t end = text.find('}', i);
    if (end == text.npos) return failure("Single '{' encountered in format string");
    const std::string name = text.substr(i + 1, end - i - 1);
    if (name.find_first_of("!:.[") != name.npos) return failure("str.format with a format specification");
    const Value* value = nullptr;
    if (name.empty()) {
      value = argument(a, next++, "");
    } else if (name.find_first_not_of("0123456789") == name.npos && name.size() < 6) {
      value = argument(a, static_cast<size_t>(std::stoul(name)), "");
    } else {
      value = argument(a, a.positional.size(), name);
    }
    if (value == nullptr) return failure("str.format has no argument for {" + name + "}");
    out += to_text(*value);
    OINF_TRY(run.grow(out.size() / 8));
    i = end;
  }
  return run.text(std::move(out));
}

struct Named {
  std::string_view name;
  Function function;
};
constexpr Named kMethods[] = {
    {"strip", strip<true, true>},
    {"lstrip", strip<true, false>},
    {"rstrip", strip<false, true>},
    {"split", split<false>},
    {"rsplit", split<true>},
    {"splitlines", splitlines},
    {"partition", partition<false>},
    {"rpartition", partition<true>},
    {"find", find<false, false>},
    {"rfind", find<true, false>},
    {"index", find<false, true>},
    {"rindex", find<true, true>},
    {"count", count},
    {"startswith", begins<true>},
    {"endswith", begins<false>},
    {"replace", replace},
    {"join", join},
    {"ljust", justify<Side::left>},
    {"rjust", justify<Side::right>},
    {"center", justify<Side::both>},
    {"zfill", zfill},
    {"removeprefix", remove<true>},
    {"removesuffix", remove<false>},
    {"lower", [](Run& run, const Value& self, const Args&) { return run.text(lower_case(own(self))); }},
    {"casefold", [](Run& run, const Value& self, const Args&) { return run.text(lower_case(own(self))); }},
    {"upper", [](Run& run, const Value& self, const Args&) { return run.text(upper_case(own(self))); }},
    {"capitalize", [](Run& run, const Value& self, const Args&) { return run.text(capitalized(own(self))); }},
    {"title", [](Run& run, const Value& self, const Args&) { return run.text(title_case(own(self))); }},
    {"swapcase", [](Run& run, const Value& self, const Args&) { return run.text(swapped_case(own(self))); }},
    {"isdigit", all_in<is_decimal>},
    {"isdecimal", all_in<is_decimal>},
    {"isnumeric", all_in<is_numeric>},
    {"isalpha", all_in<is_letter>},
    {"isalnum", all_in<is_letter_or_number>},
    {"isspace", all_in<is_blank>},
    {"isascii",
     [](Run& run, const Value& self, const Args& a) {
       return own(self).empty() ? Result<Value>(Value::of(true)) : all_in<is_ascii>(run, self, a);
     }},
    {"islower", has_case<false>},
    {"isupper", has_case<true>},
    {"format", format_braces},
};

// One conversion of printf style, its flags and width already read.
Result<std::string> converted(char kind, const std::string& flags, const Value& value) {
  if (value.is_undefined() && kind != 's') return failure(value.why_undefined());
  std::array<char, 512> buffer{};
  const auto print = [&](const char* type, auto number) {
    const std::string format = "%" + flags + type;
    std::snprintf(buffer.data(), buffer.size(), format.c_str(), number);
    return std::string(buffer.data());
  };
  if (kind == 's' || kind == 'r') {
    std::string text = kind == 's' ? to_text(value) : representation(value);
    const size_t dot = flags.find('.');
    if (dot != flags.npos) {
      const auto all = characters(text);
      const auto most = static_cast<size_t>(std::atoi(flags.c_str() + dot + 1));
      if (most < all.size()) text.resize(static_cast<size_t>(all[most].data() - text.data()));
    }
    const auto width = static_cast<size_t>(std::abs(std::atoi(flags.c_str())));
    const size_t size = character_count(text);
    if (width > size) text.insert(flags[0] == '-' ? text.size() : 0, width - size, ' ');
    return text;
  }
  if (!value.is_number())
    return failure(std::string("%") + kind + " format: a real number is required, not " +
                   std::string(value.type_name()));
  if (kind == 'd' || kind == 'i' || kind == 'u') return print("lld", static_cast<long long>(value.integer()));
  const std::string type = (kind == 'x' || kind == 'X' || kind == 'o' ? "ll" : "") + std::string(1, kind);
  if (type.size() > 1) return print(type.c_str(), static_cast<long long>(value.integer()));
  return print(type.c_str(), value.number());
}

}  // namespace

Function string_method(std::string_view name) {
  for (const Named& m : kMethods)
    if (m.name == name) return m.function;
  return nullptr;
}

Result<Value> printf_style(Run& run, std::string_view format, const Value& values) {
  const List one{values};
  const List& given = values.is_tuple() ? *values.items() : one;
  size_t next = 0;
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out.push_back(format[i]);
      continue;
    }
    if (++i >= format.size()) return failure("incomplete format");
    if (format[i] == '%') {
      out.push_back('%');
      continue;
    }
    const Value* value = nullptr;
    if (format[i] == '(') {
      const size_t end = format.find(')', i);
      if (end == format.npos) return failure("incomplete format key");
      const Dict* dict = values.dict();
      if (dict == nullptr) return failure("format requires a mapping");
      value = dict->find(format.substr(i + 1, end - i - 1));
      i = end + 1;
      next = given.size();
    }
    std::string flags;
    while (i < format.size() && std::string_view("-+ 0#.123456789").find(format[i]) != std::string_view::npos)
      flags.push_back(format[i++]);
    if (i >= format.size()) return failure("incomplete format");
    const size_t dot = flags.find('.');
    const int width = std::abs(std::atoi(flags.c_str())),
              digits = dot == flags.npos ? 0 : std::atoi(flags.c_str() + dot + 1);
    if (flags.size() > 8 || width > 150 || digits > 50) return failure("a format's width is too large");
    if (std::string_view("srdiuxXofFeEgG").find(format[i]) == std::string_view::npos)
      return failure(std::string("unsupported format character '") + format[i] + "'");
    if (value == nullptr) {
      if (next >= given.size()) return failure("not enough arguments for format string");
      value = &given[next++];
    }
    OINF_ASSIGN(const std::string text, converted(format[i], flags, *value));
    out += text;
    OINF_TRY(run.grow(text.size()));
  }
  if (next < given.size() && values.dict() == nullptr)
    return failure("not all arguments converted during string formatting");
  return run.text(std::move(out));
}

}  // namespace openinfer::jinja
