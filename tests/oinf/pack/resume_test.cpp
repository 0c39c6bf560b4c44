// Conversions that are killed and go on: the same package at last, whatever happened on the way.
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <iostream>

#include "../temporary_folder.h"
#include "oinf/pack/convert.h"
#include "oinf/tools/progress_bar.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

pack::ModelSource fixture() {
  auto source = pack::open_source(std::string(OPENINFER_SOURCE_DIR) + "/tests/data/llama-gqa");
  REQUIRE(source.ok());
  return std::move(source).value();
}

// Tensors of every way to be written: as they are, quantised, in panels.
pack::ConvertOptions options_for_all() {
  pack::ConvertOptions options;
  options.resume = true;
  options.quantise = DType::q8_0;
  options.keep = {{"*norm*", DType::f32}};
  options.use_panel16 = [](std::string_view tensor) { return tensor.find("mlp") != std::string_view::npos; };
  return options;
}

std::vector<std::byte> whole(const pack::ModelSource& source, const TemporaryFolder& folder) {
  pack::ConvertOptions options = options_for_all();
  options.resume = false;
  REQUIRE(pack::convert(source, source.description, options, folder.file("whole")).ok());
  return read_file(folder.file("whole"));
}

// A conversion of its own process, which is killed when it has moved on for the `steps`th time. Whether it was.
bool killed_after(int steps, const pack::ModelSource& source, const std::string& target) {
  std::cout.flush();  // the child has what waits there, too
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    pack::ConvertOptions options = options_for_all();
    int left = steps;
    options.progress = [&](uint64_t, uint64_t) {
      if (--left == 0) ::raise(SIGKILL);
    };
    const auto report = pack::convert(source, source.description, options, target);
    ::_exit(report.ok() ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (WIFSIGNALED(status)) return true;
  CHECK(WEXITSTATUS(status) == 0);
  return false;
}

pack::ConvertReport resumed(const pack::ModelSource& source, const std::string& target) {
  const auto report = pack::convert(source, source.description, options_for_all(), target);
  if (!report.ok()) FAIL(report.error().message);
  CHECK_FALSE(std::filesystem::exists(target + ".part"));
  return *report;
}

}  // namespace

TEST_CASE("a conversion that is killed at any stage goes on, and gives the same package") {
  TemporaryFolder folder;
  const auto source = fixture();
  const auto expected = whole(source, folder);
  const std::string target = folder.file("m.oinf");
  uint64_t most = 0;
  int stages = 0;
  for (int steps = 1; killed_after(steps, source, target); ++steps, ++stages) {
    CHECK_FALSE(std::filesystem::exists(target));  // never half
    const auto report = resumed(source, target);
    CHECK(report.tensors == source.tensors.size());
    CHECK(report.resumed >= most);
    most = report.resumed;
    REQUIRE(read_file(target) == expected);
    std::filesystem::remove(target);
  }
  CHECK(stages >= static_cast<int>(source.tensors.size()));
  CHECK(most + 1 >= source.tensors.size());
}

TEST_CASE("a conversion may be killed again and again") {
  TemporaryFolder folder;
  const auto source = fixture();
  const auto expected = whole(source, folder);
  const std::string target = folder.file("m.oinf");
  write_file(target, "old");
  int attempts = 0;
  // What is there is read again by the next attempt, so each one needs one step more.
  while (killed_after(attempts + 1, source, target)) {
    ++attempts;
    CHECK(read_file(target).size() == 3);
    REQUIRE(attempts < 1000);
  }
  CHECK(attempts >= static_cast<int>(source.tensors.size()));
  CHECK(read_file(target) == expected);
}

TEST_CASE("a part that is damaged or cut is no harm") {
  TemporaryFolder folder;
  const auto source = fixture();
  const auto expected = whole(source, folder);
  const std::string target = folder.file("m.oinf"), part = target + ".part";
  const int steps = static_cast<int>(source.tensors.size()) * 2 / 3;
  REQUIRE(killed_after(steps, source, target));
  const auto left = read_file(part);
  for (size_t at = 0; at < left.size(); at += at < 80 ? 1 : left.size() / 97) {
    if (at < 4) continue;  // then it is another's file, below
    auto bad = left;
    bad[at] ^= std::byte{16};
    write_file(part, bad);
    resumed(source, target);
    REQUIRE(read_file(target) == expected);
  }
  for (size_t size = 0; size < left.size(); size += size < 80 ? 1 : left.size() / 23) {
    write_file(part, std::span(left).first(size));
    resumed(source, target);
    REQUIRE(read_file(target) == expected);
  }
  // Longer than the package: what is too much goes.
  auto longer = left;
  longer.resize(2 * expected.size());
  write_file(part, longer);
  resumed(source, target);
  CHECK(read_file(target) == expected);
}

