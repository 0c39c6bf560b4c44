#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "example_package.h"
#include "oinf/format.h"
#include "oinf/package.h"
#include "temporary_folder.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

std::shared_ptr<const Package> opened(const std::string& path) {
  auto package = Package::open(path);
  if (!package.ok()) FAIL(package.error().message);
  return *package;
}

}  // namespace

TEST_CASE("what is written is read back") {
  TemporaryFolder folder;
  const std::string path = folder.file("x.oinf");
  REQUIRE(code_of(write_example(path)) == "");
  const auto p = opened(path);
  const PackageDescription d = example_description();
  CHECK(p->version() == 3);
  CHECK(p->numerics_id() == 1);
  CHECK(p->architecture() == "llama");
  CHECK(p->labels() == d.labels);
  CHECK(p->provenance() == d.provenance);
  CHECK(p->find_size("hidden_size") == 4);
  CHECK(p->find_size("größe") == -3);
  CHECK_FALSE(p->find_size("none"));
  for (const auto& [key, value] : d.metadata) {
    const MetaValue* found = p->find_metadata(key);
    REQUIRE(found != nullptr);
    CHECK(*found == value);
  }
  CHECK(p->find_metadata("absent") == nullptr);
  CHECK(p->metadata_names().size() == d.metadata.size());
  CHECK(*p->tokenizer() == example_tokenizer());
  CHECK(*p->graph() == d.graph);
  CHECK(p->tensor_names() == std::vector<std::string_view>{"w", "b", "q", "big"});
  CHECK(p->verify().empty());

  const auto w = p->find_tensor("w");
  REQUIRE(w);
  CHECK(w->layout == Layout::panel16);
  CHECK(w->shape == Shape{3, 4});
  CHECK(w->bytes == 128);
  CHECK_FALSE(p->find_tensor("W"));
  CHECK(code_of(p->payload("W")) == "P0026");
  const auto q = p->quantisation("q");
  REQUIRE((q.ok() && q->has_value()));
  CHECK((*q)->quantisation.scale.granularity == Granularity::channel);
  CHECK((*q)->scales.size() == 8);
  CHECK((*q)->zero_points.size() == 2);
  CHECK_FALSE(p->quantisation("b")->has_value());
}

TEST_CASE("payloads begin on 64 bytes, large ones on a page") {
  TemporaryFolder folder;
  const std::string path = folder.file("x.oinf");
  REQUIRE(write_example(path).ok());
  const auto p = opened(path);
  for (const TensorEntry& t : p->tensors()) {
    const auto address = reinterpret_cast<uintptr_t>(p->payload(t.info.name)->data());
    CHECK(address % (t.info.bytes >= format::kLargePayload ? 4096 : 64) == 0);
  }
}

TEST_CASE("the same input gives the same bytes") {
  TemporaryFolder folder;
  REQUIRE(write_example(folder.file("a")).ok());
  REQUIRE(write_example(folder.file("b")).ok());
  CHECK(read_file(folder.file("a")) == read_file(folder.file("b")));
  CHECK(opened(folder.file("a"))->content_hash() == opened(folder.file("b"))->content_hash());
}

TEST_CASE("every element type is stored and found again") {
  TemporaryFolder folder;
  const std::string path = folder.file("x.oinf");
  auto writer = PackageWriter::create(path);
  REQUIRE(writer.ok());
  std::vector<std::vector<std::byte>> payloads;
  for (size_t i = 0; i < dtype_count(); ++i) {
    const auto dtype = static_cast<DType>(i);
    const Shape shape{3, info(dtype).block == 1 ? 5 : info(dtype).block};
    std::vector<std::byte> data(
        *storage_bytes(dtype, static_cast<uint64_t>(shape.elements()), static_cast<uint64_t>(shape[1])));
    for (size_t k = 0; k < data.size(); ++k) data[k] = static_cast<std::byte>(i + k);
    REQUIRE(writer->begin_tensor(name(dtype), dtype, Layout::rowmajor, shape).ok());
    REQUIRE(writer->write(data).ok());
    payloads.push_back(std::move(data));
  }
  REQUIRE(writer->begin_tensor("scalar", DType::f64, Layout::rowmajor, Shape{}).ok());
  REQUIRE(writer->write(std::vector<std::byte>(8)).ok());
  REQUIRE(writer->begin_tensor("empty", DType::f32, Layout::rowmajor, Shape{0, 7}).ok());
  REQUIRE(writer->finish({}).ok());
  const auto p = opened(path);
  for (size_t i = 0; i < dtype_count(); ++i) {
    const auto t = p->find_tensor(name(static_cast<DType>(i)));
    REQUIRE(t);
    CHECK(t->dtype == static_cast<DType>(i));
    const auto bytes = *p->payload(t->name);
    CHECK(std::equal(bytes.begin(), bytes.end(), payloads[i].begin(), payloads[i].end()));
  }
  CHECK(p->find_tensor("scalar")->shape.rank() == 0);
  CHECK(p->payload("empty")->empty());
  CHECK(code_of(p->tokenizer()) == "P0026");
  CHECK(p->graph()->empty());
  CHECK(p->verify().empty());
}

