#include "ir/source.h"

#include <algorithm>

namespace openinfer {

FileId SourceMap::add(std::string name, std::string text) {
  File& file = files_.emplace_back(File{std::move(name), std::move(text), {0}});
  for (size_t i = 0; i < file.text.size(); ++i)
    if (file.text[i] == '\n') file.lines.push_back(static_cast<uint32_t>(i + 1));
  return static_cast<FileId>(files_.size() - 1);
}

LineColumn SourceMap::line_column(FileId file, uint32_t offset) const {
  const File& f = files_[file];
  const auto line = std::upper_bound(f.lines.begin(), f.lines.end(), offset) - f.lines.begin();
  uint32_t column = 1;
  for (size_t i = f.lines[static_cast<size_t>(line) - 1]; i < offset && i < f.text.size(); ++i)
    if ((static_cast<unsigned char>(f.text[i]) & 0xC0) != 0x80) ++column;
  return {static_cast<uint32_t>(line), column};
}

std::string_view SourceMap::line_text(FileId file, uint32_t line) const {
  const File& f = files_[file];
  const size_t begin = f.lines[line - 1];
  size_t end = line < f.lines.size() ? f.lines[line] - 1 : f.text.size();
  if (end > begin && f.text[end - 1] == '\r') --end;
  return std::string_view(f.text).substr(begin, end - begin);
}

std::string SourceMap::place(Span span) const {
  if (!span.valid() || span.file >= files_.size()) return "?";
  const LineColumn at = line_column(span.file, span.begin);
  return std::string(name(span.file)) + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

}  // namespace openinfer
