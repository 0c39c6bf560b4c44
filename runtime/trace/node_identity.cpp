#include "runtime/trace/node_identity.h"

#include "dsl/format.h"
#include "oinf/checksum.h"

namespace openinfer {

uint64_t hash64(std::string_view bytes) {
  const Checksum sum = checksum(std::as_bytes(std::span(bytes)));
  uint64_t low = 0;
  for (size_t i = 8; i-- > 0;) low = low << 8 | std::to_integer<uint64_t>(sum[i]);
  return low;
}

std::string hex64(uint64_t hash) {
  std::string s(16, '0');
  for (size_t i = 16; i-- > 0; hash >>= 4) s[i] = "0123456789abcdef"[hash & 15];
  return s;
}

NodeIdentities::NodeIdentities(const Graph& graph, const SourceMap& sources) : sources_(sources) {
  for (const GraphFile& file : graph.files) {
    if (file.source == kNoFile) continue;
    for (const Item& item : file.file.items) {
      std::map<std::string, int> seen;
      if (const auto* block = std::get_if<Block>(&item)) {
        nodes(file, block->nodes, "block " + block->name.text, seen);
      } else if (const auto* def = std::get_if<Def>(&item)) {
        for (const DefEntry& entry : def->body)
          if (const auto* n = std::get_if<Node>(&entry)) node(file, *n, "def " + def->name.text, seen);
      }
    }
  }
}

void NodeIdentities::nodes(const GraphFile& file, const std::vector<Node>& list, const std::string& body,
                           std::map<std::string, int>& seen) {
  for (const Node& n : list) node(file, n, body, seen);
}

void NodeIdentities::node(const GraphFile& file, const Node& node, const std::string& body,
                          std::map<std::string, int>& seen) {
  const std::string canonical = dsl::format(file.file, node);
  const std::string text = body + '\n' + canonical + std::to_string(seen[canonical]++);
  text_[{file.source, node.span.begin}] = text;
  if (const auto* call = std::get_if<CallNode>(&node.body)) text_[{file.source, call->def.span.begin}] = text;
  if (const auto* loop = std::get_if<LoopNode>(&node.body)) nodes(file, loop->body, body, seen);
  if (const auto* fuse = std::get_if<FuseNode>(&node.body)) nodes(file, fuse->body, body, seen);
}

std::string NodeIdentities::place(Span span) const {
  if (!span.valid()) return {};
  return std::string(sources_.name(span.file)) + ":" + std::to_string(sources_.line_column(span.file, span.begin).line);
}

NodeIdentity NodeIdentities::of(const NodeInfo& node) const {
  NodeIdentity id;
  id.loc = place(node.span);
  std::string all;
  const auto add = [&](Span span) {
    const auto hit = text_.find({span.file, span.begin});
    all += hit != text_.end() ? hit->second : node.block + '\n' + node.word + std::to_string(node.index);
    all += '\n';
  };
  add(node.span);
  for (Span call : node.chain) {
    add(call);
    id.calls.push_back(place(call));
  }
  id.uuid = hex64(hash64(all));
  return id;
}

std::string graph_hash(const Graph& graph) {
  std::string all;
  for (const GraphFile& file : graph.files) all += dsl::format(file.file) + '\0';
  return hex(checksum(std::as_bytes(std::span(all))));
}

}  // namespace openinfer
