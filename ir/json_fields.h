// The fields of everything in a graph, once: the reader and the writer of its JSON form both walk this list, so that
// they cannot drift apart. What is not a plain record (expressions, values, indices) each spells in its own way.
//
// An archive A has `A::writing`, field(key, x), which must be there, optional(key, x), which is left out when it is
// empty or false, and inputs_first(args), outputs(outs), entry_count(list), which a reader checks.
#pragma once

#include <type_traits>

#include "ir/graph.h"

namespace openinfer::json {

template <class A, class T>
using Like = std::conditional_t<A::writing, const T, T>;

// ---- small parts
// -----------------------------------------------------------------------------------------------------

template <class A>
void fields(A& a, Like<A, Comment>& x) {
  a.comment("text", x.text);
  a.optional("blank_before", x.blank_before);
}

template <class A>
void fields(A& a, Like<A, Trivia>& x) {
  a.optional("leading", x.leading);
  a.comments_behind("trailing", x.trailing);
  a.comments_behind("opening", x.opening);
  a.optional("blank_before", x.blank_before);
  a.optional("blank_below", x.blank_below);
}

template <class A>
void fields(A& a, Like<A, TypeExpr>& x) {
  a.field("name", x.name);
  a.optional("dims", x.dims);
}

template <class A>
void fields(A& a, Like<A, AttributeArg>& x) {
  a.optional("name", x.name);
  a.field("value", x.value);
}

template <class A>
void fields(A& a, Like<A, Attribute>& x) {
  a.field("name", x.name);
  a.optional("args", x.args);
}

template <class A>
void fields(A& a, Like<A, Arg>& x) {
  a.optional("name", x.name);
  a.field("value", x.value);
}

template <class A>
void fields(A& a, Like<A, Out>& x) {
  a.field("ref", x.ref);
  a.optional("type", x.type);
}

template <class A>
void fields(A& a, Like<A, Outs>& x) {
  a.some("list", x.list);
  a.optional("common", x.common);
}

// ---- declarations
// ----------------------------------------------------------------------------------------------------

template <class A>
void fields(A& a, Like<A, Decl>& x) {
  a.field("name", x.name);
  a.optional("indices", x.indices);
  a.field("type", x.type);
  a.optional("attributes", x.attributes);
  a.optional("trivia", x.trivia);
}

template <class A>
void fields(A& a, Like<A, SizeDef>& x) {
  a.field("name", x.name);
  a.optional("if_absent", x.if_absent);
  a.field("value", x.value);
  a.optional("trivia", x.trivia);
}

template <class A>
void fields(A& a, Like<A, SizesSection>& x) {
  a.field("sizes", x.sizes);
  a.optional("tail", x.tail);
}

template <class A>
void fields(A& a, Like<A, Param>& x) {
  a.field("name", x.name);
  a.optional("indices", x.indices);
  a.field("type", x.type);
}

// ---- nodes
// -----------------------------------------------------------------------------------------------------------

template <class A>
void fields(A& a, Like<A, SizesNode>& x) {
  fields(a, x.sizes);
  a.run_time(x.sizes);
}

template <class A>
void fields(A& a, Like<A, AssignNode>& x) {
  a.field("name", x.name);
  a.field("type", x.type);
}

template <class A>
void fields(A& a, Like<A, OpNode>& x) {
  a.field("op", x.op);
  a.optional("args", x.args);
  a.field("outs", x.outs);
  a.call_order(x.args, x.outs);
}

template <class A>
void fields(A& a, Like<A, CallNode>& x) {
  a.field("def", x.def);
  a.optional("args", x.args);
  a.field("outs", x.outs);
  a.call_order(x.args, x.outs);
}

template <class A>
void fields(A& a, Like<A, FuseNode>& x) {
  a.field("body", x.body);
  a.optional("tail", x.tail);
  a.field("outs", x.outs);
  a.call_order({}, x.outs);
}

template <class A>
void fields(A& a, Like<A, BranchNode>& x) {
  a.optional("condition", x.condition);
  a.field("target", x.target);
  a.optional("otherwise", x.otherwise);
}

template <class A>
void fields(A& a, Like<A, LoopNode>& x) {
  a.field("label", x.label);
  a.field("index", x.index);
  a.field("from", x.lo);
  a.field("to", x.hi);
  a.field("body", x.body);
  a.optional("tail", x.tail);
}

template <class A>
void fields(A& a, Like<A, BreakNode>& x) {
  a.field("condition", x.condition);
}

template <class A>
void fields(A&, Like<A, ReturnNode>&) {}

template <class A>
void fields(A&, Like<A, BarrierNode>&) {}

template <class A>
void fields(A& a, Like<A, DepNode>& x) {
  a.what("after", x.after);
  a.what("before", x.before);
}

template <class A>
void fields(A& a, Like<A, TransferNode>& x) {
  a.field("from", x.from);
  a.field("to", x.to);
}

template <class A>
void fields(A& a, Like<A, YieldNode>& x) {
  a.some("names", x.names);
}

template <class A>
void fields(A& a, Like<A, AwaitNode>& x) {
  a.some("names", x.names);
}

template <class A>
void fields(A& a, Like<A, EmitNode>& x) {
  a.field("value", x.value);
  a.optional("attributes", x.attributes);
}

template <class A>
void fields(A& a, Like<A, CacheReadNode>& x) {
  a.field("from", x.from);
  a.field("to", x.to);
}

template <class A>
void fields(A& a, Like<A, CacheWriteNode>& x) {
  a.field("from", x.from);
  a.field("to", x.to);
}

template <class A>
void fields(A& a, Like<A, CacheStepNode>& x) {
  a.optional("decrement", x.decrement);
  a.optional("by", x.by);
  a.field("name", x.name);
  a.step(x.by);
}

template <class A>
void fields(A& a, Like<A, CacheResetNode>& x) {
  a.field("ref", x.ref);
}

template <class A>
void fields(A& a, Like<A, Node>& x) {
  a.kind(x.body);
  a.optional("trivia", x.trivia);
}

// ---- items
// -----------------------------------------------------------------------------------------------------------

template <class A>
void fields(A& a, Like<A, Include>& x) {
  a.field("path", x.path);
  a.optional("trivia", x.trivia);
}

template <class A>
void fields(A& a, Like<A, SizesItem>& x) {
  fields(a, x.sizes);
  a.optional("trivia", x.trivia);
}

template <class A>
void fields(A& a, Like<A, MemorySection>& x) {
  a.field("memory", x.kind);
  a.field("decls", x.decls);
  a.optional("tail", x.tail);
  a.optional("trivia", x.trivia);
}

template <class A>
void fields(A& a, Like<A, Def>& x) {
  a.field("name", x.name);
  a.field("params", x.params);
  a.field("results", x.results);
  a.field("body", x.body);
  a.optional("tail", x.tail);
  a.optional("trivia", x.trivia);
}

template <class A>
void fields(A& a, Like<A, Block>& x) {
  a.field("name", x.name);
  a.field("nodes", x.nodes);
  a.optional("tail", x.tail);
  a.optional("trivia", x.trivia);
}

template <class A>
void fields(A& a, Like<A, Header>& x) {
  a.field("name", x.name);
  a.field("version", x.version);
  a.optional("trivia", x.trivia);
}

template <class A>
void fields(A& a, Like<A, File>& x) {
  a.optional("graph", x.header);
  a.field("items", x.items);
  a.optional("tail", x.tail);
}

// ---- names of the kinds
// ----------------------------------------------------------------------------------------------

// "kind" of a node: the names of OINF_NODES, in the order of NodeBody, without the _ that C++ needs behind some.
inline constexpr std::string_view kNodeKinds[] = {
#define OINF_X(type, id) std::string_view(#id).substr(0, sizeof(#id) - 1 - (#id[sizeof(#id) - 2] == '_')),
    OINF_NODES(OINF_X)
#undef OINF_X
};

// "kind" of an item, in the order of Item.
inline constexpr std::string_view kItemKinds[] = {"include", "sizes", "memory", "def", "block"};

// Operations of expressions: the key of their operands.
struct Operation {
  ExprKind kind;
  const char* key;
  size_t least, most;  // operands
};
inline constexpr size_t kAnyNumber = SIZE_MAX;
inline constexpr Operation kOperations[] = {
    {ExprKind::add, "add", 2, 2},          {ExprKind::sub, "sub", 2, 2},     {ExprKind::mul, "mul", 2, 2},
    {ExprKind::div, "div", 2, 2},          {ExprKind::mod, "mod", 2, 2},     {ExprKind::min, "min", 2, kAnyNumber},
    {ExprKind::max, "max", 2, kAnyNumber}, {ExprKind::floor, "floor", 1, 1}, {ExprKind::ceil, "ceil", 1, 1},
};

}  // namespace openinfer::json
