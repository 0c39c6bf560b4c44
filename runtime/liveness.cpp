#include "runtime/liveness.h"

#include "ops/schema.h"

namespace openinfer {
namespace {

class Walk {
 public:
  explicit Walk(const Program& program) : program_(program) { result_.vars.resize(program.variables.size()); }

  Liveness run() {
    steps(program_.steps);
    result_.steps = at_;
    // Views keep what they show alive; a view's source stands before it, so one pass backwards is enough.
    for (size_t i = views_.size(); i-- > 0;) {
      const auto [view, source] = views_[i];
      if (result_.vars[view].used()) result_.vars[source].cover(result_.vars[view].first, result_.vars[view].last);
    }
    return std::move(result_);
  }

 private:
  struct LoopSpan {
    uint32_t symbol, begin;
    std::vector<uint32_t> outer;  // variables of outside that are touched in it
  };

  void touch(VarId id) {
    const auto v = static_cast<uint32_t>(id);
    result_.vars[v].cover(at_, at_);
    const uint32_t home = program_.variables[v].home;
    for (size_t i = loops_.size(); i-- > 0 && loops_[i].symbol != home;) loops_[i].outer.push_back(v);
  }
  void reuse(const Step& s) {
    const Operand& to = s.out[0];
    for (size_t i = 0; i < s.in.size() && i < s.op->inputs.size(); ++i) {
      const Operand& from = s.in[i];
      if (!s.op->inputs[i].in_place || from.kind != Operand::Kind::variable || !from.selectors.empty() ||
          from.var == to.var)
        continue;
      if (from.shape == to.shape && from.dtype == to.dtype)
        result_.reuses.push_back({at_, static_cast<uint32_t>(from.var), static_cast<uint32_t>(to.var)});
    }
  }
  void operands(const std::vector<Operand>& list) {
    for (const Operand& o : list)
      if (o.kind == Operand::Kind::variable) touch(o.var);
  }
  void steps(const std::vector<Step>& list) {
    for (const Step& s : list) {
      ++at_;
      operands(s.in);
      for (const StepAttr& a : s.attributes)
        if (a.kind == StepAttr::Kind::variable) touch(a.variable);
      operands(s.out);
      for (const Operand& o : s.out)
        if (o.kind == Operand::Kind::variable) result_.writes.push_back({at_, static_cast<uint32_t>(o.var)});
      if (s.kind == StepKind::op) reuse(s);
      if (s.kind == StepKind::view)
        views_.emplace_back(static_cast<uint32_t>(s.out[0].var), static_cast<uint32_t>(s.in[0].var));
      if (s.kind == StepKind::loop) {
        loops_.push_back({static_cast<uint32_t>(s.symbol), at_, {}});
        steps(s.body);
        ++at_;
        const LoopSpan loop = std::move(loops_.back());
        loops_.pop_back();
        for (uint32_t v : loop.outer) result_.vars[v].cover(loop.begin, at_);
      } else {
        steps(s.body);
        steps(s.otherwise);
        ++at_;
      }
    }
  }

  const Program& program_;
  Liveness result_;
  uint32_t at_ = 0;
  std::vector<LoopSpan> loops_;
  std::vector<std::pair<uint32_t, uint32_t>> views_;
};

}  // namespace

Liveness liveness(const Program& program) { return Walk(program).run(); }

}  // namespace openinfer
