#include "dsl/lower/names.h"

namespace openinfer {
namespace {

template <class Map, class Site, class List>
bool insert(Map& map, const Ident& name, const Site& site, const char* what, Span (*declared)(const Site&), List& again,
            Names::Set& twice, Diagnostics& diagnostics) {
  const auto [at, fresh] = map.emplace(name.text, site);
  if (fresh) return true;
  twice.insert(name.text);
  again.push_back(site);
  if (diagnostics.size() <= kMaxErrors)
    diagnostics.push_back(
        Diagnostic(Code::E0108, std::string(what) + " `" + name.text + "` is declared twice", name.span)
            .note("first declared here", declared(at->second)));
  return false;
}

Span declared(const DeclSite& s) { return s.decl->name.span; }
Span declared(const SizeSite& s) { return s.def->name.span; }
Span declared(const BlockSite& s) { return s.block->name.span; }
Span declared(const DefSite& s) { return s.def->name.span; }

}  // namespace

Names collect_names(const Graph& graph, Diagnostics& diagnostics) {
  Names names;
  for (const GraphFile& gf : graph.files) {
    const File* file = &gf.file;
    for (const Item& item : file->items) {
      if (const auto* memory = std::get_if<MemorySection>(&item)) {
        for (const Decl& d : memory->decls)
          if (insert(names.variables, d.name, DeclSite{&d, memory->kind, file}, "variable", declared,
                     names.variables_again, names.twice.variables, diagnostics))
            names.declared.push_back(&names.variables.find(d.name.text)->second);
      } else if (const auto* sizes = std::get_if<SizesItem>(&item)) {
        for (const SizeDef& s : sizes->sizes.sizes)
          insert(names.sizes, s.name, SizeSite{&s, file}, "size", declared, names.sizes_again, names.twice.sizes,
                 diagnostics);
      } else if (const auto* block = std::get_if<Block>(&item)) {
        const bool fresh = insert(names.blocks, block->name, BlockSite{block, file}, "block", declared,
                                  names.blocks_again, names.twice.blocks, diagnostics);
        if (fresh) names.block_order.push_back(block->name.text);
        if (const AwaitNode* a = first_await(*block))
          for (const Ident& i : a->names) {
            if (fresh)
              names.awaiting[i.text].push_back(block->name.text);
            else
              names.twice.awaited.insert(i.text);
          }
      } else if (const auto* def = std::get_if<Def>(&item)) {
        insert(names.defs, def->name, DefSite{def, file}, "def", declared, names.defs_again, names.twice.defs,
               diagnostics);
      }
    }
  }
  const auto may_give_sizes = [&](const DeclSite* site) {
    names.expects_package |= site->kind == MemoryKind::constant;
    if (site->kind != MemoryKind::constant && site->kind != MemoryKind::dynamic) return;
    for (ExprId id : site->decl->type.dims) {
      const Expr& e = site->file->expr(id);
      if (e.kind != ExprKind::ref || e.ref.indexed) continue;
      auto& list = names.bare_names[e.ref.name.text];
      if (list.empty() || list.back() != site) list.push_back(site);
    }
  };
  for (const DeclSite* site : names.declared) may_give_sizes(site);
  for (const DeclSite& site : names.variables_again) may_give_sizes(&site);
  for (const auto& [name, site] : names.defs)
    for (const DefEntry& e : site.def->body)
      if (const auto* m = std::get_if<MemorySection>(&e)) names.expects_package |= m->kind == MemoryKind::constant;
  return names;
}

const AwaitNode* first_await(const Block& block) {
  return block.nodes.empty() ? nullptr : std::get_if<AwaitNode>(&block.nodes.front().body);
}

}  // namespace openinfer
