#include <catch2/catch.hpp>
#include <cstring>
#include <functional>

#include "oinf/package.h"
#include "temporary_folder.h"
#include "v2_file.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

using Bytes = std::vector<std::byte>;

Bytes quantisation(uint32_t scheme, uint32_t scale_mode, uint32_t zero_mode, uint64_t axis,
                   const std::vector<float>& scales, const std::vector<int32_t>& zeros) {
  ByteWriter out;
  out.u32(scheme);
  out.u32(scale_mode);
  out.u32(zero_mode);
  out.u32(0);
  out.u64(axis);
  out.u64(scales.size());
  out.u64(zero_mode == 2 ? axis : 0);
  out.u64(zeros.size());
  out.raw(scales.data(), scales.size() * 4);
  out.raw(zeros.data(), zeros.size() * 4);
  out.pad();
  return {out.bytes().begin(), out.bytes().end()};
}

// Something of every kind that the format has.
V2File example() {
  V2File f;
  f.sizes = {{"B", 1024}, {"D", 128}};
  f.metadata = {
      {"arr", 15, V2File::array(3, {2, 2}, V2File::values<int32_t>({1, -2, 3, 4}))},
      {"arr.f", 15, V2File::array(9, {2}, V2File::values<uint16_t>({0x3C00, 0xC000}))},
      {"arr.u4", 15, V2File::array(21, {3}, V2File::values<uint8_t>({0x21, 0x0F}))},
      {"bits", 13, V2File::values<uint8_t>({10, 0, 0, 0, 2, 0, 0, 0, 0x05, 0x02, 0, 0, 0, 0, 0, 0})},
      {"flag", 12, V2File::values<uint8_t>({1})},
      {"half", 9, V2File::values<uint16_t>({0x3800})},
      {"i2", 19, V2File::values<uint8_t>({3})},
      {"mode", 14, V2File::text("clamp_up")},
      {"n", 4, V2File::values<int64_t>({-5})},
      {"u", 8, V2File::values<uint64_t>({UINT64_MAX})},
      {"x", 10, V2File::values<float>({10.35F})},
  };
  f.tensors = {
      {"W.0", 10, {2, 3}, V2File::values<float>({1, 2, 3, 4, 5, 6}), true, {}},
      {"k", 5, {3, 3}, V2File::values<uint8_t>({1, 2, 3, 4, 5, 6, 7, 8, 9}), true, {}},
      {"p", 18, {5}, V2File::values<uint8_t>({0x21, 0x43, 0x0F}), true, {}},
      {"q",
       1,
       {2, 4},
       V2File::values<int8_t>({1, 2, 3, 4, 5, 6, 7, 8}),
       true,
       quantisation(2, 2, 2, 0, {0.5F, 0.25F}, {3, -4})},
      {"s", 11, {}, V2File::values<double>({2.5}), true, {}},
      {"t", 24, {3}, V2File::values<uint8_t>({0x07}), true, {}},
      {"y", 2, {7}, {}, false, {}},
      {"z", 16, {0, 3}, {}, true, {}},
  };
  return f;
}

class V2 {
 public:
  V2() { good = example().bytes(&at); }
  [[nodiscard]] Result<std::shared_ptr<const Package>> open(const Bytes& bytes) const {
    write_file(folder_.file("x.oinf"), bytes);
    return Package::open(folder_.file("x.oinf"));
  }
  [[nodiscard]] std::string after(const std::function<void(Bytes&)>& change) const {
    Bytes bytes = good;
    change(bytes);
    return code_of(open(bytes));
  }
  template <class T>
  [[nodiscard]] std::string with(size_t place, T value) const {
    return after([&](Bytes& b) { std::memcpy(b.data() + place, &value, sizeof value); });
  }
  Bytes good;
  V2File::Offsets at{};

 private:
  TemporaryFolder folder_;
};

template <class T>
T meta(const Package& p, std::string_view key) {
  const MetaValue* value = p.find_metadata(key);
  REQUIRE(value != nullptr);
  REQUIRE(std::holds_alternative<T>(*value));
  return std::get<T>(*value);
}

}  // namespace

