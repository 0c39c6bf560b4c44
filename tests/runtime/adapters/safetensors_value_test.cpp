#include "runtime/adapters/safetensors_value.h"

#include <cstring>

#include "tests/runtime/adapters/adapters_fixture.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

std::string file_of(const std::string& header, const std::string& data) {
  const uint64_t size = header.size();
  std::string file(8, '\0');
  std::memcpy(file.data(), &size, 8);
  return file + header + data;
}

void malformed(const std::string& header, const std::string& data, const std::string& why) {
  CAPTURE(header);
  const auto got = read_safetensors_value(file_of(header, data), std::nullopt);
  REQUIRE_FALSE(got.ok());
  CHECK(got.error().code == Code::I0006);
  CHECK_THAT(got.error().message, Catch::Contains(why));
}

const std::string kTwo = R"({"__metadata__":{"a":"b"},"x":{"dtype":"I32","shape":[2],"data_offsets":[0,8]},
  "y":{"dtype":"BF16","shape":[],"data_offsets":[8,10]}})";

}  // namespace

TEST_CASE("safetensors value: a tensor by its name, or the only one") {
  const std::string data("\1\0\0\0\xFF\xFF\xFF\xFF\x80\x3F", 10);
  const std::string two = file_of(kTwo, data);
  CHECK(is_safetensors(two));
  CHECK(values(good(read_safetensors_value(two, "x"))) == Values{1, -1});
  CHECK(values(good(read_safetensors_value(two, "y"))) == Values{1});
  CHECK(good(read_safetensors_value(two, "y")).dtype() == DType::bf16);
  malformed(kTwo, data, "2 tensors");
  CHECK_FALSE(read_safetensors_value(two, "z").ok());
  CHECK_FALSE(read_safetensors_value(two, "__metadata__").ok());
  CHECK(values(good(read_safetensors_value(file_of(R"({"x":{"dtype":"I32","shape":[2],"data_offsets":[0,8]}})", data),
                                           std::nullopt))) == Values{1, -1});
}

TEST_CASE("safetensors value: what is written is read again") {
  for (const DType dtype :
       {DType::boolean, DType::u8, DType::i8, DType::u16, DType::i16, DType::u32, DType::i32, DType::u64, DType::i64,
        DType::f16, DType::bf16, DType::f32, DType::f64, DType::f8, DType::f8e4m3}) {
    const HostTensor written = tensor(dtype, {1, 2}, {1, 0});
    const auto header = safetensors_header("out", dtype, written.shape());
    REQUIRE(header.has_value());
    const HostTensor read = good(read_safetensors_value(
        *header + std::string(reinterpret_cast<const char*>(written.data()), written.bytes().size()), "out"));
    CHECK(read.dtype() == dtype);
    CHECK(read.shape() == written.shape());
    CHECK(values(read) == values(written));
  }
  CHECK_FALSE(safetensors_header("out", DType::q4_0, {32}).has_value());
  CHECK(safetensors_header("out", DType::f32, {1})->size() ==
        safetensors_header("out", DType::u8, {1000000, 1000000})->size());
}

TEST_CASE("safetensors value: hostile files are refused") {
  const auto entry = [](const std::string& fields) { return R"({"x":{)" + fields + "}}"; };
  CHECK_FALSE(is_safetensors("short"));
  CHECK_FALSE(is_safetensors(std::string(8, '\xFF') + "{}"));
  CHECK_FALSE(read_safetensors_value(std::string(8, '\xFF') + "{}", std::nullopt).ok());
  malformed("{x}", "", "not valid JSON");
  malformed("{}", "", "0 tensors");
  malformed(R"({"x":1})", "", "lacks");
  malformed(entry(R"("dtype":"F32","shape":[1])"), "1234", "lacks");
  malformed(entry(R"("dtype":"F4","shape":[1],"data_offsets":[0,4])"), "1234", "`F4`");
  malformed(entry(R"("dtype":"F32","shape":[-1],"data_offsets":[0,4])"), "1234", "no size");
  malformed(entry(R"("dtype":"F32","shape":[1.0],"data_offsets":[0,4])"), "1234", "no size");
  malformed(entry(R"("dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4])"), "1234", "no size");
  malformed(entry(R"("dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0])"), "", "bytes");
  malformed(entry(R"("dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4])"), "1234", "8 axes");
  malformed(entry(R"("dtype":"F32","shape":[1],"data_offsets":[0,5])"), "1234", "outside");
  malformed(entry(R"("dtype":"F32","shape":[1],"data_offsets":[4,0])"), "1234", "outside");
  malformed(entry(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"), "1234", "bytes");
  malformed(entry(R"("dtype":"BOOL","shape":[1],"data_offsets":[0,1])"), "2", "neither 0 nor 1");
  malformed(R"({"x":)" + std::string(200, '[') + std::string(200, ']') + "}", "", "nests deeper");
}
