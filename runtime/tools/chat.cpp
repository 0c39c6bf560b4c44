#include "runtime/tools/chat.h"

#include <signal.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "oinf/atomic_file.h"
#include "runtime/adapters/input_value.h"
#include "runtime/chat/conversation.h"
#include "runtime/tools/chat_answer.h"
#include "runtime/tools/line_reader.h"

namespace openinfer {
namespace {

Session* answering = nullptr;
volatile sig_atomic_t interrupted = 0;
void on_interrupt(int) {
  interrupted = 1;
  if (answering != nullptr) answering->cancel();  // an atomic store
}

class Chat {
 public:
  Chat(Session& session, Conversation conversation, const std::string& input, const RunOptions& options)
      : session_(session),
        conversation_(std::move(conversation)),
        answer_(session, input, options.context_shift, options.stops) {}

  // `file`: what is gone on with, if it is there, and written at the end; empty: nothing.
  int run(const std::string& file, const std::string& system) {
    if (!file.empty())
      if (Status s = std::filesystem::exists(file) ? go_on(file) : SessionFile::writable(file); !s)
        return failed(s.error());
    if (!system.empty()) conversation_.set_system(system);
    const int status = talk();
    if (file.empty() || (status != 0 && status != 130)) return status;
    if (Status s = save(file); !s) return failed(s.error());
    return status;
  }

 private:
  int failed(const Diagnostic& d) const {
    std::cerr << render(d, session_.model().sources());
    return exit_status(d.code);
  }

  int talk() {
    if (reader_.interactive())
      std::cerr << session_.program().name << ": type, and it answers. /help lists what else there is.\n";
    while (!over_) {
      const auto message = read_message();
      if (!message) return interrupted != 0 ? 130 : 0;
      if (message->empty()) continue;
      const Status status = message->front() == '/' ? command(*message) : answer(*message);
      if (status.ok()) continue;
      const int wrong = failed(status.error());
      if (!reader_.interactive()) return wrong;
    }
    return 0;
  }

  struct Command {
    std::string_view name, takes, what;
    Status (Chat::*run)(const std::string& argument);
  };
  static std::span<const Command> commands() {
    static constexpr std::array<Command, 7> kAll = {{
        {"/help", "", "this list", &Chat::help},
        {"/load", " FILE", "go on with what was saved", &Chat::load},
        {"/quit", "", "end; so does the end of the input (Ctrl-D)", &Chat::quit},
        {"/reset", "", "forget what was said; the system's message stays", &Chat::reset},
        {"/save", " FILE", "write the conversation and its caches; a FILE.json gets the conversation alone",
         &Chat::save},
        {"/stats", "", "tokens and times of the last answer", &Chat::stats},
        {"/system", " TEXT", "tell the model what it is, and forget what was said", &Chat::system},
    }};
    return kAll;
  }

  // A line; several when one ends with a backslash or begins with three quotes, up to three quotes that end one.
  std::optional<std::string> read_message() {
    interrupted = 0;
    auto line = reader_.read("> ");
    if (!line) return std::nullopt;
    constexpr std::string_view kQuotes = "\"\"\"";
    if (line->starts_with(kQuotes)) {
      std::string text = line->substr(kQuotes.size());
      while (!text.ends_with(kQuotes)) {
        line = reader_.read(". ");
        if (!line) return std::nullopt;
        text += (text.empty() ? "" : "\n") + *line;
      }
      text.resize(text.size() - kQuotes.size());
      return text;
    }
    std::string text = std::move(*line);
    while (text.ends_with('\\')) {
      text.back() = '\n';
      line = reader_.read(". ");
      if (!line) break;
      text += *line;
    }
    return text;
  }

  Status answer(const std::string& message) {
    conversation_.add("user", message);
    std::string text;
    answering = &session_;
    Status status = answer_.to(conversation_, text);
    answering = nullptr;
    if (!status && status.error().code == Code::C0001) {
      std::cerr << "(stopped)\n";
      status = {};
    }
    if (!status) {
      conversation_.forget_last();
      return status;
    }
    conversation_.add("assistant", std::move(text));
    return {};
  }

