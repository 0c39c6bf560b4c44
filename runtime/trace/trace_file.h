// A JSON object whose last value is a list that grows, and that is whole after every append.
//
// The closing brackets stand behind what was written last; the next append writes what comes behind them, brackets
// included, and then overwrites the old ones. A process that dies between these two writes, or in the first, would
// leave more than one object. So a process of its own does them, which nothing but the trace's bytes can bring down: it
// ends when the one that runs the model has ended, however that came about, and then the file is whole.
//
// Entries go to it through memory that both share, in pieces of two slots by turns; a socket says what is in them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "ir/result.h"

namespace openinfer {

class TraceFile {
 public:
  // head: the object up to and with the list's first entry. "-" is standard output; there, and in pipes, the brackets
  // come at close. Errors: R0007.
  static Result<TraceFile> create(const std::string& path, std::string_view head);
  TraceFile(TraceFile&& other) noexcept;
  TraceFile& operator=(TraceFile&&) = delete;
  ~TraceFile();

  // entries: each with ",\n" before it, at least one. Errors: R0007, perhaps of an append before; the file then is what
  // it was before that.
  Status append(std::string_view entries);
  // Everything is in the file. Once. R0007.
  Status close();

 private:
  explicit TraceFile(std::string path) : path_(std::move(path)) {}
  Status start_keeper(uint64_t end);
  int hand_over(std::string_view piece, bool last);
  [[nodiscard]] Diagnostic failed(int error) const;

  std::string path_;
  int fd_ = -1;      // of a pipe
  int socket_ = -1;  // to the keeper of a file
  char* slots_ = nullptr;
  uint64_t pieces_ = 0;  // handed over
  pid_t keeper_ = -1;
};

}  // namespace openinfer
