// elementwise_header OUT.h: the element-wise ops of ops.json as templates over a value type.
#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>

#include "ops/schema.h"
#include "ops/tools/expression.h"

namespace openinfer::tools {
namespace {

constexpr const char* kTop =
    R"(// Generated from ops.json: one template an element-wise op, over a value type V (ops/value.h says what V must offer).
#pragma once

#include <type_traits>

#include "ops/value.h"

namespace openinfer::elementwise {

)";

// Which kinds of value types an op's inputs have.
std::string kinds(const OpSchema& op) {
  bool real = false, whole = false, truth = false;
  for (size_t i = 0; i < dtype_count(); ++i) {
    const auto t = static_cast<DType>(i);
    if (!(op.inputs[0].types & dtype_bit(t))) continue;
    real = real || is_float(t);
    truth = truth || t == DType::boolean;
    whole = whole || (!is_float(t) && t != DType::boolean);
  }
  // Quotients and numbers with a fraction are for floats.
  if (op.expression.find_first_of("/.") != std::string::npos) whole = truth = false;
  std::string s;
  if (real) s += s.empty() ? "kReal" : " | kReal";
  if (whole) s += s.empty() ? "kWhole" : " | kWhole";
  if (truth) s += s.empty() ? "kTruth" : " | kTruth";
  return s;
}

bool write(std::ostream& out) {
  std::string list;
  out << kTop;
  for (const OpSchema& op : all_ops()) {
    if (op.expression.empty()) continue;
    Names names;
    std::string parameters;
    for (const InputSpec& in : op.inputs) {
      names.values[in.name] = false;
      parameters += (parameters.empty() ? "V " : ", V ") + in.name + "_";
    }
    size_t used = 0;
    for (size_t i = 0; i < op.attributes.size(); ++i) {
      const AttrSpec& a = op.attributes[i];
      if (op.expression.find(a.name) == std::string::npos) continue;
      if (i != used++) {
        std::fprintf(stderr, "ops.json: %s: attributes of the expression come first\n", op.name.c_str());
        return false;
      }
      names.values[a.name] = a.type == AttrType::choice;
      for (size_t c = 0; c < a.choices.size(); ++c) names.choices[a.choices[c]] = static_cast<int>(c);
      parameters += (a.type == AttrType::choice ? ", int " : ", std::type_identity_t<V> ") + a.name + "_";
    }
    const Translated body = translate(op.expression, names);
    if (!body.error.empty()) {
      std::fprintf(stderr, "ops.json: %s: %s\n", op.name.c_str(), body.error.c_str());
      return false;
    }
    out << "// " << op.name << ": " << op.expression << "\ntemplate <class V>\nOINF_INLINE auto op_" << op.name << "("
        << parameters << ") {\n  return " << body.text << ";\n}\n\n";
    if (op.attribute_index("div_by_zero_mask") >= 0) continue;  // what a zero divisor gives is written by hand
    list += " \\\n  X(" + op.name + ", op_" + op.name + ", " + std::to_string(op.inputs.size()) + ", " +
            std::to_string(used) + ", " + kinds(op) + ")";
  }
  out << "}  // namespace openinfer::elementwise\n\n// X(op, function, inputs, attributes, kinds of value "
         "types)\n#define OINF_ELEMENTWISE_OPS(X)"
      << list << "\n";
  return true;
}

}  // namespace
}  // namespace openinfer::tools

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::ostringstream text;
  if (!openinfer::tools::write(text)) return 1;
  std::ofstream file(argv[1], std::ios::binary);
  file << text.str();
  return file.good() ? 0 : 1;
}
