#include "oinf/pack/safetensors.h"

#include <catch2/catch.hpp>
#include <cstring>

#include "safetensors_file.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

std::string code(std::string_view header, size_t data_bytes) {
  TemporaryFolder folder;
  write_file(folder.file("x"), safetensors(header, data_bytes));
  return code_of(pack::SafetensorsFile::open(folder.file("x")));
}

std::string entry(std::string_view dtype, std::string_view shape, std::string_view offsets) {
  return std::string("{\"dtype\":\"") + std::string(dtype) + "\",\"shape\":" + std::string(shape) +
         ",\"data_offsets\":" + std::string(offsets) + "}";
}

}  // namespace

TEST_CASE("safetensors: tensors come in the order of their data") {
  TemporaryFolder folder;
  const std::string header = "{\"b\":" + entry("F16", "[2,3]", "[4,16]") + ",\"a\":" + entry("U8", "[4]", "[0,4]") +
                             ",\"e\":" + entry("F32", "[0,7]", "[4,4]") + ",\"s\":" + entry("I64", "[]", "[16,24]") +
                             ",\"__metadata__\":{\"format\":\"pt\"}}   ";
  write_file(folder.file("x"), safetensors(header, 24));
  const auto file = pack::SafetensorsFile::open(folder.file("x"));
  if (!file.ok()) FAIL(file.error().message);
  std::string names;
  for (const auto& t : file->tensors()) names += t.name;
  CHECK(names == "aebs");
  CHECK(file->tensors()[2].shape == Shape{2, 3});
  CHECK(file->tensors()[2].dtype == DType::f16);
  CHECK(file->tensors()[2].data[0] == std::byte{4});
  CHECK(file->tensors()[3].shape.rank() == 0);
  CHECK(file->metadata() == std::vector<std::pair<std::string, std::string>>{{"format", "pt"}});
}

TEST_CASE("safetensors: every element type has its name") {
  for (const auto& [name, bytes] : std::vector<std::pair<const char*, int>>{{"F64", 8},
                                                                            {"F32", 4},
                                                                            {"F16", 2},
                                                                            {"BF16", 2},
                                                                            {"F8_E5M2", 1},
                                                                            {"F8_E4M3", 1},
                                                                            {"I64", 8},
                                                                            {"I32", 4},
                                                                            {"I16", 2},
                                                                            {"I8", 1},
                                                                            {"U64", 8},
                                                                            {"U32", 4},
                                                                            {"U16", 2},
                                                                            {"U8", 1},
                                                                            {"BOOL", 1}})
    CHECK(code("{\"x\":" + entry(name, "[3]", "[0," + std::to_string(3 * bytes) + "]") + "}",
               static_cast<size_t>(3 * bytes)) == "");
  CHECK(code("{\"x\":" + entry("F4", "[2]", "[0,1]") + "}", 1) == "P0011");
}

TEST_CASE("safetensors: malformed files are refused") {
  const auto one = [](std::string_view dtype, std::string_view shape, std::string_view offsets, size_t bytes) {
    return code("{\"x\":" + entry(dtype, shape, offsets) + "}", bytes);
  };
  CHECK(one("U8", "[8]", "[0,8]", 8) == "");
  CHECK(one("U8", "[8]", "[0,8]", 9) == "P0010");
  CHECK(one("U8", "[8]", "[1,9]", 9) == "P0010");
  CHECK(one("U8", "[8]", "[0,8]", 7) == "P0005");
  CHECK(one("U8", "[8]", "[8,0]", 8) == "P0005");
  CHECK(one("U8", "[7]", "[0,8]", 8) == "P0014");
  CHECK(one("U8", "[9223372036854775807,3]", "[0,8]", 8) == "P0008");
  CHECK(one("U8", "[18446744073709551615]", "[0,8]", 8) == "P0008");
  CHECK(one("U8", "[1,1,1,1,1,1,1,1,8]", "[0,8]", 8) == "P0013");
  CHECK(one("U8", "[-8]", "[0,8]", 8) == "P0020");
  CHECK(one("U8", "[8.0]", "[0,8]", 8) == "P0020");
  CHECK(one("U8", "8", "[0,8]", 8) == "P0020");
  CHECK(one("U8", "[8]", "[0]", 8) == "P0020");
  CHECK(code("{\"a\":" + entry("U8", "[5]", "[0,5]") + ",\"b\":" + entry("U8", "[5]", "[3,8]") + "}", 8) == "P0007");
  CHECK(code("{\"a\":" + entry("U8", "[8]", "[0,8]") + ",\"a\":" + entry("U8", "[8]", "[0,8]") + "}", 8) == "P0021");
  CHECK(code("{\"a\\n\":" + entry("U8", "[8]", "[0,8]") + "}", 8) == "P0012");
  CHECK(code("{\"x\":7}", 0) == "P0020");
  CHECK(code("{\"__metadata__\":{\"a\":1}}", 0) == "P0020");
  CHECK(code("[]", 0) == "P0020");
  CHECK(code("{\"x\":", 0) == "P0021");
  CHECK(code("{\"x\":\"\xFF\"}", 0) == "P0021");
  CHECK(code("{\"x\":" + std::string(5000, '[') + std::string(5000, ']') + "}", 0) == "P0021");
  CHECK(code("{}", 0) == "");
}

TEST_CASE("safetensors: a file cut at any byte is refused") {
  TemporaryFolder folder;
  const auto good = safetensors("{\"x\":" + entry("F16", "[2,3]", "[0,12]") + "}", 12);
  for (size_t size = 0; size < good.size(); ++size) {
    write_file(folder.file("x"), std::span(good).first(size));
    const std::string found = code_of(pack::SafetensorsFile::open(folder.file("x")));
    if (found != "P0002" && found != "P0005") FAIL("cut at " << size << ": " << found);
  }
  for (const uint64_t length : {uint64_t{1} << 40, UINT64_MAX, UINT64_MAX - 7}) {
    auto bytes = good;
    std::memcpy(bytes.data(), &length, 8);
    write_file(folder.file("x"), bytes);
    CHECK(code_of(pack::SafetensorsFile::open(folder.file("x"))) == "P0020");
  }
}
