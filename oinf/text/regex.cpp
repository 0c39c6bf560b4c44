#include "oinf/text/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "ir/utf8.h"

namespace openinfer {
namespace {

constexpr size_t kMaxPattern = 65536;
constexpr uint32_t kMatchLimit = 50'000'000;  // about a second
constexpr uint32_t kHeapLimitKib = 65536;
constexpr std::string_view kWord = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control})";

// Writes the classes out whose members PCRE2 sees differently (its \s has U+180E, its \w lacks marks), and refuses
// what it would silently read as something else.
Result<std::string> translate(std::string_view pattern) {
  const auto refuse = [](std::string_view what) {
    return Diagnostic(Code::P0024, "regular expression with " + std::string(what));
  };
  std::string out;
  bool in_class = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    const char next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
    if (c == '\\') {
      if (next == 's') {
        out += R"(\p{White_Space})";
      } else if (next == 'S') {
        out += R"(\P{White_Space})";
      } else if (next == 'w') {
        out.append(in_class ? "" : "[").append(kWord).append(in_class ? "" : "]");
      } else if (next == 'W' && !in_class) {
        out.append("[^").append(kWord).append("]");
      } else if (next == 'W' || next == 'h' || next == 'H') {
        return refuse(std::string("\\") + next + (next == 'W' ? " in a class" : ""));
      } else {
        out.append(pattern.substr(i, 2));
      }
      ++i;
    } else if (in_class) {
      if (c == '&' && next == '&') return refuse("&& in a class");
      if (c == '[') {
        const size_t end = next == ':' ? pattern.find(":]", i) : std::string_view::npos;
        if (end == std::string_view::npos) return refuse("a class in a class");
        out.append(pattern.substr(i, end + 2 - i));
        i = end + 1;
        continue;
      }
      in_class = c != ']';
      out.push_back(c);
    } else {
      out.push_back(c);
      if (c != '[') continue;
      in_class = true;
      if (next == '^') out.push_back(pattern[++i]);
      if (i + 1 < pattern.size() && pattern[i + 1] == ']') return refuse("an empty class");
    }
  }
  return out;
}

std::string pcre_message(int error) {
  PCRE2_UCHAR8 buffer[160] = {};
  pcre2_get_error_message_8(error, buffer, sizeof buffer);
  return reinterpret_cast<const char*>(buffer);
}

struct Limits {
  pcre2_match_context_8* context = pcre2_match_context_create_8(nullptr);
  Limits() {
    if (!context) return;
    pcre2_set_match_limit_8(context, kMatchLimit);
    pcre2_set_heap_limit_8(context, kHeapLimitKib);
  }
  ~Limits() { pcre2_match_context_free_8(context); }
  Limits(const Limits&) = delete;
  Limits& operator=(const Limits&) = delete;
};

using MatchData = std::unique_ptr<pcre2_match_data_8, void (*)(pcre2_match_data_8*)>;

}  // namespace

void Regex::Free::operator()(pcre2_real_code_8* code) const { pcre2_code_free_8(code); }

Result<Regex> Regex::compile(std::string_view pattern) {
  if (pattern.size() > kMaxPattern) return Diagnostic(Code::P0025, "regular expression is longer than 64 KiB");
  if (first_not_utf8(pattern) != std::string_view::npos)
    return Diagnostic(Code::P0025, "regular expression is not UTF-8");
  OINF_ASSIGN(const std::string translated, translate(pattern));
  int error = 0;
  PCRE2_SIZE at = 0;
  pcre2_code_8* code = pcre2_compile_8(reinterpret_cast<PCRE2_SPTR8>(translated.data()), translated.size(),
                                       PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &at, nullptr);
  if (!code)
    return Diagnostic(Code::P0025,
                      "regular expression `" + std::string(pattern.substr(0, 80)) + "`: " + pcre_message(error));
  // Where the JIT cannot be had, matching interprets, with the same matches.
  pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE);
  return Regex(code);
}

Result<std::vector<TextRange>> Regex::find_all(std::string_view text) const {
  const Limits limits;
  const MatchData data(pcre2_match_data_create_from_pattern_8(code_.get(), nullptr), pcre2_match_data_free_8);
  if (!limits.context || !data) return Diagnostic(Code::R0006, "out of memory while matching a regular expression");
  const auto* subject = reinterpret_cast<PCRE2_SPTR8>(text.data());
  std::vector<TextRange> found;
  for (size_t at = 0; at < text.size();) {
    int count = pcre2_match_8(code_.get(), subject, text.size(), at, PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, data.get(),
                              limits.context);
    if (count == PCRE2_ERROR_JIT_STACKLIMIT)  // the interpreter has more room
      count = pcre2_match_8(code_.get(), subject, text.size(), at, PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY | PCRE2_NO_JIT,
                            data.get(), limits.context);
    if (count == PCRE2_ERROR_NOMATCH) break;
    if (count < 0) return Diagnostic(Code::I0009, "the tokenizer's regular expression gave up: " + pcre_message(count));
    const PCRE2_SIZE* range = pcre2_get_ovector_pointer_8(data.get());
    // \K in a lookaround can put the start after the end, or the end before `at`.
    if (range[1] <= at || range[0] >= range[1] || range[0] < at)
      return Diagnostic(Code::I0009, "the tokenizer's regular expression matches backwards");
    found.push_back({range[0], range[1]});
    at = range[1];
  }
  return found;
}

}  // namespace openinfer
