#include <iostream>

#include "oinf/tools/commands.h"

namespace openinfer {

int report_error(const Diagnostic& error) {
  std::cerr << render(error);
  return exit_status(error.code);
}

}  // namespace openinfer
