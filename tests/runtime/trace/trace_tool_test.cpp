// oinf-run --trace as a person uses it, and as it is killed.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/runtime/graph_session.h"
#include "tests/runtime/trace/trace_rules.h"
#include "tests/runtime/trace/traced.h"

using namespace openinfer::test;

namespace {

constexpr const char* kRun = OPENINFER_BIN_DIR "/oinf-run";

// A run that does not end, once its trace has something in it, however slow the machine is.
pid_t endless_run(const std::string& trace) {
  const std::string graph = graph_file(
      "dynamic { x: f32; }\nblock entry {\n  loop l (i in 0..1000000000) {\n    op add(x, 1.0) >> x;\n  }\n  emit "
      "x;\n}\n");
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    execl(kRun, kRun, graph.c_str(), "--input", "x=0", "--trace", trace.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  std::error_code error;
  for (int wait = 0; wait < 3000 && (std::filesystem::file_size(trace, error) < 200000 || error); ++wait)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return child;
}

}  // namespace

TEST_CASE("a killed run leaves a trace that opens and has what happened until shortly before") {
  for (int round = 0; round < 5; ++round) {
    const std::string trace = scratch_file("killed.json");
    std::filesystem::remove(trace);
    const pid_t child = endless_run(trace);
    std::this_thread::sleep_for(std::chrono::milliseconds(7 * round));  // another moment in each round
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

TEST_CASE("a dump holds what a node wrote, each time it ran") {
  const std::string out = scratch_file("dump.npy"), json = scratch_file("dump.json");
  const std::string graph = OPENINFER_SOURCE_DIR "/tests/runtime/trace/watched.graph";
  const auto run = [&](const std::string& options) {
    const std::string command = std::string(kRun) + " " + graph + " --input 'x=[[1, 2], [3, 4]]' " + options +
                                " >/dev/null 2>" + scratch_file("errors");
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  };
  // t of scaled: twice a row and once in the consumer, where sum = 2·(2·[1, 2] + 1) + 0.5 + 2·(2·[3, 4] + 1) + 0.5
  REQUIRE(run("--dump scaled:0=" + json + " --dump entry:4=" + out + " --trace " + scratch_file("with.json")) == 0);
  CHECK(file_text(json) == "[[2, 4],\n [2, 4],\n [6, 8],\n [6, 8],\n [10.5, 14.5]]\n");
  CHECK(file_text(out).substr(1, 5) == "NUMPY");
  CHECK(file_text(out).find("(4, 2)") != std::string::npos);
  CHECK(run("--dump scaled:9=" + json) == 2);
  CHECK(file_text(scratch_file("errors")).find("nodes 0 to 1") != std::string::npos);
  CHECK(run("--dump nowhere:0=" + json) == 2);
  CHECK(run("--dump scaled=" + json) == 2);
  CHECK(run("--dump scaled:0=x.bmp") == 2);
  CHECK(run("--dump scaled:0=/nowhere/x.npy") == 1);
  CHECK(run("--set limit=-1 --dump note:0=" + json) == 5);  // the loop was left before it
}

TEST_CASE("the debugger takes a script from standard input and notes changes in the trace") {
  const std::string trace = scratch_file("debug.json"), out = scratch_file("debug.out");
  const std::string graph = OPENINFER_SOURCE_DIR "/tests/runtime/trace/watched.graph";
  const auto run = [&](const std::string& script, const std::string& options) {
    const std::string command = "printf '" + script + "' | " + kRun + " " + graph + " --input 'x=[[1, 2]]' --debug " +
                                options + " >" + out + " 2>/dev/null";
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  };
  REQUIRE(run("break scaled:1\\nc\\nset t[0] = 100\\ndelete\\nc\\n", "--trace " + trace) == 0);
  CHECK(file_text(out).find("shared = [53, 6]") != std::string::npos);
  const std::string text = file_text(trace);
  CHECK(trace_problems(text, true).empty());
  CHECK(text.find("\"what\":\"t[0] = 100\"") != std::string::npos);
  CHECK(run("quit\\n", "") == 130);
  CHECK(run("", "--bench") == 2);
}

TEST_CASE("oinf-trace: exit statuses, machine output, and one page") {
  const std::string a = scratch_file("a.json"), b = scratch_file("b.json"), out = scratch_file("tool.out");
  const std::string graph = OPENINFER_SOURCE_DIR "/tests/runtime/trace/watched.graph";
  const auto sh = [&](const std::string& command) {
    const int status = std::system((command + " >" + out + " 2>/dev/null").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  };
  const std::string run = std::string(kRun) + " " + graph + " --trace-level digest ",
                    tool = OPENINFER_BIN_DIR "/oinf-trace ";
  REQUIRE(sh(run + "--input 'x=[[1, 2]]' --trace " + a) == 0);
  REQUIRE(sh("OINF_ISA=portable " + run + "--input 'x=[[1, 2]]' --threads 2 --trace " + b) == 0);
  CHECK(sh(tool + "diff " + a + " " + b) == 0);
  CHECK(file_text(out).find("gave the same values") != std::string::npos);
  REQUIRE(sh(run + "--input 'x=[[1, 3]]' --trace " + b) == 0);
  CHECK(sh(tool + "diff " + a + " " + b + " --json") == 1);
  const auto diff = nlohmann::json::parse(file_text(out));
  CHECK(diff["first"]["a"]["loop"]["i"] == 0);
  CHECK(sh(tool + "summary " + a + " --json") == 0);
  CHECK(nlohmann::json::parse(file_text(out))["steps"] == 1);
  CHECK(sh(tool + "summary - <" + a) == 0);
  CHECK(file_text(out).find("roofline") != std::string::npos);
  CHECK(sh(tool + "report " + a + " -o " + scratch_file("page.html")) == 0);
  CHECK(sh(tool + "report " + a) == 2);
  CHECK(sh(tool + "summary " + graph) == 4);
  CHECK(sh(tool + "summary /nowhere.json") == 4);
  CHECK(sh(tool) == 2);
  CHECK(sh(tool + "--version") == 0);
}

TEST_CASE("an interrupted run closes its trace and exits with 130") {
  const std::string trace = scratch_file("interrupted.json");
  const pid_t child = endless_run(trace);
  kill(child, SIGINT);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 130);
  CHECK(trace_problems(file_text(trace), true).empty());
}
