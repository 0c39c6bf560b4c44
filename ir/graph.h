// The graph as a person wrote it: files, items, declarations, nodes, expressions, comments. It is what text and JSON
// spell, so text -> File -> text and text -> JSON -> File -> text are the identity after formatting. Nothing is
// resolved here; dsl/lower makes an executable Program of it.
//
// Order of evaluation is the order of the nodes. Scope of names: docs/language.md, "Files" and "Memory".
// Ownership: a File owns all of its nodes and expressions; handles (ExprId) index the File's own arena.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ir/source.h"

namespace openinfer {

// How deep bodies, lists and expressions nest at most (each for itself), so that what walks a File may recurse.
inline constexpr int kMaxNesting = 256;

struct Ident {
  std::string text;
  Span span;
};

// ---- comments ------------------------------------------------------------------------------------------------------

struct Comment {
  std::string text;           // with its // or /* */
  bool blank_before = false;  // an empty line stands above it
};

// What stands around an item, a declaration, a size or a node.
struct Trivia {
  std::vector<Comment> leading;  // on lines of their own above
  std::string trailing;          // behind it on its last line, with its //
  std::string opening;           // behind the { of what has a body, on that line
  bool blank_before = false;     // an empty line stands above it (above the first leading comment)
  bool blank_below = false;      // an empty line stands between the last leading comment and it
};

// ---- expressions: integers that dimensions, bounds and indices are made of
// -------------------------------------------

enum class ExprId : uint32_t {};

enum class ExprKind : uint8_t { integer, ref, add, sub, mul, div, mod, min, max, floor, ceil };

// A literal minus counts from the end.
struct Bound {
  std::optional<uint64_t> from_end;  // -2 is 2
  std::string spelling;              // of from_end, without the minus
  ExprId expr{};                     // meaningful when from_end is empty
  Span span;
};

// An integer or an integer vector, or with `slice` the range lo..hi, each end optional.
struct Index {
  bool slice = false;
  std::optional<Bound> lo;  // of a plain index: the index itself
  std::optional<Bound> hi;
  Span span;
};

struct Ref {
  Ident name;
  bool indexed = false;  // K[] is indexed with an empty list
  std::vector<Index> index;
  Span span;
};

struct Expr {
  ExprKind kind = ExprKind::integer;
  Span span;
  uint64_t integer = 0;      // integer
  std::string spelling;      // integer: as written, with its suffix, e.g. "0xff" or "255u8"
  Ref ref;                   // ref
  std::vector<ExprId> args;  // operands: two; min, max two or more; floor, ceil one, which is a div
};

// ---- values
// ----------------------------------------------------------------------------------------------------------

enum class ValueKind : uint8_t { expr, integer, floating, inf, nan, boolean, string, list };

// integer: a literal with a minus. A literal without one is an expr.
struct Value {
  ValueKind kind = ValueKind::expr;
  Span span;
  ExprId expr{};            // expr: a bare name may also be a type, a size, a variable, metadata
  bool negative = false;    // integer, floating, inf, nan
  uint64_t magnitude = 0;   // integer
  double number = 0;        // floating: without the sign, nearest double of the digits
  std::string spelling;     // integer, floating: as written, without the minus, with its suffix
  bool boolean = false;     // boolean
  std::string text;         // string: decoded
  std::vector<Value> list;  // list
};

// ---- declarations
// ----------------------------------------------------------------------------------------------------

struct TypeExpr {
  Ident name;             // an element type, `auto`, or of a parameter `size` or `name`
  bool has_dims = false;  // f32[] has, f32 has not; both are scalars
  std::vector<ExprId> dims;
  Span span;
};

struct AttributeArg {
  std::optional<Ident> name;
  Value value;
};

struct Attribute {
  Ident name;
  bool has_args = false;  // @image() has, @image has not; both mean the same and print as @image
  std::vector<AttributeArg> args;
  Span span;
};

struct Decl {
  Ident name;
  std::vector<Ident> indices;
  TypeExpr type;
  std::vector<Attribute> attributes;
  Span span;
  Trivia trivia;
};

enum class MemoryKind : uint8_t { dynamic, volatile_, constant, persistent };
[[nodiscard]] std::string_view name(MemoryKind kind);

struct MemorySection {
  MemoryKind kind = MemoryKind::dynamic;
  std::vector<Decl> decls;
  Trivia trivia;
  std::vector<Comment> tail;  // comments in front of the closing brace
  Span span;
};

struct SizeDef {
  Ident name;
  bool if_absent = false;  // ?=
  ExprId value{};
  Trivia trivia;
  Span span;
};

struct SizesSection {
  std::vector<SizeDef> sizes;
  std::vector<Comment> tail;
  Span span;
};

// ---- nodes
// -----------------------------------------------------------------------------------------------------------

struct Node;

struct Arg {
  std::optional<Ident> name;  // an attribute; else an input
  Value value;
};

struct Out {
  Ref ref;
  std::optional<TypeExpr> type;
};

struct Outs {
  bool parenthesised = false;
  std::vector<Out> list;
  std::optional<TypeExpr> common;  // behind the closing parenthesis: one type for all
};

struct SizesNode {
  SizesSection sizes;
};
struct AssignNode {
  Ident name;
  TypeExpr type;
};
struct OpNode {
  Ident op;
  std::vector<Arg> args;
  Outs outs;
};
struct CallNode {
  Ident def;
  std::vector<Arg> args;
  Outs outs;
};
struct FuseNode {
  std::vector<Node> body;
  std::vector<Comment> tail;
  Outs outs;
};
// One name: `target`. Else `condition`, `target` when it is true, `otherwise` (if any) when it is not.
struct BranchNode {
  std::optional<Ref> condition;
  Ident target;
  std::optional<Ident> otherwise;
};
struct LoopNode {
  Ident label;
  Ident index;
  ExprId lo{};
  ExprId hi{};
  std::vector<Node> body;
  std::vector<Comment> tail;
};
struct BreakNode {
  Ref condition;
};
struct ReturnNode {};
struct BarrierNode {};
// An op's name, a node word ("transfer"), or "cache.read" and its like, as one text.
struct DepNode {
  Ident after;
  Ident before;
};
struct TransferNode {
  Ref from;
  Out to;
};
struct YieldNode {
  std::vector<Ident> names;
};
struct AwaitNode {
  std::vector<Ident> names;
};
struct EmitNode {
  Ref value;
  std::vector<Attribute> attributes;
};
struct CacheReadNode {
  Ref from;
  Out to;
};
struct CacheWriteNode {
  Ref from;
  Ref to;
};
// cache.increment [by] name. Without `by` it is 1.
struct CacheStepNode {
  bool decrement = false;
  std::optional<Value> by;  // an integer literal or a bare name
  Ident name;
};
struct CacheResetNode {
  Ref ref;
};

// The one list of node kinds; the order is that of NodeBody.
// clang-format off: one row a kind
#define OINF_NODES(X)            \
  X(SizesNode, sizes)            \
  X(AssignNode, assign)          \
  X(OpNode, op)                  \
  X(CallNode, call)              \
  X(FuseNode, fuse)              \
  X(BranchNode, branch)          \
  X(LoopNode, loop)              \
  X(BreakNode, break_)           \
  X(ReturnNode, return_)         \
  X(BarrierNode, barrier)        \
  X(DepNode, dep)                \
  X(TransferNode, transfer)      \
  X(YieldNode, yield)            \
  X(AwaitNode, await)            \
  X(EmitNode, emit)              \
  X(CacheReadNode, cache_read)   \
  X(CacheWriteNode, cache_write) \
  X(CacheStepNode, cache_step)   \
  X(CacheResetNode, cache_reset)
// clang-format on

using NodeBody = std::variant<SizesNode, AssignNode, OpNode, CallNode, FuseNode, BranchNode, LoopNode, BreakNode,
                              ReturnNode, BarrierNode, DepNode, TransferNode, YieldNode, AwaitNode, EmitNode,
                              CacheReadNode, CacheWriteNode, CacheStepNode, CacheResetNode>;

struct Node {
  NodeBody body;
  Span span;  // from the keyword to the semicolon
  Trivia trivia;
};

// ---- items
// -----------------------------------------------------------------------------------------------------------

struct Include {
  std::string path;  // as written
  Span span;
  Trivia trivia;
  FileId file = kNoFile;  // the file it stands for once it is read; not part of the text
};

struct SizesItem {
  SizesSection sizes;
  Trivia trivia;
};

struct Param {
  Ident name;
  std::vector<Ident> indices;
  TypeExpr type;
  Span span;
};

using DefEntry = std::variant<MemorySection, Node>;

struct Def {
  Ident name;
  std::vector<Param> params;
  std::vector<Param> results;
  std::vector<DefEntry> body;
  std::vector<Comment> tail;
  Trivia trivia;
  Span span;
};

struct Block {
  Ident name;
  std::vector<Node> nodes;
  std::vector<Comment> tail;
  Trivia trivia;
  Span span;
};

using Item = std::variant<Include, SizesItem, MemorySection, Def, Block>;

// graph NAME version 1;
struct Header {
  Ident name;
  uint64_t version = 1;
  Span span;
  Trivia trivia;
};

struct File {
  std::optional<Header> header;
  std::vector<Item> items;
  std::vector<Comment> tail;  // comments at the end
  std::vector<Expr> exprs;    // arena

  [[nodiscard]] const Expr& expr(ExprId id) const { return exprs[static_cast<size_t>(id)]; }
  ExprId add(Expr e) {
    exprs.push_back(std::move(e));
    return static_cast<ExprId>(exprs.size() - 1);
  }
};

// A program: the file that was named first, then every file that it includes, each once, in the order in which they
// were met.
struct GraphFile {
  std::string name;         // path as it is shown and as includes resolve against it, with '/'
  FileId source = kNoFile;  // in the SourceMap; kNoFile for a graph that came as JSON
  File file;
};
struct Graph {
  std::vector<GraphFile> files;
};

}  // namespace openinfer
