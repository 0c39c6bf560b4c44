#include "runtime/trace/trace_file.h"

#include <signal.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "tests/runtime/trace/traced.h"

using namespace openinfer;
using namespace openinfer::test;

TEST_CASE("the file is a whole object after every append") {
  const std::string path = scratch_file("list.json");
  auto file = TraceFile::create(path, "{\"list\":[\n{\"first\":1}");
  REQUIRE(file.ok());
  CHECK(file_text(path) == "{\"list\":[\n{\"first\":1}\n]}\n");
  REQUIRE(file->append(",\n{\"second\":2}").ok());
  for (int i = 0; i < 1000 && file_text(path).size() < 40; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(file_text(path) == "{\"list\":[\n{\"first\":1},\n{\"second\":2}\n]}\n");
  REQUIRE(file->append(",\n{\"a\":1},\n{\"b\":2}").ok());
  REQUIRE(file->close().ok());
  CHECK(file_text(path) == "{\"list\":[\n{\"first\":1},\n{\"second\":2},\n{\"a\":1},\n{\"b\":2}\n]}\n");
}

TEST_CASE("appends of many sizes, larger than what the keeper takes at once too") {
  const std::string path = scratch_file("sizes.json");
  auto file = TraceFile::create(path, "{\"list\":[\n{\"first\":1}");
  REQUIRE(file.ok());
  std::string want = "{\"list\":[\n{\"first\":1}";
  for (const size_t size : {1, 65527, 65528, 65529, 200'000, 2, 131'064, 7}) {
    std::string entry = ",\n{\"a\":\"";
    while (entry.size() < size) entry += static_cast<char>('a' + entry.size() / 100 % 26);
    entry += "\"}";
    REQUIRE(file->append(entry).ok());
    want += entry;
  }
  REQUIRE(file->close().ok());
  CHECK(file_text(path) == want + "\n]}\n");
}

TEST_CASE("a full disk is an error, and leaves what was there before") {
  // A file may be no larger than this; the keeper inherits it, and the signal is ignored as everywhere in this process.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 4096;
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string path = scratch_file("full.json");
  auto file = TraceFile::create(path, "{\"list\":[\n{\"first\":1}");
  setrlimit(RLIMIT_FSIZE, &before);
  REQUIRE(file.ok());
  (void)file->append(",\n{\"second\":2}");
  (void)file->append(",\n{\"text\":\"" + std::string(10000, 'x') + "\"}");
  const Status closed = file->close();
  REQUIRE_FALSE(closed.ok());
  CHECK(closed.error().code == Code::R0007);
  CHECK(file_text(path) == "{\"list\":[\n{\"first\":1},\n{\"second\":2}\n]}\n");
}
