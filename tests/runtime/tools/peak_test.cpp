// --plan against the process: the highest resident memory that the system counted for a run.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <vector>

#include "ran.h"

using namespace openinfer::testing;
using nlohmann::json;

namespace {

// Bytes that a run of oinf-run held at most.
int64_t peak(const std::vector<std::string>& arguments) {
  const std::string tool = OPENINFER_BIN_DIR "/oinf-run";
  std::vector<char*> argv{const_cast<char*>(tool.c_str())};
  for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  const std::string out = folder() + "/peak.out";
  std::fflush(nullptr);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (std::freopen(out.c_str(), "w", stdout) == nullptr) ::_exit(126);
    ::execv(tool.c_str(), argv.data());
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  REQUIRE(::wait4(child, &status, 0, &usage) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
  return int64_t{usage.ru_maxrss} * 1024;
}

int64_t planned(const std::vector<std::string>& arguments) {
  std::string line = "oinf-run --plan --json";
  for (const std::string& a : arguments) line += " '" + a + "'";
  const Ran r = ran(line);
  INFO(r.error);
  REQUIRE(r.status == 0);
  return json::parse(r.out)["bytes"]["total"];
}

// n floats from 1 on, as .npy.
std::string floats(const std::string& name, int64_t n) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(n) + ",), }";
  header.resize((10 + header.size() + 64) / 64 * 64 - 11, ' ');
  header += '\n';
  std::string content = "\x93NUMPY\x01";
  content += '\0';
  content += static_cast<char>(header.size() & 0xff);
  content += static_cast<char>(header.size() >> 8);
  content += header;
  for (int64_t i = 0; i < n; ++i) {
    const auto value = static_cast<float>(i + 1);
    content.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  return file_of(name, content);
}

}  // namespace

// What a process is besides (code, heap of the plan, stacks) is the same for a small run and a large one: the rest of
// the large one is its plan, within 1 % and what files that are written have in their buffers.
constexpr double kBase = 3 << 20;

TEST_CASE("what a run takes is what --plan says, within 1 %") {
  const std::string small = floats("small.npy", 1024), large = floats("large.npy", 12 << 20);
  struct Case {
    const char *name, *graph;
    std::vector<std::string> output;
    bool input;
  };
  const std::string to = folder() + "/peak-";
  const std::vector<Case> cases = {
      {"an input and what is made of it",
       "dynamic { x: f32[n]; }\nblock entry { op mul(x, 2.0) >> y: f32[n]; op add(y, x) >> z: f32[n]; emit z; }\n",
       {},
       true},
      {"an emission to .npy",
       "dynamic { x: f32[n]; }\nblock entry { op mul(x, 2.0) >> y: f32[n]; emit y; }\n",
       {"--output", "y=" + to + "y.npy"},
       true},
      {"an emission of f16 to .safetensors, one of bf16 to .npy",
       "dynamic { x: f32[n]; }\nblock entry {\n  op cast(x, to=f16) >> y: f16[n]; emit y;\n"
       "  op cast(x, to=bf16) >> z: bf16[n]; emit z;\n}\n",
       {"--output", "y=" + to + "y.safetensors", "--output", "z=" + to + "z.npy"},
       true},
      {"an emission to .json, which is longer than the value",
       "dynamic { x: f32[n]; }\nblock entry { op mul(x, 0.3) >> y: f32[n]; emit y; }\n",
       {"--output", "y=" + to + "y.json"},
       true},
      {"a volatile variable to .npy",
       "dynamic { x: f32[n]; }\nvolatile { y: f32[n]; }\nblock entry { op mul(x, 2.0) >> y; op sum_axis(y) >> s: f32; "
       "emit s; }\n",
       {"--output", "y=" + to + "v.npy"},
       true},
      {"a long contraction of one column",
       "dynamic { x: f32[n]; }\nblock entry { op matmul(x, x) >> s: f32; emit s; }\n",
       {},
       true},
      {"a long contraction of few columns and few rows",
       "dynamic { x: f32[n]; }\nblock entry { op reshape(x) >> r: f32[4, n/4]; op linear(r[0..3], r[1..4]) >> s: "
       "f32[3, 3]; emit s; }\n",
       {},
       true},
      {"persistent memory that is written, and what lives on untouched",
       "sizes { n ?= 4; }\npersistent { y: f32[n]; still: f32[n] @init(3.0); rows(t): f32[1024] @table "
       "@fixed(t=n/1024); "
       "}\nblock entry { op fill(value=1.5) >> x: f32[n]; cache.write x >> y; op sum_axis(y) >> s: f32; emit s; "
       "op sum_axis(still) >> s; emit s; op reshape(x) >> r: f32[n/1024, 1024]; "
       "cache.write r >> rows[..n/1024]; emit rows[0, 0]; }\n",
       {},
       false},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    const std::string graph = file_of("peak.graph", c.graph);
    const auto line = [&](bool big) {
      std::vector<std::string> l{graph, "--threads", "1"};
      if (c.input)
        l.insert(l.end(), {"--input", "x=@" + (big ? large : small)});
      else
        l.insert(l.end(), {"--size", big ? "n=8388608" : "n=1024"});
      l.insert(l.end(), c.output.begin(), c.output.end());
      return l;
    };
    const int64_t plan = planned(line(true)) - planned(line(false));
    const int64_t taken = peak(line(true)) - peak(line(false));
    INFO("planned " << plan << ", taken " << taken);
    CHECK(static_cast<double>(taken) < static_cast<double>(plan) * 1.01 + kBase);
    CHECK(static_cast<double>(taken) > static_cast<double>(plan) * 0.99 - kBase);
  }
}
