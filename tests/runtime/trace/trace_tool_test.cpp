// oinf-run --trace as a person uses it, and as it is killed.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/runtime/graph_session.h"
#include "tests/runtime/trace/trace_rules.h"
#include "tests/runtime/trace/traced.h"

using namespace openinfer::test;

namespace {

constexpr const char* kRun = OPENINFER_BIN_DIR "/oinf-run";

}  // namespace

TEST_CASE("a killed run leaves a trace that opens and has what happened until shortly before") {
  const std::string graph = graph_file(
      "dynamic { x: f32; }\nblock entry {\n  loop l (i in 0..1000000000) {\n    op add(x, 1.0) >> x;\n  }\n  emit "
      "x;\n}\n");
  for (int round = 0; round < 5; ++round) {
    const std::string trace = scratch_file("killed.json");
    std::filesystem::remove(trace);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      execl(kRun, kRun, graph.c_str(), "--input", "x=0", "--trace", trace.c_str(), static_cast<char*>(nullptr));
      _exit(127);
    }
    // Until there is something in it, however slow the machine is; then at another moment in each round.
    std::error_code error;
    for (int wait = 0; wait < 3000 && (std::filesystem::file_size(trace, error) < 200000 || error); ++wait)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::this_thread::sleep_for(std::chrono::milliseconds(7 * round));
    kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    // What the run had handed over is still being written.
    std::string text = file_text(trace);
    for (int wait = 0; wait < 1000 && !trace_problems(text, false).empty(); ++wait) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      text = file_text(trace);
    }
    INFO(text.substr(text.size() - std::min<size_t>(text.size(), 1000)));
    CHECK(text.size() >= 200000);
    CHECK(trace_problems(text, false).empty());
  }
}

TEST_CASE("an interrupted run closes its trace and exits with 130") {
  const std::string graph = graph_file(
      "dynamic { x: f32; }\nblock entry {\n  loop l (i in 0..1000000000) {\n    op add(x, 1.0) >> x;\n  }\n  emit "
      "x;\n}\n");
  const std::string trace = scratch_file("interrupted.json");
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    execl(kRun, kRun, graph.c_str(), "--input", "x=0", "--trace", trace.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  std::error_code error;
  for (int wait = 0; wait < 3000 && (std::filesystem::file_size(trace, error) < 200000 || error); ++wait)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  kill(child, SIGINT);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 130);
  CHECK(trace_problems(file_text(trace), true).empty());
}
