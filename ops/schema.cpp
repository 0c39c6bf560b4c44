#include "ops/schema.h"

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "ops/ops_json.h"

namespace openinfer {
namespace {

using Json = nlohmann::json;
using TypeSets = std::map<std::string, DTypeSet, std::less<>>;

std::string text(const Json& row, const char* key) { return row.value(key, std::string()); }

double number(const Json& value) {
  if (!value.is_string()) return value.get<double>();
  const double inf = std::numeric_limits<double>::infinity();  // JSON has none
  return value.get<std::string>() == "-inf" ? -inf : inf;
}

// "Z f32 bool": names of sets and of types.
DTypeSet type_set(const TypeSets& sets, std::string_view words) {
  DTypeSet all = 0;
  while (!words.empty()) {
    const size_t end = std::min(words.find(' '), words.size());
    const std::string_view word = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    if (const auto set = sets.find(word); set != sets.end()) {
      all |= set->second;
    } else if (const auto type = dtype_named(word)) {
      all |= dtype_bit(*type);
    }
  }
  return all;
}

AttrType attribute_type(const std::string& word) {
  if (word == "integer") return AttrType::integer;
  if (word == "boolean") return AttrType::boolean;
  if (word == "choice") return AttrType::choice;
  if (word == "dtype") return AttrType::dtype;
  if (word == "integers") return AttrType::integers;
  if (word == "value") return AttrType::value;
  return AttrType::number;
}

AttrSpec attribute(const Json& row) {
  AttrSpec a;
  a.name = text(row, "name");
  a.type = attribute_type(text(row, "type"));
  a.is_static = row.value("static", false);
  a.required = row.value("required", false);
  a.summary = text(row, "summary");
  a.min_exclusive = row.value("min_exclusive", false);
  if (row.contains("min")) a.min = number(row["min"]);
  if (row.contains("max")) a.max = number(row["max"]);
  if (row.contains("choices")) a.choices = row["choices"].get<std::vector<std::string>>();
  if (!row.contains("default")) return a;
  const Json& value = row["default"];
  if (value.is_boolean()) {
    a.default_value = value.get<bool>();
  } else if (a.type == AttrType::choice) {
    a.default_value = value.get<std::string>();
  } else if (value.is_number_integer()) {
    a.default_integer = value.get<int64_t>();
  } else {
    a.default_value = number(value);
  }
  return a;
}

OpSchema schema(const Json& row, const TypeSets& sets) {
  OpSchema op;
  op.name = text(row, "name");
  op.group = text(row, "group");
  op.summary = text(row, "summary");
  op.formula = text(row, "formula");
  op.expression = text(row, "expression");
  op.shape_rule = text(row, "shape_rule");
  op.type_rule = text(row, "type_rule");
  op.example = text(row, "example");
  op.broadcast = row.value("broadcast", false);
  op.runtime_shape = row.value("runtime_shape", false);
  for (const Json& in : row["inputs"]) {
    op.inputs.push_back({text(in, "name"), type_set(sets, text(in, "types")), in.value("optional", false),
                         in.value("variadic", false), in.value("in_place", false), in.value("in_place_copy", false)});
    op.in_place = op.in_place || op.inputs.back().in_place;
  }
  for (const Json& out : row["outputs"])
    op.outputs.push_back({text(out, "name"), type_set(sets, text(out, "types")), out.value("optional", false),
                          out.value("variadic", false)});
  if (row.contains("attributes"))
    for (const Json& a : row["attributes"]) op.attributes.push_back(attribute(a));
  if (row.contains("errors")) op.errors = row["errors"].get<std::vector<std::string>>();
  return op;
}

// The text was checked when the tests ran, so a fault of it can only be a broken build: an empty list shows it as
// "unknown op" everywhere.
std::vector<OpSchema> parse() try {
  const Json file = Json::parse(ops_json());
  TypeSets sets;
  for (const auto& [name, words] : file["types"].items()) sets[name] = type_set({}, words.get<std::string>());
  std::vector<OpSchema> ops;
  for (const Json& row : file["ops"]) ops.push_back(schema(row, sets));
  std::sort(ops.begin(), ops.end(), [](const OpSchema& a, const OpSchema& b) { return a.name < b.name; });
  return ops;
} catch (const Json::exception&) {
  return {};
}

}  // namespace

int OpSchema::attribute_index(std::string_view attribute) const {
  for (size_t i = 0; i < attributes.size(); ++i)
    if (attributes[i].name == attribute) return static_cast<int>(i);
  return -1;
}

std::span<const OpSchema> all_ops() {
  static const std::vector<OpSchema> ops = parse();
  return ops;
}

const OpSchema* find_op(std::string_view name) {
  const auto ops = all_ops();
  const auto at = std::lower_bound(ops.begin(), ops.end(), name,
                                   [](const OpSchema& op, std::string_view n) { return op.name < n; });
  return at != ops.end() && at->name == name ? &*at : nullptr;
}

}  // namespace openinfer
