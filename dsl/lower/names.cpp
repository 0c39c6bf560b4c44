#include "dsl/lower/names.h"

namespace openinfer {
namespace {

template <class Map, class Site>
bool insert(Map& map, const Ident& name, Site site, const char* what, const Span& earlier, Diagnostics& diagnostics) {
  const auto [at, fresh] = map.emplace(name.text, site);
  if (!fresh && diagnostics.size() <= kMaxErrors)
    diagnostics.push_back(
        Diagnostic(Code::E0108, std::string(what) + " `" + name.text + "` is declared twice", name.span)
            .note("first declared here", earlier));
  return fresh;
}

}  // namespace

Names collect_names(const Graph& graph, Diagnostics& diagnostics) {
  Names names;
  for (const GraphFile& gf : graph.files) {
    const File* file = &gf.file;
    for (const Item& item : file->items) {
      if (const auto* memory = std::get_if<MemorySection>(&item)) {
        for (const Decl& d : memory->decls) {
          const auto old = names.variables.find(d.name.text);
          if (insert(names.variables, d.name, DeclSite{&d, memory->kind, file}, "variable",
                     old == names.variables.end() ? Span{} : old->second.decl->name.span, diagnostics))
            names.declared.push_back(&names.variables.find(d.name.text)->second);
        }
      } else if (const auto* sizes = std::get_if<SizesItem>(&item)) {
        for (const SizeDef& s : sizes->sizes.sizes) {
          const auto old = names.sizes.find(s.name.text);
          insert(names.sizes, s.name, SizeSite{&s, file}, "size",
                 old == names.sizes.end() ? Span{} : old->second.def->name.span, diagnostics);
        }
      } else if (const auto* block = std::get_if<Block>(&item)) {
        const auto old = names.blocks.find(block->name.text);
        if (insert(names.blocks, block->name, BlockSite{block, file}, "block",
                   old == names.blocks.end() ? Span{} : old->second.block->name.span, diagnostics)) {
          names.block_order.push_back(block->name.text);
          if (const AwaitNode* a = first_await(*block))
            for (const Ident& i : a->names) names.awaiting[i.text].push_back(block->name.text);
        }
      } else if (const auto* def = std::get_if<Def>(&item)) {
        const auto old = names.defs.find(def->name.text);
        insert(names.defs, def->name, DefSite{def, file}, "def",
               old == names.defs.end() ? Span{} : old->second.def->name.span, diagnostics);
      }
    }
  }
  for (const DeclSite* site : names.declared) {
    names.expects_package |= site->kind == MemoryKind::constant;
    if (site->kind != MemoryKind::constant && site->kind != MemoryKind::dynamic) continue;
    for (ExprId id : site->decl->type.dims) {
      const Expr& e = site->file->expr(id);
      if (e.kind != ExprKind::ref || e.ref.indexed) continue;
      auto& list = names.bare_names[e.ref.name.text];
      if (list.empty() || list.back() != site) list.push_back(site);
    }
  }
  for (const auto& [name, site] : names.defs)
    for (const DefEntry& e : site.def->body)
      if (const auto* m = std::get_if<MemorySection>(&e)) names.expects_package |= m->kind == MemoryKind::constant;
  return names;
}

const AwaitNode* first_await(const Block& block) {
  return block.nodes.empty() ? nullptr : std::get_if<AwaitNode>(&block.nodes.front().body);
}

}  // namespace openinfer
