#include "dsl/format.h"

#include "dsl/formatter.h"
#include "dsl/string_literal.h"
#include "dsl/wrap.h"

namespace openinfer::dsl {

std::string format(const File& file) { return Formatter(file).run(); }

std::string format(const File& file, const Node& node) {
  Node bare;
  bare.body = node.body;
  if (auto* loop = std::get_if<LoopNode>(&bare.body)) {
    loop->body.clear();
    loop->tail.clear();
  } else if (auto* fuse = std::get_if<FuseNode>(&bare.body)) {
    fuse->body.clear();
    fuse->tail.clear();
  } else if (auto* sizes = std::get_if<SizesNode>(&bare.body)) {
    sizes->sizes.tail.clear();
    for (SizeDef& s : sizes->sizes.sizes) s.trivia = {};
  }
  return Formatter(file).run(bare);
}

std::string Formatter::run(const Node& one) {
  node(one);
  return std::move(out_);
}

std::string Formatter::run() {
  if (file_.header) {
    above(file_.header->trivia);
    statement("graph " + file_.header->name.text + " version " + std::to_string(file_.header->version) + ";",
              file_.header->trivia.trailing);
  }
  const auto has_code = [](const Item& i) {
    return std::holds_alternative<Def>(i) || std::holds_alternative<Block>(i);
  };
  for (size_t i = 0; i < file_.items.size(); ++i) {
    const bool apart = i > 0 && (has_code(file_.items[i]) || has_code(file_.items[i - 1]));
    std::visit([&](const auto& it) { item(it, apart); }, file_.items[i]);
  }
  comments(file_.tail);
  return std::move(out_);
}

void Formatter::item(const Include& include, bool apart) {
  above(include.trivia, apart);
  statement("include " + quote(include.path) + ";", include.trivia.trailing);
}

void Formatter::item(const SizesItem& item, bool apart) {
  above(item.trivia, apart);
  sizes(item.sizes, item.trivia, 1);
}

void Formatter::item(const MemorySection& section, bool apart) {
  above(section.trivia, apart);
  memory(section);
}

void Formatter::item(const Block& block, bool apart) {
  above(block.trivia, apart);
  const std::string head = "block " + block.name.text + " {";
  if (block.nodes.empty() && block.tail.empty() && block.trivia.opening.empty())
    return statement(head + "}", block.trivia.trailing);
  open(head, block.trivia.opening);
  nodes(block.nodes);
  close(block.tail, "}", block.trivia.trailing);
}

void Formatter::item(const Def& def, bool apart) {
  above(def.trivia, apart);
  std::string head = "def " + def.name.text;
  spell_.params(head, def.params);
  head.append(1, kBreakAtArrow).append(">> ");
  spell_.params(head, def.results);
  head += " {";
  if (def.body.empty() && def.tail.empty() && def.trivia.opening.empty())
    return statement(head + "}", def.trivia.trailing);
  open(head, def.trivia.opening);
  for (const DefEntry& entry : def.body) {
    if (const auto* section = std::get_if<MemorySection>(&entry))
      item(*section, false);
    else
      node(std::get<Node>(entry));
  }
  close(def.tail, "}", def.trivia.trailing);
}

}  // namespace openinfer::dsl
