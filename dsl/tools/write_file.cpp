#include "dsl/tools/write_file.h"

#include <filesystem>
#include <fstream>
#include <system_error>

namespace openinfer::dsl {

Status write_file(const std::string& path, std::string_view text) {
  namespace fs = std::filesystem;
  const auto refuse = [&](const std::string& why) {
    return Diagnostic(Code::R0007, "cannot write `" + path + "`: " + why);
  };
  std::error_code fault;
  const fs::path target = fs::weakly_canonical(path, fault);
  if (fault) return refuse(fault.message());
  const fs::path fresh = target.string() + ".new";
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.close();
    if (!out) {
      fs::remove(fresh, fault);
      return refuse("the file beside it, `" + fresh.string() + "`, cannot be written");
    }
  }
  if (const auto status = fs::status(target, fault); fs::exists(status))
    fs::permissions(fresh, status.permissions(), fault);
  fs::rename(fresh, target, fault);
  if (!fault) return {};
  const std::string why = fault.message();
  fs::remove(fresh, fault);
  return refuse(why);
}

}  // namespace openinfer::dsl
