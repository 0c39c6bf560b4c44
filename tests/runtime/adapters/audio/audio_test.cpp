// @audio: decoding, channels, rates, and what must be refused.
#include <cmath>
#include <numbers>

#include "oinf/byte_writer.h"
#include "runtime/adapters/audio/audio_tensor.h"
#include "runtime/adapters/audio/resample.h"
#include "tests/runtime/adapters/adapters_fixture.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

// A WAV file of one data chunk. format: 1 integers, 3 floats.
std::string wav(uint16_t format, uint16_t channels, uint16_t bits, const std::vector<uint8_t>& data) {
  ByteWriter out;
  const auto two = [&](uint16_t v) {
    out.u8(static_cast<uint8_t>(v & 255));
    out.u8(static_cast<uint8_t>(v >> 8));
  };
  out.raw("RIFF", 4);
  out.u32(static_cast<uint32_t>(36 + data.size()));
  out.raw("WAVEfmt ", 8);
  out.u32(16);
  two(format);
  two(channels);
  out.u32(8000);
  out.u32(8000U * channels * bits / 8);
  two(static_cast<uint16_t>(channels * bits / 8));
  two(bits);
  out.raw("data", 4);
  out.u32(static_cast<uint32_t>(data.size()));
  out.raw(data.data(), data.size());
  return {reinterpret_cast<const char*>(out.bytes().data()), out.bytes().size()};
}

AudioSettings settings_of(int64_t rate, std::vector<std::optional<int64_t>> shape) {
  DimTable dims;
  Adapter adapter;
  adapter.kind = "audio";
  AdapterArg a;
  a.name = "rate";
  a.numbers.push_back({LiteralValue::Kind::integer, dims.constant(rate), 0, false});
  adapter.args.push_back(a);
  return good(audio_settings(adapter, DType::f32, shape, dims));
}

// The formula of the header, in f64 and without its shortcuts.
std::vector<double> resampled(const std::vector<float>& x, int64_t o, int64_t n) {
  const double c = 0.95 * static_cast<double>(std::min(o, n)), pi = std::numbers::pi;
  const auto w = static_cast<int64_t>(std::ceil(32.0 * static_cast<double>(o) / c));
  const auto have = static_cast<int64_t>(x.size());
  std::vector<double> out;
  for (int64_t j = 0; j * o < have * n; ++j) {
    double sum = 0;
    for (int64_t k = -w; k < w + o; ++k) {
      const double t =
          (static_cast<double>(k) / static_cast<double>(o) - static_cast<double>(j % n) / static_cast<double>(n)) * c;
      const int64_t at = j / n * o + k;
      if (std::fabs(t) >= 32 || at < 0 || at >= have) continue;
      const double sinc = t == 0 ? 1 : std::sin(pi * t) / (pi * t);
      const double window = std::cos(pi * t / 64);
      sum += c / static_cast<double>(o) * sinc * window * window * x[static_cast<size_t>(at)];
    }
    out.push_back(sum);
  }
  return out;
}

}  // namespace

TEST_CASE("audio: integers of every width are shares of their range, floats stay as they are") {
  using Samples = std::vector<float>;
  CHECK(good(decode_sound(wav(1, 1, 8, {0, 128, 255, 64}))).samples == Samples{-1, 0, 127.0F / 128, -0.5F});
  CHECK(good(decode_sound(wav(1, 2, 16, {0, 0x80, 0xff, 0x7f}))).samples == Samples{-1, 32767.0F / 32768});
  CHECK(good(decode_sound(wav(1, 1, 24, {0, 0, 0x80, 1, 0, 0}))).samples == Samples{-1, 0x1p-23F});
  CHECK(good(decode_sound(wav(1, 1, 32, {0, 0, 0, 0x40}))).samples == Samples{0.5F});
  CHECK(good(decode_sound(wav(3, 1, 32, {0, 0, 0, 0xc0}))).samples == Samples{-2});
  const Sound stereo = good(decode_sound(wav(1, 2, 16, {0, 0x40, 0, 0x20, 0, 0, 0, 0})));
  CHECK(stereo.rate == 8000);
  CHECK(stereo.channels == 2);
  CHECK(stereo.frames() == 2);
}

