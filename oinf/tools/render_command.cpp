#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <iterator>

#include "oinf/pack/json_file.h"
#include "oinf/package.h"
#include "oinf/text/chat_template.h"
#include "oinf/tools/commands.h"

namespace openinfer {
namespace {

Result<std::string> template_of(const RenderCommand& command) {
  if (!command.chat_template.empty()) return pack::read_text(command.chat_template);
  OINF_ASSIGN(const auto package, Package::open(command.file));
  if (!package->has_tokenizer()) return Diagnostic(Code::P0026, package->path() + ": no tokenizer");
  OINF_ASSIGN(TokenizerData data, package->tokenizer());
  if (data.chat_template.empty()) return Diagnostic(Code::P0026, package->path() + ": no chat template");
  return std::move(data.chat_template);
}

// The date that strftime_now shows: --date, or the variable that reproducible builds are given, else the present.
Result<std::optional<std::time_t>> date_of(const RenderCommand& command) {
  std::tm day{};
  if (!command.date.empty()) {
    const char* rest = ::strptime(command.date.c_str(), "%Y-%m-%d", &day);
    if (rest == nullptr || *rest != '\0')
      return Diagnostic(Code::U0001, "--date wants YYYY-MM-DD, not " + command.date);
    day.tm_hour = 12;
    day.tm_isdst = -1;
    return std::optional(std::mktime(&day));
  }
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  if (epoch == nullptr || *epoch == '\0') return std::optional<std::time_t>();
  char* end = nullptr;
  errno = 0;
  const long long seconds = std::strtoll(epoch, &end, 10);
  if (*end != '\0' || errno != 0) return Diagnostic(Code::U0001, "SOURCE_DATE_EPOCH is no number of seconds");
  return std::optional(static_cast<std::time_t>(seconds));
}

Status render(const RenderCommand& command) {
  if (command.file.empty() == command.chat_template.empty())
    return Diagnostic(Code::U0001, "name a package or --template, one of them");
  OINF_ASSIGN(const auto date, date_of(command));
  OINF_ASSIGN(const std::string source, template_of(command));
  const auto parsed = ChatTemplate::parse(source);
  if (!parsed.ok()) {
    Diagnostic error = parsed.error();
    error.message = (command.file.empty() ? command.chat_template : command.file) + ": " + error.message;
    return error;
  }
  const std::string context{std::istreambuf_iterator<char>(std::cin), {}};
  OINF_ASSIGN(const std::string text, parsed->render(context, date));
  if (!(std::cout << text << std::flush)) return Diagnostic(Code::R0007, "standard output cannot be written");
  return {};
}

}  // namespace

int run_render(const RenderCommand& command) {
  const Status status = render(command);
  return status.ok() ? 0 : report_error(status.error());
}

}  // namespace openinfer
