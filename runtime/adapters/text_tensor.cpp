#include "runtime/adapters/text_tensor.h"

#include <algorithm>

#include "ops/element.h"

namespace openinfer {

Result<HostTensor> tensor_of_texts(const Tokenizer& tokenizer, const std::vector<std::string>& texts, DType dtype,
                                   int rank, EncodeOptions options) {
  if (dtype != DType::i32 && dtype != DType::i64)
    return Diagnostic(Code::I0009, "@text gives i32 or i64, not " + std::string(name(dtype)));
  if (rank < 0 || rank > 2) return Diagnostic(Code::I0009, "@text needs rank 1 or 2");
  if (rank < 2 && texts.size() != 1)
    return Diagnostic(Code::I0009,
                      "@text of rank " + std::to_string(rank) + " takes one text, not " + std::to_string(texts.size()));
  std::vector<std::vector<int32_t>> rows;
  size_t longest = 0;
  for (const std::string& text : texts) {
    OINF_ASSIGN(std::vector<int32_t> ids, tokenizer.encode(text, options));
    longest = std::max(longest, ids.size());
    rows.push_back(std::move(ids));
  }
  if (rank == 0 && longest != 1)
    return Diagnostic(Code::I0009, "the text has " + std::to_string(longest) + " tokens, and one is needed");
  Shape shape;
  if (rank == 2) shape.push_back(static_cast<int64_t>(rows.size()));
  if (rank >= 1) shape.push_back(static_cast<int64_t>(longest));
  OINF_ASSIGN(HostTensor tensor, HostTensor::zeros(dtype, shape));
  for (size_t row = 0; row < rows.size(); ++row)
    for (size_t i = 0; i < longest; ++i)
      store_element<int64_t>(tensor.data(), dtype, static_cast<int64_t>(row * longest + i),
                             i < rows[row].size() ? rows[row][i] : -1);
  return tensor;
}

Result<std::vector<std::string>> TextStreams::push(const TensorView& tensor) {
  const int rank = tensor.shape.rank();
  if (!is_integer(tensor.dtype) || rank > 2)
    return Diagnostic(Code::I0009, "@text on " + std::string(name(tensor.dtype)) + to_string(tensor.shape) +
                                       ": integers of rank 0, 1 or 2 are needed");
  OINF_ASSIGN(const HostTensor dense, HostTensor::copy_of(tensor));
  const auto rows = static_cast<size_t>(rank == 2 ? tensor.shape[0] : 1);
  const int64_t tokens = rank == 0 ? 1 : tensor.shape[rank - 1];
  while (streams_.size() < rows) streams_.emplace_back(*tokenizer_, names_);
  std::vector<std::string> shown(rows);
  for (size_t row = 0; row < rows; ++row)
    for (int64_t i = 0; i < tokens; ++i) {
      const int64_t at = static_cast<int64_t>(row) * tokens + i;
      // A u64 past 2^63 is an id outside the vocabulary, not one below 0.
      const auto raw = load_element<int64_t>(dense.data(), dense.dtype(), at);
      const int64_t id = raw < 0 && !is_signed(dense.dtype()) ? INT64_MAX : raw;
      OINF_ASSIGN(const std::string text, streams_[row].push(id));
      shown[row] += text;
    }
  return shown;
}

std::vector<std::string> TextStreams::finish() {
  std::vector<std::string> rest;
  for (StreamDecoder& stream : streams_) rest.push_back(stream.finish());
  return rest;
}

}  // namespace openinfer
