// Every way in which a version 3 file can be wrong has its code, and none crashes.
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>

#include "example_package.h"
#include "oinf/package.h"
#include "temporary_folder.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

using Bytes = std::vector<std::byte>;

template <class T>
void put(Bytes& bytes, size_t at, T value) {
  REQUIRE(at + sizeof value <= bytes.size());
  std::memcpy(bytes.data() + at, &value, sizeof value);
}
uint64_t get(const Bytes& bytes, size_t at) {
  uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}
uint64_t index_offset(const Bytes& bytes) { return get(bytes, 24); }

// Where a name of less than five bytes stands in the index, with its length in front.
size_t record(const Bytes& bytes, std::string_view name) {
  std::byte needle[8] = {static_cast<std::byte>(name.size())};
  std::memcpy(needle + 4, name.data(), name.size());
  const auto found =
      std::search(bytes.begin() + static_cast<ptrdiff_t>(index_offset(bytes)), bytes.end(), needle, needle + 8);
  REQUIRE(found != bytes.end());
  return static_cast<size_t>(found - bytes.begin());
}
// Where the body of a section begins.
size_t section(const Bytes& bytes, uint32_t kind) {
  size_t at = index_offset(bytes);
  while (static_cast<uint32_t>(get(bytes, at)) != kind) at += 16 + (get(bytes, at + 8) + 7) / 8 * 8;
  return at + 16;
}
// Gives the index the checksum that it should have.
void seal(Bytes& bytes) {
  ChecksumStream sum;
  sum.update(std::span(bytes).first(48));
  sum.update(std::span(bytes).subspan(index_offset(bytes)));
  const Checksum digest = sum.digest();
  std::memcpy(bytes.data() + 48, digest.data(), digest.size());
}

class Example {
 public:
  Example() {
    REQUIRE(write_example(path()).ok());
    good = read_file(path());
  }
  [[nodiscard]] std::string path() const { return folder_.file("x.oinf"); }
  [[nodiscard]] std::string open(const Bytes& bytes) const {
    write_file(path(), bytes);
    return code_of(Package::open(path()));
  }
  [[nodiscard]] std::string after(const std::function<void(Bytes&)>& change, bool sealed = true) const {
    Bytes bytes = good;
    change(bytes);
    if (sealed) seal(bytes);
    return open(bytes);
  }
  Bytes good;

