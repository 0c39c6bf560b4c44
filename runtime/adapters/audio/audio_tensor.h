// @audio: sounds as tensors, and back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ir/program.h"
#include "ir/result.h"
#include "runtime/adapters/audio/sound.h"
#include "runtime/adapters/host_tensor.h"
#include "runtime/adapters/output_file.h"

namespace openinfer {

struct AudioSettings {
  int64_t rate = 0;                 // frames a second
  std::optional<int64_t> channels;  // none: one, without an axis of its own
  std::optional<int64_t> samples;   // where the declaration knows them
};

// adapter: an @audio that stands on a tensor of this type and shape; sizes that are not known yet are nullopt. Errors:
// E0502 with the adapter's span.
[[nodiscard]] Result<AudioSettings> audio_settings(const Adapter& adapter, DType dtype,
                                                   const std::vector<std::optional<int64_t>>& shape,
                                                   const DimTable& dims);

// f32[S] is the mean of the channels, f32[C, S] has a row for each; at the settings' rate; a known length is filled
// with zeros at the end. Errors: I0009 for another number of channels and for a sound that is too long.
[[nodiscard]] Result<HostTensor> tensor_of_sound(const Sound& sound, const AudioSettings& settings, DType dtype);

// tensor: a float type, [S] or [C, S], on the host.
[[nodiscard]] Result<Sound> sound_of_tensor(const TensorView& tensor, const AudioSettings& settings);

// --output NAME=FILE.wav or .flac: emissions append.
class AudioOutput final : public OutputFile {
 public:
  // adapter and dims outlive this.
  AudioOutput(std::string path, const Adapter& adapter, const DimTable& dims)
      : path_(std::move(path)), adapter_(adapter), dims_(dims) {}

  Status add(const TensorView& tensor) override;
  Status add_text(std::string_view text) override;
  Status commit() override;

 private:
  std::string path_;
  const Adapter& adapter_;
  const DimTable& dims_;
  Sound sound_;
};

}  // namespace openinfer
