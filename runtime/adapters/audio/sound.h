// A decoded sound: samples from −1 to 1 by frame, as the file has them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ir/result.h"

namespace openinfer {

struct Sound {
  int64_t rate = 0;  // frames a second
  int64_t channels = 0;
  std::vector<float> samples;  // [frames, channels]

  [[nodiscard]] int64_t frames() const { return static_cast<int64_t>(samples.size()) / channels; }
};

// Whether the content begins as a WAV, FLAC or Ogg file does.
[[nodiscard]] bool is_sound(std::string_view content);

// content: a whole WAV, FLAC or Ogg (Vorbis, Opus) file. Integers of b bits become v / 2^(b − 1), floats stay as they
// are. Errors: I0006 for what is damaged, cut short, empty, longer than 2^28 samples, or has samples that are not
// finite; R0006.
[[nodiscard]] Result<Sound> decode_sound(std::string_view content);

enum class SoundFormat : uint8_t { wav, flac };
// 16 bits: v · 32768 rounded half to even and limited, NaN is 0. Errors: R0006, R0007.
[[nodiscard]] Result<std::string> encode_sound(const Sound& sound, SoundFormat format);

}  // namespace openinfer
