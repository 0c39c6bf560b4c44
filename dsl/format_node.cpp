#include "dsl/formatter.h"
#include "dsl/wrap.h"

namespace openinfer::dsl {
namespace {

constexpr char kArrow[] = {kBreakAtArrow, '>', '>', ' ', '\0'};

}  // namespace

void Formatter::nodes(const std::vector<Node>& nodes) {
  for (const Node& n : nodes) node(n);
}

void Formatter::node(const Node& node) {
  const Trivia& trivia = node.trivia;
  above(trivia);
  if (const auto* s = std::get_if<SizesNode>(&node.body)) {
    sizes(s->sizes, trivia, 2);
  } else if (const auto* loop = std::get_if<LoopNode>(&node.body)) {
    std::string head = "loop " + loop->label.text + " (" + loop->index.text + " in ";
    spell_.expr(head, loop->lo, Speller::Style::tight);
    head += "..";
    spell_.expr(head, loop->hi, Speller::Style::tight);
    open(head + ") {", trivia.opening);
    nodes(loop->body);
    close(loop->tail, "}", trivia.trailing);
  } else if (const auto* fuse = std::get_if<FuseNode>(&node.body)) {
    open("fuse {", trivia.opening);
    nodes(fuse->body);
    std::string end = "} >> ";
    spell_.outs(end, fuse->outs);
    close(fuse->tail, end + ";", trivia.trailing);
  } else {
    const std::string line = std::visit(
        [&](const auto& body) -> std::string {
          using Body = std::decay_t<decltype(body)>;
          if constexpr (std::is_same_v<Body, SizesNode> || std::is_same_v<Body, LoopNode> ||
                        std::is_same_v<Body, FuseNode>)
            return {};
          else
            return code(body);
        },
        node.body);
    statement(line + ";", trivia.trailing);
  }
}

std::string Formatter::code(const AssignNode& node) const {
  std::string s = "assign " + node.name.text + ": ";
  spell_.type(s, node.type);
  return s;
}

std::string Formatter::code(const OpNode& node) const {
  std::string s = "op " + node.op.text;
  spell_.args(s, node.args);
  s += kArrow;
  spell_.outs(s, node.outs);
  return s;
}

std::string Formatter::code(const CallNode& node) const {
  std::string s = "call " + node.def.text;
  spell_.args(s, node.args);
  s += kArrow;
  spell_.outs(s, node.outs);
  return s;
}

std::string Formatter::code(const BranchNode& node) const {
  std::string s = "branch ";
  if (node.condition) {
    spell_.ref(s, *node.condition);
    s += " ";
  }
  s += node.target.text;
  if (node.otherwise) s.append(" ").append(node.otherwise->text);
  return s;
}

std::string Formatter::code(const BreakNode& node) const {
  std::string s = "break ";
  spell_.ref(s, node.condition);
  return s;
}

std::string Formatter::code(const ReturnNode&) const { return "return"; }
std::string Formatter::code(const BarrierNode&) const { return "barrier"; }

std::string Formatter::code(const DepNode& node) const {
  return "dep after(" + node.after.text + ") before(" + node.before.text + ")";
}

std::string Formatter::code(const TransferNode& node) const {
  std::string s = "transfer ";
  spell_.ref(s, node.from);
  s += kArrow;
  spell_.out(s, node.to);
  return s;
}

std::string Formatter::code(const YieldNode& node) const {
  std::string s = "yield ";
  spell_.names(s, node.names);
  return s;
}

std::string Formatter::code(const AwaitNode& node) const {
  std::string s = "await ";
  spell_.names(s, node.names);
  return s;
}

std::string Formatter::code(const EmitNode& node) const {
  std::string s = "emit ";
  spell_.ref(s, node.value);
  if (!node.attributes.empty()) s += " ";
  spell_.attributes(s, node.attributes);
  return s;
}

std::string Formatter::code(const CacheReadNode& node) const {
  std::string s = "cache.read ";
  spell_.ref(s, node.from);
  s += kArrow;
  spell_.out(s, node.to);
  return s;
}

std::string Formatter::code(const CacheWriteNode& node) const {
  std::string s = "cache.write ";
  spell_.ref(s, node.from);
  s += kArrow;
  spell_.ref(s, node.to);
  return s;
}

std::string Formatter::code(const CacheStepNode& node) const {
  std::string s = node.decrement ? "cache.decrement " : "cache.increment ";
  if (node.by) {
    spell_.expr(s, node.by->expr, Speller::Style::airy);  // not as a value: inf is a name here
    s += " ";
  }
  return s + node.name.text;
}

std::string Formatter::code(const CacheResetNode& node) const {
  std::string s = "cache.reset ";
  spell_.ref(s, node.ref);
  return s;
}

}  // namespace openinfer::dsl
