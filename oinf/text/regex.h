// Regular expressions of tokenizers, as Oniguruma and Rust's regex crate mean them, run by PCRE2 over Unicode.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ir/result.h"

struct pcre2_real_code_8;

namespace openinfer {

struct TextRange {
  size_t begin = 0, end = 0;  // bytes
  friend bool operator==(const TextRange&, const TextRange&) = default;
};

class Regex {
 public:
  // \s, \w and \d have their Unicode meaning. Errors: P0025 for a bad pattern, P0024 for syntax that PCRE2 reads
  // differently.
  static Result<Regex> compile(std::string_view pattern);

  // All matches from left to right; empty ones are left out. text: well-formed UTF-8.
  // Errors: I0009 when matching passes its step or memory limit.
  [[nodiscard]] Result<std::vector<TextRange>> find_all(std::string_view text) const;

 private:
  struct Free {
    void operator()(pcre2_real_code_8* code) const;
  };
  explicit Regex(pcre2_real_code_8* code) : code_(code) {}

  std::unique_ptr<pcre2_real_code_8, Free> code_;
};

}  // namespace openinfer
