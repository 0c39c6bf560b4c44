// Random graphs of every kind of item, node, expression, value and comment that the language can spell.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace openinfer::testing {

class RandomGraph {
 public:
  // below(n): a number in 0 … n - 1; n > 0.
  explicit RandomGraph(std::function<size_t(size_t)> below) : below_(std::move(below)) {}

  [[nodiscard]] File file();

 private:
  bool chance(size_t one_in) { return below_(one_in) == 0; }
  template <class T>
  const T& pick(const std::vector<T>& list) {
    return list[below_(list.size())];
  }
  template <class F>
  auto list(size_t least, size_t most, F entry) {
    std::vector<decltype(entry())> entries;
    for (size_t n = least + below_(most - least + 1); n > 0; --n) entries.push_back(entry());
    return entries;
  }

  Ident name();
  std::vector<Ident> names(size_t least);
  std::vector<Comment> comments();
  Trivia trivia(bool has_body);
  std::string integer_spelling(bool negative);

  ExprId expr(int depth);
  Ref ref(int depth, bool indexed);
  Index index(int depth);
  Bound bound(int depth);
  Value value(int depth);
  TypeExpr type();
  Attribute attribute();
  Decl decl();
  SizesSection sizes(bool file_level);
  MemorySection memory();
  Param param();
  Out out(bool indexed);
  Outs outs();
  std::vector<Arg> args();
  Node node(int depth);
  NodeBody body(int depth);
  Item item();

  std::function<size_t(size_t)> below_;
  File file_;
};

}  // namespace openinfer::testing
