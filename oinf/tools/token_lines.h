// `oinf-pack tokenize` and `oinf-pack detokenize`: one text a line, so that other programs can use a package's
// tokenizer through a pipe.
#pragma once

#include <iosfwd>

#include "ir/result.h"
#include "oinf/text/tokenizer.h"

namespace openinfer {

// in: a JSON string a line; out: a JSON list of ids for each. special: the tokens that the tokenizer puts around a text
// are added, and the names of special tokens in it are those tokens. Errors: I0006, I0007 and I0009 with the line,
// R0007.
[[nodiscard]] Status tokenize_lines(const Tokenizer& tokenizer, std::istream& in, std::ostream& out, bool special);

// The way back. special: special tokens are shown. Errors: as above, R0001 for an id outside the vocabulary.
[[nodiscard]] Status detokenize_lines(const Tokenizer& tokenizer, std::istream& in, std::ostream& out, bool special);

}  // namespace openinfer
