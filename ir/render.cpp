#include <algorithm>
#include <tuple>

#include "ir/diagnostic.h"
#include "ir/utf8.h"

namespace openinfer {
namespace {

// Columns of a long source line that are shown on each side of the place; lines up to twice that are shown whole.
constexpr size_t kHalf = 80;

// What a terminal can show: tabs are a space, control characters and broken UTF-8 are U+FFFD. One entry a column.
std::vector<std::string_view> columns(std::string_view line) {
  constexpr std::string_view kBroken = "\xEF\xBF\xBD";
  std::vector<std::string_view> list;
  for (size_t at = 0; at < line.size();) {
    const size_t n = utf8_length(line, at);
    const auto c = static_cast<unsigned char>(line[at]);
    if (c == '\t')
      list.push_back(" ");
    else if (n == 0 || c < 0x20 || c == 0x7F)
      list.push_back(kBroken);
    else
      list.push_back(line.substr(at, n));
    at += n == 0 ? 1 : n;
  }
  return list;
}

// A message must stay on its lines whatever names it quotes.
std::string printable(std::string_view text) {
  std::string s;
  for (std::string_view column : columns(text)) s += column;
  return s;
}

bool has_source(Span span, const SourceMap* sources) {
  return sources != nullptr && span.valid() && span.file < sources->size() &&
         span.begin <= sources->text(span.file).size();
}

class Writer {
 public:
  Writer(const Diagnostic& diagnostic, const SourceMap* sources) : sources_(sources) {
    measure(diagnostic.span);
    for (const Note& note : diagnostic.notes) measure(note.span);
    text_ = "error[" + std::string(code_name(diagnostic.code)) + "]: " + printable(diagnostic.message) + "\n";
    excerpt(diagnostic.span);
    for (size_t i = 0; i < diagnostic.notes.size(); ++i) {
      const Note& note = diagnostic.notes[i];
      const auto same = [&](const Note& other) { return other.message == note.message && other.span == note.span; };
      if (std::any_of(diagnostic.notes.begin(), diagnostic.notes.begin() + static_cast<ptrdiff_t>(i), same)) continue;
      if (has_source(note.span, sources_)) {
        text_ += "note: " + printable(note.message) + "\n";
        excerpt(note.span);
      } else {
        remark("note", note.message);
      }
    }
    if (!diagnostic.help.empty()) remark("help", diagnostic.help);
  }

  std::string take() { return std::move(text_); }

 private:
  void measure(Span span) {
    if (has_source(span, sources_))
      gutter_ = std::max(gutter_, std::to_string(sources_->line_column(span.file, span.begin).line).size());
  }

  void remark(const char* kind, const std::string& message) {
    text_ += std::string(gutter_, ' ') + " = " + kind + ": " + printable(message) + "\n";
  }

  void margin(const std::string& number) { text_ += std::string(gutter_ - number.size(), ' ') + number + " |"; }

  void excerpt(Span span) {
    if (!has_source(span, sources_)) return;
    const LineColumn at = sources_->line_column(span.file, span.begin);
    text_ += std::string(gutter_, ' ') + "--> " + printable(sources_->name(span.file)) + ":" + std::to_string(at.line) +
             ":" + std::to_string(at.column) + "\n";
    const std::string_view line = sources_->line_text(span.file, at.line);
    const auto line_begin = static_cast<size_t>(line.data() - sources_->text(span.file).data());
    const size_t begin = std::min<size_t>(span.begin - std::min<size_t>(span.begin, line_begin), line.size());
    const size_t end = std::clamp<size_t>(span.end < line_begin ? 0 : span.end - line_begin, begin, line.size());

    // Only a window of a very long line: a generated file must not fill the terminal, nor cost more than its length.
    const bool whole = line.size() <= 2 * kHalf;
    const size_t most = whole ? line.size() : kHalf;
    size_t from = !whole && begin > 4 * kHalf ? begin - 4 * kHalf : 0;
    while (from < begin && (static_cast<unsigned char>(line[from]) & 0xC0) == 0x80) ++from;
    auto before = columns(line.substr(from, begin - from));
    auto behind = columns(line.substr(begin, 4 * kHalf));
    const bool cut = from > 0 || before.size() > most;
    if (before.size() > most) before.erase(before.begin(), before.end() - static_cast<ptrdiff_t>(most));
    const bool cut_behind = line.size() > begin + 4 * kHalf || behind.size() > most;
    if (behind.size() > most) behind.resize(most);
    std::string source = cut ? "…" : "";
    for (std::string_view column : before) source += column;
    for (std::string_view column : behind) source += column;
    if (cut_behind) source += "…";
    const size_t marked = columns(line.substr(begin, std::min(end - begin, 4 * kHalf))).size();

    margin("");
    text_ += "\n";
    margin(std::to_string(at.line));
    text_ += (source.empty() ? "" : " " + source) + "\n";
    margin("");
    text_ += " " + std::string(before.size() + (cut ? 1 : 0), ' ') +
             std::string(std::clamp<size_t>(marked, 1, kHalf), '^') + "\n";
  }

  const SourceMap* sources_;
  size_t gutter_ = 1;
  std::string text_;
};

}  // namespace

std::string render(const Diagnostic& diagnostic, const SourceMap& sources) {
  return Writer(diagnostic, &sources).take();
}

std::string render(const Diagnostic& diagnostic) { return Writer(diagnostic, nullptr).take(); }

std::string render(const Diagnostics& diagnostics, const SourceMap& sources) {
  // By place, of equal ones in the order of their finding.
  std::vector<std::tuple<FileId, uint32_t, size_t>> order;
  for (size_t i = 0; i < diagnostics.size(); ++i)
    order.emplace_back(diagnostics[i].span.file, diagnostics[i].span.begin, i);
  std::sort(order.begin(), order.end());
  std::string text, last;
  for (const auto& [file, begin, i] : order) {
    std::string one = render(diagnostics[i], sources);
    if (one == last) continue;
    if (!text.empty()) text += "\n";
    text += one;
    last = std::move(one);
  }
  return text;
}

}  // namespace openinfer
