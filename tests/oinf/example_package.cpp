#include "example_package.h"

#include "ir/panel16.h"

namespace openinfer::testing {

TokenizerData example_tokenizer() {
  TokenizerData t;
  t.kind = TokenizerKind::byte_bpe;
  t.vocabulary = {"<s>", "a", "b", "ab", "", "Ġé"};
  t.scores = {0, -1, -2, -3, -4, -5};
  t.types = {3, 1, 1, 1, 5, 1};
  t.merges = {{1, 2}, {3, 1}};
  t.added = {{0, "<s>", true, false, true, false, true}, {4, "<pad>", false, true, false, true, false}};
  t.model_options = R"({"byte_fallback":false})";
  t.normalizer = R"({"type":"NFC"})";
  t.decoder = R"({"type":"ByteLevel"})";
  t.chat_template = "{% for m in messages %}\n{{ m }}{% endfor %}";
  return t;
}

PackageDescription example_description() {
  PackageDescription d;
  d.numerics_id = 1;
  d.architecture = "llama";
  d.sizes = {{"vocab_size", 6}, {"hidden_size", 4}, {"größe", -3}};
  d.metadata = {{"tie", true},
                {"n", int64_t{-7}},
                {"eps", 1e-5},
                {"act", std::string("silu\n")},
                {"stop_tokens", std::vector<int64_t>{1, 2}},
                {"factors", std::vector<double>{0.5, 1.5}},
                {"names", std::vector<std::string>{"x", "", "ü"}},
                {"flags", std::vector<bool>{true, false, true}},
                {"none", std::vector<int64_t>{}}};
  d.labels = {"cat", "dog", ""};
  d.tokenizer = example_tokenizer();
  d.graph = {{"main.graph", "graph main version 1;\ninclude \"lib/x.graph\";\n"}, {"lib/x.graph", "// nothing\n"}};
  d.provenance = {"oinf-pack 0.1.0", {"--dtype f16"}, {{"model.safetensors", 123, checksum({})}}};
  return d;
}

Status write_example(const std::string& path) {
  OINF_ASSIGN(PackageWriter writer, PackageWriter::create(path));
  const auto counted = [](size_t n) {
    std::vector<std::byte> bytes(n);
    for (size_t i = 0; i < n; ++i) bytes[i] = static_cast<std::byte>(i % 251 + 1);
    return bytes;
  };
  OINF_TRY(writer.begin_tensor("w", DType::f16, Layout::panel16, Shape{3, 4}));
  const auto rows = counted(3 * 4 * 2);
  std::vector<std::byte> panel(panel_bytes(DType::f16, 0, 4));
  pack_panel(DType::f16, 0, rows, 8, 4, panel);
  OINF_TRY(writer.write(panel));
  OINF_TRY(writer.begin_tensor("b", DType::f32, Layout::rowmajor, Shape{4}));
  OINF_TRY(writer.write(counted(16)));
  Quantisation q;
  q.scale = {Granularity::channel, 0, 0, DType::f32};
  q.zero_point = {Granularity::channel, 0, 0, DType::i8};
  OINF_TRY(writer.begin_tensor("q", DType::i8, Layout::rowmajor, Shape{2, 4}, q));
  OINF_TRY(writer.write(counted(8 + 8 + 2)));
  OINF_TRY(writer.begin_tensor("big", DType::u8, Layout::rowmajor, Shape{70000}));
  OINF_TRY(writer.write(counted(70000)));
  return writer.finish(example_description());
}

}  // namespace openinfer::testing
