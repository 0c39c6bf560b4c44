// Any bytes as a GGUF: refused, or a model whose rows can all be read and whose tokenizer can be used.
#include "oinf/pack/model_source.h"
#include "oinf/pack/source_rows.h"
#include "oinf/text/tokenizer.h"
#include "tests/fuzz/input_file.h"

using namespace openinfer;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (!pack::GgufFile::recognise(std::as_bytes(std::span(data, size)))) return 0;
  const testing::InputFile input(data, size);
  auto source = pack::open_source(input.path());
  if (!source) return 0;
  unsigned sum = 0;
  std::vector<std::byte> buffer;
  for (const pack::SourceTensor& t : source->tensors) {
    const pack::SourceRows rows(t);
    for (uint64_t row = 0; row < rows.rows() && rows.row_bytes() > 0; ++row)
      for (const std::byte b : rows.read(row, 1, buffer)) sum += static_cast<unsigned>(b);
  }
  [[maybe_unused]] static volatile unsigned sink;
  sink = sum;
  if (!source->description.tokenizer) return 0;
  const auto tokenizer = Tokenizer::create(std::move(*source->description.tokenizer));
  if (!tokenizer) return 0;
  const auto ids = tokenizer->encode("The fox, 17 hens.");
  if (ids && !tokenizer->decode(*ids)) std::abort();
  return 0;
}
