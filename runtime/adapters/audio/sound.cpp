#include "runtime/adapters/audio/sound.h"

#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <new>

namespace openinfer {
namespace {

constexpr int64_t kMostSamples = int64_t{1} << 28;
constexpr sf_count_t kBlock = 16384;  // frames

// A file in memory, as libsndfile reads and writes it. Exceptions must not pass through it.
struct Memory {
  std::string_view input;
  std::string* output = nullptr;
  sf_count_t at = 0;
  bool failed = false;

  [[nodiscard]] sf_count_t size() const {
    return static_cast<sf_count_t>(output != nullptr ? output->size() : input.size());
  }
};

SF_VIRTUAL_IO memory_io() {
  SF_VIRTUAL_IO io{};
  io.get_filelen = [](void* m) { return static_cast<Memory*>(m)->size(); };
  io.seek = [](sf_count_t offset, int whence, void* m) {
    auto& memory = *static_cast<Memory*>(m);
    const sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? memory.at : memory.size();
    return memory.at = std::clamp<sf_count_t>(base + offset, 0, memory.size());
  };
  io.read = [](void* to, sf_count_t count, void* m) {
    auto& memory = *static_cast<Memory*>(m);
    count = std::clamp<sf_count_t>(count, 0, memory.size() - memory.at);
    std::memcpy(to, memory.input.data() + memory.at, static_cast<size_t>(count));
    memory.at += count;
    return count;
  };
  io.write = [](const void* from, sf_count_t count, void* m) {
    auto& memory = *static_cast<Memory*>(m);
    try {
      const auto end = static_cast<size_t>(memory.at + count);
      if (memory.output->size() < end) memory.output->resize(end);
    } catch (const std::bad_alloc&) {
      memory.failed = true;
      return sf_count_t{0};
    }
    std::memcpy(memory.output->data() + memory.at, from, static_cast<size_t>(count));
    memory.at += count;
    return count;
  };
  io.tell = [](void* m) { return static_cast<Memory*>(m)->at; };
  return io;
}

using SoundFile = std::unique_ptr<SNDFILE, int (*)(SNDFILE*)>;

int16_t sample_of(float v) {
  const float scaled = std::nearbyint(v * 32768.0F);
  return std::isnan(scaled) ? int16_t{0} : static_cast<int16_t>(std::clamp(scaled, -32768.0F, 32767.0F));
}

}  // namespace

bool is_sound(std::string_view c) {
  return (c.size() >= 12 && c.starts_with("RIFF") && c.substr(8, 4) == "WAVE") || c.starts_with("fLaC") ||
         c.starts_with("OggS");
}

Result<Sound> decode_sound(std::string_view content) try {
  if (!is_sound(content)) return Diagnostic(Code::I0006, "this is no WAV, FLAC or Ogg sound");
  Memory memory{content};
  SF_VIRTUAL_IO io = memory_io();
  SF_INFO info{};
  const SoundFile file(sf_open_virtual(&io, SFM_READ, &info, &memory), sf_close);
  if (!file) return Diagnostic(Code::I0006, std::string("the sound cannot be decoded: ") + sf_strerror(nullptr));
  if (info.channels < 1 || info.samplerate < 1 || info.frames < 0 || info.frames > kMostSamples / info.channels)
    return Diagnostic(Code::I0006, "the sound has more than 2^28 samples, or a header that makes no sense");
  if (info.frames == 0) return Diagnostic(Code::I0006, "the sound has no samples");
  Sound sound{info.samplerate, info.channels, {}};
  // Block by block: what a header claims is no reason to take memory.
  while (true) {
    const size_t have = sound.samples.size();
    sound.samples.resize(have + static_cast<size_t>(kBlock * info.channels));
    const sf_count_t frames = sf_readf_float(file.get(), sound.samples.data() + have, kBlock);
    sound.samples.resize(have + static_cast<size_t>(std::max<sf_count_t>(frames, 0) * info.channels));
    if (frames <= 0) break;
  }
  if (sound.frames() != info.frames) return Diagnostic(Code::I0006, "the sound ends too early");
  const auto wrong =
      std::find_if(sound.samples.begin(), sound.samples.end(), [](float v) { return !std::isfinite(v); });
  if (wrong != sound.samples.end())
    return Diagnostic(Code::I0006,
                      "sample " + std::to_string(wrong - sound.samples.begin()) + " of the sound is not finite");
  return sound;
} catch (const std::bad_alloc&) {
  return Diagnostic(Code::R0006, "no memory for the sound");
}

Result<std::string> encode_sound(const Sound& sound, SoundFormat format) try {
  std::vector<int16_t> samples(sound.samples.size());
  std::transform(sound.samples.begin(), sound.samples.end(), samples.begin(), sample_of);
  std::string content;
  Memory memory{{}, &content};
  SF_VIRTUAL_IO io = memory_io();
  SF_INFO info{};
  info.samplerate = static_cast<int>(sound.rate);
  info.channels = static_cast<int>(sound.channels);
  info.format = (format == SoundFormat::wav ? SF_FORMAT_WAV : SF_FORMAT_FLAC) | SF_FORMAT_PCM_16;
  SoundFile file(sf_open_virtual(&io, SFM_WRITE, &info, &memory), sf_close);
  if (!file) return Diagnostic(Code::R0007, std::string("the sound cannot be written: ") + sf_strerror(nullptr));
  const auto count = static_cast<sf_count_t>(samples.size());
  const bool written = sf_write_short(file.get(), samples.data(), count) == count;
  const bool closed = sf_close(file.release()) == 0;
  if (memory.failed) return Diagnostic(Code::R0006, "no memory for the sound");
  if (!written || !closed) return Diagnostic(Code::R0007, "the sound cannot be written");
  return content;
} catch (const std::bad_alloc&) {
  return Diagnostic(Code::R0006, "no memory for the sound");
}

}  // namespace openinfer
