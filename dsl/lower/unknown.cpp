#include "dsl/lower/unknown.h"

#include <algorithm>
#include <utility>

#include "ir/dtype.h"
#include "ops/schema.h"

namespace openinfer {
namespace {

constexpr std::string_view kAttributes[] = {"init",    "ref",    "pattern", "table", "fixed", "auto_dim",
                                            "default", "device", "text",    "image", "audio", "labels"};

Diagnostic unknown(Code code, const char* what, const Ident& name, const std::vector<std::string_view>& candidates) {
  Diagnostic d(code, "unknown " + std::string(what) + " `" + name.text + "`", name.span);
  const std::string_view near = nearest_name(name.text, candidates);
  if (!near.empty()) d.help = "did you mean `" + std::string(near) + "`?";
  return d;
}

template <class Map>
std::vector<std::string_view> keys(const Map& map) {
  std::vector<std::string_view> list;
  for (const auto& [name, site] : map) list.push_back(name);
  return list;
}

class Spelling {
 public:
  Spelling(const Names& names, Diagnostics& diagnostics) : names_(names), diagnostics_(diagnostics) {}

  // Each of them looks through all names: a file of mistakes must not cost their product.
  [[nodiscard]] bool enough() const { return diagnostics_.size() >= 100; }
  void item(const Item& item) {
    if (const auto* m = std::get_if<MemorySection>(&item)) memory(*m);
    if (const auto* b = std::get_if<Block>(&item)) nodes(b->nodes);
    if (const auto* d = std::get_if<Def>(&item)) {
      for (const auto* list : {&d->params, &d->results})
        for (const Param& p : *list)
          if (p.type.name.text != "size" && p.type.name.text != "name") type(p.type);
      for (const DefEntry& e : d->body) {
        if (const auto* m = std::get_if<MemorySection>(&e)) memory(*m);
        if (const auto* n = std::get_if<Node>(&e)) node(*n);
      }
    }
  }

 private:
  void memory(const MemorySection& section) {
    for (const Decl& d : section.decls) {
      if (enough()) return;
      type(d.type);
      for (const Attribute& a : d.attributes)
        if (!is_declaration_attribute(a.name.text)) diagnostics_.push_back(unknown_attribute(a.name));
    }
  }
  void type(const TypeExpr& t) {
    if (t.name.text != "auto" && !dtype_named(t.name.text)) diagnostics_.push_back(unknown_type(t.name));
  }
  void outs(const Outs& o) {
    for (const Out& x : o.list)
      if (x.type) type(*x.type);
    if (o.common) type(*o.common);
  }
  void block(const Ident& name) {
    if (!names_.blocks.contains(name.text)) diagnostics_.push_back(unknown_block(name, names_));
  }
  void nodes(const std::vector<Node>& list) {
    for (const Node& n : list) node(n);
  }
  void node(const Node& n) {
    if (enough()) return;
    if (const auto* x = std::get_if<AssignNode>(&n.body)) type(x->type);
    if (const auto* x = std::get_if<LoopNode>(&n.body)) nodes(x->body);
    if (const auto* x = std::get_if<FuseNode>(&n.body)) nodes(x->body), outs(x->outs);
    if (const auto* x = std::get_if<OpNode>(&n.body)) {
      if (!find_op(x->op.text)) diagnostics_.push_back(unknown_op(x->op));
      outs(x->outs);
    }
    if (const auto* x = std::get_if<CallNode>(&n.body)) {
      if (!names_.defs.contains(x->def.text)) diagnostics_.push_back(unknown_def(x->def, names_));
      outs(x->outs);
    }
    if (const auto* x = std::get_if<TransferNode>(&n.body); x && x->to.type) type(*x->to.type);
    if (const auto* x = std::get_if<CacheReadNode>(&n.body); x && x->to.type) type(*x->to.type);
    if (const auto* x = std::get_if<BranchNode>(&n.body)) {
      block(x->target);
      if (x->otherwise) block(*x->otherwise);
    }
  }

  const Names& names_;
  Diagnostics& diagnostics_;
};

}  // namespace

bool is_declaration_attribute(std::string_view name) {
  return std::find(std::begin(kAttributes), std::end(kAttributes), name) != std::end(kAttributes);
}

Diagnostic unknown_op(const Ident& name) {
  std::vector<std::string_view> candidates;
  for (const OpSchema& s : all_ops()) candidates.push_back(s.name);
  return unknown(Code::E0101, "op", name, candidates);
}

Diagnostic unknown_block(const Ident& name, const Names& names) {
  return unknown(Code::E0104, "block", name, keys(names.blocks));
}

Diagnostic unknown_def(const Ident& name, const Names& names) {
  Diagnostic d = unknown(Code::E0105, "def", name, keys(names.defs));
  if (find_op(name.text)) d.help = "`" + name.text + "` is an op: write `op " + name.text + "(...)`";
  return d;
}

Diagnostic unknown_type(const Ident& name) {
  std::vector<std::string_view> candidates{"auto"};
  for (size_t i = 0; i < dtype_count(); ++i) candidates.push_back(openinfer::name(static_cast<DType>(i)));
  Diagnostic d = unknown(Code::E0107, "element type", name, candidates);
  // As NumPy, C and others call them.
  static constexpr std::pair<std::string_view, std::string_view> elsewhere[] = {
      {"float64", "f64"}, {"double", "f64"},    {"float32", "f32"}, {"float", "f32"},   {"float16", "f16"},
      {"half", "f16"},    {"bfloat16", "bf16"}, {"int64", "i64"},   {"long", "i64"},    {"int32", "i32"},
      {"int", "i32"},     {"int16", "i16"},     {"int8", "i8"},     {"uint64", "u64"},  {"uint32", "u32"},
      {"uint16", "u16"},  {"uint8", "u8"},      {"byte", "u8"},     {"boolean", "bool"}};
  for (const auto& [there, here] : elsewhere)
    if (name.text == there) d.help = "did you mean `" + std::string(here) + "`?";
  return d;
}

Diagnostic unknown_attribute(const Ident& name) {
  Diagnostic d(Code::E0106, "unknown attribute @" + name.text, name.span);
  const std::string_view near = nearest_name(name.text, {std::begin(kAttributes), std::end(kAttributes)});
  if (!near.empty()) d.help = "did you mean @" + std::string(near) + "?";
  return d;
}

void check_spelling(const Graph& graph, const Names& names, Diagnostics& diagnostics) {
  for (const GraphFile& f : graph.files)
    for (const Item& item : f.file.items) Spelling(names, diagnostics).item(item);
}

}  // namespace openinfer
