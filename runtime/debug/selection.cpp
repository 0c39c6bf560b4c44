#include "runtime/debug/selection.h"

#include <algorithm>
#include <charconv>

namespace openinfer {
namespace {

void skip(std::string_view& text) {
  while (!text.empty() && (text[0] == ' ' || text[0] == '\t')) text.remove_prefix(1);
}

bool take(std::string_view& text, std::string_view word) {
  skip(text);
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

std::string_view take_name(std::string_view& text) {
  skip(text);
  size_t n = 0;
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  while (n < text.size() && (letter(text[n]) || (n > 0 && text[n] >= '0' && text[n] <= '9'))) ++n;
  const std::string_view name = text.substr(0, n);
  text.remove_prefix(n);
  return name;
}

}  // namespace

Result<Selection> parse_selection(std::string_view& text,
                                  const std::function<std::optional<int64_t>(std::string_view)>& number) {
  Selection s;
  s.name = take_name(text);
  if (s.name.empty()) return Diagnostic(Code::U0001, "a name is missing");
  if (!take(text, "[")) return s;
  std::optional<Diagnostic> error;
  const auto bound = [&]() -> std::optional<int64_t> {
    skip(text);
    int64_t n = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (code == std::errc()) {
      text.remove_prefix(static_cast<size_t>(end - text.data()));
      return n;
    }
    const std::string_view name = take_name(text);
    if (name.empty()) return std::nullopt;
    const auto value = number(name);
    if (!value) error = Diagnostic(Code::I0002, "`" + std::string(name) + "` is no number here");
    return value;
  };
  if (take(text, "]")) return s;
  while (true) {
    Selection::Axis axis;
    axis.lo = bound();
    if (error) return *error;
    if (take(text, "..")) {
      axis.range = true;
      axis.hi = bound();
      if (error) return *error;
    } else if (!axis.lo) {
      return Diagnostic(Code::U0001, "an index is missing in `" + s.name + "[…]`");
    }
    s.axes.push_back(axis);
    if (take(text, "]")) return s;
    if (!take(text, ",")) return Diagnostic(Code::U0001, "`]` is missing behind `" + s.name + "[`");
  }
}

Result<Part> part_of(const Selection& selection, size_t from, const Shape& shape) {
  Part p;
  if (selection.axes.size() > from + static_cast<size_t>(shape.rank()))
    return Diagnostic(Code::I0004, "`" + selection.name + "` has " +
                                       std::to_string(from + static_cast<size_t>(shape.rank())) + " axes, given are " +
                                       std::to_string(selection.axes.size()));
  for (int a = 0; a < shape.rank(); ++a) {
    const size_t at = from + static_cast<size_t>(a);
    int64_t lo = 0, hi = shape[a];
    const bool given = at < selection.axes.size();
    if (given) {
      const Selection::Axis& axis = selection.axes[at];
      const auto from_end = [&](int64_t n) { return n < 0 ? n + shape[a] : n; };
      if (axis.lo) lo = from_end(*axis.lo);
      hi = axis.range && axis.hi ? from_end(*axis.hi) : shape[a];
      if (lo < 0 || hi < lo || hi > shape[a] || (!axis.range && lo == shape[a]))
        return Diagnostic(Code::R0001, "`" + selection.name + "`, axis " + std::to_string(at) + ", has " +
                                           std::to_string(shape[a]) + ": " + std::to_string(lo) +
                                           (axis.range ? ".." + std::to_string(hi) : "") + " is out of range");
      if (!axis.range) hi = lo + 1;
    }
    p.first.push_back(lo);
    p.size.push_back(hi - lo);
    if (!given || selection.axes[at].range) p.shape.push_back(hi - lo);
  }
  return p;
}

}  // namespace openinfer
