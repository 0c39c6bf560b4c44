#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "oinf/package.h"
#include "oinf/tools/byte_count.h"
#include "oinf/tools/commands.h"

namespace openinfer {

int run_verify(const VerifyCommand& command) {
  Diagnostics found;
  const auto package = Package::open(command.file);
  if (package.ok())
    found = (*package)->verify();
  else
    found.push_back(package.error());
  if (command.json) {
    nlohmann::json errors = nlohmann::json::array();
    for (const Diagnostic& d : found) errors.push_back({{"code", code_name(d.code)}, {"message", d.message}});
    std::cout << nlohmann::json{{"file", command.file}, {"whole", found.empty()}, {"errors", errors}}.dump(
                     2, ' ', false, nlohmann::json::error_handler_t::replace)
              << "\n";
  } else if (found.empty()) {
    fmt::print("{}: {} tensors, {}: {}\n", command.file, (*package)->tensors().size(),
               byte_count((*package)->file_bytes()),
               (*package)->version() < 3 ? "whole (version 2 has no checksums)" : "whole");
  }
  int status = 0;
  for (const Diagnostic& d : found) {
    if (!command.json) std::cerr << render(d);
    status = exit_status(d.code);
  }
  return status;
}

}  // namespace openinfer
