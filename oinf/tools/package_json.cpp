#include "oinf/tools/package_json.h"
#include "oinf/registry/known_models.h"

#include <cmath>

namespace openinfer {
namespace {

using nlohmann::json;

// JSON has no infinities: they are texts, as a graph spells them.
json number(double v) {
  if (std::isnan(v)) return "nan";
  if (std::isinf(v)) return v > 0 ? "inf" : "-inf";
  return v;
}

json shape_json(const Shape& shape) { return std::vector<int64_t>(shape.begin(), shape.end()); }

json parameter_json(const QuantisationParameter& p) {
  switch (p.granularity) {
    case Granularity::none:
      return nullptr;
    case Granularity::tensor:
      return {{"per", "tensor"}, {"type", name(p.dtype)}};
    case Granularity::channel:
      return {{"per", "channel"}, {"axis", p.axis}, {"type", name(p.dtype)}};
    case Granularity::group:
      return {{"per", "group"}, {"group", p.group}, {"type", name(p.dtype)}};
  }
  return nullptr;
}

json parsed(const std::string& text) {
  json value = json::parse(text, nullptr, false);
  return value.is_discarded() ? json(text) : value;
}

}  // namespace

std::string_view kind_name(TokenizerKind kind) {
  switch (kind) {
    case TokenizerKind::byte_bpe:
      return "byte_bpe";
    case TokenizerKind::sentencepiece_bpe:
      return "sentencepiece_bpe";
    case TokenizerKind::unigram:
      return "unigram";
    case TokenizerKind::wordpiece:
      return "wordpiece";
  }
  return "";
}

std::string_view layout_name(Layout layout) { return layout == Layout::panel16 ? "panel16" : "rowmajor"; }

json to_json(const MetaValue& value) {
  if (const auto* v = std::get_if<double>(&value)) return number(*v);
  if (const auto* list = std::get_if<std::vector<double>>(&value)) {
    json out = json::array();
    for (const double v : *list) out.push_back(number(v));
    return out;
  }
  return std::visit([](const auto& v) { return json(v); }, value);
}

json to_json(const TensorEntry& t) {
  json out = {{"name", t.info.name},
              {"type", name(t.info.dtype)},
              {"shape", shape_json(t.info.shape)},
              {"layout", layout_name(t.info.layout)},
              {"bytes", t.info.bytes}};
  if (!t.has_data) out["bytes"] = nullptr;
  if (t.quantisation) {
    out["scales"] = parameter_json(t.quantisation->scale);
    out["zero_points"] = parameter_json(t.quantisation->zero_point);
  }
  return out;
}

Result<json> to_json(const Package& p) {
  json out = {{"file", p.path()},         {"version", p.version()},         {"bytes", p.file_bytes()},
              {"hash", p.content_hash()}, {"numerics_id", p.numerics_id()}, {"architecture", p.architecture()},
              {"sizes", json::object()},  {"metadata", json::object()},     {"labels", p.labels()},
              {"tensors", json::array()}, {"graph", json::array()},         {"tokenizer", nullptr},
              {"model", nullptr}};
  uint64_t parameters = 0;
  for (const TensorEntry& t : p.tensors()) parameters += static_cast<uint64_t>(t.info.shape.elements());
  out["parameters"] = parameters;
  OINF_ASSIGN(const auto known, known_models());
  if (const KnownModel* m = detect(known, p.architecture(), p)) {
    json bytes = json::object();
    for (const DType type : {DType::f16, DType::q8_0, DType::q6_k, DType::q4_k, DType::q4_0})
      bytes[std::string(name(type))] = KnownPackage(*m, type, [](std::string_view) { return false; }).bytes();
    out["model"] = {{"name", m->name}, {"from", m->from}, {"parameters", m->parameters()}, {"bytes", bytes}};
  }
  for (const auto& [name, value] : p.sizes()) out["sizes"][std::string(name)] = value;
  for (const auto& [key, value] : p.metadata()) out["metadata"][std::string(key)] = to_json(value);
  for (const TensorEntry& t : p.tensors()) out["tensors"].push_back(to_json(t));
  OINF_ASSIGN(const auto graph, p.graph());
  for (const GraphSource& file : graph) out["graph"].push_back(file.path);
  if (p.has_tokenizer()) {
    OINF_ASSIGN(const TokenizerData t, p.tokenizer());
    out["tokenizer"] = {{"kind", kind_name(t.kind)},
                        {"tokens", t.vocabulary.size()},
                        {"merges", t.merges.size()},
                        {"added", t.added.size()},
                        {"chat_template", !t.chat_template.empty()}};
  }
  json sources = json::array();
  for (const SourceFile& s : p.provenance().sources)
    sources.push_back({{"name", s.name}, {"bytes", s.size}, {"hash", hex(s.checksum)}});
  out["provenance"] = {{"packer", p.provenance().packer}, {"options", p.provenance().options}, {"sources", sources}};
  return out;
}

json to_json(const TokenizerData& t) {
  json out = {
      {"kind", kind_name(t.kind)}, {"vocabulary", t.vocabulary}, {"merges", t.merges}, {"added", json::array()}};
  if (!t.scores.empty()) out["scores"] = t.scores;
  if (!t.types.empty()) out["types"] = t.types;
  for (const AddedToken& a : t.added)
    out["added"].push_back({{"id", a.id},
                            {"content", a.content},
                            {"special", a.special},
                            {"single_word", a.single_word},
                            {"lstrip", a.lstrip},
                            {"rstrip", a.rstrip},
                            {"normalized", a.normalized}});
  if (!t.model_options.empty()) out["model_options"] = parsed(t.model_options);
  if (!t.normalizer.empty()) out["normalizer"] = parsed(t.normalizer);
  if (!t.pre_tokenizer.empty()) out["pre_tokenizer"] = parsed(t.pre_tokenizer);
  if (!t.post_processor.empty()) out["post_processor"] = parsed(t.post_processor);
  if (!t.decoder.empty()) out["decoder"] = parsed(t.decoder);
  if (!t.chat_template.empty()) out["chat_template"] = t.chat_template;
  return out;
}

}  // namespace openinfer
