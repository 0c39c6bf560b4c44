#include "ir/diagnostic.h"

namespace openinfer {
namespace {

struct Entry {
  std::string_view name;
  std::string_view title;
};
constexpr Entry kEntries[] = {
#define OINF_CODE(id, title) {#id, title},
#include "ir/codes.def"
#undef OINF_CODE
};

}  // namespace

std::string_view code_name(Code code) { return kEntries[static_cast<size_t>(code)].name; }
std::string_view code_title(Code code) { return kEntries[static_cast<size_t>(code)].title; }

int exit_status(Code code) {
  switch (code_name(code).front()) {
    case 'U':
      return 2;
    case 'E':
      return 3;
    case 'P':
      return 4;
    case 'I':
      return 5;
    case 'C':
      return 130;
    default:
      return 1;
  }
}

const std::vector<Code>& all_codes() {
  static const std::vector<Code> codes = [] {
    std::vector<Code> all;
    for (size_t i = 0; i < std::size(kEntries); ++i) all.push_back(static_cast<Code>(i));
    return all;
  }();
  return codes;
}

}  // namespace openinfer
