// A GGUF and the checkpoint that it was made of give the same package, tensor by tensor.
#include <catch2/catch.hpp>
#include <random>

#include "../temporary_folder.h"
#include "gguf_of_checkpoint.h"
#include "ir/panel16.h"
#include "oinf/pack/convert.h"
#include "oinf/package.h"
#include "oinf/scalar.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

pack::ModelSource source_of(const std::string& path) {
  auto source = pack::open_source(path);
  INFO((source.ok() ? std::string() : source.error().message));
  REQUIRE(source.ok());
  return std::move(source).value();
}

std::shared_ptr<const Package> packed(const pack::ModelSource& source, const std::string& target,
                                      std::optional<DType> dtype = std::nullopt) {
  pack::ConvertOptions options;
  options.use_panel16 = [](std::string_view name) { return name.ends_with("proj.weight"); };
  options.dtype = dtype;
  const auto report = pack::convert(source, source.description, options, target);
  INFO((report.ok() ? std::string() : report.error().message));
  REQUIRE(report.ok());
  const auto package = Package::open(target);
  REQUIRE(package.ok());
  CHECK((*package)->verify().empty());
  return *package;
}

std::vector<double> values_of(const Package& package, std::string_view name) {
  const auto info = package.find_tensor(name);
  REQUIRE(info);
  const auto payload = *package.payload(name);
  std::vector<std::byte> bytes(payload.begin(), payload.end());
  if (info->layout == Layout::panel16) bytes = *unpack_panel16(info->dtype, info->shape, payload);
  std::vector<double> out(static_cast<size_t>(*info->shape.elements_checked()));
  for (size_t i = 0; i < out.size(); ++i) out[i] = stored_float(info->dtype, bytes, i);
  return out;
}

std::vector<std::byte> random_blocks(DType type, size_t blocks, std::mt19937& random) {
  std::vector<std::byte> bytes(blocks * info(type).block_bytes);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random());
  return bytes;
}

}  // namespace

TEST_CASE("gguf: a fixture comes out as its checkpoint does") {
  TemporaryFolder folder;
  for (const char* model : {"llama-gqa", "llama3-rope"})
    for (const bool big : {false, true}) {
      INFO(model << (big ? ", big-endian" : ""));
      const pack::ModelSource hf = source_of(std::string(OPENINFER_SOURCE_DIR) + "/tests/data/" + model);
      write_file(folder.file("x.gguf"), GgufOfCheckpoint(hf, big).whole());
      const pack::ModelSource gguf = source_of(folder.file("x.gguf"));
      const auto expected = packed(hf, folder.file("hf.oinf")), got = packed(gguf, folder.file("gguf.oinf"));
      REQUIRE(got->tensors().size() == expected->tensors().size());
      for (const std::string_view tensor : expected->tensor_names()) {
        INFO(tensor);
        CHECK(values_of(*got, tensor) == values_of(*expected, tensor));
        CHECK(got->find_tensor(tensor)->shape == expected->find_tensor(tensor)->shape);
      }
      CHECK(got->architecture() == "llama");
      for (const char* name :
           {"hidden_size", "vocab_size", "num_hidden_layers", "intermediate_size", "head_dim", "num_attention_heads",
            "num_key_value_heads", "max_position_embeddings", "bos_token_id"}) {
        INFO(name);
        CHECK(got->find_size(name) == expected->find_size(name));
      }
      for (const char* name : {"rms_norm_eps", "rope_parameters.rope_theta", "rope_parameters.factor", "stop_tokens",
                               "rope_parameters.low_freq_factor", "rope_parameters.high_freq_factor",
                               "rope_parameters.original_max_position_embeddings", "tie_word_embeddings"}) {
        INFO(name);
        const MetaValue *a = got->find_metadata(name), *b = expected->find_metadata(name);
        REQUIRE((a == nullptr) == (b == nullptr));
        if (a != nullptr) CHECK(*a == *b);
      }
    }
}

TEST_CASE("gguf: a split model is read whole, and a part that is missing is named") {
  TemporaryFolder folder;
  const pack::ModelSource hf = source_of(std::string(OPENINFER_SOURCE_DIR) + "/tests/data/llama-gqa");
  GgufOfCheckpoint first(hf, false), second(hf, false);
  first.keys();
  first.builder().u32("split.no", 0).u32("split.count", 2);
  first.builder().i32s("unused", {1});
  second.builder().u32("split.no", 1).u32("split.count", 2);
  for (size_t i = 0; i < hf.tensors.size(); ++i) (i % 2 == 0 ? first : second).tensor(hf.tensors[i]);
  const std::string one = folder.file("m-00001-of-00002.gguf"), two = folder.file("m-00002-of-00002.gguf");
  write_file(one, first.builder().file());
  const auto missing = pack::open_source(one);
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().code == Code::P0023);
  CHECK_THAT(missing.error().message, Catch::Contains("m-00002-of-00002.gguf"));
  write_file(two, second.builder().file());
  CHECK(source_of(one).tensors.size() == hf.tensors.size());
  CHECK(source_of(one).description.provenance.sources.size() == 2);
  CHECK(code_of(pack::open_source(two)) == "P0023");
  write_file(two, first.builder().file());
  CHECK(code_of(pack::open_source(one)) == "P0023");
}

