#include <iostream>

#include "oinf/package.h"
#include "oinf/text/tokenizer.h"
#include "oinf/tools/commands.h"
#include "oinf/tools/token_lines.h"

namespace openinfer {
namespace {

Status convert_lines(const TokenizeCommand& command) {
  OINF_ASSIGN(const auto package, Package::open(command.file));
  if (!package->has_tokenizer()) return Diagnostic(Code::P0026, package->path() + ": no tokenizer");
  OINF_ASSIGN(TokenizerData data, package->tokenizer());
  OINF_ASSIGN(const Tokenizer tokenizer, Tokenizer::create(std::move(data)));
  const auto lines = command.back ? detokenize_lines : tokenize_lines;
  return lines(tokenizer, std::cin, std::cout, command.special);
}

}  // namespace

int run_tokenize(const TokenizeCommand& command) {
  std::ios::sync_with_stdio(false);
  const Status status = convert_lines(command);
  return status.ok() ? 0 : report_error(status.error());
}

}  // namespace openinfer
