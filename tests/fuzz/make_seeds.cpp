// Writes the seeds that no other file of the tree gives: make_seeds FOLDER (tests/fuzz/corpus).
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/oinf/example_package.h"
#include "tests/oinf/pack/gguf_builder.h"
#include "tests/oinf/v2_file.h"

using namespace openinfer;
using openinfer::testing::GgufBuilder;
using openinfer::testing::V2File;

namespace {

void write(const std::filesystem::path& path, std::string_view bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}
void write(const std::filesystem::path& path, const std::vector<std::byte>& bytes) {
  write(path, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

V2File version_2() {
  V2File f;
  f.sizes = {{"D", 3}};
  f.metadata = {{"array", 15, V2File::array(3, {2}, V2File::values<int32_t>({1, -2}))},
                {"mode", 14, V2File::text("fast")},
                {"n", 4, V2File::values<int64_t>({-5})},
                {"x", 10, V2File::values<float>({0.5F})}};
  f.tensors = {{"w", 10, {2, 3}, V2File::values<float>({1, 2, 3, 4, 5, 6}), true, {}},
               {"p", 18, {5}, V2File::values<uint8_t>({0x21, 0x43, 0x0F}), true, {}},
               {"empty", 10, {2, 2}, {}, false, {}}};
  return f;
}

// A llama of four rows, with the vocabulary of one of the two kinds that a GGUF has most often.
GgufBuilder llama(bool big_endian, bool sentencepiece) {
  GgufBuilder f(big_endian);
  f.text("general.architecture", "llama").u32("llama.attention.head_count", 1).u32("llama.block_count", 1);
  f.u32("llama.embedding_length", 32).f32("llama.attention.layer_norm_rms_epsilon", 1e-5F);
  f.text("tokenizer.ggml.model", sentencepiece ? "llama" : "gpt2");
  if (!sentencepiece) f.text("tokenizer.ggml.pre", "llama-bpe").texts("tokenizer.ggml.merges", {"a b"});
  f.texts("tokenizer.ggml.tokens", sentencepiece ? std::vector<std::string>{"<unk>", "▁", "a", "<0x41>"}
                                                 : std::vector<std::string>{"a", "b", "ab", "Ġ"});
  f.i32s("tokenizer.ggml.token_type", {sentencepiece ? 2 : 1, 1, 1, sentencepiece ? 6 : 1});
  if (sentencepiece) f.floats("tokenizer.ggml.scores", {0, -1, -2, -3});
  f.u32("tokenizer.ggml.bos_token_id", 0);
  const std::vector<std::byte> bytes(4 * 34, std::byte{1});
  f.tensor("blk.0.attn_q.weight", 8, {4, 32}, bytes, big_endian ? 2 : 1);  // q8_0
  f.tensor("output_norm.weight", 0, {32}, std::span(bytes).first(128), 4);
  return f;
}

Status version_3(const std::string& path) {
  OINF_ASSIGN(PackageWriter writer, PackageWriter::create(path));
  const std::vector<std::byte> bytes(26, std::byte{1});
  OINF_TRY(writer.begin_tensor("b", DType::f32, Layout::rowmajor, Shape{4}));
  OINF_TRY(writer.write(std::span(bytes).first(16)));
  Quantisation q;
  q.scale = {Granularity::channel, 0, 0, DType::f32};
  q.zero_point = {Granularity::channel, 0, 0, DType::i8};
  OINF_TRY(writer.begin_tensor("q", DType::i8, Layout::rowmajor, Shape{2, 4}, q));
  OINF_TRY(writer.write(std::span(bytes).first(18)));
  return writer.finish(testing::example_description());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  write(folder / "package/version-2", version_2().bytes());
  std::filesystem::create_directories(folder / "package");
  if (const Status s = version_3(folder / "package/version-3"); !s) {
    std::cerr << s.error().message << "\n";
    return 1;
  }
  write(
      folder / "safetensors/two",
      std::string("\x78\0\0\0\0\0\0\0", 8) +
          R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"I8","shape":[1,3],"data_offsets":[8,11]}}        )" +
          std::string(11, 'x'));
  write(folder / "safetensors/array", std::string("\x93NUMPY\x01\0\x36\0", 10) +
                                          "{'descr': '<f4', 'fortran_order': True, 'shape': (2,)}" + "12345678");
  write(folder / "gguf/byte-bpe", llama(false, false).file());
  write(folder / "gguf/sentencepiece", llama(false, true).file());
  write(folder / "gguf/big-endian", llama(true, false).file());
  const std::string context =
      std::string(1, '\0') + R"({"messages":[{"role":"user","content":" Hi "}],"tools":null,"n":3,"f":1.5})";
  write(folder / "chat_template/loop",
        "{%- for m in messages if m.role != 'x' recursive -%}{{ loop.index }}<|{{ m['role'] }}|>{{ m.content | trim }}"
        "{%- else %}none{% endfor %}{{ messages[0].content[::-1].strip().split('i') }}" +
            context);
  write(folder / "chat_template/macro",
        "{% macro f(x, y=2) %}{{ x ~ y }}{% endmacro %}{% set ns = namespace(a=1) %}{% set ns.a = f(n, y=f) %}"
        "{% filter upper %}{{ '%05.2f' | format(f) }}{% endfilter %}{{ range(n) | map('string') | join(',') }}"
        "{{ messages | tojson(indent=1) }}{{ 7 // 2 ** 3 % 5 if tools is none and n in [1, 3] else "
        "raise_exception('no') }}" +
            context);
  const std::string text = std::string(1, '\0') + "ab Ab ba<s>b";
  write(
      folder / "tokenizer/byte-bpe",
      R"({"version":"1.0","added_tokens":[{"id":4,"content":"<s>","special":true,"single_word":false,"lstrip":false,"rstrip":false,"normalized":false}],"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},"post_processor":null,"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"Ġ":3},"merges":["a b"]}})" +
          text);
  write(
      folder / "tokenizer/sentencepiece-bpe",
      R"({"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},"decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},"model":{"type":"BPE","unk_token":"<unk>","byte_fallback":true,"vocab":{"<unk>":0,"<0x41>":1,"▁":2,"a":3,"b":4,"▁a":5},"merges":[["▁","a"]]}})" +
          text);
  write(
      folder / "tokenizer/word-piece",
      R"({"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},"pre_tokenizer":{"type":"BertPreTokenizer"},"decoder":{"type":"WordPiece","prefix":"##","cleanup":true},"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[UNK]":0,"a":1,"##b":2,"ab":3}}})" +
          text);
  write(
      folder / "tokenizer/unigram",
      R"({"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"},"decoder":{"type":"Metaspace","replacement":"▁"},"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁",-2],["a",-3],["b",-3.5],["ab",-4]]}})" +
          text);
  return 0;
}
