// Sessions that leave for a file and come back: the same bits, or nothing changes.
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "graph_session.h"
#include "oinf/checksum.h"

using namespace openinfer;
using namespace openinfer::test;

namespace {

// Variables of every kind: alone, in tables with a bound and without, growing, of blocks, never written.
constexpr const char* kAll = R"(
dynamic { x: f32[2]; at: i32; fail: i32 @default(1); }
sizes { room ?= 6; }
persistent {
  count: i32 @init(10);
  still: f32[3] @init(0.5);
  log(t): f32[2] @table;
  grid(a, b): f32[2] @table @fixed(a=3, b=room) @init(-2.0);
  blocks(t): q8_0[32] @table @fixed(t=room);
  grows(l, t): f32[1, 2] @table @auto_dim(t) @fixed(l=2, t=9);
}
block entry {
  cache.increment count;
  cache.write x >> log[at];
  cache.write x >> grid[at % 3, at];
  op fill(value=3.0) >> wide: f32[32];
  op mul(wide, x[0]) >> wide;
  cache.write wide >> blocks[at];
  cache.write x >> grows[at % 2, at, 0];
  op div(at, fail) >> broken: i32;
  emit count;
  emit still;
  emit log;
  emit grid;
  op fill(value=1) >> ones: f32[1, 32];
  op linear(ones, blocks) >> sums: f32[1, room];
  emit sums;
  cache.read grows[0] >> zero: f32[a, 2];
  cache.read grows[1] >> one: f32[b, 2];
  emit zero;
  emit one;
}
)";

Status give(Session& s, const std::string& x, int at, int fail = 1) {
  OINF_TRY(s.set_value("x", x));
  OINF_TRY(s.set_value("at", std::to_string(at)));
  return s.set_value("fail", std::to_string(fail));
}

std::string stepped(Session& s, const std::string& x, int at) {
  REQUIRE(give(s, x, at).ok());
  return emitted(s);
}

// In the folder of the test's graphs.
std::string session_path(const std::string& name) {
  return std::filesystem::path(graph_file("")).replace_filename(name).string();
}

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::string& path, const std::string& content) {
  std::filesystem::remove(path);  // a file that is cut to nothing first goes to the disk on some file systems
  std::ofstream(path, std::ios::binary) << content;
}

Status restored(Session& s, const std::string& path) {
  OINF_ASSIGN(const SessionFile file, SessionFile::open(path));
  return s.restore(file);
}

// The error of a file that is none, or of another session; `what` stands in it.
void refused(Session& s, const std::string& path, const std::string& what) {
  const Status r = restored(s, path);
  REQUIRE_FALSE(r.ok());
  CHECK(r.error().code == Code::I0006);
  CHECK(r.error().message.starts_with(path));
  INFO(r.error().message);
  CHECK(r.error().message.find(what) != std::string::npos);
}

// A session after two steps, in a file.
std::string two_steps() {
  const std::string path = session_path("two");
  auto s = session_of(kAll);
  stepped(*s, "[1, 2]", 4);
  stepped(*s, "[3, 4]", 1);
  REQUIRE(s->save(path, "said").ok());
  return path;
}

// The checksum made right again, so that what lies behind it is reached (docs/spec/session.md).
std::string sealed(std::string file) {
  if (file.size() < 96) return file;
  const auto bytes = std::as_bytes(std::span(file));
  ChecksumStream sum;
  sum.update(bytes.first(80));
  sum.update(bytes.subspan(96));
  const Checksum digest = sum.digest();
  std::memcpy(file.data() + 80, digest.data(), digest.size());
  return file;
}

}  // namespace

TEST_CASE("a restored session goes on with the bits of the one that was saved") {
  const std::string path = session_path("whole");
  auto one = session_of(kAll), other = session_of(kAll), fresh = session_of(kAll);
  stepped(*one, "[1, 2]", 4);
  stepped(*one, "[3, 4]", 1);
  REQUIRE(one->save(path, "said").ok());
  // Into a session that holds something else, which must be gone, and into one that has not begun.
  stepped(*other, "[9, 9]", 5);
  stepped(*other, "[8, 8]", 0);
  for (auto* s : {&other, &fresh}) {
    const auto file = SessionFile::open(path);
    REQUIRE(file);
    CHECK(file->content().conversation == "said");
    REQUIRE((*s)->restore(*file).ok());
  }
  const std::string next = stepped(*one, "[5, 6]", 2);
  CHECK(stepped(*other, "[5, 6]", 2) == next);
  CHECK(stepped(*fresh, "[5, 6]", 2) == next);
  CHECK(next.starts_with("count = 13; still = [0.5, 0.5, 0.5]; log = [[0, 0], [3, 4], [5, 6], [0, 0], [1, 2]]"));
  // Saved anew, it is the same file.
  REQUIRE(one->save(path).ok());
  const std::string again = session_path("again");
  REQUIRE(other->save(again).ok());
  CHECK(content_of(path) == content_of(again));
}