TEST_CASE("a version 2 package is read") {
  const V2 x;
  const auto opened = x.open(x.good);
  if (!opened.ok()) FAIL(opened.error().message);
  const Package& p = **opened;
  CHECK(p.version() == 2);
  CHECK(p.find_size("B") == 1024);
  CHECK(meta<std::vector<int64_t>>(p, "arr") == std::vector<int64_t>{1, -2, 3, 4});
  CHECK(meta<std::vector<double>>(p, "arr.f") == std::vector<double>{1, -2});
  CHECK(meta<std::vector<int64_t>>(p, "arr.u4") == std::vector<int64_t>{1, 2, 15});
  CHECK(meta<std::vector<bool>>(p, "bits") ==
        std::vector<bool>{true, false, true, false, false, false, false, false, false, true});
  CHECK(meta<bool>(p, "flag"));
  CHECK(meta<double>(p, "half") == 0.5);
  CHECK(meta<int64_t>(p, "i2") == -1);
  CHECK(meta<std::string>(p, "mode") == "clamp_up");
  CHECK(meta<int64_t>(p, "n") == -5);
  CHECK(meta<double>(p, "u") == 18446744073709551615.0);
  CHECK(meta<double>(p, "x") == double{10.35F});
  CHECK(p.find_tensor("W.0")->shape == Shape{2, 3});
  CHECK(p.payload("W.0")->size() == 24);
  CHECK(p.find_tensor("p")->dtype == DType::i4);
  CHECK(p.payload("p")->size() == 3);
  CHECK(p.find_tensor("s")->shape.rank() == 0);
  CHECK(p.find_tensor("t")->dtype == DType::t2);
  CHECK(p.find_tensor("y")->dtype == DType::i16);
  CHECK(p.find_tensor("y")->bytes == 0);
  CHECK(code_of(p.payload("y")) == "P0026");
  CHECK(p.payload("z")->empty());
  const auto q = p.quantisation("q");
  REQUIRE((q.ok() && q->has_value()));
  CHECK((*q)->quantisation.scale.granularity == Granularity::channel);
  CHECK((*q)->scales.size() == 8);
  CHECK((*q)->zero_points.size() == 8);
  CHECK(p.graph()->empty());
  CHECK_FALSE(p.has_tokenizer());
  CHECK(p.verify().empty());
}

TEST_CASE("an empty version 2 package is read") {
  const V2 x;
  const auto opened = x.open(V2File{}.bytes());
  REQUIRE(opened.ok());
  CHECK((*opened)->tensors().empty());
}

TEST_CASE("a version 2 file cut at any byte is refused") {
  const V2 x;
  for (size_t size = 0; size < x.good.size(); ++size) {
    const std::string code = code_of(x.open(Bytes(x.good.begin(), x.good.begin() + static_cast<ptrdiff_t>(size))));
    if (code != "P0002") FAIL("cut at " << size << ": " << code);
  }
}

TEST_CASE("a flipped bit anywhere in a version 2 file is read or refused, never worse") {
  const V2 x;
  size_t refused = 0;
  for (size_t at = 0; at < x.good.size(); ++at)
    for (const int bit : {0, 4, 7}) {
      Bytes bytes = x.good;
      bytes[at] ^= static_cast<std::byte>(1 << bit);
      const auto package = x.open(bytes);
      refused += !package.ok();
      if (!package.ok()) continue;
      for (const TensorEntry& t : (*package)->tensors())
        if (t.has_data) CHECK((*package)->payload(t.info.name)->size() == t.info.bytes);
      (void)(*package)->quantisation("q");
      (void)(*package)->verify();
    }
  CHECK(refused > 1000);
}

TEST_CASE("the header of a version 2 file") {
  const V2 x;
  CHECK(x.with<uint32_t>(9, 1) == "P0018");
  CHECK(x.with<uint32_t>(25, 1) == "P0018");
  for (const size_t count : {13, 17, 21}) CHECK(x.with<uint32_t>(count, 0xFFFFFFFF) == "P0005");
  CHECK(x.with<uint64_t>(29, 80) == "P0010");
  CHECK(x.with<uint64_t>(29, 64) == "P0007");
  CHECK(x.with<uint64_t>(37, 72) == "P0005");  // the table of sizes has no room
  CHECK(x.with<uint64_t>(45, x.at.section[2] + 4) == "P0006");
  CHECK(x.with<uint64_t>(45, 64) == "P0007");
  CHECK(x.with<uint64_t>(53, uint64_t{1} << 40) == "P0005");
  CHECK(x.with<uint64_t>(61, x.good.size() + 8) == "P0002");
  CHECK(x.after([](Bytes& b) { b.resize(b.size() + 8); }) == "P0010");
}

