// Which part of a variable somebody means: x[1, 0..2], as the language writes it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/result.h"
#include "ir/shape.h"

namespace openinfer {

struct Selection {
  std::string name;
  struct Axis {
    bool range = false;
    std::optional<int64_t> lo, hi;  // of an index: lo. Negative: from the end
  };
  std::vector<Axis> axes;
};

// What stands behind the selection in `text` is left there. number: of a name that stands as an index. Errors: U0001.
[[nodiscard]] Result<Selection> parse_selection(std::string_view& text,
                                                const std::function<std::optional<int64_t>(std::string_view)>& number);

// The part as first elements and sizes by axis; an index keeps its axis with size 1. Errors: I0004 for too many axes,
// R0001 for what is out of range.
struct Part {
  std::vector<int64_t> first, size;
  Shape shape;  // without the axes that have an index
};
[[nodiscard]] Result<Part> part_of(const Selection& selection, size_t from, const Shape& shape);

}  // namespace openinfer
