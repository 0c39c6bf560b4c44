// Writes a File statement by statement; see format.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/spell.h"
#include "ir/graph.h"

namespace openinfer::dsl {

class Formatter {
 public:
  explicit Formatter(const File& file) : file_(file), spell_(file) {}
  std::string run();
  std::string run(const Node& one);

 private:
  // ---- lines (formatter_lines.cpp) ----
  // What stands above a statement. `apart`: with an empty line, whatever the author wrote.
  void above(const Trivia& trivia, bool apart = false);
  // A statement (with marks for wrap), and what stands behind it.
  void statement(std::string_view code, std::string_view trailing);
  void statement(std::string_view code, std::string_view trailing, size_t hang);
  void open(std::string_view code, std::string_view opening);
  void close(const std::vector<Comment>& tail, std::string_view code, std::string_view trailing);
  void comments(const std::vector<Comment>& list);
  void put_behind(std::string_view trailing);

  // ---- items (format.cpp) ----
  void item(const Include& include, bool apart);
  void item(const SizesItem& item, bool apart);
  void item(const MemorySection& section, bool apart);
  void item(const Def& def, bool apart);
  void item(const Block& block, bool apart);

  // ---- sections (format_section.cpp) ----
  // Up to `on_one_line` short ones stand on one line.
  void sizes(const SizesSection& section, const Trivia& trivia, size_t on_one_line);
  void memory(const MemorySection& section);
  void decls(const std::vector<Decl>& decls);
  // A section as one line, when it is short and nothing in it has a comment.
  template <class Entry, class Spell>
  std::optional<std::string> one_line(std::string_view word, const std::vector<Entry>& entries, size_t most,
                                      const std::vector<Comment>& tail, const Trivia& trivia, Spell spell) const;

  // ---- nodes (format_node.cpp) ----
  void node(const Node& node);
  void nodes(const std::vector<Node>& nodes);
  [[nodiscard]] std::string code(const AssignNode& node) const;
  [[nodiscard]] std::string code(const OpNode& node) const;
  [[nodiscard]] std::string code(const CallNode& node) const;
  [[nodiscard]] std::string code(const BranchNode& node) const;
  [[nodiscard]] std::string code(const BreakNode& node) const;
  [[nodiscard]] std::string code(const ReturnNode& node) const;
  [[nodiscard]] std::string code(const BarrierNode& node) const;
  [[nodiscard]] std::string code(const DepNode& node) const;
  [[nodiscard]] std::string code(const TransferNode& node) const;
  [[nodiscard]] std::string code(const YieldNode& node) const;
  [[nodiscard]] std::string code(const AwaitNode& node) const;
  [[nodiscard]] std::string code(const EmitNode& node) const;
  [[nodiscard]] std::string code(const CacheReadNode& node) const;
  [[nodiscard]] std::string code(const CacheWriteNode& node) const;
  [[nodiscard]] std::string code(const CacheStepNode& node) const;
  [[nodiscard]] std::string code(const CacheResetNode& node) const;

  const File& file_;
  Speller spell_;
  std::string out_;
  size_t indent_ = 0;
  size_t line_begin_ = 0;  // of the last line of out_
  bool fresh_ = true;      // nothing stands in this body yet
};

}  // namespace openinfer::dsl
