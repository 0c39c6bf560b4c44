#include "oinf/tools/graph_weights.h"

#include <algorithm>
#include <map>
#include <set>

namespace openinfer {
namespace {

constexpr int kMostNodes = 1'000'000;
constexpr int kDeepestCall = 64;

// A name with '*' where an index or a size stands: any text.
using Pattern = std::string;

bool matches(std::string_view text, std::string_view pattern) {
  size_t t = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// A constant, or a def's parameter that stands for one.
struct Constant {
  std::vector<Pattern> patterns;  // the first that the package has
  size_t indices = 0;             // of the family
};

// What names mean where a node stands.
struct Scope {
  std::map<std::string, Constant, std::less<>> constants;
  std::map<std::string, Pattern, std::less<>> names;  // parameters of type `name`
};

class Walk {
 public:
  Walk(const Graph& graph, const std::vector<std::string_view>& tensors) : graph_(graph), tensors_(tensors) {}

  std::unordered_set<std::string> run() {
    Scope globals;
    for (const GraphFile& f : graph_.files)
      for (const Item& item : f.file.items) {
        if (const auto* section = std::get_if<MemorySection>(&item)) declare(*section, globals);
        if (const auto* def = std::get_if<Def>(&item)) defs_.emplace(def->name.text, DefIn{def, &f.file});
      }
    globals_ = globals;
    for (const GraphFile& f : graph_.files)
      for (const Item& item : f.file.items)
        if (const auto* block = std::get_if<Block>(&item)) visit(block->nodes, globals, f.file, 0);
    std::unordered_set<std::string> weights;
    if (nodes_ > kMostNodes) return weights;
    for (const std::string_view tensor : linear_)
      if (!other_.contains(tensor)) weights.emplace(tensor);
    return weights;
  }

 private:
  struct DefIn {
    const Def* def;
    const File* file;
  };

  // {{ is a brace; {p} is a name of the scope; what else stands in braces is a number.
  static Pattern expand(std::string_view text, const Scope& scope) {
    Pattern out;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '{') {
        out += text[i];
        if (text[i] == '}' && i + 1 < text.size() && text[i + 1] == '}') ++i;
        continue;
      }
      if (i + 1 < text.size() && text[i + 1] == '{') {
        out += text[i++];
        continue;
      }
      const size_t end = text.find('}', i);
      if (end == std::string_view::npos) return out += text.substr(i);
      const auto name = scope.names.find(text.substr(i + 1, end - i - 1));
      out += name == scope.names.end() ? "*" : name->second;
      i = end;
    }
    return out;
  }

  static void declare(const MemorySection& section, Scope& scope) {
    for (const Decl& decl : section.decls) {
      if (section.kind != MemoryKind::constant) {
        scope.constants.erase(decl.name.text);
        continue;
      }
      Constant c{{}, decl.indices.size()};
      for (const Attribute& attribute : decl.attributes)
        if (attribute.name.text == "ref" || attribute.name.text == "pattern")
          for (const AttributeArg& arg : attribute.args)
            if (arg.value.kind == ValueKind::string) c.patterns.push_back(expand(arg.value.text, scope));
      if (c.patterns.empty()) c.patterns.push_back(decl.name.text);
      scope.constants[decl.name.text] = std::move(c);
    }
  }

  // The tensors that a constant stands for: those of its first pattern that the package has.
  const std::vector<std::string_view>& members(const Constant& c) {
    static const std::vector<std::string_view> kNone;
    for (const Pattern& pattern : c.patterns) {
      auto [found, is_new] = members_.try_emplace(pattern);
      if (is_new)
        for (const std::string_view tensor : tensors_)
          if (matches(tensor, pattern)) found->second.push_back(tensor);
      if (!found->second.empty()) return found->second;
    }
    return kNone;
  }

  enum class Use { weight, rows, other };

  void use(const Ref& ref, Use how, const Scope& scope) {
    const auto found = scope.constants.find(ref.name.text);
    if (found == scope.constants.end()) return;
    const bool part = ref.index.size() > found->second.indices;  // of a tensor, which panels do not give
    for (const std::string_view tensor : members(found->second)) {
      if (part || how == Use::other)
        other_.insert(tensor);
      else if (how == Use::weight)
        linear_.insert(tensor);
    }
  }