  Status command(const std::string& line) {
    const std::string name = line.substr(0, line.find(' '));
    const size_t begin = line.find_first_not_of(' ', name.size());
    const std::string argument = begin == std::string::npos ? "" : line.substr(begin);
    std::vector<std::string_view> names;
    for (const Command& c : commands()) {
      names.push_back(c.name);
      if (c.name != name) continue;
      if (c.takes.empty() != argument.empty() && name != "/system")
        return Diagnostic(Code::U0001, name + (c.takes.empty() ? " takes nothing" : " takes" + std::string(c.takes)));
      return (this->*c.run)(argument);
    }
    Diagnostic unknown(Code::U0001, "no command `" + name + "`");
    const std::string_view near = nearest_name(name, names);
    return std::move(unknown).with_help(near.empty() ? "/help lists the commands"
                                                     : "did you mean `" + std::string(near) + "`?");
  }

  Status help(const std::string&) {
    for (const Command& c : commands())
      std::fprintf(stderr, "  %-14s %s\n", (std::string(c.name) + std::string(c.takes)).c_str(), c.what.data());
    std::cerr << "A line that ends with \\ goes on; lines between \"\"\" and \"\"\" are one message. Ctrl-C stops an "
                 "answer.\n";
    return {};
  }
  Status quit(const std::string&) {
    over_ = true;
    return {};
  }
  Status reset(const std::string&) {
    conversation_.clear();
    return session_.reset();
  }
  Status system(const std::string& text) {
    conversation_.set_system(text);
    return reset({});
  }
  Status save(const std::string& path) {
    const std::string json = conversation_.json();
    if (!path.ends_with(".json")) return session_.save(path, json);
    Status written = AtomicFile::write(path, std::as_bytes(std::span(json)));
    if (!written) return Diagnostic(Code::R0007, written.error().message);
    return {};
  }
  Status load(const std::string& path) {
    if (SessionFile::is_one(path)) return go_on(path);
    const auto json = read_input_file(path);
    const Status read = json ? conversation_.read_json(*json) : Status(json.error());
    return read ? read : Status(Diagnostic(Code::I0006, path + ": " + read.error().message));
  }
  Status go_on(const std::string& path) {
    OINF_ASSIGN(const SessionFile file, SessionFile::open(path));
    OINF_ASSIGN(Conversation said, Conversation::with(session_.model()));
    if (const std::string& json = file.content().conversation; !json.empty())
      if (Status read = said.read_json(json); !read) return Diagnostic(Code::I0006, path + ": " + read.error().message);
    OINF_TRY(session_.restore(file));
    conversation_ = std::move(said);
    return {};
  }
  Status stats(const std::string&) {
    const int64_t tokens = answer_.tokens(), prompt = answer_.prompt_tokens();
    const TokenTimes& times = answer_.times();
    if (prompt == 0) return Diagnostic(Code::U0001, "nothing was answered yet");
    std::fprintf(stderr, "conversation  %lld tokens", static_cast<long long>(prompt + tokens));
    if (answer_.context()) std::fprintf(stderr, " of %lld", static_cast<long long>(*answer_.context()));
    std::fprintf(stderr, "\nfirst token   %.4g s\nlast answer   %lld tokens", times.first(),
                 static_cast<long long>(tokens));
    if (const auto between = times.between())
      std::fprintf(stderr, ", %.4g tokens/s (%.4g … %.4g ms each)", 1 / between->average, between->least * 1e3,
                   between->most * 1e3);
    std::fputs("\n", stderr);
    return {};
  }

  Session& session_;
  Conversation conversation_;
  ChatAnswer answer_;
  LineReader reader_;
  bool over_ = false;
};

}  // namespace

int run_chat(Session& session, const RunOptions& options) {
  const auto fail = [&](const Diagnostic& d) {
    std::cerr << render(d, session.model().sources());
    return exit_status(d.code);
  };
  const std::string input = session.text_input();
  if (input.empty()) return fail({Code::I0009, "--chat is for graphs with one @text input that has no default"});
  auto conversation = Conversation::with(session.model());
  if (!conversation) return fail(conversation.error());
  struct sigaction action = {};
  action.sa_handler = on_interrupt;  // without SA_RESTART: a line that is being read ends
  sigaction(SIGINT, &action, nullptr);
  return Chat(session, std::move(*conversation), input, options).run(options.session, options.system);
}

}  // namespace openinfer
