#include "runtime/adapters/input_value.h"

#include <sys/stat.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "ir/utf8.h"
#include "oinf/text/json_access.h"
#include "ops/element.h"
#include "runtime/adapters/convert.h"
#include "runtime/adapters/literal_tensor.h"
#include "runtime/adapters/npy.h"
#include "runtime/adapters/safetensors_value.h"

namespace openinfer {
namespace {

bool is_file(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0;
}

// `first` is a number of the declared type; the whole tensor gets its bytes.
Result<HostTensor> filled(const HostTensor& first, const Shape& shape) {
  OINF_ASSIGN(HostTensor tensor, HostTensor::zeros(first.dtype(), shape));
  if (is_packed(first.dtype())) {
    const auto value = load_element<int64_t>(first.data(), first.dtype(), 0);
    for (int64_t i = 0; i < tensor.elements(); ++i) store_element<int64_t>(tensor.data(), tensor.dtype(), i, value);
    return tensor;
  }
  const size_t size = element_bytes(first.dtype());
  for (size_t at = 0; at < tensor.bytes().size(); at += size) std::memcpy(tensor.data() + at, first.data(), size);
  return tensor;
}

bool begins_list_of_texts(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  if (!text.starts_with('[')) return false;
  const size_t next = text.find_first_not_of(kSpace, 1);
  return next != std::string_view::npos && text[next] == '"';
}

class ValueReader {
 public:
  explicit ValueReader(const InputRequest& request) : request_(request) {}

  Result<InputValue> read(std::string_view value) {
    if (value.starts_with("@@")) return read_text(value.substr(1));
    if (!value.starts_with("@")) return read_text(value);
    value.remove_prefix(1);
    // Ids instead of a text: without the sign these are the text itself.
    if (request_.text_rank && value.starts_with('[')) {
      OINF_ASSIGN(HostTensor ids, parse_literal_tensor(value, request_.dtype));
      return finish(std::move(ids));
    }
    std::optional<std::string_view> tensor;
    // A name that ends in :TENSOR may also be a file's own.
    if (const size_t colon = value.rfind(':'); colon != std::string_view::npos && !is_file(std::string(value))) {
      tensor = value.substr(colon + 1);
      value = value.substr(0, colon);
    }
    source_ = value == "-" ? "standard input" : std::string(value);
    OINF_ASSIGN(const std::string content, read_input_file(std::string(value)));
    if (is_safetensors(content)) {
      OINF_ASSIGN(HostTensor tensor_value, read_safetensors_value(content, tensor));
      return finish(std::move(tensor_value));
    }
    if (tensor) return Diagnostic(Code::I0006, "a tensor is named, but the file is no safetensors file");
    if (is_npy(content)) {
      OINF_ASSIGN(HostTensor tensor_value, read_npy(content));
      return finish(std::move(tensor_value));
    }
    if (is_picture(content)) {
      if (!request_.pictures)
        return Diagnostic(Code::I0009, "the file is a picture, and the variable is not declared with @image");
      OINF_ASSIGN(Picture picture, decode_picture(content));
      std::vector<Picture> pictures;
      pictures.push_back(std::move(picture));
      return InputValue(std::move(pictures));
    }
    if (is_sound(content)) {
      if (!request_.sound)
        return Diagnostic(Code::I0009, "the file is a sound, and the variable is not declared with @audio");
      OINF_ASSIGN(Sound sound, decode_sound(content));
      return InputValue(std::move(sound));
    }
    return read_text(content);
  }

  [[nodiscard]] Diagnostic in_context(Diagnostic error) const {
    error.message =
        "`" + std::string(request_.name) + "`" + (source_.empty() ? "" : " from " + source_) + ": " + error.message;
    return error;
  }

