#include "oinf/text/precompiled_map.h"

#include <cstring>

#include "oinf/text/unicode.h"

namespace openinfer {
namespace {

// Graphemes of so many bytes and more are looked up character by character.
constexpr size_t kLongGrapheme = 6;

// The fields of a unit, as Darts-clone packs them.
bool has_leaf(uint32_t unit) { return (unit >> 8 & 1u) == 1; }
uint32_t value_of(uint32_t unit) { return unit & 0x7FFFFFFFu; }
uint32_t label_of(uint32_t unit) { return unit & (0x80000000u | 0xFFu); }
size_t offset_of(uint32_t unit) { return size_t{unit >> 10} << ((unit & 1u << 9) >> 6); }

}  // namespace

Result<PrecompiledMap> PrecompiledMap::create(std::string_view bytes) {
  PrecompiledMap map;
  uint32_t size = 0;
  if (bytes.size() >= sizeof size) std::memcpy(&size, bytes.data(), sizeof size);
  if (bytes.size() < sizeof size || size > bytes.size() - sizeof size || size % 4 != 0 || size == 0)
    return Diagnostic(Code::P0025, "the precompiled character map is cut off");
  map.units_.resize(size / 4);
  std::memcpy(map.units_.data(), bytes.data() + sizeof size, size);
  map.texts_ = bytes.substr(sizeof size + size);
  // A replacement may begin anywhere and ends at a zero byte, so one that is not UTF-8 is caught once for all.
  if (!map.texts_.empty() && map.texts_.back() != '\0')
    return Diagnostic(Code::P0025, "the texts of the precompiled character map do not end");
  if (first_not_utf8(map.texts_) != std::string_view::npos)
    return Diagnostic(Code::P0025, "the precompiled character map is not UTF-8");
  return map;
}

bool PrecompiledMap::find(std::string_view text, std::string_view& replacement) const {
  size_t at = offset_of(units_[0]);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    at ^= byte;
    if (byte == 0 || at >= units_.size() || label_of(units_[at]) != byte) return false;
    const uint32_t unit = units_[at];
    at ^= offset_of(unit);
    if (!has_leaf(unit)) continue;
    if (at >= units_.size()) return false;
    const size_t begin = value_of(units_[at]);
    // A damaged map could point into the middle of a character.
    if (begin >= texts_.size() || (static_cast<unsigned char>(texts_[begin]) & 0xC0u) == 0x80u) return false;
    replacement = std::string_view(texts_).substr(begin, texts_.find('\0', begin) - begin);
    return true;
  }
  return false;
}

std::string PrecompiledMap::apply(std::string_view text) const {
  std::string mapped;
  mapped.reserve(text.size());
  for_each_grapheme(text, [&](std::string_view grapheme) {
    std::string_view replacement;
    if (grapheme.size() < kLongGrapheme && find(grapheme, replacement)) {
      mapped.append(replacement);
      return;
    }
    for_each_character(grapheme, [&](uint32_t, size_t at, size_t length) {
      const std::string_view character = grapheme.substr(at, length);
      mapped.append(find(character, replacement) ? replacement : character);
    });
  });
  return mapped;
}

}  // namespace openinfer
