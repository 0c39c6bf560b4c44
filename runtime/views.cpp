// A read into a variable that nobody writes afterwards, of memory that nobody writes while the variable is alive, needs
// no copy: the step becomes a view. Only dense parts are shown, since kernels are fastest on those.
#include <algorithm>

#include "ops/schema.h"
#include "runtime/liveness.h"
#include "runtime/plan.h"

namespace openinfer {
namespace {

class Views {
 public:
  explicit Views(Program& program) : program_(program), live_(liveness(program)) {
    writes_.resize(program.variables.size());
    for (const Write& w : live_.writes) writes_[w.var].push_back(w.step);
  }
  void run() { steps(program_.steps); }

 private:
  // The part is dense: single members first, then at most one range, then everything.
  static bool dense(const Operand& o, size_t leading) {
    bool range = false;
    for (size_t i = 0; i < o.selectors.size(); ++i) {
      const Selector& s = o.selectors[i];
      if (s.kind == Selector::Kind::at) {
        if (range) return false;
        continue;
      }
      if (range && !s.whole) return false;
      range = true;
    }
    (void)leading;
    return true;
  }

  bool may_show(const Step& s) const {
    if (s.kind != StepKind::copy && !(s.kind == StepKind::op && s.op->name == "reshape")) return false;
    if (s.in.size() != 1 || s.in[0].kind != Operand::Kind::variable || s.convert || s.out.size() != 1) return false;
    const Operand &from = s.in[0], &to = s.out[0];
    const Variable &source = program_.var(from.var), &target = program_.var(to.var);
    if (target.kind != VarKind::temporary || !to.selectors.empty() || from.var == to.var) return false;
    if (source.dtype != target.dtype || !source.dtype || source.device != target.device) return false;
    if (!dense(from, source.table.size())) return false;
    if (s.kind == StepKind::copy && from.shape != to.shape) return false;
    const auto id = static_cast<uint32_t>(to.var), src = static_cast<uint32_t>(from.var);
    if (writes_[id].size() != 1 || target.zero_first) return false;
    // Growing tables may move; stored panels are no rows.
    if (source.kind == VarKind::persistent) {
      for (const TableIndex& t : source.table)
        if (!t.bound) return false;
      for (const GrowingAxis& g : source.growing)
        if (!g.index.bound) return false;
    }
    if (source.kind == VarKind::constant) {
      if (source.mixed || source.members.empty()) return false;
      if (program_.constants[source.members[0]].layout != Layout::rowmajor) return false;
    }
    const Interval life = live_.vars[id];
    // A source that itself is a view stands for what it shows: that must rest as well.
    for (uint32_t v = src;;) {
      for (uint32_t step : writes_[v])
        if (step > life.first && step <= life.last) return false;
      const auto next = shown_.find(v);
      if (next == shown_.end()) break;
      v = next->second;
    }
    // A variable that lives through a loop is read in iterations that come after a write further up.
    return true;
  }

  void steps(std::vector<Step>& list) {
    for (Step& s : list) {
      if (may_show(s)) {
        shown_[static_cast<uint32_t>(s.out[0].var)] = static_cast<uint32_t>(s.in[0].var);
        program_.var(s.out[0].var).is_view = true;
        s.kind = StepKind::view;
      }
      steps(s.body);
      steps(s.otherwise);
    }
  }

  Program& program_;
  Liveness live_;
  std::vector<std::vector<uint32_t>> writes_;
  std::map<uint32_t, uint32_t> shown_;
};

}  // namespace

void make_views(Program& program) { Views(program).run(); }

}  // namespace openinfer