TEST_CASE("a part of another conversion begins anew, and what is no part is left alone") {
  TemporaryFolder folder;
  const auto source = fixture();
  const auto expected = whole(source, folder);
  const std::string target = folder.file("m.oinf"), part = target + ".part";
  REQUIRE(killed_after(20, source, target));
  pack::ConvertOptions other = options_for_all();
  other.quantise = DType::q4_0;
  const auto report = pack::convert(source, source.description, other, target);
  REQUIRE(report.ok());
  CHECK(report->resumed == 0);
  other.resume = false;
  REQUIRE(pack::convert(source, source.description, other, folder.file("other")).ok());
  CHECK(read_file(target) == read_file(folder.file("other")));

  // A whole package that has not got its name yet, as a conversion leaves it that is killed at its very end.
  write_file(part, expected);
  resumed(source, target);
  CHECK(read_file(target) == expected);

  write_file(part, "notes of somebody");
  CHECK(code_of(pack::convert(source, source.description, options_for_all(), target)) == "P0019");
  CHECK(read_file(part).size() == 17);
  CHECK(read_file(target) == expected);
  std::filesystem::remove(part);
  std::filesystem::create_symlink(folder.file("whole"), part);
  CHECK(code_of(pack::convert(source, source.description, options_for_all(), target)) == "P0019");
  CHECK(read_file(folder.file("whole")) == expected);
}

TEST_CASE("two conversions do not write one part") {
  TemporaryFolder folder;
  const auto source = fixture();
  const std::string target = folder.file("m.oinf");
  const int fd = ::open((target + ".part").c_str(), O_RDWR | O_CREAT, 0600);
  REQUIRE(fd >= 0);
  REQUIRE(::flock(fd, LOCK_EX) == 0);
  const auto report = pack::convert(source, source.description, options_for_all(), target);
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().message.find("another process writes it") != std::string::npos);
  ::close(fd);
  resumed(source, target);
}

TEST_CASE("oinf-pack convert --resume says what was there") {
  TemporaryFolder folder;
  const std::string source = std::string(OPENINFER_SOURCE_DIR) + "/tests/data/llama-gqa",
                    target = folder.file("m.oinf");
  const auto run = [&](const std::string& options) {
    const std::string line = OPENINFER_BIN_DIR "/oinf-pack convert " + source + " -o " + options + " 2>&1";
    FILE* pipe = ::popen(line.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string out;
    char buffer[4096];
    while (const size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, n);
    CHECK(::pclose(pipe) == 0);
    return out;
  };
  run(folder.file("plain.oinf"));
  const std::string first = run(target + " --resume");
  CHECK(first.find("resumed") == std::string::npos);
  CHECK(read_file(target) == read_file(folder.file("plain.oinf")));
  CHECK_FALSE(std::filesystem::exists(target + ".part"));
}

TEST_CASE("a terminal gets a progress bar, which is gone at the end, and nothing else does") {
  TemporaryFolder folder;
  const std::string source = std::string(OPENINFER_SOURCE_DIR) + "/examples/storyteller";
  const std::string line = OPENINFER_BIN_DIR "/oinf-pack convert " + source + " -o " + folder.file("m.oinf");
  const auto errors = [&](const std::string& command) {
    FILE* pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string out;
    char buffer[4096];
    while (const size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, n);
    CHECK(::pclose(pipe) == 0);
    return out;
  };
  const std::string shown = errors("script -qec '" + line + " >/dev/null' /dev/null </dev/null");
  CHECK(shown.find("storyteller  [") != std::string::npos);
  CHECK(shown.ends_with("\r\033[K"));
  CHECK(errors(line + " 2>&1 >/dev/null").empty());
}

TEST_CASE("a progress bar says how far it is and how long it takes, as far as there is room") {
  const uint64_t gib = uint64_t{1} << 30;
  CHECK(progress_line("llama", 0, 4 * gib, 0, 79) == "llama  [--------------------]    0%  0 bytes of 4.0 GiB");
  CHECK(progress_line("llama", gib, 4 * gib, 8, 79) ==
        "llama  [#####---------------]   25%  1.0 GiB of 4.0 GiB  128.0 MiB/s  0:24 left");
  CHECK(progress_line("llama", gib, 4 * gib, 8, 60) == "llama  [#####---------------]   25%  1.0 GiB of 4.0 GiB");
  CHECK(progress_line("llama", gib, 4 * gib, 8, 10) == "llama");
  CHECK(progress_line("l", gib, 100 * gib, 100, 79).ends_with("10.2 MiB/s  2:45:00 left"));
  CHECK(progress_line("l", gib, gib, 8, 79) ==
        "l  [####################]  100%  1.0 GiB of 1.0 GiB  128.0 MiB/s  0:00 left");
  CHECK(progress_line("l", 0, 0, 0, 79) == "l  [####################]  100%  0 bytes of 0 bytes");
}
