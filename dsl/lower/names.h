// The program's names: where each variable, size, block and def is declared.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "ir/diagnostic.h"
#include "ir/graph.h"

namespace openinfer {

inline constexpr size_t kMaxErrors = 100;

struct DeclSite {
  const Decl* decl = nullptr;
  MemoryKind kind = MemoryKind::dynamic;
  const File* file = nullptr;
};
struct SizeSite {
  const SizeDef* def = nullptr;
  const File* file = nullptr;
};
struct BlockSite {
  const Block* block = nullptr;
  const File* file = nullptr;
};
struct DefSite {
  const Def* def = nullptr;
  const File* file = nullptr;
};

// Ordered by name: messages and results do not depend on hashing.
struct Names {
  std::map<std::string, DeclSite, std::less<>> variables;
  std::map<std::string, SizeSite, std::less<>> sizes;
  std::map<std::string, BlockSite, std::less<>> blocks;
  std::map<std::string, DefSite, std::less<>> defs;
  std::vector<const DeclSite*> declared;  // variables in the order of the files
  std::vector<std::string> block_order;
  std::map<std::string, std::vector<const DeclSite*>, std::less<>> bare_names;  // who may give a size by its shape
  bool expects_package = false;                                                 // constants are declared
  std::map<std::string, std::vector<std::string>, std::less<>> awaiting;  // name -> blocks that begin with its await

  // What has a name that another one had before (E0108). Such a name could mean either: it is in `twice`, nothing that
  // follows from its meaning is an error, and what stands inside of each of them is checked by itself.
  std::deque<DeclSite> variables_again;  // `bare_names` points in there
  std::vector<SizeSite> sizes_again;
  std::vector<BlockSite> blocks_again;
  std::vector<DefSite> defs_again;
  using Set = std::set<std::string, std::less<>>;
  struct {
    Set variables, sizes, blocks, defs;
    Set awaited;  // first by a block that has the name of another one
  } twice;
};

// Reports names that are declared twice (E0108).
[[nodiscard]] Names collect_names(const Graph& graph, Diagnostics& diagnostics);

// The list that a consumer block awaits first; nullptr for any other block.
[[nodiscard]] const AwaitNode* first_await(const Block& block);

}  // namespace openinfer
