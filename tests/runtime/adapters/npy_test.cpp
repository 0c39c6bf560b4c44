#include "runtime/adapters/npy.h"

#include <cstring>

#include "tests/runtime/adapters/adapters_fixture.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

std::string npy(const std::string& dictionary, const std::string& data, int version = 1) {
  std::string file = "\x93NUMPY";
  file += static_cast<char>(version);
  file += '\0';
  const size_t size = dictionary.size();
  for (int byte = 0; byte < (version == 1 ? 2 : 4); ++byte) file += static_cast<char>(size >> (8 * byte) & 0xFFu);
  return file + dictionary + data;
}

std::string header(const std::string& descr, const std::string& shape, bool fortran = false) {
  return "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }";
}

template <class T>
std::string bytes_of(const std::vector<T>& numbers, bool swapped = false) {
  std::string bytes;
  for (const T number : numbers) {
    std::string one(sizeof number, '\0');
    std::memcpy(one.data(), &number, sizeof number);
    bytes.append(swapped ? std::string(one.rbegin(), one.rend()) : one);
  }
  return bytes;
}

void malformed(const std::string& file, const std::string& why) {
  const auto got = read_npy(file);
  CAPTURE(why);
  REQUIRE_FALSE(got.ok());
  CHECK(got.error().code == Code::I0006);
  CHECK_THAT(got.error().message, Catch::Contains(why));
}

}  // namespace

TEST_CASE("npy: both byte orders, both array orders, all versions") {
  const std::vector<int32_t> rows{1, 2, 3, 4, 5, 6}, columns{1, 4, 2, 5, 3, 6};
  for (int version = 1; version <= 3; ++version) {
    const HostTensor plain = good(read_npy(npy(header("<i4", "(2, 3)"), bytes_of(rows), version)));
    CHECK(plain.dtype() == DType::i32);
    CHECK(plain.shape() == Shape{2, 3});
    CHECK(values(plain) == Values{1, 2, 3, 4, 5, 6});
  }
  CHECK(values(good(read_npy(npy(header(">i4", "(2, 3)"), bytes_of(rows, true))))) == Values{1, 2, 3, 4, 5, 6});
  CHECK(values(good(read_npy(npy(header("<i4", "(2, 3)", true), bytes_of(columns))))) == Values{1, 2, 3, 4, 5, 6});
  CHECK(values(good(read_npy(npy(header(">f8", "(2, 2)", true), bytes_of(std::vector<double>{1, 3, 2, 4}, true))))) ==
        Values{1, 2, 3, 4});
}

TEST_CASE("npy: scalars, empty arrays and every type") {
  CHECK(good(read_npy(npy(header("<f4", "()"), bytes_of(std::vector<float>{2.5F})))).shape() == Shape{});
  CHECK(good(read_npy(npy(header("<f4", "(0, 5)"), ""))).shape() == Shape{0, 5});
  CHECK(good(read_npy(npy(header("<f4", "(3,)"), bytes_of(std::vector<float>{1, 2, 3})))).shape() == Shape{3});
  CHECK(values(good(read_npy(npy(header("|b1", "(2,)"), std::string("\1\0", 2))))) == Values{1, 0});
  for (const DType dtype : {DType::u8, DType::i8, DType::u16, DType::i16, DType::u32, DType::i32, DType::u64,
                            DType::i64, DType::f16, DType::f32, DType::f64, DType::boolean}) {
    const HostTensor written = tensor(dtype, {2, 1}, {1, 0});
    const std::string file = npy_header(dtype, written.shape()) +
                             std::string(reinterpret_cast<const char*>(written.data()), written.bytes().size());
    const HostTensor read = good(read_npy(file));
    CHECK(read.dtype() == dtype);
    CHECK(read.shape() == written.shape());
    CHECK(values(read) == values(written));
  }
}

TEST_CASE("npy: the header has one size for all shapes") {
  const Shape largest{INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
  CHECK(npy_header(DType::f32, largest).size() == npy_header(DType::u8, {}).size());
  CHECK(npy_header(DType::f32, largest).size() % 64 == 0);
  CHECK(npy_header(DType::f32, largest).back() == '\n');
  CHECK_THAT(npy_header(DType::f32, largest), Catch::Contains("9223372036854775807), }"));
}

TEST_CASE("npy: hostile files are refused") {
  malformed("\x93NUMPY", "too short");
  malformed(npy(header("<f4", "()"), "", 4), "version 4");
  malformed(std::string("\x93NUMPY\x01\x00\xFF\xFF{}", 12), "longer than the file");
  malformed(std::string("\x93NUMPY\x02\x00\xFF\xFF\xFF\xFF", 12), "longer than the file");
  malformed(std::string("\x93NUMPY\x02\x00\x00\x00\x00", 11), "too short");
  malformed(npy("", ""), "no dictionary");
  malformed(npy("{", ""), "no dictionary");
  malformed(npy("{'descr'", ""), "no dictionary");
  malformed(npy("{'descr: '<f4'}", ""), "no dictionary");
  malformed(npy("{'descr': [('a', '<f4')], }", ""), "records");
  malformed(npy("{'descr': '<f4', }", ""), "lacks");
  malformed(npy("{'descr': '<f4', 'descr': '<f4', }", ""), "twice");
  malformed(npy("{'other': 1, }", ""), "unknown key");
  malformed(npy(header("<f4", "()") + "x", "1234"), "behind the header");
  malformed(npy(header("|V2", "(1,)"), "12"), "`|V2`");
  malformed(npy(header("<c8", "(1,)"), "12345678"), "`<c8`");
  malformed(npy(header("f4", "(1,)"), "1234"), "`f4`");
  malformed(npy(header("", "(1,)"), "1234"), "``");
  malformed(npy(header("<f4", "3"), "1234"), "no tuple");
  malformed(npy(header("<f4", "(3"), "1234"), "`shape`");
  malformed(npy(header("<f4", "(-1,)"), ""), "no size");
  malformed(npy(header("<f4", "(99999999999999999999,)"), ""), "no size");
  malformed(npy(header("<f4", "(1,1,1,1,1,1,1,1,1)"), "1234"), "8 axes");
  malformed(npy(header("<f4", "(4611686018427387904, 4)"), ""), "bytes follow");
  malformed(npy(header("<f4", "(2,)"), "1234"), "bytes follow");
  malformed(npy(header("<f4", "(1,)"), "12345"), "bytes follow");
  malformed(npy(header("|b1", "(1,)"), "\2"), "neither 0 nor 1");
}
