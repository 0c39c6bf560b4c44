// Filters of texts.
#include <algorithm>
#include <array>
#include <cmath>

#include "ir/utf8.h"
#include "oinf/text/jinja/filters.h"
#include "oinf/text/unicode.h"

namespace openinfer::jinja {

namespace {

using Args = Arguments;

// A filter that is a method of str, on anything's text.
template <const char* Name>
Result<Value> method(Run& run, const Value& v, const Args& a) {
  return string_method(Name)(run, v.is_string() ? v : Value::of(to_text(v)), a);
}
constexpr char kLower[] = "lower", kUpper[] = "upper", kCapitalize[] = "capitalize", kTrim[] = "strip",
               kReplace[] = "replace", kCenter[] = "center";

Result<Value> center(Run& run, const Value& v, const Args& a) {
  OINF_ASSIGN(const int64_t width, integer_argument(a, 0, "width", 80));
  return string_method(kCenter)(run, Value::of(to_text(v)), {{Value::of(width)}, {}});
}

Result<Value> escape(Run& run, const Value& v, const Args&) {
  std::string out;
  for (const char c : to_text(v)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out.push_back(c);
    }
  }
  return run.text(std::move(out));
}

Result<Value> string(Run& run, const Value& v, const Args&) { return v.is_string() ? v : run.text(to_text(v)); }

Result<Value> tojson(Run& run, const Value& v, const Args& a) {
  JsonStyle style;
  style.ascii = truth_argument(a, 9, "ensure_ascii", false);
  style.sort_keys = truth_argument(a, 9, "sort_keys", false);
  OINF_ASSIGN(const int64_t indent, integer_argument(a, 0, "indent", -1));
  style.indent = static_cast<int>(std::clamp<int64_t>(indent, -1, 64));
  if (const Value* separators = argument(a, 9, "separators"); separators != nullptr && separators->items() != nullptr) {
    if (separators->items()->size() != 2) return failure("separators are a pair");
    style.item_separator = to_text((*separators->items())[0]);
    style.key_separator = to_text((*separators->items())[1]);
  }
  OINF_ASSIGN(std::string text, to_json(v, style));
  return run.text(std::move(text));
}

Result<Value> indent(Run& run, const Value& v, const Args& a) {
  const Value* width = argument(a, 0, "width");
  const bool first = truth_argument(a, 1, "first", false), blank = truth_argument(a, 2, "blank", false);
  std::string pad;
  if (width != nullptr && width->is_string()) {
    pad = *width->text();
  } else {
    OINF_ASSIGN(const int64_t spaces, integer_argument(a, 0, "width", 4));
    if (spaces > 10000) return failure("the indentation is too wide");
    pad.assign(static_cast<size_t>(std::max<int64_t>(0, spaces)), ' ');
  }
  const std::string text = to_text(v);
  std::string out = first ? pad : "";
  for (size_t at = 0, line = 0; at < text.size() || line == 0; ++line) {
    size_t end = text.find('\n', at);
    const bool last = end == text.npos;
    if (last) end = text.size();
    if (line > 0 && (blank || end > at)) out += pad;
    out.append(text, at, end - at);
    OINF_TRY(run.grow(pad.size() + end - at));
    if (last) break;
    out.push_back('\n');
    at = end + 1;
    if (at == text.size() && blank) out += pad;
  }
  return Value::of(std::move(out));
}

Result<Value> format(Run& run, const Value& v, const Args& a) {
  if (a.named.empty()) return printf_style(run, to_text(v), Value::tuple(a.positional));
  Dict dict;
  for (const auto& [key, value] : a.named) dict.set(Value::of(key), value);
  return printf_style(run, to_text(v), Value::of(std::move(dict)));
}

Result<Value> truncate(Run& run, const Value& v, const Args& a) {
  OINF_ASSIGN(const int64_t length, integer_argument(a, 0, "length", 255));
  const bool kill_words = truth_argument(a, 1, "killwords", false);
  OINF_ASSIGN(const std::string tail, text_argument(a, 2, "end", "..."));
  OINF_ASSIGN(const int64_t leeway, integer_argument(a, 3, "leeway", 5));
  const std::string text = to_text(v);
  const auto all = characters(text);
  const auto kept = length - static_cast<int64_t>(character_count(tail));
  if (kept < 0) return failure("expected length >= the length of the end");
  if (static_cast<int64_t>(all.size()) <= length + leeway) return run.text(text);
  std::string head;
  for (size_t i = 0; i < std::min(all.size(), static_cast<size_t>(kept)); ++i) head += all[i];
  if (!kill_words) head = head.substr(0, head.rfind(' '));
  return run.text(head + tail);
}

Result<Value> wordcount(Run& run, const Value& v, const Args&) {
  int64_t words = 0;
  bool inside = false;
  const std::string text = to_text(v);
  OINF_TRY(run.step(1 + text.size() / 16));
  for_each_character(text, [&](uint32_t code, size_t, size_t) {
    const bool word = is_word(code);
    if (word && !inside) ++words;
    inside = word;
  });
  return Value::of(words);
}

Result<Value> urlencode(Run& run, const Value& v, const Args&) {
  const auto encoded = [](const std::string& text) {
    std::string out;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      const bool plain = (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') ||
                         std::string_view("_.-~/").find(c) != std::string_view::npos;
      if (plain) {
        out.push_back(c);
      } else {
        out += {'%', "0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
      }
    }
    return out;
  };
  if (v.dict() == nullptr) return run.text(encoded(to_text(v)));
  std::string out;
  for (const auto& [key, value] : v.dict()->entries)
    out += (out.empty() ? "" : "&") + encoded(to_text(key)) + "=" + encoded(to_text(value));
  return run.text(std::move(out));
}

Result<Value> striptags(Run& run, const Value& v, const Args&) {
  const std::string text = to_text(v);
  std::string out;
  bool inside = false, blank = false;
  for (const char c : text) {
    if (c == '<') inside = true;
    if (!inside) {
      const bool space = c == ' ' || (c >= '\t' && c <= '\r');
      if (!space && blank && !out.empty()) out.push_back(' ');
      if (!space) out.push_back(c);
      blank = space;
    }
    if (c == '>') inside = false;
  }
  return run.text(std::move(out));
}

Result<Value> filesizeformat(Run& run, const Value& v, const Args& a) {
  if (!v.is_number()) return failure("filesizeformat needs a number");
  const bool binary = truth_argument(a, 0, "binary", false);
  const double base = binary ? 1024 : 1000, bytes = v.number();
  constexpr std::array<const char*, 8> kDecimal = {"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"};
  constexpr std::array<const char*, 8> kBinary = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"};
  if (bytes == 1) return run.text("1 Byte");
  if (bytes < base) return run.text(std::to_string(static_cast<int64_t>(bytes)) + " Bytes");
  double unit = base;
  for (size_t i = 0;; ++i) {
    if (bytes < unit * base || i + 1 == kDecimal.size()) {
      char buffer[64];
      std::snprintf(buffer, sizeof buffer, "%.1f %s", bytes / unit, binary ? kBinary[i] : kDecimal[i]);
      return run.text(buffer);
    }
    unit *= base;
  }
}

Result<Value> xmlattr(Run& run, const Value& v, const Args& a) {
  if (v.dict() == nullptr) return failure("xmlattr needs a mapping");
  std::string out;
  for (const auto& [key, value] : v.dict()->entries) {
    if (value.is_none() || value.is_undefined()) continue;
    OINF_ASSIGN(const Value escaped, escape(run, value, {}));
    out += (out.empty() ? "" : " ") + to_text(key) + "=\"" + *escaped.text() + "\"";
  }
  if (!out.empty() && truth_argument(a, 0, "autospace", true)) out.insert(0, " ");
  return run.text(std::move(out));
}

Result<Value> title(Run& run, const Value& v, const Args&) {
  // Words begin behind blanks, dashes and opening brackets here, unlike in str.title().
  std::string out;
  bool first = true;
  const std::string text = to_text(v);
  for_each_character(text, [&](uint32_t code, size_t at, size_t length) {
    const std::string one = text.substr(at, length);
    out += first ? upper_case(one) : lower_case(one);
    first = code == '-' || code == '(' || code == '{' || code == '[' || code == '<' || is_white_space(code);
  });
  return run.text(std::move(out));
}

Result<Value> pprint(Run& run, const Value& v, const Args&) { return run.text(representation(v)); }

}  // namespace

std::string without_blanks(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\n\r\v\f"), end = text.find_last_not_of(" \t\n\r\v\f");
  return begin == text.npos ? std::string() : text.substr(begin, end - begin + 1);
}

std::span<const NamedFilter> text_filters() {
  static constexpr NamedFilter kFilters[] = {
      {"capitalize", method<kCapitalize>},
      {"center", center},
      {"e", escape},
      {"escape", escape},
      {"filesizeformat", filesizeformat},
      {"forceescape", escape},
      {"format", format},
      {"indent", indent},
      {"lower", method<kLower>},
      {"pprint", pprint},
      {"replace", method<kReplace>},
      {"safe", string},
      {"string", string},
      {"striptags", striptags},
      {"title", title},
      {"tojson", tojson},
      {"trim", method<kTrim>},
      {"truncate", truncate},
      {"upper", method<kUpper>},
      {"urlencode", urlencode},
      {"wordcount", wordcount},
      {"xmlattr", xmlattr},
  };
  return kFilters;
}

}  // namespace openinfer::jinja