TEST_CASE("the entries of a version 2 file") {
  const V2 x;
  const size_t size = x.at.section[0];  // name 8 bytes, value
  CHECK(x.with(size + 4, 'D') == "P0009");
  CHECK(x.with(size + 4, ' ') == "P0012");
  CHECK(x.with(size, uint32_t{0}) == "P0012");
  CHECK(x.with(size, uint32_t{0xFFFFFFF0}) == "P0005");
  CHECK(x.with(size + 5, 'x') == "P0017");
  CHECK(x.with(size + 8, UINT64_MAX) == "P0008");

  const size_t array = x.at.section[1];  // "arr": name 8 bytes, type, zero, size, offset
  CHECK(x.with(array + 8, uint32_t{26}) == "P0011");
  CHECK(x.with(array + 8, uint32_t{4}) == "P0014");
  CHECK(x.with(array + 12, uint32_t{1}) == "P0018");
  CHECK(x.with(array + 16, uint64_t{1} << 40) == "P0005");
  CHECK(x.with(array + 24, x.at.section[3] + 4) == "P0006");
  CHECK(x.with(array + 24, x.at.section[3] - 8) == "P0007");
  CHECK(x.with(array + 24, UINT64_MAX - 7) == "P0005");
  const size_t value = x.at.section[3];  // type, rank, dims, data
  CHECK(x.with(value, uint32_t{15}) == "P0011");
  CHECK(x.with(value + 4, uint32_t{9}) == "P0013");
  CHECK(x.with(value + 8, uint64_t{3}) == "P0014");
  CHECK(x.with(value + 8, uint64_t{1} << 62) == "P0008");

  const size_t tensor = x.at.section[2];  // "W.0": name 8 bytes, type, rank, flags, dims, sizes and offsets
  CHECK(x.with(tensor + 8, uint32_t{0}) == "P0011");
  CHECK(x.with(tensor + 8, uint32_t{13}) == "P0011");
  CHECK(x.with(tensor + 8, uint32_t{32}) == "P0011");  // a type of version 3
  CHECK(x.with(tensor + 12, uint32_t{9}) == "P0013");
  CHECK(x.with(tensor + 16, uint32_t{5}) == "P0018");
  CHECK(x.with(tensor + 16, uint32_t{0}) == "P0014");
  CHECK(x.with(tensor + 20, uint64_t{1} << 62) == "P0008");
  CHECK(x.with(tensor + 20, uint64_t{4}) == "P0014");
  CHECK(x.with(tensor + 52, uint64_t{8}) == "P0018");  // a quantisation without its flag
}

TEST_CASE("payloads of a version 2 file neither overlap nor leave holes") {
  V2File f;
  f.tensors = {{"a", 5, {8}, Bytes(8), true, {}}, {"b", 5, {8}, Bytes(8), true, {}}};
  V2File::Offsets at{};
  const Bytes good = f.bytes(&at);
  const V2 x;
  const auto with_second = [&](uint64_t offset, size_t longer) {
    Bytes bytes = good;
    bytes.resize(bytes.size() + longer);
    const uint64_t total = bytes.size();
    std::memcpy(bytes.data() + 61, &total, 8);
    // an entry has 60 bytes: name 8, three words, one dim, four numbers
    std::memcpy(bytes.data() + at.section[2] + 60 + 36, &offset, 8);
    return code_of(x.open(bytes));
  };
  CHECK(with_second(at.section[3] + 8, 0) == "");
  CHECK(with_second(at.section[3], 0) == "P0007");
  CHECK(with_second(at.section[3] + 16, 8) == "P0010");
  CHECK(with_second(at.section[3] + 8, 8) == "P0010");
}

TEST_CASE("quantisation records of version 2 that do not fit are refused when they are asked for") {
  const V2 x;
  const auto with_record = [&](Bytes record) {
    V2File f;
    f.tensors = {{"q", 1, {2, 4}, Bytes(8), true, std::move(record)}};
    const auto package = x.open(f.bytes());
    REQUIRE(package.ok());
    const std::string code = code_of((*package)->quantisation("q"));
    CHECK((*package)->verify().empty() == code.empty());
    return code;
  };
  CHECK(with_record(quantisation(1, 1, 0, 0, {1}, {})) == "");
  CHECK(with_record(quantisation(2, 1, 1, 0, {1}, {5})) == "");
  CHECK(with_record(quantisation(3, 1, 0, 0, {1}, {})) == "P0018");
  CHECK(with_record(quantisation(1, 1, 1, 0, {1}, {5})) == "P0018");
  CHECK(with_record(quantisation(2, 3, 0, 0, {1}, {})) == "P0018");
  CHECK(with_record(quantisation(2, 2, 0, 2, {1, 2}, {})) == "P0018");
  CHECK(with_record(quantisation(2, 2, 0, 1, {1, 2}, {})) == "P0018");
  CHECK(with_record(Bytes(40)) == "P0018");
}
