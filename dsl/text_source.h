// Where the texts of a graph come from: a directory, or a package that carries them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/result.h"

namespace openinfer::dsl {

class TextSource {
 public:
  virtual ~TextSource() = default;
  // path: normalised, with '/'. The error says why in one line, without a code of its own: load() gives it one.
  [[nodiscard]] virtual Result<std::string> read(const std::string& path) const = 0;
};

// Files, relative to the working directory.
class DirectorySource : public TextSource {
 public:
  [[nodiscard]] Result<std::string> read(const std::string& path) const override;
};

// Texts in memory, by path.
class MapSource : public TextSource {
 public:
  struct Entry {
    std::string path;
    std::string text;
  };
  explicit MapSource(std::vector<Entry> entries) : entries_(std::move(entries)) {}
  [[nodiscard]] Result<std::string> read(const std::string& path) const override;

 private:
  std::vector<Entry> entries_;
};

// path without "." and, where something stands before them, ".."; separators are '/'.
[[nodiscard]] std::string normalise_path(std::string_view path);
// What `path` names when it is written in the file `from`.
[[nodiscard]] std::string resolve_path(std::string_view from, std::string_view path);

}  // namespace openinfer::dsl
