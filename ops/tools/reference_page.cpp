// reference_page OUT.md: docs/ops.md from ops.json.
#include <fmt/format.h>

#include <fstream>
#include <map>
#include <sstream>

#include "ops/schema.h"

namespace openinfer::tools {
namespace {

// Types that stand together have one word.
struct Named {
  std::string_view word;
  std::vector<DType> types;
};
const std::vector<Named>& named_sets() {
  using enum DType;
  static const std::vector<Named> sets = {
      {"floats", {f16, bf16, f32, f64}},        {"integers", {i8, i16, i32, i64, u8, u16, u32, u64}},
      {"signed integers", {i8, i16, i32, i64}}, {"packed integers", {i1, i2, i4, u1, u2, u4}},
      {"signed packed integers", {i1, i2, i4}},
  };
  return sets;
}

std::string types_text(DTypeSet set) {
  std::string s;
  const auto add = [&](std::string_view word) { s += (s.empty() ? "" : ", ") + std::string(word); };
  for (const Named& n : named_sets()) {
    DTypeSet all = 0;
    for (DType t : n.types) all |= dtype_bit(t);
    if ((set & all) != all) continue;
    add(n.word);
    set &= ~all;
  }
  for (size_t i = 0; i < dtype_count(); ++i)
    if (set & dtype_bit(static_cast<DType>(i))) add(fmt::format("`{}`", name(static_cast<DType>(i))));
  return s;
}

std::string number_text(double v) { return fmt::format("{}", v); }

std::string default_text(const AttrSpec& a) {
  if (a.required) return "required";
  if (a.default_integer) return fmt::format("`{}`", *a.default_integer);
  if (const bool* b = std::get_if<bool>(&a.default_value)) return *b ? "`true`" : "`false`";
  if (const double* d = std::get_if<double>(&a.default_value)) return fmt::format("`{}`", number_text(*d));
  if (const std::string* w = std::get_if<std::string>(&a.default_value)) return fmt::format("`\"{}\"`", *w);
  return "";
}

std::string kind_text(const AttrSpec& a) {
  std::string s;
  switch (a.type) {
    case AttrType::integer:
      s = "integer";
      break;
    case AttrType::number:
      s = "number";
      break;
    case AttrType::boolean:
      s = "bool";
      break;
    case AttrType::choice:
      s = "one of";
      break;
    case AttrType::dtype:
      s = "element type";
      break;
    case AttrType::integers:
      s = "integer or list";
      break;
    case AttrType::value:
      s = "number or bool";
      break;
  }
  for (const std::string& c : a.choices) s += fmt::format(" `\"{}\"`", c);
  if (a.min) s += fmt::format(", {} {}", a.min_exclusive ? ">" : "≥", number_text(*a.min));
  if (a.max) s += fmt::format(", ≤ {}", number_text(*a.max));
  if (a.is_static) s += ", static";
  return s;
}

// name(a, b?, attribute=…) >> y
std::string signature(const OpSchema& op) {
  std::string in, out;
  for (const InputSpec& i : op.inputs)
    in += (in.empty() ? "" : ", ") + i.name + (i.optional ? "?" : "") + (i.variadic ? ", …" : "");
  for (const OutputSpec& o : op.outputs)
    out += (out.empty() ? "" : ", ") + o.name + (o.optional ? "?" : "") + (o.variadic ? ", …" : "");
  return fmt::format("{}({}) >> {}", op.name, in,
                     op.outputs.size() > 1 || op.outputs[0].variadic ? "(" + out + ")" : out);
}

std::string notes(const OpSchema& op) {
  std::string s;
  const auto add = [&](std::string_view text) { s += (s.empty() ? "" : " ") + std::string(text); };
  if (op.broadcast) add("Inputs broadcast as in NumPy.");
  std::string places;
  bool copied = false;
  for (const InputSpec& i : op.inputs) {
    if (i.in_place || i.in_place_copy) places += (places.empty() ? "`" : " or `") + i.name + "`";
    copied = copied || i.in_place_copy;
  }
  if (!places.empty())
    add(fmt::format("The result may be written to {}{}.", places, copied ? " (which is copied first)" : ""));
  if (op.runtime_shape) add("The length of the result is known when the op has run.");
  return s;
}

void write_op(std::ostream& out, const OpSchema& op) {
  out << "### " << op.name << "\n\n"
      << op.summary << "\n\n```\n"
      << signature(op) << "\n```\n\n"
      << op.formula << "\n\n";
  if (!notes(op).empty()) out << notes(op) << "\n\n";
  out << "| operand | element types |\n| --- | --- |\n";
  for (const InputSpec& i : op.inputs)
    out << "| `" << i.name << "`" << (i.optional ? " (optional)" : "") << " | " << types_text(i.types) << " |\n";
  for (const OutputSpec& o : op.outputs)
    out << "| → `" << o.name << "`" << (o.optional ? " (optional)" : "") << " | " << types_text(o.types) << " |\n";
  if (!op.attributes.empty()) {
    out << "\n| attribute | kind | default | meaning |\n| --- | --- | --- | --- |\n";
    for (const AttrSpec& a : op.attributes)
      out << "| `" << a.name << "` | " << kind_text(a) << " | " << default_text(a) << " | " << a.summary << " |\n";
  }
  if (!op.errors.empty()) {
    out << "\nFails when it runs:\n\n";
    for (const std::string& e : op.errors) out << "- " << e << "\n";
  }
  out << "\n```\n" << op.example << "\n```\n\n";
}

void write(std::ostream& out) {
  out << "# Ops\n\n"
         "Generated from `ops/ops.json`; do not edit. A static attribute must be known before the run, any other one "
         "may be a\n"
         "scalar variable that is read when the node runs. What is wrong with a node's operands, types, shapes and "
         "attributes is\n"
         "said before anything runs, by the codes E0201 to E0307 of `errors.md`. The tests run every example; `expect` "
         "is "
         "what it\n"
         "emits.\n\n";
  std::map<std::string, std::vector<const OpSchema*>> groups;
  for (const OpSchema& op : all_ops()) groups[op.group].push_back(&op);
  for (const auto& [group, ops] : groups) {
    out << "- " << group << ":";
    for (const OpSchema* op : ops) out << " [" << op->name << "](#" << op->name << ")";
    out << "\n";
  }
  for (const auto& [group, ops] : groups) {
    out << "\n## " << group << "\n\n";
    for (const OpSchema* op : ops) write_op(out, *op);
  }
}

}  // namespace
}  // namespace openinfer::tools

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::ostringstream text;
  openinfer::tools::write(text);
  std::string page = text.str();
  while (page.ends_with("\n\n")) page.pop_back();
  std::ofstream file(argv[1], std::ios::binary);
  file << page;
  return file.good() ? 0 : 1;
}
