// The tokenizer of examples/storyteller, and small ones made on the spot.
#pragma once

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "oinf/text/tokenizer.h"
#include "oinf/text/tokenizer_json.h"

namespace openinfer::testing {

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

inline TokenizerData imported(const std::string& json) {
  auto data = import_tokenizer_json(json);
  INFO((data.ok() ? std::string() : data.error().message));
  REQUIRE(data.ok());
  return std::move(data).value();
}

inline Tokenizer tokenizer_from(const std::string& json) {
  auto made = Tokenizer::create(imported(json));
  INFO((made.ok() ? std::string() : made.error().message));
  REQUIRE(made.ok());
  return std::move(made).value();
}

inline const Tokenizer& storyteller() {
  static const Tokenizer instance =
      tokenizer_from(read_file(std::string(OPENINFER_SOURCE_DIR) + "/examples/storyteller/tokenizer.json"));
  return instance;
}

inline std::vector<int32_t> encoded(const Tokenizer& tokenizer, std::string_view text, EncodeOptions options = {}) {
  auto ids = tokenizer.encode(text, options);
  INFO((ids.ok() ? std::string() : ids.error().message));
  REQUIRE(ids.ok());
  return std::move(ids).value();
}

inline std::string decoded(const Tokenizer& tokenizer, const std::vector<int32_t>& ids, bool names = false) {
  auto text = tokenizer.decode(ids, names);
  INFO((text.ok() ? std::string() : text.error().message));
  REQUIRE(text.ok());
  return std::move(text).value();
}

using Ids = std::vector<int32_t>;

}  // namespace openinfer::testing
