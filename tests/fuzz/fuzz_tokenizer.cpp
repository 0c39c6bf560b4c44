// A tokenizer.json, a zero byte, and a text: refused, or ids whose text can be shown.
#include <algorithm>

#include "oinf/text/tokenizer.h"
#include "oinf/text/tokenizer_json.h"

using namespace openinfer;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t cut = std::min(input.find('\0'), size);
  auto parts = import_tokenizer_json(input.substr(0, cut));
  if (!parts) return 0;
  const auto tokenizer = Tokenizer::create(std::move(*parts));
  if (!tokenizer) return 0;
  const auto ids = tokenizer->encode(cut < size ? input.substr(cut + 1) : std::string_view("The fox, 17 hens."));
  if (!ids) return 0;
  if (!tokenizer->decode(*ids) || !tokenizer->decode(*ids, true)) std::abort();
  return 0;
}
