#include "runtime/memory_use.h"

#include <algorithm>

namespace openinfer {

MemoryUse plan_use(const Plan& plan, uint64_t scratch) {
  // Places that are used one after the other count once: the length of the union of all intervals.
  std::vector<std::pair<uint64_t, uint64_t>> places;
  for (const VarPlan& p : plan.vars)
    if (p.kind == VarPlan::Kind::arena && !p.dynamic && p.bytes > 0) places.emplace_back(p.offset, p.offset + p.bytes);
  std::sort(places.begin(), places.end());
  uint64_t held = 0, end = 0;
  for (const auto& [first, last] : places) {
    if (last > end) held += last - std::max(first, end);
    end = std::max(end, last);
  }
  const uint64_t beside = plan.need.literals + plan.need.emissions;
  return {held + beside, plan.need.arena + beside + scratch};
}

std::vector<Note> largest_variables(const Program& program, const Plan& plan, const PersistentStore& persistent) {
  std::vector<std::pair<uint64_t, uint32_t>> sizes;
  for (uint32_t i = 0; i < plan.vars.size(); ++i) {
    const bool outlives = plan.vars[i].kind == VarPlan::Kind::persistent;
    const uint64_t bytes = outlives                                    ? persistent.bytes_of(static_cast<VarId>(i))
                           : plan.vars[i].kind == VarPlan::Kind::arena ? plan.vars[i].bytes
                                                                       : 0;
    if (bytes > 0) sizes.emplace_back(bytes, i);
  }
  std::sort(sizes.begin(), sizes.end(),
            [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  std::vector<Note> notes;
  for (size_t i = 0; i < sizes.size() && i < 3; ++i) {
    const Variable& v = program.variables[sizes[i].second];
    notes.push_back({"`" + v.name + "` takes " + bytes_text(sizes[i].first), v.span});
  }
  return notes;
}

}  // namespace openinfer
