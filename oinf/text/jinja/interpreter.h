// Renders a parsed template.
#pragma once

#include <ctime>
#include <string>

#include "oinf/text/jinja/syntax.h"

namespace openinfer::jinja {

struct RenderLimits {
  uint64_t steps = 20'000'000;
  uint64_t bytes = uint64_t{256} << 20;
};

// globals: the context, a dict. now: what strftime_now reads, as local time. Errors: I0010.
[[nodiscard]] Result<std::string> render(const Body& body, const Value& context, std::time_t now,
                                         const RenderLimits& limits);

}  // namespace openinfer::jinja