  static const Ref* ref_of(const Value& value, const File& file) {
    if (value.kind != ValueKind::expr) return nullptr;
    const Expr& e = file.expr(value.expr);
    return e.kind == ExprKind::ref ? &e.ref : nullptr;
  }

  void use_value(const Value& value, Use how, const Scope& scope, const File& file) {
    if (const Ref* ref = ref_of(value, file)) use(*ref, how, scope);
    for (const Value& item : value.list) use_value(item, Use::other, scope, file);
  }

  void visit_op(const OpNode& op, const Scope& scope, const File& file) {
    const bool linear = op.op.text == "linear" || op.op.text == "gather_linear";
    const bool embedding = op.op.text == "embedding";
    int position = 0;
    for (const Arg& arg : op.args) {
      Use how = Use::other;
      if (!arg.name && position++ == 1) how = linear ? Use::weight : embedding ? Use::rows : Use::other;
      use_value(arg.value, how, scope, file);
    }
  }

  void visit_call(const CallNode& call, const Scope& scope, const File& file, int depth) {
    const auto found = defs_.find(call.def.text);
    if (found == defs_.end() || depth >= kDeepestCall) {
      nodes_ = depth >= kDeepestCall ? kMostNodes + 1 : nodes_;
      return;
    }
    const auto [def, def_file] = found->second;
    Scope inner = globals_;
    for (size_t i = 0; i < def->params.size() && i < call.args.size(); ++i) {
      const Param& param = def->params[i];
      const Value& value = call.args[i].value;
      const Ref* ref = ref_of(value, file);
      inner.constants.erase(param.name.text);
      if (param.type.name.text == "name") {
        if (value.kind == ValueKind::string) inner.names[param.name.text] = expand(value.text, scope);
        if (ref != nullptr)
          if (const auto name = scope.names.find(ref->name.text); name != scope.names.end())
            inner.names[param.name.text] = name->second;
      } else if (ref != nullptr) {
        const auto constant = scope.constants.find(ref->name.text);
        if (constant == scope.constants.end()) continue;
        Constant passed = constant->second;
        if (ref->index.size() > passed.indices) use(*ref, Use::other, scope);
        passed.indices -= std::min(passed.indices, ref->index.size());
        inner.constants[param.name.text] = std::move(passed);
      }
    }
    for (const DefEntry& entry : def->body)
      if (const auto* section = std::get_if<MemorySection>(&entry)) declare(*section, inner);
    for (const DefEntry& entry : def->body)
      if (const auto* node = std::get_if<Node>(&entry)) visit_node(*node, inner, *def_file, depth + 1);
  }

  void visit(const std::vector<Node>& nodes, const Scope& scope, const File& file, int depth) {
    for (const Node& node : nodes) visit_node(node, scope, file, depth);
  }

  void visit_node(const Node& node, const Scope& scope, const File& file, int depth) {
    if (++nodes_ > kMostNodes) return;
    if (const auto* op = std::get_if<OpNode>(&node.body)) visit_op(*op, scope, file);
    if (const auto* call = std::get_if<CallNode>(&node.body)) visit_call(*call, scope, file, depth);
    if (const auto* fuse = std::get_if<FuseNode>(&node.body)) visit(fuse->body, scope, file, depth);
    if (const auto* loop = std::get_if<LoopNode>(&node.body)) visit(loop->body, scope, file, depth);
    if (const auto* transfer = std::get_if<TransferNode>(&node.body)) use(transfer->from, Use::other, scope);
    if (const auto* emit = std::get_if<EmitNode>(&node.body)) use(emit->value, Use::other, scope);
    if (const auto* write = std::get_if<CacheWriteNode>(&node.body)) use(write->from, Use::other, scope);
    if (const auto* condition = std::get_if<BreakNode>(&node.body)) use(condition->condition, Use::other, scope);
    if (const auto* branch = std::get_if<BranchNode>(&node.body); branch != nullptr && branch->condition)
      use(*branch->condition, Use::other, scope);
  }

  const Graph& graph_;
  const std::vector<std::string_view>& tensors_;
  std::map<std::string, DefIn, std::less<>> defs_;
  Scope globals_;
  std::map<Pattern, std::vector<std::string_view>> members_;
  std::set<std::string_view> linear_, other_;
  int nodes_ = 0;
};

}  // namespace

std::unordered_set<std::string> linear_weights(const Graph& graph, const std::vector<std::string_view>& tensors) {
  return Walk(graph, tensors).run();
}

}  // namespace openinfer
