#include "runtime/adapters/output_file.h"

#include <cmath>
#include <cstring>

#include "runtime/adapters/literal_tensor.h"
#include "runtime/adapters/npy.h"
#include "runtime/adapters/safetensors_value.h"
#include "tests/runtime/adapters/adapters_fixture.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

// Writes each tensor as one emission.
std::string written(const TemporaryFolder& folder, const std::string& file,
                    const std::vector<const HostTensor*>& tensors) {
  auto output = good(OutputFile::create("out", folder.file(file)));
  for (const HostTensor* one : tensors) REQUIRE(output->add(one->view()).ok());
  CHECK_FALSE(std::filesystem::exists(folder.file(file)));
  const Status status = output->commit();
  INFO((status.ok() ? std::string() : status.error().message));
  REQUIRE(status.ok());
  return folder.read(file);
}

}  // namespace

TEST_CASE("output file: one emission keeps its shape, several get an axis before it") {
  const TemporaryFolder folder;
  const HostTensor a = tensor(DType::f32, {2}, {1, 2.5}), b = tensor(DType::f32, {2}, {3, 4});
  const HostTensor npy1 = good(read_npy(written(folder, "a.npy", {&a}))),
                   npy2 = good(read_npy(written(folder, "b.npy", {&a, &b})));
  CHECK(npy1.shape() == Shape{2});
  CHECK(npy2.shape() == Shape{2, 2});
  CHECK(values(npy2) == Values{1, 2.5, 3, 4});
  const std::string st1 = written(folder, "a.safetensors", {&a}), st2 = written(folder, "b.safetensors", {&a, &b, &a});
  CHECK(good(read_safetensors_value(st1, "out")).shape() == Shape{2});
  CHECK(good(read_safetensors_value(st2, "out")).shape() == Shape{3, 2});
  CHECK(written(folder, "a.json", {&a}) == "[1, 2.5]\n");
  CHECK(written(folder, "b.json", {&a, &b}) == "[[1, 2.5],\n [3, 4]]\n");
  CHECK(written(folder, "a.txt", {&a, &b}) == "[1, 2.5]\n[3, 4]\n");
}

TEST_CASE("output file: nothing emitted is an empty file of its format") {
  const TemporaryFolder folder;
  CHECK(good(read_npy(written(folder, "a.npy", {}))).shape() == Shape{0});
  CHECK(good(read_safetensors_value(written(folder, "a.safetensors", {}), "out")).shape() == Shape{0});
  CHECK(written(folder, "a.json", {}) == "[]\n");
  CHECK(written(folder, "a.txt", {}).empty());
}

TEST_CASE("output file: types that NumPy lacks are widened") {
  const TemporaryFolder folder;
  const HostTensor narrow = tensor(DType::bf16, {2}, {1.5, -2});
  const HostTensor wide = good(read_npy(written(folder, "a.npy", {&narrow})));
  CHECK(wide.dtype() == DType::f32);
  CHECK(values(wide) == Values{1.5, -2});
  CHECK(good(read_safetensors_value(written(folder, "a.safetensors", {&narrow}), "out")).dtype() == DType::bf16);
  const HostTensor packed = tensor(DType::i4, {2}, {1, 2});
  for (const char* file : {"b.npy", "b.safetensors"}) {
    auto output = good(OutputFile::create("out", folder.file(file)));
    const Status status = output->add(packed.view());
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == Code::R0007);
  }
}

TEST_CASE("output file: .json is JSON, also where values are infinite or no numbers, and is read again") {
  const TemporaryFolder folder;
  const HostTensor odd = tensor(DType::f32, {4}, {1.5, INFINITY, -INFINITY, NAN});
  const std::string json = written(folder, "a.json", {&odd});
  CHECK(json == "[1.5, \"inf\", \"-inf\", \"nan\"]\n");
  const HostTensor again = good(parse_literal_tensor(json, DType::f32));
  CHECK(std::memcmp(again.data(), odd.data(), 3 * sizeof(float)) == 0);
  CHECK(std::isnan(values(again)[3]));
  CHECK(written(folder, "a.txt", {&odd}) == "[1.5, inf, -inf, nan]\n");
}

TEST_CASE("output file: large values go through in pieces") {
  const TemporaryFolder folder;
  constexpr int64_t kMany = 300000;
  Values numbers;
  for (int64_t i = 0; i < kMany; ++i) numbers.push_back(static_cast<double>(i % 251) - 100.5);
  const HostTensor narrow = tensor(DType::bf16, {kMany / 3, 3}, numbers);
  CHECK(values(good(read_npy(written(folder, "a.npy", {&narrow})))) == values(narrow));
  CHECK(values(good(read_safetensors_value(written(folder, "a.safetensors", {&narrow}), "out"))) == values(narrow));
  for (const size_t copies : {size_t{1}, size_t{2}}) {
    const std::string json =
        written(folder, copies == 1 ? "one.json" : "two.json", std::vector<const HostTensor*>(copies, &narrow));
    const HostTensor again = good(parse_literal_tensor(json, DType::bf16));
    CHECK(again.shape() == (copies == 1 ? Shape{kMany / 3, 3} : Shape{2, kMany / 3, 3}));
    CHECK(std::memcmp(again.data(), narrow.data(), narrow.bytes().size()) == 0);
  }
}

TEST_CASE("output file: texts") {
  const TemporaryFolder folder;
  for (const char* file : {"a.txt", "a.json"}) {
    auto output = good(OutputFile::create("out", folder.file(file)));
    REQUIRE(output->add_text("The \"Fox\"\n").ok());
    REQUIRE(output->add_text("ünd\t").ok());
    REQUIRE(output->commit().ok());
  }
  CHECK(folder.read("a.txt") == "The \"Fox\"\nünd\t");
  CHECK(folder.read("a.json") == "\"The \\\"Fox\\\"\\nünd\\u0009\"\n");
  auto output = good(OutputFile::create("out", folder.file("a.npy")));
  CHECK_FALSE(output->add_text("x").ok());
}

TEST_CASE("output file: what is not committed leaves nothing, and what was there stays") {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.npy", "before");
  {
    auto output = good(OutputFile::create("out", path));
    REQUIRE(output->add(tensor(DType::f32, {2}, {1, 2}).view()).ok());
  }
  CHECK(folder.read("a.npy") == "before");
  CHECK(folder.count() == 1);
}

TEST_CASE("output file: misuse is refused") {
  const TemporaryFolder folder;
  for (const char* file : {"a", "a.bin", "a.npy.gz"}) {
    const auto got = OutputFile::create("out", folder.file(file));
    REQUIRE_FALSE(got.ok());
    CHECK(got.error().code == Code::U0001);
  }
  const auto nowhere = OutputFile::create("out", folder.file("no/such/folder/a.npy"));
  REQUIRE_FALSE(nowhere.ok());
  CHECK(nowhere.error().code == Code::R0007);
  auto output = good(OutputFile::create("out", folder.file("a.npy")));
  REQUIRE(output->add(tensor(DType::f32, {2}, {1, 2}).view()).ok());
  const HostTensor longer = tensor(DType::f32, {3}, {1, 2, 3}), integers = tensor(DType::i32, {2}, {1, 2});
  for (const HostTensor* other : {&longer, &integers}) {
    const Status status = output->add(other->view());
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == Code::R0003);
  }
}
