// Lines that a person types: with editing and history on a terminal, as they come from a file or a pipe.
#pragma once

#include <memory>
#include <optional>
#include <string>

namespace openinfer {

class LineReader {
 public:
  LineReader();
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  [[nodiscard]] bool interactive() const;
  // Without its newline; nothing at the end of the input. The prompt is shown on a terminal only, on standard error. On
  // a terminal Ctrl-C gives up the line that is being typed: it is returned empty.
  std::optional<std::string> read(const char* prompt);

 private:
  struct Terminal;
  std::unique_ptr<Terminal> terminal_;
};

}  // namespace openinfer
