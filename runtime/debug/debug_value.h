// Values as the debugger reads, shows and changes them.
#pragma once

#include <string>
#include <string_view>

#include "runtime/debug/scope.h"
#include "runtime/debug/selection.h"

namespace openinfer {

class DebugValues {
 public:
  DebugValues(const Program& program, const DebugScope& scope) : program_(program), scope_(scope) {}

  // The selected part, a copy; of packed and block types a part is f32. Errors: DebugScope's and part_of's.
  Result<HostTensor> read(RunState& state, const RunPoint& point, const Selection& selection) const;
  // value: as --input spells it; one number stands for all elements. Returns what was changed, for people. Errors as
  // for read; I0008 for what cannot be changed; I0003 to I0006 of the value.
  Result<std::string> write(RunState& state, const RunPoint& point, const Selection& selection,
                            std::string_view value) const;

 private:
  struct Whole {
    VarId var{};
    DeviceView view;
    HostTensor value;
    size_t members = 0;  // leading axes of the selection that name a member
  };
  Result<Whole> whole(RunState& state, const RunPoint& point, const Selection& selection) const;

  const Program& program_;
  const DebugScope& scope_;
};

// "x[1, 0..2]"
[[nodiscard]] std::string selection_text(const Selection& selection);

}  // namespace openinfer
