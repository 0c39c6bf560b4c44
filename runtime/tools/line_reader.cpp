#include "runtime/tools/line_reader.h"

#include <histedit.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iostream>

namespace openinfer {

struct LineReader::Terminal {
  EditLine* line = nullptr;
  History* history = nullptr;
  const char* prompt = "";

  Terminal() : line(el_init("oinf-run", stdin, stderr, stderr)), history(history_init()) {
    HistEvent event;
    ::history(history, &event, H_SETSIZE, 1000);
    ::history(history, &event, H_SETUNIQUE, 1);
    el_set(line, EL_CLIENTDATA, this);
    el_set(line, EL_PROMPT, [](EditLine* of) {
      Terminal* self = nullptr;
      el_get(of, EL_CLIENTDATA, &self);
      return const_cast<char*>(self->prompt);  // libedit takes char* and does not write
    });
    el_set(line, EL_EDITOR, "emacs");
    el_set(line, EL_HIST, ::history, history);
    el_set(line, EL_SIGNAL, 1);
    el_source(line, nullptr);  // the person's own ~/.editrc
  }
  ~Terminal() {
    history_end(history);
    el_end(line);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
};

LineReader::LineReader() {
  if (isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0) terminal_ = std::make_unique<Terminal>();
}
LineReader::~LineReader() = default;

bool LineReader::interactive() const { return terminal_ != nullptr; }

std::optional<std::string> LineReader::read(const char* prompt) {
  std::string text;
  if (!terminal_) {
    if (!std::getline(std::cin, text)) return std::nullopt;
    return text;
  }
  terminal_->prompt = prompt;
  int count = 0;
  errno = 0;
  const char* line = el_gets(terminal_->line, &count);
  if (line == nullptr || count <= 0) {
    if (count < 0 && errno == EINTR) {
      el_reset(terminal_->line);
      std::fputs("\n", stderr);
      return text;
    }
    std::fputs("\n", stderr);
    return std::nullopt;
  }
  text.assign(line, static_cast<size_t>(count));
  if (text.find_first_not_of(" \t\n") != std::string::npos) {
    HistEvent event;
    ::history(terminal_->history, &event, H_ENTER, line);
  }
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace openinfer
