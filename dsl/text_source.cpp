#include "dsl/text_source.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "dsl/token.h"

namespace openinfer::dsl {

Result<std::string> DirectorySource::read(const std::string& path) const {
  const auto refuse = [&](const std::string& why) {
    return Diagnostic(Code::P0001, "cannot read `" + path + "`: " + why);
  };
  std::error_code fault;
  const std::filesystem::path file(path);
  if (std::filesystem::is_directory(file, fault)) return refuse("it is a directory");
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) return refuse(errno != 0 ? std::strerror(errno) : "it cannot be opened");
  // Not by the file's size: it may be a pipe, or grow.
  std::string text;
  char buffer[65536];
  while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
    text.append(buffer, static_cast<size_t>(in.gcount()));
    if (text.size() > kMaxTextBytes) return refuse("it has more than " + std::to_string(kMaxTextBytes) + " bytes");
  }
  if (in.bad()) return refuse(std::strerror(errno));
  return text;
}

Result<std::string> MapSource::read(const std::string& path) const {
  for (const Entry& entry : entries_)
    if (entry.path == path) return entry.text;
  return Diagnostic(Code::P0026, "cannot read `" + path + "`: nothing of that name is in the package");
}

std::string normalise_path(std::string_view path) {
  std::vector<std::string_view> parts;
  const bool absolute = path.starts_with('/');
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == ".." && !parts.empty() && parts.back() != "..")
      parts.pop_back();
    else if (part != ".." || !absolute)
      parts.push_back(part);
  }
  std::string text = absolute ? "/" : "";
  for (size_t i = 0; i < parts.size(); ++i) text.append(i == 0 ? "" : "/").append(parts[i]);
  return text.empty() ? "." : text;
}

std::string resolve_path(std::string_view from, std::string_view path) {
  const size_t slash = from.rfind('/');
  if (path.starts_with('/') || slash == std::string_view::npos) return normalise_path(path);
  return normalise_path(std::string(from.substr(0, slash + 1)) + std::string(path));
}

}  // namespace openinfer::dsl
