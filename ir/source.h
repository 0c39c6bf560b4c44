// Source texts and places in them. A Span is a half-open byte range of one file of a SourceMap.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace openinfer {

using FileId = uint32_t;
inline constexpr FileId kNoFile = 0xFFFFFFFFu;

struct Span {
  FileId file = kNoFile;
  uint32_t begin = 0;
  uint32_t end = 0;

  [[nodiscard]] bool valid() const { return file != kNoFile; }
  friend bool operator==(const Span&, const Span&) = default;
};

// From the beginning of a to the end of b; both in one file.
[[nodiscard]] inline Span join(Span a, Span b) {
  if (!a.valid()) return b;
  if (!b.valid() || a.file != b.file) return a;
  return {a.file, a.begin < b.begin ? a.begin : b.begin, a.end > b.end ? a.end : b.end};
}

struct LineColumn {
  uint32_t line = 0;    // from 1
  uint32_t column = 0;  // from 1, in Unicode code points
};

// Owns texts. Views stay valid as long as the map.
class SourceMap {
 public:
  // text: UTF-8, less than 4 GiB. name: as it is shown.
  FileId add(std::string name, std::string text);

  [[nodiscard]] size_t size() const { return files_.size(); }
  [[nodiscard]] std::string_view name(FileId file) const { return files_[file].name; }
  [[nodiscard]] std::string_view text(FileId file) const { return files_[file].text; }
  [[nodiscard]] std::string_view text(Span span) const {
    return text(span.file).substr(span.begin, span.end - span.begin);
  }
  [[nodiscard]] LineColumn line_column(FileId file, uint32_t offset) const;
  [[nodiscard]] std::string_view line_text(FileId file, uint32_t line) const;  // without its line end
  [[nodiscard]] std::string place(Span span) const;                            // "file:line:column"

 private:
  struct File {
    std::string name;
    std::string text;
    std::vector<uint32_t> lines;  // offset at which each line begins
  };
  std::deque<File> files_;
};

}  // namespace openinfer