TEST_CASE("quantisation of every granularity is kept") {
  TemporaryFolder folder;
  const std::string path = folder.file("x.oinf");
  auto writer = PackageWriter::create(path);
  REQUIRE(writer.ok());
  int n = 0;
  for (const DType dtype : {DType::i8, DType::u8, DType::i4, DType::u4, DType::i2, DType::u2, DType::t2})
    for (const QuantisationParameter& scale : {QuantisationParameter{Granularity::tensor, 0, 0, DType::f32},
                                               QuantisationParameter{Granularity::channel, 1, 0, DType::bf16},
                                               QuantisationParameter{Granularity::group, 0, 4, DType::f16}})
      for (const bool zeros : {false, true}) {
        Quantisation q{scale, {}};
        if (zeros) {
          q.zero_point = scale;
          q.zero_point.dtype = DType::u4;
        }
        const Shape shape{3, 10};
        const uint64_t total = *storage_bytes(dtype, 30, 10) + parameter_size(q.scale, shape)->bytes +
                               parameter_size(q.zero_point, shape)->bytes;
        REQUIRE(code_of(writer->begin_tensor("t" + std::to_string(n++), dtype, Layout::rowmajor, shape, q)) == "");
        REQUIRE(writer->write(std::vector<std::byte>(total, std::byte{1})).ok());
      }
  REQUIRE(writer->finish({}).ok());
  const auto p = opened(path);
  CHECK(p->quantisation("t5").value()->quantisation.scale.group == 4);
  CHECK(p->quantisation("t4").value()->scales.size() == 3 * 3 * 2);
  CHECK(p->quantisation("t5").value()->zero_points.size() == 5);
  CHECK(p->verify().empty());
}

TEST_CASE("the writer refuses what a reader would refuse") {
  TemporaryFolder folder;
  const std::string path = folder.file("x.oinf");
  auto writer = PackageWriter::create(path);
  REQUIRE(writer.ok());
  CHECK(code_of(writer->begin_tensor("a\n", DType::f32, Layout::rowmajor, Shape{1})) == "P0012");
  CHECK(code_of(writer->begin_tensor("\xFF", DType::f32, Layout::rowmajor, Shape{1})) == "P0012");
  CHECK(code_of(writer->begin_tensor("k", DType::q4_k, Layout::rowmajor, Shape{2, 100})) == "P0014");
  CHECK(code_of(writer->begin_tensor("h", DType::f32, Layout::rowmajor, Shape{int64_t{1} << 40, int64_t{1} << 40})) ==
        "P0014");
  CHECK(code_of(writer->write(std::vector<std::byte>(1))) == "P0014");
  REQUIRE(writer->begin_tensor("a", DType::f32, Layout::rowmajor, Shape{2}).ok());
  REQUIRE(writer->write(std::vector<std::byte>(4)).ok());
  CHECK(code_of(writer->begin_tensor("b", DType::f32, Layout::rowmajor, Shape{1})) == "P0014");
  CHECK(code_of(writer->finish({})) == "P0014");
  REQUIRE(writer->write(std::vector<std::byte>(4)).ok());
  CHECK(code_of(writer->begin_tensor("a", DType::f32, Layout::rowmajor, Shape{1})) == "P0009");
  PackageDescription twice;
  twice.sizes = {{"n", 1}, {"n", 2}};
  CHECK(code_of(writer->finish(twice)) == "P0009");
}

TEST_CASE("a package that is not finished leaves what was there before") {
  TemporaryFolder folder;
  const std::string path = folder.file("x.oinf");
  write_file(path, "before");
  {
    auto writer = PackageWriter::create(path);
    REQUIRE(writer.ok());
    REQUIRE(writer->begin_tensor("a", DType::f32, Layout::rowmajor, Shape{2}).ok());
  }
  CHECK(read_file(path).size() == 6);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  REQUIRE(write_example(path).ok());
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  struct stat info{};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0600) == 0600);
  CHECK(code_of(PackageWriter::create(folder.file("absent/x.oinf"))) == "P0019");
}

TEST_CASE("a file that shrinks while it is open is noticed") {
  TemporaryFolder folder;
  const std::string path = folder.file("x.oinf");
  REQUIRE(write_example(path).ok());
  const auto p = opened(path);
  REQUIRE(p->payload("b").ok());
  REQUIRE(::truncate(path.c_str(), 100) == 0);
  CHECK(code_of(p->payload("b")) == "P0016");
  CHECK(code_of(p->graph()) == "P0016");
  CHECK(code_of(p->tokenizer()) == "P0016");
  REQUIRE(p->verify().size() == 1);
  CHECK(p->verify().front().code == Code::P0016);
}
