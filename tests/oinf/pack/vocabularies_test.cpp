// Real vocabularies as GGUF without tensors, against the ids of the original tokenizers. They are other people's data
// and lie beside the project (../shared/data/tokenizers, or where OPENINFER_SHARED_DATA says): NAME.gguf, NAME.inp,
// NAME.out.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "../temporary_folder.h"
#include "oinf/pack/convert.h"
#include "oinf/package.h"
#include "oinf/text/tokenizer.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

namespace fs = std::filesystem;

fs::path vocabularies() {
  const char* own = std::getenv("OPENINFER_SHARED_DATA");
  return (own != nullptr ? fs::path(own) : fs::path(OPENINFER_SOURCE_DIR) / "../shared/data") / "tokenizers";
}

std::string text_of(const fs::path& path) {
  const auto bytes = read_file(path.string());
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<std::string> texts_of(const fs::path& path) {
  constexpr std::string_view kCut = "\n__ggml_vocab_test__\n";
  std::vector<std::string> texts;
  const std::string all = text_of(path);
  for (size_t at = 0;;) {
    const size_t end = all.find(kCut, at);
    texts.push_back(all.substr(at, end == std::string::npos ? end : end - at));
    if (end == std::string::npos) return texts;
    at = end + kCut.size();
  }
}

// The package that a person would make of the file.
Tokenizer converted(const std::string& path, const std::string& target) {
  auto source = pack::open_source(path);
  INFO((source.ok() ? std::string() : source.error().message));
  REQUIRE(source.ok());
  REQUIRE(pack::convert(*source, source->description, {}, target).ok());
  auto data = (*Package::open(target))->tokenizer();
  REQUIRE(data.ok());
  auto tokenizer = Tokenizer::create(std::move(data).value());
  INFO((tokenizer.ok() ? std::string() : tokenizer.error().message));
  REQUIRE(tokenizer.ok());
  return std::move(tokenizer).value();
}

}  // namespace

TEST_CASE("vocabularies: ids are those of the original tokenizers") {
  std::error_code error;
  if (!fs::is_directory(vocabularies(), error)) {
    WARN("skipped: no folder " << vocabularies());
    return;
  }
  TemporaryFolder folder;
  size_t texts = 0;
  for (const auto& entry : fs::directory_iterator(vocabularies())) {
    if (entry.path().extension() != ".gguf") continue;
    const Tokenizer tokenizer = converted(entry.path().string(), folder.file("v.oinf"));
    fs::path path = entry.path();
    const std::vector<std::string> inputs = texts_of(path.replace_extension(".inp"));
    std::istringstream lines(text_of(path.replace_extension(".out")));
    size_t at = 0;
    for (std::string line; std::getline(lines, line); ++at, ++texts) {
      REQUIRE(at < inputs.size());
      INFO(entry.path().filename().string() << ", text " << at << ": " << inputs[at]);
      std::vector<int32_t> expected;
      std::istringstream numbers(line);
      for (int32_t id = 0; numbers >> id;) expected.push_back(id);
      const auto ids = tokenizer.encode(inputs[at], {false, false});
      REQUIRE(ids.ok());
      CHECK(*ids == expected);
      // Nothing of a text is lost on the way back, but what a vocabulary of words leaves out.
      if (tokenizer.data().kind == TokenizerKind::byte_bpe && tokenizer.data().normalizer.empty())
        CHECK(tokenizer.decode(*ids).value() == inputs[at]);
    }
  }
  CHECK(texts >= 276);
}