TEST_CASE("gguf: block types keep every byte, and query rows change places whole") {
  TemporaryFolder folder;
  std::mt19937 random(1);
  const std::pair<uint32_t, DType> kTypes[] = {{2, DType::q4_0},  {3, DType::q4_1},    {6, DType::q5_0},
                                               {7, DType::q5_1},  {8, DType::q8_0},    {10, DType::q2_k},
                                               {11, DType::q3_k}, {12, DType::q4_k},   {13, DType::q5_k},
                                               {14, DType::q6_k}, {20, DType::iq4_nl}, {23, DType::iq4_xs}};
  for (const auto& [id, type] : kTypes) {
    INFO(name(type));
    constexpr size_t kRows = 20, kColumns = 512;
    const size_t row_bytes = kColumns / info(type).block * info(type).block_bytes;
    const auto plain = random_blocks(type, kRows * kColumns / info(type).block, random);
    GgufBuilder b;
    b.text("general.architecture", "llama").u32("llama.attention.head_count", 5);
    b.tensor("blk.0.ffn_up.weight", id, {kRows, kColumns}, plain)
        .tensor("blk.0.attn_q.weight", id, {kRows, kColumns}, plain);
    write_file(folder.file("x.gguf"), b.file());
    const auto package = packed(source_of(folder.file("x.gguf")), folder.file("x.oinf"));
    const auto rows_of = [&](const std::string& tensor) {
      const auto t = package->find_tensor(tensor);
      REQUIRE(t);
      CHECK(t->dtype == type);
      const auto payload = *package->payload(tensor);
      return t->layout == Layout::panel16 ? *unpack_panel16(type, t->shape, payload)
                                          : std::vector<std::byte>(payload.begin(), payload.end());
    };
    CHECK(rows_of("model.layers.0.mlp.up_proj.weight") == plain);
    const auto query = rows_of("model.layers.0.self_attn.q_proj.weight");
    // Heads of four rows: 0 2 1 3 of each.
    for (size_t row = 0; row < kRows; ++row) {
      const size_t from = row / 4 * 4 + (row % 4 == 1 ? 2 : row % 4 == 2 ? 1 : row % 4);
      CHECK(std::equal(query.begin() + static_cast<std::ptrdiff_t>(row * row_bytes),
                       query.begin() + static_cast<std::ptrdiff_t>((row + 1) * row_bytes),
                       plain.begin() + static_cast<std::ptrdiff_t>(from * row_bytes)));
    }
  }
}

TEST_CASE("gguf: settings that would change the results are refused by name") {
  TemporaryFolder folder;
  const auto why = [&](GgufBuilder b) {
    write_file(folder.file("x.gguf"), b.text("general.architecture", "llama").file());
    const auto source = pack::open_source(folder.file("x.gguf"));
    return source.ok() ? std::string() : std::string(code_name(source.error().code)) + " " + source.error().message;
  };
  CHECK(why(GgufBuilder()).empty());
  CHECK_THAT(why(GgufBuilder().text("llama.rope.scaling.type", "yarn")),
             Catch::Contains("P0027") && Catch::Contains("`yarn`"));
  CHECK_THAT(why(GgufBuilder()
                     .u32("llama.attention.head_count", 2)
                     .u32("llama.embedding_length", 64)
                     .u32("llama.rope.dimension_count", 16)),
             Catch::Contains("P0027") && Catch::Contains("16 of 32"));
  CHECK(why(GgufBuilder().text("llama.rope.scaling.type", "linear").f32("llama.rope.scaling.factor", 2)).empty());
}

TEST_CASE("gguf: the products of gpt2 are turned as its checkpoints have them") {
  TemporaryFolder folder;
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  std::vector<std::byte> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  for (const bool big : {false, true}) {
    GgufBuilder b(big);
    b.text("general.architecture", "gpt2").tensor("blk.0.ffn_up.weight", 0, {3, 2}, bytes, 4);
    write_file(folder.file("x.gguf"), b.file());
    const auto package = packed(source_of(folder.file("x.gguf")), folder.file("x.oinf"));
    CHECK(package->find_tensor("transformer.h.0.mlp.c_fc.weight")->shape == Shape{2, 3});
    CHECK(values_of(*package, "transformer.h.0.mlp.c_fc.weight") == std::vector<double>{1, 3, 5, 2, 4, 6});
  }
  GgufBuilder b;
  b.text("general.architecture", "gpt2").tensor("blk.0.ffn_up.weight", 8, {1, 32}, std::vector<std::byte>(34));
  write_file(folder.file("x.gguf"), b.file());
  CHECK(code_of(pack::open_source(folder.file("x.gguf"))) == "P0027");
}
