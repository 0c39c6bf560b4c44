#include "dsl/dot.h"

#include <map>
#include <string_view>

#include "dsl/string_literal.h"

namespace openinfer::dsl {
namespace {

class Picture {
 public:
  std::string draw(const Graph& graph) {
    text_ = "digraph graph_ {\n  node [shape=box, fontname=\"monospace\"];\n";
    for (const GraphFile& f : graph.files) {
      file_ = &f.file;
      for (const Item& i : f.file.items) {
        if (const auto* section = std::get_if<MemorySection>(&i)) memory(*section);
      }
    }
    const auto shared = last_writer_;
    for (const GraphFile& f : graph.files) {
      file_ = &f.file;
      for (const Item& i : f.file.items) {
        last_writer_ = shared;
        if (const auto* block = std::get_if<Block>(&i)) cluster("block " + block->name.text, block->nodes);
        if (const auto* d = std::get_if<Def>(&i)) def(*d);
      }
    }
    return text_ + arrows_ + "}\n";
  }

 private:
  void line(const std::string& s) { text_.append(2 * depth_, ' ').append(s).append("\n"); }

  std::string box(const std::string& label, const char* shape = nullptr) {
    const std::string id = "n" + std::to_string(boxes_++);
    line(id + " [label=" + quote(label) + (shape != nullptr ? std::string(", shape=") + shape : "") + "];");
    return id;
  }

  void begin(const std::string& label) {
    line("subgraph cluster_" + std::to_string(clusters_++) + " {");
    ++depth_;
    line("label=" + quote(label) + ";");
  }
  void end() {
    --depth_;
    line("}");
  }

  void variable(const Ident& name) { last_writer_[name.text] = box(name.text, "ellipse"); }

  void memory(const MemorySection& section) {
    begin(std::string(name(section.kind)));
    for (const Decl& decl : section.decls) variable(decl.name);
    end();
  }

  void cluster(const std::string& label, const std::vector<Node>& nodes) {
    begin(label);
    for (const Node& n : nodes) node(n);
    end();
  }

  void def(const Def& d) {
    begin("def " + d.name.text);
    for (const Param& p : d.params) variable(p.name);
    for (const DefEntry& entry : d.body) {
      if (const auto* section = std::get_if<MemorySection>(&entry))
        memory(*section);
      else
        node(std::get<Node>(entry));
    }
    end();
  }

  void node(const Node& n) {
    if (const auto* loop = std::get_if<LoopNode>(&n.body)) return cluster("loop " + loop->label.text, loop->body);
    if (const auto* fuse = std::get_if<FuseNode>(&n.body)) return cluster("fuse", fuse->body);
    std::visit([&](const auto& body) { draw(body); }, n.body);
  }

  // ---- arrows ----
  void reads(const std::string& id, const Ref& ref) {
    const auto writer = last_writer_.find(ref.name.text);
    if (writer != last_writer_.end()) arrows_ += "  " + writer->second + " -> " + id + ";\n";
  }
  void reads(const std::string& id, const Value& value) {
    if (value.kind == ValueKind::list)
      for (const Value& v : value.list) reads(id, v);
    if (value.kind == ValueKind::expr && file_->expr(value.expr).kind == ExprKind::ref)
      reads(id, file_->expr(value.expr).ref);
  }
  void writes(const std::string& id, const Ref& ref) { last_writer_[ref.name.text] = id; }

  void operation(const std::string& label, const std::vector<Arg>& args, const Outs& outs) {
    const std::string id = box(label);
    for (const Arg& arg : args) reads(id, arg.value);
    for (const Out& out : outs.list) writes(id, out.ref);
  }
  void move(const std::string& label, const Ref& from, const Ref& to) {
    const std::string id = box(label);
    reads(id, from);
    writes(id, to);
  }

  // ---- nodes ----
  void draw(const OpNode& n) { operation(n.op.text, n.args, n.outs); }
  void draw(const CallNode& n) { operation("call " + n.def.text, n.args, n.outs); }
  void draw(const TransferNode& n) { move("transfer", n.from, n.to.ref); }
  void draw(const CacheReadNode& n) { move("cache.read", n.from, n.to.ref); }
  void draw(const CacheWriteNode& n) { move("cache.write", n.from, n.to); }
  void draw(const CacheStepNode& n) {
    Ref ref;
    ref.name = n.name;
    move(n.decrement ? "cache.decrement" : "cache.increment", ref, ref);
  }
  void draw(const CacheResetNode& n) { writes(box("cache.reset"), n.ref); }
  void draw(const EmitNode& n) { reads(box("emit " + n.value.name.text, "house"), n.value); }
  void draw(const BreakNode& n) { reads(box("break"), n.condition); }
  void draw(const BranchNode& n) {
    const std::string id = box("branch " + n.target.text + (n.otherwise ? " " + n.otherwise->text : ""), "diamond");
    if (n.condition) reads(id, *n.condition);
  }
  void draw(const YieldNode& n) { hand("yield", n.names); }
  void draw(const AwaitNode& n) { hand("await", n.names); }
  void hand(const std::string& word, const std::vector<Ident>& names) {
    const std::string id = box(word);
    for (const Ident& name : names) {
      Ref ref;
      ref.name = name;
      reads(id, ref);
      writes(id, ref);
    }
  }
  void draw(const ReturnNode&) { box("return"); }
  void draw(const BarrierNode&) { box("barrier"); }
  // What only names or orders is no box; loops and fuse are clusters.
  void draw(const SizesNode&) {}
  void draw(const AssignNode&) {}
  void draw(const DepNode&) {}
  void draw(const LoopNode&) {}
  void draw(const FuseNode&) {}

  const File* file_ = nullptr;
  std::string text_, arrows_;
  std::map<std::string, std::string> last_writer_;
  size_t boxes_ = 0, clusters_ = 0, depth_ = 1;
};

}  // namespace

std::string to_dot(const Graph& graph) { return Picture().draw(graph); }

}  // namespace openinfer::dsl
