// What was typed for oinf-run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace openinfer {

struct RunOptions {
  std::vector<std::string> files;  // [GRAPH] MODEL
  std::vector<std::pair<std::string, std::string>> inputs, outputs, sets, sizes, dumps;
  std::string prompt, prompt_file;
  bool has_prompt = false;
  bool chat = false;
  std::string system;
  bool context_shift = false;
  std::vector<std::string> stops;
  std::string session;
  int logprobs = 0;  // how many of the likeliest tokens are shown; 0: none
  std::string entry;
  std::string device = "cpu";
  int threads = 0;
  std::optional<uint64_t> seed;
  std::string numerics = "native";
  bool check = false, explain = false, plan = false, bench = false, json = false, devices = false;
  bool debug = false, version = false, list = false;
  std::string trace, trace_level = "time";
  uint64_t memory_limit = 0;  // 0: none
  int reps = 5;
  int bench_prompt = 0, bench_context = 0, bench_generate = 0;
};

}  // namespace openinfer
