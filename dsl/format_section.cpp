#include <algorithm>

#include "dsl/formatter.h"
#include "dsl/wrap.h"

namespace openinfer::dsl {
namespace {

constexpr size_t kOneLineColumns = 100;

void pad(std::string& text, size_t width) {
  const size_t now = columns(text);
  if (now < width) text.append(width - now, ' ');
}

// Whether an empty line stands anywhere above it.
bool stands_apart(const Trivia& trivia) {
  const auto& above = trivia.leading;
  return trivia.blank_before || (trivia.blank_below && !above.empty()) ||
         std::any_of(above.begin(), above.end(), [](const Comment& c) { return c.blank_before; });
}

}  // namespace

template <class Entry, class Spell>
std::optional<std::string> Formatter::one_line(std::string_view word, const std::vector<Entry>& entries, size_t most,
                                               const std::vector<Comment>& tail, const Trivia& trivia,
                                               Spell spell) const {
  if (entries.size() > most || !tail.empty() || !trivia.opening.empty()) return std::nullopt;
  if (entries.empty()) return std::string(word) + " {}";
  std::string line = std::string(word) + " {";
  bool first = true;
  for (const Entry& entry : entries) {
    if (!entry.trivia.leading.empty() || !entry.trivia.trailing.empty()) return std::nullopt;
    if (entry.trivia.blank_before && !first) return std::nullopt;
    line += first ? " " : "  ";
    spell(line, entry);
    first = false;
  }
  line += " }";
  if (indent_ + columns(line) > kOneLineColumns) return std::nullopt;
  return line;
}

void Formatter::sizes(const SizesSection& section, const Trivia& trivia, size_t on_one_line) {
  const auto spell = [&](std::string& line, const SizeDef& size) {
    line.append(size.name.text).append(size.if_absent ? " ?= " : " = ");
    spell_.expr(line, size.value, Speller::Style::airy);
    line += ";";
  };
  if (const auto line = one_line("sizes", section.sizes, on_one_line, section.tail, trivia, spell))
    return statement(*line, trivia.trailing);
  open("sizes {", trivia.opening);
  for (const SizeDef& size : section.sizes) {
    above(size.trivia);
    std::string line;
    spell(line, size);
    statement(line, size.trivia.trailing);
  }
  close(section.tail, "}", trivia.trailing);
}

void Formatter::memory(const MemorySection& section) {
  const auto spell = [&](std::string& line, const Decl& decl) {
    spell_.indexed_name(line, decl.name, decl.indices);
    line += ": ";
    spell_.type(line, decl.type);
    if (!decl.attributes.empty()) line += " ";
    spell_.attributes(line, decl.attributes);
    line += ";";
  };
  const std::string word(name(section.kind));
  if (const auto line = one_line(word, section.decls, 1, section.tail, section.trivia, spell))
    return statement(*line, section.trivia.trailing);
  open(word + " {", section.trivia.opening);
  decls(section.decls);
  close(section.tail, "}", section.trivia.trailing);
}

void Formatter::decls(const std::vector<Decl>& decls) {
  for (size_t begin = 0; begin < decls.size();) {
    // Names, types and attributes of declarations without an empty line between them stand in columns.
    size_t end = begin + 1;
    while (end < decls.size() && !stands_apart(decls[end].trivia)) ++end;
    std::vector<std::string> names, types;
    size_t name_width = 0, type_width = 0;
    for (size_t i = begin; i < end; ++i) {
      spell_.indexed_name(names.emplace_back(), decls[i].name, decls[i].indices);
      names.back() += ":";
      spell_.type(types.emplace_back(), decls[i].type);
      name_width = std::max(name_width, columns(names.back()));
      if (!decls[i].attributes.empty()) type_width = std::max(type_width, columns(types.back()));
    }
    for (size_t i = begin; i < end; ++i) {
      above(decls[i].trivia);
      std::string line = names[i - begin];
      pad(line, name_width);
      line.append(" ").append(types[i - begin]);
      size_t hang = indent_ + 4;
      if (!decls[i].attributes.empty()) {
        pad(line, name_width + 1 + type_width);
        line += " ";
        // What does not fit stands under the first argument of the first attribute.
        if (!decls[i].attributes[0].args.empty())
          hang = indent_ + columns(line) + decls[i].attributes[0].name.text.size() + 2;
        spell_.attributes(line, decls[i].attributes);
      }
      statement(line + ";", decls[i].trivia.trailing, hang);
    }
    begin = end;
  }
}

}  // namespace openinfer::dsl
