#include "runtime/constant_layouts.h"

#include <algorithm>

#include "ops/schema.h"

namespace openinfer {
namespace {

class Layouts {
 public:
  explicit Layouts(Program& program) : program_(program) {}

  void run() {
    for (const Variable& v : program_.variables)
      for (const uint32_t c : v.initial_constants) as_rows(program_.constants[c]);
    steps(program_.steps);
    if (!changed_) return;
    for (Variable& v : program_.variables) v.mixed = program_.stored_differently(v.members);
  }

 private:
  void as_rows(ConstantMember& c) {
    if (c.layout == Layout::rowmajor) return;
    c.layout = Layout::rowmajor;
    c.as_rows = true;
    changed_ = true;
  }

  // Families have one index for each declared axis in front of the selectors.
  static bool is_whole(const Variable& v, const Operand& o) {
    return std::all_of(o.selectors.begin() + static_cast<ptrdiff_t>(std::min(v.declared_axes(), o.selectors.size())),
                       o.selectors.end(), [](const Selector& s) { return s.whole; });
  }

  // gather_linear: the other members of a slice of a family stand behind its four inputs.
  static bool reads_panels(const Step& s, size_t input, DType type) {
    if (s.kind != StepKind::op || (!is_float(type) && !is_block(type))) return false;
    if (s.op->name == "linear" || s.op->name == "embedding") return input == 1;
    return s.op->name == "gather_linear" && (input == 1 || input > 3);
  }

  void operand(const Step& s, const Operand& o, size_t input) {
    if (o.kind != Operand::Kind::variable) return;
    const Variable& v = program_.var(o.var);
    for (const uint32_t m : v.members) {
      ConstantMember& c = program_.constants[m];
      if (c.layout != Layout::rowmajor && !(is_whole(v, o) && reads_panels(s, input, c.dtype))) as_rows(c);
    }
  }

  void steps(const std::vector<Step>& list) {
    for (const Step& s : list) {
      for (size_t i = 0; i < s.in.size(); ++i) operand(s, s.in[i], i);
      steps(s.body);
      steps(s.otherwise);
    }
  }

  Program& program_;
  bool changed_ = false;
};

}  // namespace

void lay_out_constants(Program& program) { Layouts(program).run(); }

}  // namespace openinfer
