#include "oinf/pack/quantise.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "../temporary_folder.h"
#include "oinf/byte_writer.h"
#include "oinf/pack/convert.h"
#include "oinf/package.h"
#include "ops/blocks.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

// 4096 numbers between -8 and 8 with 24 bits each, a row of zeros and a row of positive ones among them.
std::vector<float> numbers() {
  std::vector<float> values;
  uint32_t state = 12345;
  for (size_t i = 0; i < 4096; ++i) {
    state = state * 1664525u + 1013904223u;
    const float value = (static_cast<float>(state >> 8) - 8388608.0F) / 1048576.0F;
    values.push_back(i / 512 == 1 ? 0.0F : i / 512 == 2 ? std::abs(value) : value);
  }
  return values;
}

uint64_t fnv1a(const std::vector<std::byte>& bytes) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const std::byte b : bytes) hash = (hash ^ static_cast<uint64_t>(b)) * 0x100000001b3u;
  return hash;
}

std::vector<std::byte> packed(DType type, const std::vector<float>& values, int threads = 1) {
  std::vector<std::byte> out;
  pack::quantise(type, values, threads, out);
  return out;
}

// A checkpoint's folder with matrices of these names, [4, 256] each, and a vector.
void write_model(const TemporaryFolder& folder, const std::vector<std::string>& names) {
  std::string header = "{";
  size_t at = 0;
  std::vector<float> data;
  for (const std::string& name : names) {
    const bool vector = name == "norm";
    const size_t bytes = vector ? 1024 : 4096;
    header += (at > 0 ? ",\"" : "\"") + name + "\":{\"dtype\":\"F32\",\"shape\":" + (vector ? "[256]" : "[4,256]") +
              ",\"data_offsets\":[" + std::to_string(at) + "," + std::to_string(at + bytes) + "]}";
    at += bytes;
    const std::vector<float> values = numbers();
    data.insert(data.end(), values.begin() + 1536, values.begin() + 1536 + static_cast<std::ptrdiff_t>(bytes / 4));
  }
  header += "}";
  ByteWriter out;
  out.u64(header.size());
  out.raw(header.data(), header.size());
  out.raw(data.data(), data.size() * sizeof(float));
  write_file(folder.file("model.safetensors"), out.bytes());
  write_file(folder.file("config.json"), "{}");
}

}  // namespace

TEST_CASE("quantise: types with one defined rounding have the bytes that GGUF tools write") {
  // From the package `gguf` on PyPI (gguf.quants.quantize) on the same numbers.
  CHECK(fnv1a(packed(DType::q8_0, numbers())) == 0xbc88ec4a183caaa7u);
  CHECK(fnv1a(packed(DType::q4_0, numbers())) == 0x922fedcc0d86e95eu);
  CHECK(fnv1a(packed(DType::q4_1, numbers())) == 0x311c9d0071cd98abu);
}

TEST_CASE("quantise: values come back within the error of their type, whatever the threads") {
  const std::vector<float> values = numbers();
  // Of evenly spread numbers, relative to their root mean square.
  const std::pair<DType, double> kErrors[] = {
      {DType::q8_0, 0.005}, {DType::q4_0, 0.07}, {DType::q4_1, 0.063}, {DType::q4_k, 0.063}, {DType::q6_k, 0.018}};
  for (const auto& [type, most] : kErrors) {
    INFO(name(type));
    const auto bytes = packed(type, values);
    CHECK(packed(type, values, 3) == bytes);
    double error = 0, power = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      const double off = static_cast<double>(block_element(type, bytes.data(), static_cast<int64_t>(i)) - values[i]);
      error += off * off;
      power += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    }
    INFO(std::sqrt(error / power));
    CHECK(std::sqrt(error / power) <= most);
    for (size_t i = 512; i < 1024; ++i) CHECK(block_element(type, bytes.data(), static_cast<int64_t>(i)) == 0);
  }
}

TEST_CASE("quantise: matrices change their type, vectors and what is kept do not") {
  TemporaryFolder folder;
  write_model(folder, {"embed", "head", "norm", "up"});
  auto source = pack::open_source(folder.path());
  REQUIRE(source.ok());
  pack::ConvertOptions options;
  options.quantise = DType::q4_k;
  options.keep = {{"em*", DType::q8_0}, {"h*d", DType::f16}};
  REQUIRE(pack::convert(*source, source->description, options, folder.file("x.oinf")).ok());
  const auto package = *Package::open(folder.file("x.oinf"));
  CHECK(package->verify().empty());
  CHECK(package->find_tensor("embed")->dtype == DType::q8_0);
  CHECK(package->find_tensor("head")->dtype == DType::f16);
  CHECK(package->find_tensor("norm")->dtype == DType::f32);
  CHECK(package->find_tensor("up")->dtype == DType::q4_k);
  options.keep = {{"up", DType::q5_k}};
  CHECK(code_of(pack::convert(*source, source->description, options, folder.file("y.oinf"))) == "P0027");
  options.keep.clear();
  options.quantise = DType::f32;
  CHECK(code_of(pack::convert(*source, source->description, options, folder.file("y.oinf"))) == "P0027");
}

TEST_CASE("quantise: what is quantised already is decoded when another type is asked for") {
  TemporaryFolder folder;
  write_model(folder, {"up"});
  auto source = pack::open_source(folder.path());
  REQUIRE(source.ok());
  pack::ConvertOptions options;
  options.quantise = DType::q6_k;
  REQUIRE(pack::convert(*source, source->description, options, folder.file("x.oinf")).ok());
  const auto first = *Package::open(folder.file("x.oinf"));
  const auto blocks = *first->payload("up");
  pack::ModelSource again;
  again.tensors = {{"up", DType::q6_k, Shape{4, 256}, blocks}};
  options.decode = block_element;
  for (const DType to : {DType::f32, DType::q8_0, DType::q6_k}) {
    options.quantise = is_block(to) ? std::optional(to) : std::nullopt;
    options.dtype = is_block(to) ? std::nullopt : std::optional(to);
    const std::string target = folder.file("y.oinf");
    REQUIRE(pack::convert(again, again.description, options, target).ok());
    const auto package = *Package::open(target);
    REQUIRE(package->find_tensor("up")->dtype == to);
    const auto got = *package->payload("up");
    for (int64_t i = 0; i < 1024; ++i) {
      const float expected = block_element(DType::q6_k, blocks.data(), i);
      float value = 0;
      if (is_block(to)) {
        value = block_element(to, got.data(), i);
      } else {
        std::memcpy(&value, got.data() + i * 4, sizeof value);
      }
      CHECK(std::abs(value - expected) <= (to == DType::q8_0 ? 0.04F : 0.0F));
    }
  }
  options.decode = nullptr;
  options.quantise = DType::q8_0;
  REQUIRE(pack::convert(again, again.description, options, folder.file("z.oinf")).ok());
  CHECK((*Package::open(folder.file("z.oinf")))->find_tensor("up")->dtype == DType::q6_k);
}