 private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("a version 3 file cut at any byte is refused") {
  const Example x;
  // The large payload and what is behind it are cut at their ends; all the rest byte by byte.
  for (size_t size = 0; size < x.good.size(); ++size) {
    if (size > 9000 && size + 6000 < x.good.size()) {
      size += 4095;
      continue;
    }
    const std::string code = x.open(Bytes(x.good.begin(), x.good.begin() + static_cast<ptrdiff_t>(size)));
    if (code != "P0002") FAIL("cut at " << size << ": " << code);
  }
}

TEST_CASE("a flipped bit anywhere in a version 3 file is found") {
  const Example x;
  for (size_t at = 0; at < x.good.size(); ++at) {
    if (at > 6000 && at + 6000 < x.good.size()) {
      at += 1021;
      continue;
    }
    Bytes bytes = x.good;
    bytes[at] ^= static_cast<std::byte>(1 << at % 8);
    write_file(x.path(), bytes);
    const auto package = Package::open(x.path());
    if (package.ok() && (*package)->verify().empty()) FAIL("byte " << at);
  }
}

TEST_CASE("a flipped bit in a sealed index is read or refused, never worse") {
  const Example x;
  size_t refused = 0;
  for (size_t at = index_offset(x.good); at < x.good.size(); ++at)
    for (const int bit : {0, 3, 7}) {
      Bytes bytes = x.good;
      bytes[at] ^= static_cast<std::byte>(1 << bit);
      seal(bytes);
      write_file(x.path(), bytes);
      const auto package = Package::open(x.path());
      refused += !package.ok();
      if (!package.ok()) continue;
      for (const TensorEntry& t : (*package)->tensors())
        CHECK((*package)->payload(t.info.name)->size() == t.info.bytes);
      (void)(*package)->verify();
      (void)(*package)->tokenizer();
    }
  CHECK(refused > 100);
}

TEST_CASE("the header of a version 3 file") {
  const Example x;
  CHECK(x.after([](Bytes& b) { b[0] = std::byte{'o'}; }) == "P0003");
  CHECK(x.after([](Bytes& b) { put<uint32_t>(b, 5, 4); }) == "P0004");
  CHECK(x.after([](Bytes& b) { put<uint32_t>(b, 5, 1); }) == "P0004");
  CHECK(x.after([](Bytes& b) { b[10] = std::byte{1}; }) == "P0017");
  CHECK(x.after([](Bytes& b) { put<uint64_t>(b, 40, 1); }) == "P0017");
  CHECK(x.after([](Bytes& b) { put<uint32_t>(b, 12, 7); }) == "");  // a minor version says nothing by itself
  CHECK(x.after([](Bytes& b) { put<uint64_t>(b, 16, get(b, 16) + 1); }, false) == "P0002");
  CHECK(x.after([](Bytes& b) { b.resize(b.size() + 8); }, false) == "P0010");
  CHECK(x.after([](Bytes& b) { put<uint64_t>(b, 24, get(b, 24) + 8); }, false) == "P0006");
  CHECK(x.after([](Bytes& b) { put<uint64_t>(b, 24, 0); }, false) == "P0007");
  CHECK(x.after([](Bytes& b) { put<uint64_t>(b, 24, uint64_t{1} << 60); }, false) == "P0005");
  CHECK(x.after([](Bytes& b) { put<uint64_t>(b, 32, UINT64_MAX); }, false) == "P0005");
  CHECK(x.after([](Bytes& b) { put<uint64_t>(b, 32, get(b, 32) - 8); }, false) == "P0010");
  CHECK(x.after([](Bytes& b) { b[b.size() - 1] ^= std::byte{1}; }, false) == "P0015");
}

TEST_CASE("the sections of a version 3 file") {
  const Example x;
  CHECK(x.after([](Bytes& b) { put<uint32_t>(b, section(b, 2) - 16, 1); }) == "P0009");
  CHECK(x.after([](Bytes& b) { put<uint32_t>(b, section(b, 3) - 16, 1); }) == "P0007");
  CHECK(x.after([](Bytes& b) { put<uint64_t>(b, section(b, 7) - 16, 9); }) == "P0018");  // none is numbered 7
  CHECK(x.after([](Bytes& b) { put<uint64_t>(b, section(b, 5) - 8, UINT64_MAX - 3); }) == "P0005");
  const auto with_section = [&](uint32_t flags) {
    return x.after([&](Bytes& b) {
      const size_t at = b.size();
      b.resize(at + 24);
      put<uint32_t>(b, at, 8);
      put<uint32_t>(b, at + 4, flags);
      put<uint64_t>(b, at + 8, 5);
      put<uint64_t>(b, 16, b.size());
      put<uint64_t>(b, 32, get(b, 32) + 24);
    });
  };
  CHECK(with_section(0) == "");
  CHECK(with_section(1) == "P0004");
  for (const uint32_t kind : {2u, 3u, 4u, 5u, 6u})
    for (const uint64_t count : {uint64_t{1} << 32, uint64_t{1} << 61, UINT64_MAX}) {
      CAPTURE(kind, count);
      CHECK(x.after([&](Bytes& b) { put<uint64_t>(b, section(b, kind), count); }) == "P0005");
    }
  CHECK(x.after([](Bytes& b) { put<uint64_t>(b, section(b, 4), 2); }) == "P0010");  // a label too many
}

TEST_CASE("the tensors of a version 3 file") {
  const Example x;
  const auto change_b = [&](size_t at, auto value) {
    return x.after([&](Bytes& b) { put(b, record(b, "b") + at, value); });
  };
  // From the record's beginning: name 8, type, layout, rank, flag, zero 4, dims 8 each, offset, size, checksum.
  CHECK(change_b(4, 'w') == "P0009");
  CHECK(change_b(4, '\n') == "P0012");
  CHECK(change_b(4, '\xFF') == "P0012");
  CHECK(change_b(0, uint32_t{0}) == "P0012");
  CHECK(change_b(0, uint32_t{0xFFFFFFFF}) == "P0005");
  CHECK(change_b(5, 'x') == "P0017");
  CHECK(change_b(8, uint8_t{14}) == "P0011");
  CHECK(change_b(8, uint8_t{200}) == "P0011");
  CHECK(change_b(9, uint8_t{2}) == "P0011");
  CHECK(change_b(9, uint8_t{1}) == "P0014");  // panels of a vector
  CHECK(change_b(10, uint8_t{9}) == "P0013");
  CHECK(change_b(11, uint8_t{2}) == "P0018");
  CHECK(change_b(12, uint32_t{1}) == "P0017");
  CHECK(change_b(16, int64_t{5}) == "P0014");
  CHECK(change_b(16, int64_t{-1}) == "P0008");
  CHECK(change_b(16, INT64_MAX) == "P0008");
  CHECK(change_b(24, uint64_t{96}) == "P0006");
  CHECK(change_b(24, uint64_t{64}) == "P0007");
  CHECK(change_b(24, uint64_t{256 + 64}) == "P0010");
  CHECK(change_b(24, uint64_t{1} << 62) == "P0005");
  CHECK(change_b(24, UINT64_MAX - 63) == "P0005");
  CHECK(change_b(32, uint64_t{17}) == "P0014");
  CHECK(x.after([](Bytes& b) { put<uint64_t>(b, record(b, "w") + 16, uint64_t{1} << 40); }) == "P0014");
  CHECK(x.after([](Bytes& b) { put<uint8_t>(b, record(b, "w") + 8, 4); }) == "P0011");  // panels of i64

  const auto change_q = [&](size_t at, auto value) {
    return x.after([&](Bytes& b) { put(b, record(b, "q") + at, value); });
  };
  // Behind 64 bytes of name, type, two dims and payload: scale (16 bytes), zero points (16), their payloads (32 each).
  CHECK(change_q(8, uint8_t{9}) == "P0014");
  CHECK(change_q(64, uint8_t{4}) == "P0018");
  CHECK(change_q(64, uint8_t{0}) == "P0018");
  CHECK(change_q(64, uint8_t{1}) == "P0014");
  CHECK(change_q(65, uint8_t{99}) == "P0011");
  CHECK(change_q(65, uint8_t{1}) == "P0018");
  CHECK(change_q(66, uint8_t{2}) == "P0018");
  CHECK(change_q(72, uint64_t{4}) == "P0018");
  CHECK(change_q(81, uint8_t{10}) == "P0018");
  CHECK(change_q(96, uint64_t{64}) == "P0007");
  CHECK(change_q(104, uint64_t{12}) == "P0014");
  CHECK(change_q(128, uint64_t{1} << 50) == "P0005");
}

TEST_CASE("texts and values of a version 3 file") {
  const Example x;
  CHECK(x.after([](Bytes& b) { put<uint32_t>(b, record(b, "act") + 8, 9); }) == "P0011");
  CHECK(x.after([](Bytes& b) { put<uint32_t>(b, record(b, "act") + 12, 1); }) == "P0017");
  CHECK(x.after([](Bytes& b) { put<uint32_t>(b, record(b, "act") + 16, 1u << 30); }) == "P0005");
  CHECK(x.after([](Bytes& b) { put<uint8_t>(b, record(b, "act") + 20, 0xFF); }) == "P0012");
  CHECK(x.after([](Bytes& b) { put<uint64_t>(b, record(b, "tie") + 16, 2); }) == "P0018");
  CHECK(x.after([](Bytes& b) { put<uint64_t>(b, record(b, "none") + 16, uint64_t{1} << 61); }) == "P0005");
  CHECK(x.after([](Bytes& b) { put<uint8_t>(b, record(b, "cat") + 4, 0xFF); }) == "P0012");
  CHECK(x.after([](Bytes& b) { put<uint32_t>(b, section(b, 6) + 8 + 16, 3); }) == "P0011");  // kind of the tokenizer
}

TEST_CASE("damage of one payload is named") {
  const Example x;
  const auto named = [&](const char* name) {
    write_file(x.path(), x.good);
    const auto good = Package::open(x.path());
    REQUIRE(good.ok());
    Bytes bytes = x.good;
    bytes[(*good)->tensors()[name[0] == 'w' ? 0 : 3].data.offset + 5] ^= std::byte{4};
    write_file(x.path(), bytes);
    const auto package = Package::open(x.path());
    REQUIRE(package.ok());
    const Diagnostics found = (*package)->verify();
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == Code::P0015);
    CHECK(found[0].message.find(std::string("tensor `") + name + "`") != std::string::npos);
  };
  named("w");
  named("big");
}