 private:
  Result<InputValue> read_text(std::string_view text) {
    if (request_.pictures && begins_list_of_texts(text)) return read_pictures(text);
    if (!request_.text_rank) {
      OINF_ASSIGN(HostTensor tensor, parse_literal_tensor(text, request_.dtype));
      return finish(std::move(tensor));
    }
    if (const size_t at = first_not_utf8(text); at != std::string_view::npos)
      return Diagnostic(Code::I0007, "the byte at offset " + std::to_string(at) + " is not UTF-8");
    if (*request_.text_rank != 2 || !text.starts_with('['))
      return InputValue(std::vector<std::string>{std::string(text)});
    OINF_ASSIGN(const text_json::Json list, text_json::parse(text, Code::I0006, "the list of texts"));
    std::vector<std::string> texts;
    for (const text_json::Json& entry : list) {
      if (!entry.is_string())
        return Diagnostic(Code::I0006, "entry " + std::to_string(texts.size()) + " of the list is no text");
      texts.push_back(entry.get<std::string>());
    }
    return InputValue(std::move(texts));
  }

  // ["@a.png", "@b.png"]
  Result<InputValue> read_pictures(std::string_view text) {
    OINF_ASSIGN(const text_json::Json list, text_json::parse(text, Code::I0006, "the list of pictures"));
    std::vector<Picture> pictures;
    for (const text_json::Json& entry : list) {
      const std::string file = entry.is_string() ? entry.get<std::string>() : std::string();
      if (!file.starts_with('@'))
        return Diagnostic(Code::I0006, "entry " + std::to_string(pictures.size()) + " of the list is no \"@FILE\"");
      source_ = file.substr(1);
      OINF_ASSIGN(const std::string content, read_input_file(source_));
      OINF_ASSIGN(Picture picture, decode_picture(content));
      pictures.push_back(std::move(picture));
    }
    source_.clear();
    return InputValue(std::move(pictures));
  }

  Result<InputValue> finish(HostTensor given) const {
    OINF_ASSIGN(HostTensor tensor, convert_exactly(std::move(given), request_.dtype));
    if (!request_.shape || tensor.shape() == *request_.shape) return InputValue(std::move(tensor));
    if (tensor.shape().rank() != 0)
      return Diagnostic(Code::I0004,
                        "the shape is " + to_string(*request_.shape) + ", the value's " + to_string(tensor.shape()));
    OINF_ASSIGN(HostTensor whole, filled(tensor, *request_.shape));
    return InputValue(std::move(whole));
  }

  const InputRequest& request_;
  std::string source_;
};

}  // namespace

Result<InputValue> parse_input_value(std::string_view value, const InputRequest& request) {
  ValueReader reader(request);
  Result<InputValue> read = reader.read(value);
  if (!read.ok()) return reader.in_context(std::move(read).error());
  return read;
}

Result<int64_t> parse_size_value(std::string_view name, std::string_view value) {
  int64_t size = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
  const bool whole = !value.empty() && end == value.data() + value.size();
  if (error != std::errc() || !whole)
    return Diagnostic(Code::U0001, "size `" + std::string(name) + "`: `" + std::string(value) + "` " +
                                       (whole ? "does not fit 64 bits" : "is no whole number"));
  return size;
}

Result<std::string> read_input_file(const std::string& path) {
  const bool standard = path == "-";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> owner(standard ? nullptr : std::fopen(path.c_str(), "rb"),
                                                              [](std::FILE* f) { return f ? std::fclose(f) : 0; });
  std::FILE* const file = standard ? stdin : owner.get();
  if (!file) return Diagnostic(Code::I0006, "cannot be opened: " + std::string(std::strerror(errno)));
  std::string content;
  char buffer[65536];
  errno = 0;
  while (const size_t count = std::fread(buffer, 1, sizeof buffer, file)) content.append(buffer, count);
  if (std::ferror(file)) return Diagnostic(Code::I0006, "cannot be read: " + std::string(std::strerror(errno)));
  return content;
}

}  // namespace openinfer
