// What names a node in traces: a hash of its canonical text, the same in every run of the graph, on every device and in
// every build, whatever its comments and its spacing; and its places in the source.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/graph.h"
#include "ir/program.h"
#include "ir/source.h"

namespace openinfer {

struct NodeIdentity {
  std::string uuid;                // 16 hexadecimal digits
  std::string loc;                 // "model.graph:12"; empty for a graph that came as JSON
  std::vector<std::string> calls;  // likewise, of the calls of the defs around it, innermost first
};

// The low 64 bits of the checksum of packages (oinf/checksum.h).
[[nodiscard]] uint64_t hash64(std::string_view bytes);
[[nodiscard]] std::string hex64(uint64_t hash);  // 16 digits, the high ones first

class NodeIdentities {
 public:
  // Both outlive it. O(length of the graph).
  NodeIdentities(const Graph& graph, const SourceMap& sources);

  // The uuid is made of the block or def, the node's text, how many nodes of that text stand before it there, and the
  // same of the calls around it.
  [[nodiscard]] NodeIdentity of(const NodeInfo& node) const;
  // "file:line"; empty for no place.
  [[nodiscard]] std::string place(Span span) const;

 private:
  void nodes(const GraphFile& file, const std::vector<Node>& list, const std::string& body,
             std::map<std::string, int>& seen);
  void node(const GraphFile& file, const Node& node, const std::string& body, std::map<std::string, int>& seen);

  const SourceMap& sources_;
  std::map<std::pair<FileId, uint32_t>, std::string> text_;  // by where a node, or the name that a call calls, begins
};

// Of the canonical text of all files of a graph: 32 hexadecimal digits.
[[nodiscard]] std::string graph_hash(const Graph& graph);

}  // namespace openinfer