TEST_CASE("a step that fails after a restore leaves what was restored") {
  const std::string path = two_steps();
  auto s = session_of(kAll);
  stepped(*s, "[9, 9]", 5);
  REQUIRE(restored(*s, path).ok());
  REQUIRE(give(*s, "[7, 7]", 3, 0).ok());
  REQUIRE_FALSE(s->step().ok());
  auto right = session_of(kAll);
  REQUIRE(restored(*right, path).ok());
  CHECK(stepped(*s, "[5, 6]", 2) == stepped(*right, "[5, 6]", 2));
  // And a reset begins anew.
  REQUIRE(s->reset().ok());
  CHECK(stepped(*s, "[1, 2]", 0).starts_with("count = 11; still = [0.5, 0.5, 0.5]; log = [[1, 2]]"));
}

TEST_CASE("a session goes on with more room, and with less where that is enough") {
  const std::string path = two_steps();
  for (const int64_t room : {int64_t{5}, int64_t{12}}) {
    SessionOptions options;
    options.sizes["room"] = room;
    auto s = session_of(kAll, options);
    REQUIRE(restored(*s, path).ok());
    CHECK(stepped(*s, "[5, 6]", 2).starts_with("count = 13;"));
  }
  SessionOptions options;
  options.sizes["room"] = 4;
  auto s = session_of(kAll, options);
  refused(*s, path, "`grid` is filled up to b = 5, and the session has room for 4");
}

TEST_CASE("a saved session is for the graph that made it") {
  const std::string path = two_steps();
  const std::string text = kAll;
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    other.replace(other.find(from), from.size(), to);
    return session_of(other);
  };
  refused(*changed("at % 3, at", "at % 3, 0"), path, "another graph");
  // Layout alone does not matter.
  CHECK(restored(*changed("  cache.increment count;", "cache.increment   count;"), path).ok());
}

TEST_CASE("memory that runs out on the way changes nothing") {
  const char* graph = R"(
dynamic { n: i64; }
persistent { log(t): f32[1024] @table; count: i32; }
block entry {
  sizes { rows = n; }
  op fill(value=3.0) >> full: f32[rows, 1024];
  cache.write full >> log[0..rows];
  cache.increment count;
  op sum_axis(log, axes=[0, 1]) >> sum: f32;
  emit sum;
  emit count;
}
)";
  const std::string path = session_path("large");
  auto large = session_of(graph);
  REQUIRE(large->set_value("n", "4000").ok());
  emitted(*large);
  REQUIRE(large->save(path).ok());
  SessionOptions options;
  options.memory_limit = 8 << 20;
  auto small = session_of(graph, options);
  REQUIRE(small->set_value("n", "2").ok());
  REQUIRE(emitted(*small) == "sum = 6144; count = 1");
  const Status r = restored(*small, path);
  REQUIRE_FALSE(r.ok());
  CHECK(r.error().code == Code::R0009);
  CHECK(emitted(*small) == "sum = 6144; count = 2");
}

TEST_CASE("a file that is cut, longer or damaged in any bit is refused, and the session is as it was") {
  const std::string good = content_of(two_steps()), path = session_path("damaged");
  auto s = session_of(kAll);
  stepped(*s, "[9, 9]", 5);
  for (size_t size = 0; size < good.size(); ++size) {
    write(path, good.substr(0, size));
    const Status r = restored(*s, path);
    REQUIRE_FALSE(r.ok());
    REQUIRE(r.error().code == Code::I0006);
  }
  for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    write(path, bad);
    const Status r = restored(*s, path);
    REQUIRE_FALSE(r.ok());
    REQUIRE(r.error().code == Code::I0006);
  }
  write(path, good + '\0');
  refused(*s, path, "bytes behind its end");
  refused(*s, session_path("none"), "No such file");
  auto same = session_of(kAll);
  stepped(*same, "[9, 9]", 5);
  CHECK(stepped(*s, "[5, 6]", 2) == stepped(*same, "[5, 6]", 2));
}

TEST_CASE("what a file with the right checksum says is checked as well") {
  const std::string good = content_of(two_steps()), path = session_path("sealed");
  REQUIRE(sealed(good) == good);
  auto s = session_of(kAll);
  size_t taken = 0;
  for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    write(path, sealed(bad));
    const Status r = restored(*s, path);  // values, the conversation and how far something is filled may be taken
    taken += r.ok() ? 1 : 0;
    if (!r.ok()) REQUIRE(r.error().code == Code::I0006);
    if (r.ok()) REQUIRE(give(*s, "[5, 6]", 2).ok());
    if (r.ok()) static_cast<void>(s->step());
  }
  CHECK(taken > 0);
  CHECK(taken < 8 * good.size());
}

TEST_CASE("a place that cannot be written is an error") {
  auto s = session_of(kAll);
  const Status r = s->save("/none/such/folder/file");
  REQUIRE_FALSE(r.ok());
  CHECK(r.error().code == Code::R0007);
}
