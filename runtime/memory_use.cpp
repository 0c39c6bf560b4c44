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
  held += plan.need.literals + plan.surely_emitted;
  return {held, plan.need.arena + plan.need.literals + plan.need.emissions + scratch};
}

Note by_kind(const MemoryNeed& need) {
  const std::pair<const char*, uint64_t> kinds[] = {
      {"weights", need.weights}, {"caches", need.persistent}, {"growing tables", need.growing},
      {"arena", need.arena},     {"scratch", need.scratch},   {"undo", need.undo},
      {"inputs", need.inputs},   {"literals", need.literals}, {"emissions", need.emissions}};
  std::string text;
  for (const auto& [kind, bytes] : kinds)
    if (bytes > 0) text += (text.empty() ? "" : ", ") + std::string(kind) + " " + std::to_string(bytes);
  return {"of it: " + text, {}};
}

std::vector<Note> largest_variables(const Program& program, const Plan& plan, const PersistentStore& persistent,
                                    bool held) {
  std::vector<std::pair<uint64_t, uint32_t>> sizes;
  for (uint32_t i = 0; i < plan.vars.size(); ++i) {
    const VarPlan& p = plan.vars[i];
    const auto id = static_cast<VarId>(i);
    const bool in_arena = p.kind == VarPlan::Kind::arena && !(held && p.dynamic);
    const uint64_t bytes = p.kind == VarPlan::Kind::persistent
                               ? (held ? persistent.held_of(id) : persistent.bytes_of(id))
                           : in_arena ? p.bytes
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