TEST_CASE("audio: one channel is the mean, several need an axis, a known length is filled with zeros") {
  const Sound sound{100, 3, {0.5F, 0.25F, 0.75F, 1, 0, 0}};
  const HostTensor mono = good(tensor_of_sound(sound, settings_of(100, {std::nullopt}), DType::f32));
  CHECK(values(mono) == Values{(0.5F + 0.25F + 0.75F) * (1.0F / 3), 1.0F * (1.0F / 3)});
  const HostTensor all = good(tensor_of_sound(sound, settings_of(100, {3, 4}), DType::f32));
  CHECK(all.shape() == Shape{3, 4});
  CHECK(values(all) == Values{0.5, 1, 0, 0, 0.25, 0, 0, 0, 0.75, 0, 0, 0});
  CHECK(tensor_of_sound(sound, settings_of(100, {2, 4}), DType::f32).error().code == Code::I0009);
  CHECK(tensor_of_sound(sound, settings_of(100, {3, 1}), DType::f32).error().code == Code::I0009);
}

TEST_CASE("audio: another rate is the windowed sinc of the header") {
  std::vector<float> x;
  for (int i = 0; i < 400; ++i) x.push_back(static_cast<float>(std::sin(i * 0.3) + 0.2 * std::sin(i * 1.7)));
  for (const auto& [from, to] : {std::pair{8000, 16000}, {44100, 16000}, {48000, 16000}, {16000, 22050}, {3, 7}}) {
    INFO(from << " to " << to);
    const int64_t divisor = std::gcd(from, to);
    const std::vector<double> want = resampled(x, from / divisor, to / divisor);
    const std::vector<float> have = good(resample(x, from, to));
    REQUIRE(have.size() == want.size());
    CHECK(have.size() ==
          (x.size() * static_cast<size_t>(to) + static_cast<size_t>(from) - 1) / static_cast<size_t>(from));
    double worst = 0;
    for (size_t i = 0; i < have.size(); ++i) worst = std::max(worst, std::fabs(have[i] - want[i]));
    CHECK(worst < 1e-6);
  }
  CHECK(good(resample(x, 8000, 8000)) == x);
  CHECK(resample(x, 8000, 0).error().code == Code::I0009);
  // Rates without a common divisor, the dearest kind, and nearly a sample for each second.
  CHECK(good(resample(x, 1048575, 1048573)).size() == 400);
}

TEST_CASE("audio: what goes out is 16 bits, and reads back from either format") {
  const Sound sound{16000, 2, {0.5F, -1, 2, NAN, -0x1.8p-15F, 0x1p-16F}};
  for (const SoundFormat format : {SoundFormat::wav, SoundFormat::flac}) {
    const std::string file = good(encode_sound(sound, format));
    CHECK(file == good(encode_sound(sound, format)));
    const Sound back = good(decode_sound(file));
    CHECK(back.rate == 16000);
    CHECK(back.channels == 2);
    CHECK(back.samples == std::vector<float>{0.5F, -1, 32767.0F / 32768, 0, -2.0F / 32768, 0});
  }
}

TEST_CASE("audio: sounds that are cut short, empty, or not finite are refused") {
  const Sound sound{16000, 1, std::vector<float>(3000, 0.25F)};
  for (const SoundFormat format : {SoundFormat::wav, SoundFormat::flac}) {
    const std::string whole = good(encode_sound(sound, format));
    for (size_t size = 0; size < whole.size(); size += size < 100 ? 1 : 37) {
      const auto cut = decode_sound(std::string_view(whole).substr(0, size));
      if (cut.ok()) CHECK(cut->frames() < 3000);  // a WAV file's length counts, not what its header says
    }
    for (size_t bit = 0; bit < std::min<size_t>(whole.size(), 200) * 8; ++bit) {
      std::string changed = whole;
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
      const auto read = decode_sound(changed);
      if (!read.ok()) CHECK((read.error().code == Code::I0006 || read.error().code == Code::R0006));
    }
  }
  CHECK(decode_sound(wav(1, 1, 16, {})).error().code == Code::I0006);
  CHECK(decode_sound(wav(3, 1, 32, {0, 0, 0xc0, 0x7f})).error().code == Code::I0006);
  CHECK(decode_sound("OggS and then nothing").error().code == Code::I0006);
  CHECK(decode_sound("no sound").error().code == Code::I0006);
}

TEST_CASE("audio: declarations that @audio cannot serve") {
  const DimTable dims;
  Adapter adapter;
  adapter.kind = "audio";
  CHECK(audio_settings(adapter, DType::f32, {std::nullopt}, dims).error().code == Code::E0502);  // no rate
  CHECK(audio_settings(adapter, DType::i16, {std::nullopt}, dims).error().code == Code::E0502);
  CHECK(audio_settings(adapter, DType::f32, {1, 1, 1}, dims).error().code == Code::E0502);
}
