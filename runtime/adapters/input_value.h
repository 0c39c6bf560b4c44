// What a person gives for a variable or a scalar: VALUE of --input NAME=VALUE and --set NAME=VALUE.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ir/result.h"
#include "runtime/adapters/audio/sound.h"
#include "runtime/adapters/host_tensor.h"
#include "runtime/adapters/image/picture.h"

namespace openinfer {

struct InputRequest {
  std::string_view name;         // of the variable, for messages
  DType dtype = DType::f32;      // as declared
  std::optional<Shape> shape;    // when every size is known: the value must have it, and a number fills it
  std::optional<int> text_rank;  // the variable stands with @text and has this rank (0, 1 or 2)
  bool pictures = false;         // the variable stands with @image
  bool sound = false;            // the variable stands with @audio
};

// A tensor of the declared type; or for @text one text (rank 0 or 1) or some (rank 2), which the tokenizer gets; or for
// @image decoded pictures; or for @audio a decoded sound.
using InputValue = std::variant<HostTensor, std::vector<std::string>, std::vector<Picture>, Sound>;

// value: a number, a JSON list, a text for @text or the ids themselves as @[…], @FILE, @FILE:TENSOR, @- (standard
// input); for @image a JSON list of
// "@FILE", too. A file's content says what it is: .npy, safetensors, a picture, a sound, else text, which is read like
// a value that was typed. A text that begins with @ is written
// @@…. Errors: I0003 to I0007 and I0009, whose message names variable, file and reason.
[[nodiscard]] Result<InputValue> parse_input_value(std::string_view value, const InputRequest& request);

// A size that the caller sets: a whole number of 64 bits, or U0001.
[[nodiscard]] Result<int64_t> parse_size_value(std::string_view name, std::string_view value);

// All bytes of a file, or of standard input for "-". Errors: I0006.
[[nodiscard]] Result<std::string> read_input_file(const std::string& path);

}  // namespace openinfer
