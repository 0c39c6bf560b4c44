// @text: texts as tensors of token ids, and back.
#pragma once

#include <string>
#include <vector>

#include "ir/result.h"
#include "ir/shape.h"
#include "oinf/text/tokenizer.h"
#include "runtime/adapters/host_tensor.h"

namespace openinfer {

// dtype: i32 or i64. rank 1: one text, its ids; rank 2: a text a row, -1 at the right of the shorter ones; rank 0: a
// text of one token. Errors: I0009 for another type, rank or number of texts; those of Tokenizer::encode.
[[nodiscard]] Result<HostTensor> tensor_of_texts(const Tokenizer& tokenizer, const std::vector<std::string>& texts,
                                                 DType dtype, int rank, EncodeOptions options);

// The texts of what is emitted with @text: a scalar is one token, a vector tokens in order, each row of a matrix a
// stream of its own.
class TextStreams {
 public:
  // tokenizer outlives this. names: special tokens are shown.
  explicit TextStreams(const Tokenizer& tokenizer, bool names = false) : tokenizer_(&tokenizer), names_(names) {}

  // tensor: an integer type, rank 0 to 2, on the host. What each stream can show now; one entry, or one a row.
  // Errors: I0009 for another type or rank, R0001 for an id outside the vocabulary.
  Result<std::vector<std::string>> push(const TensorView& tensor);
  // The step is over: what unfinished characters leave, one entry a stream.
  std::vector<std::string> finish();

 private:
  const Tokenizer* tokenizer_;
  bool names_;
  std::vector<StreamDecoder> streams_;
};

}  // namespace openinfer
