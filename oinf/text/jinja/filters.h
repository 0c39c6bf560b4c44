// The two tables of filters.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "oinf/text/jinja/run.h"

namespace openinfer::jinja {

struct NamedFilter {
  std::string_view name;
  Function function;
};
[[nodiscard]] std::span<const NamedFilter> list_filters();
[[nodiscard]] std::span<const NamedFilter> text_filters();

// A text without the white space around it.
[[nodiscard]] std::string without_blanks(const std::string& text);

}  // namespace openinfer::jinja
