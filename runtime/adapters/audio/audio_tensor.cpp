#include "runtime/adapters/audio/audio_tensor.h"

#include <algorithm>
#include <new>

#include "oinf/atomic_file.h"
#include "ops/element.h"
#include "runtime/adapters/audio/resample.h"
#include "runtime/adapters/known_axes.h"
#include "runtime/adapters/output_errors.h"

namespace openinfer {
namespace {

Diagnostic misfit(std::string why) { return {Code::I0009, "@audio: " + std::move(why)}; }

}  // namespace

Result<AudioSettings> audio_settings(const Adapter& adapter, DType dtype,
                                     const std::vector<std::optional<int64_t>>& shape, const DimTable& dims) {
  const auto refuse = [&](std::string why) {
    return Diagnostic(Code::E0502, "@audio: " + std::move(why), adapter.span);
  };
  if (!is_float(dtype) || !is_plain(dtype) || shape.empty() || shape.size() > 2)
    return refuse("stands on a float type, of rank 1 or 2");
  AudioSettings settings;
  settings.samples = shape.back();
  if (shape.size() == 2) {
    if (!shape[0]) return refuse("the number of channels, the first axis, is not known");
    settings.channels = shape[0];
  }
  for (const AdapterArg& a : adapter.args) {
    if (a.name != "rate" || a.numbers.size() != 1 || a.numbers[0].kind != LiteralValue::Kind::integer) continue;
    settings.rate = dims.value(a.numbers[0].integer).value_or(0);
  }
  if (settings.rate < 1) return refuse("`rate`, the samples a second, is needed: @audio(rate=16000)");
  return settings;
}

Result<HostTensor> tensor_of_sound(const Sound& sound, const AudioSettings& settings, DType dtype) try {
  const int64_t rows = settings.channels.value_or(1), frames = sound.frames();
  if (settings.channels && rows != sound.channels)
    return misfit("the sound has " + std::to_string(sound.channels) + " channels, the variable " +
                  std::to_string(rows));
  HostTensor tensor;
  const float share = 1.0F / static_cast<float>(sound.channels);
  std::vector<float> row(static_cast<size_t>(frames));
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t i = 0; i < frames; ++i) {
      const float* frame = sound.samples.data() + i * sound.channels;
      float value = frame[r];
      if (!settings.channels) {
        for (int64_t c = 1; c < sound.channels; ++c) value += frame[c];
        value *= share;
      }
      row[static_cast<size_t>(i)] = value;
    }
    OINF_ASSIGN(const std::vector<float> final_row, resample(row, sound.rate, settings.rate));
    const auto length = static_cast<int64_t>(final_row.size());
    const int64_t columns = settings.samples.value_or(length);
    if (length > columns)
      return misfit("the sound has " + std::to_string(length) + " samples at " + std::to_string(settings.rate) +
                    " a second, the variable has room for " + std::to_string(columns));
    if (r == 0) {
      OINF_ASSIGN(tensor, HostTensor::zeros(dtype, settings.channels ? Shape{rows, columns} : Shape{columns}));
    }
    store_elements(tensor.data(), dtype, r * columns, 1, length, final_row.data());
  }
  return tensor;
} catch (const std::bad_alloc&) {
  return Diagnostic(Code::R0006, "no memory for the sound");
}

Result<Sound> sound_of_tensor(const TensorView& view, const AudioSettings& settings) try {
  OINF_ASSIGN(const HostTensor tensor, HostTensor::copy_of(view));
  const int rank = tensor.shape().rank();
  Sound sound{settings.rate, rank == 2 ? tensor.shape()[0] : 1, {}};
  const int64_t frames = tensor.shape()[rank - 1];
  sound.samples.resize(static_cast<size_t>(tensor.elements()));
  for (int64_t c = 0; c < sound.channels; ++c)
    for (int64_t i = 0; i < frames; ++i)
      sound.samples[static_cast<size_t>(i * sound.channels + c)] =
          load_element<float>(tensor.data(), tensor.dtype(), c * frames + i);
  return sound;
} catch (const std::bad_alloc&) {
  return Diagnostic(Code::R0006, "no memory for the sound");
}

Status AudioOutput::add(const TensorView& tensor) try {
  OINF_ASSIGN(const AudioSettings settings, audio_settings(adapter_, tensor.dtype, known_axes(tensor.shape), dims_));
  OINF_ASSIGN(Sound more, sound_of_tensor(tensor, settings));
  if (sound_.channels == 0) {
    sound_ = std::move(more);
    return {};
  }
  if (more.channels != sound_.channels)
    return Diagnostic(Code::R0003, "`" + path_ + "`: a sound of " + std::to_string(more.channels) +
                                       " channels behind one of " + std::to_string(sound_.channels));
  sound_.samples.insert(sound_.samples.end(), more.samples.begin(), more.samples.end());
  return {};
} catch (const std::bad_alloc&) {
  return Diagnostic(Code::R0006, "no memory for the sound");
}

Status AudioOutput::add_text(std::string_view) {
  return Diagnostic(Code::U0001, "`" + path_ + "`: a text has no place in a sound");
}

Status AudioOutput::commit() {
  if (sound_.channels == 0) return Diagnostic(Code::R0007, "`" + path_ + "`: no sound was emitted");
  if (sound_.samples.empty())
    return Diagnostic(Code::R0007, "`" + path_ + "`: the sound has no samples, and nothing would read such a file");
  OINF_ASSIGN(const std::string content,
              encode_sound(sound_, path_.ends_with(".flac") ? SoundFormat::flac : SoundFormat::wav));
  return as_output_error(AtomicFile::write(path_, std::as_bytes(std::span(content))));
}

}  // namespace openinfer
