// A chat template, a zero byte, and its context: refused, or a text. With a hundredth of the limits that tools have, so
// that an input which reaches them is no slow one.
#include <algorithm>
#include <string_view>

#include "oinf/text/jinja/interpreter.h"

using namespace openinfer;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t cut = std::min(input.find('\0'), size);
  const auto body = jinja::parse(input.substr(0, cut));
  if (!body) return 0;
  const auto context = jinja::from_json(cut < size ? input.substr(cut + 1) : std::string_view("{}"));
  if (!context || context->dict() == nullptr) return 0;
  static_cast<void>(jinja::render(*body, *context, 1'000'000'000, {200'000, uint64_t{4} << 20}));
  return 0;
}
