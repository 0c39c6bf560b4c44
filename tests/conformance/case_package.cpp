#include "tests/conformance/case_package.h"

#include <nlohmann/json.hpp>

#include "oinf/writer.h"
#include "runtime/adapters/literal_tensor.h"

namespace openinfer::testing {
namespace {

Diagnostic malformed(const NamedText& entry) {
  return Diagnostic(Code::I0006, "`" + entry.first + " = " + entry.second + "` is no value of a package");
}

template <class T>
MetaValue list_of(const nlohmann::json& j) {
  return j.get<std::vector<T>>();
}

Result<MetaValue> meta_value(const NamedText& entry) {
  const nlohmann::json j = nlohmann::json::parse(entry.second, nullptr, false);
  if (j.is_boolean()) return MetaValue(j.get<bool>());
  if (j.is_number_integer()) return MetaValue(j.get<int64_t>());
  if (j.is_number()) return MetaValue(j.get<double>());
  if (j.is_string()) return MetaValue(j.get<std::string>());
  if (!j.is_array()) return malformed(entry);
  if (j.empty() || j[0].is_number_integer()) return list_of<int64_t>(j);
  if (j[0].is_number()) return list_of<double>(j);
  if (j[0].is_boolean()) return list_of<bool>(j);
  if (j[0].is_string()) return list_of<std::string>(j);
  return malformed(entry);
}

// "f32 [[1, 2]]", or "f32[2, 0]" for a tensor without elements.
Result<HostTensor> tensor_of(const NamedText& entry) {
  const std::string& text = entry.second;
  const size_t end = text.find_first_of(" [");
  const auto dtype = dtype_named(text.substr(0, end));
  if (!dtype || end == std::string::npos) return malformed(entry);
  if (text[end] == ' ') return parse_literal_tensor(text.substr(end + 1), *dtype);
  const nlohmann::json dims = nlohmann::json::parse(text.substr(end), nullptr, false);
  if (!dims.is_array() || dims.size() > kMaxRank) return malformed(entry);
  Shape shape;
  for (const auto& d : dims) shape.push_back(d.is_number_integer() ? d.get<int64_t>() : -1);
  return HostTensor::zeros(*dtype, shape);
}

}  // namespace

Status write_package(const CaseFile& file, const std::string& path) {
  OINF_ASSIGN(PackageWriter writer, PackageWriter::create(path));
  for (const NamedText& t : file.tensors) {
    OINF_ASSIGN(const HostTensor value, tensor_of(t));
    OINF_TRY(writer.begin_tensor(t.first, value.dtype(), Layout::rowmajor, value.shape()));
    OINF_TRY(writer.write(value.bytes()));
  }
  PackageDescription description;
  description.numerics_id = 1;
  for (const auto& [name, value] : file.package_sizes) description.sizes.emplace_back(name, std::stoll(value));
  for (const NamedText& m : file.metadata) {
    OINF_ASSIGN(MetaValue value, meta_value(m));
    description.metadata.emplace_back(m.first, std::move(value));
  }
  return writer.finish(description);
}

}  // namespace openinfer::testing
