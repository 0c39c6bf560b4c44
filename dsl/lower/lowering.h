// The state of one lowering. Its member functions stand in the .cpp files of this folder, by what they lower.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dsl/lower/lower.h"
#include "dsl/lower/names.h"
#include "ops/number_value.h"
#include "ops/schema.h"

namespace openinfer {

// A text with integers in it: the name of a tensor, or of a family of them.
struct NamePiece {
  std::string text;
  std::optional<Dim> value;
};
using NamePieces = std::vector<NamePiece>;

// What a variable's name stands for in a scope.
struct Entity {
  // faulty: its declaration was refused, or the node that would have given it. Whoever reads it says nothing more.
  enum class Kind : uint8_t { variable, literal, name, faulty } kind = Kind::variable;
  VarId var{};
  Operand literal;
  NamePieces pieces;
  Span span;
};

struct Scope {
  Scope* parent = nullptr;
  bool is_def = false;  // its names may hide the program's
  std::map<std::string, Entity, std::less<>> variables;
  std::map<std::string, Dim, std::less<>> sizes;
  std::map<std::string, Span, std::less<>> size_spans;
};

struct Handover {
  std::set<std::string> names;
  std::set<uint32_t> vars;                             // what the names stand for
  size_t block = 0;                                    // blocks around the yield: only the same one may take back
  bool faulty = false;                                 // reported; what follows from it is not
  std::set<uint32_t> consumer_reads, consumer_writes;  // variables of the program, except the names
  Span span;
};

// Members of a family that one node reads together.
struct FamilySlice {
  std::vector<Operand> members;  // of the same shape; without a package one stands for all
  Dim count;
};

// Nodes of an expanded graph: more than any model needs (loops stay loops). Defs that call each other twice would
// double without end.
inline constexpr uint64_t kMaxExpanded = 250000;
// Lists that are handed over and not taken back yet: each is looked at wherever a variable is touched.
inline constexpr size_t kMaxHandovers = 256;

class Lowering {
 public:
  Lowering(const Graph& graph, const Names& names, const LowerOptions& options, Diagnostics& diagnostics);
  std::optional<Program> run();
  // Instead: everything that is declared.
  void check_declarations();
  // Instead: a def, as if it were called with sizes that nothing is known about; `tables` is what its parameters with
  // indices are. What only a call or a package can tell is not asked.
  void check_uncalled(const DefSite& site, VarKind tables);
  void ask_for_nothing() { asks_for_nothing_ = true; }
  // For graphs with several entries: what one of them has used up of kMaxExpanded, and the blocks that it reached.
  uint64_t expanded() const { return expanded_; }
  void begin_with(uint64_t expanded) { expanded_ = expanded; }
  const std::set<std::string>& reached() const { return reached_; }
  const std::set<const Def*>& reached_defs() const { return reached_defs_; }

 private:
  // ---- faults.cpp
  void error(Diagnostic d);
  void locate(Diagnostic& d) const;  // adds the call sites of the defs around
  Entity* declare_faulty(const Ident& name, Scope* scope);
  // What a refused node would have given or written: known by its type, or faulty, and never "not written".
  void give_faulty(const Outs& outs, const File& file, Scope* scope);
  void note_lost_write(const Ref& ref, Scope* scope);

  // ---- program.cpp: what holds it together
  bool budget(Span span);
  // Between a def's braces, not in a block that it branches to.
  bool in_def() const { return def_stack_.size() > (block_defs_.empty() ? 0 : block_defs_.back()); }
  uint32_t add_node(const Node& node, std::string word);
  Step& emit(StepKind kind);
  std::string symbol_name(SymbolId id) const;
  std::string print(Dim d) const;
  std::string print(const std::vector<Dim>& shape) const;
  void finish();
  void resolve_steps(std::vector<Step>& steps);
  void resolve_operand(Operand& operand);

  // ---- sizes.cpp
  SymbolId new_symbol(std::string name, SymbolSource source, Span span);
  Dim placeholder(const std::string& name, Span span);
  Dim stand_in(const std::string& name, Span span);  // for a size whose fault is reported: says nothing more
  bool is_stand_in(SymbolId s) const { return stand_ins_.contains(static_cast<uint32_t>(s)); }
  std::optional<SymbolId> as_placeholder(Dim d);
  Dim resolve(Dim d);  // puts in what placeholders turned out to be
  void bind(SymbolId placeholder, Dim value);
  DimOrder equal(Dim a, Dim b);  // looks through definitions of run-time sizes
  Dim expand(Dim d);             // definitions put in
  // Makes two sizes equal: binds a placeholder, or compares. False: they differ.
  enum class Unify : uint8_t { same, open, differ };
  Unify unify(Dim a, Dim b);
  std::optional<int64_t> known(Dim d) { return dims().value(resolve(d)); }
  std::optional<Dim> find_size(std::string_view name, Scope* scope);
  std::optional<Dim> program_size(const std::string& name);
  bool stored_shape_gives(const std::string& name, const DeclSite& site);
  void ask_earlier_shapes(const DeclSite& site);
  void read_inputs_of_sizes();
  bool size_exists(std::string_view name, Scope* scope);
  Dim faulted(Dim d, Span span);  // reports a division that is not exact, an overflow
  void note_bound(Dim d, Dim bound);
  std::optional<Dim> bound_of(Dim d);

  // ---- expressions.cpp
  // What an expression may read. before_run: sizes that the run does not give.
  enum class Reads : uint8_t { before_run, sizes, scalars };
  std::optional<Dim> evaluate(ExprId id, const File& file, Scope* scope, Reads reads);
  std::optional<Dim> evaluate_ref(const Ref& ref, const File& file, Scope* scope, Reads reads);
  // Names that may have been meant where an expression stands.
  std::vector<std::string_view> size_names(Scope* scope) const;
  void add_integer_scalars(std::vector<std::string_view>& list, Scope* scope, Reads reads) const;
  std::optional<Dim> load_scalar(Operand operand, const std::string& name, Span span);
  std::optional<int64_t> static_integer(const Operand& operand);
  void forget_scalars() { scalars_.clear(); }

  // ---- types.cpp
  struct Type {
    std::optional<DType> dtype;  // empty: auto
    bool is_auto = false;
    std::vector<Dim> shape;
  };
  // What becomes of a bare name that has no value: an error; a size of the scope that waits for its first result; a
  // size that the stored tensor's shape gives.
  enum class Fresh : uint8_t { none, result, stored };
  std::optional<Type> type(const TypeExpr& t, const File& file, Scope* scope, Fresh fresh);
  bool has_value_elsewhere(const std::string& name, Scope* scope);
  // Integers of 2^63 and more are for elements: elsewhere they are refused (E0208).
  enum class Large : uint8_t { refused, allowed };
  std::optional<LiteralValue> literal(const Value& v, const File& file, Scope* scope, Reads reads,
                                      Large large = Large::refused);
  std::string misfit(const LiteralValue& value, DType dtype);  // empty: it fits, or only the run can tell

  // ---- variables.cpp
  Entity* find_variable(std::string_view name, Scope* scope);
  Entity* program_variable(const std::string& name);
  enum class OrSize : bool { no, yes };  // may a size stand here as well
  void unknown_variable(const Ident& name, Scope* scope, OrSize or_size);
  std::vector<std::string_view> variable_names(Scope* scope) const;
  VarId add_variable(Variable v);
  bool free_name(const Ident& name, Scope* scope);  // reports E0108
  VarId declare_temporary(const Ident& name, const Type& t, Scope* scope);
  std::optional<VarId> declare(const DeclSite& site, Scope* scope);
  bool declaration_attributes(const DeclSite& site, Variable& v, Scope* scope);
  Adapter adapter(const Attribute& a, const File& file, Scope* scope);
  bool uses_indices(const NamePieces& name, const Decl& d, const std::vector<Dim>& indices, Span span);
  bool fits(const LiteralValue& value, const Variable& v, Span span);  // reports E0217

  // ---- declarations.cpp
  bool whole_blocks(const Variable& v, Span type);
  void check_default(const Attribute& a, const Variable& v, const File& file, Scope* scope);
  bool fits_list(int64_t length, const Variable& v, Span span);
  void check_adapter(const Adapter& adapter, std::optional<DType> dtype, const std::vector<Dim>& shape, Span span);

  // ---- constants.cpp
  std::optional<NamePieces> pieces(std::string_view text, Span span, const std::map<std::string, Dim>& indices,
                                   Scope* scope);
  std::optional<Dim> piece_expression(std::string_view text, Span span, const std::map<std::string, Dim>& indices,
                                      Scope* scope, NamePieces& out);
  bool constant_sources(const DeclSite& site, Variable& v, const std::vector<NamePieces>& sources,
                        const std::vector<Dim>& index_symbols, Scope* scope);
  std::optional<std::string> piece_text(const NamePieces& p, const std::vector<std::pair<SymbolId, int64_t>>& values);
  std::optional<uint32_t> find_member(const std::vector<std::string>& candidates, const DeclSite& site,
                                      const Variable& v);
  void note_sources(const DeclSite& site, Diagnostic& d) const;
  bool fit_shape(Variable& v, const Shape& stored, bool plain, const std::string& what, Span span);
  std::optional<std::vector<std::byte>> encode(const std::vector<NumberValue>& numbers, DType dtype, Span span,
                                               const std::string& what);

  // ---- beginnings.cpp: volatile and persistent memory that begins as tensors of the package
  bool begins_as_members(const DeclSite& site, Variable& v);
  VarId beginning(VarId var, size_t indices);
  Step copy_of_beginning(Operand to, size_t indices);

  std::optional<uint32_t> inline_constant(const MetaValue& meta, DType dtype, Shape shape, Span span,
                                          const std::string& what);

  // ---- absent.cpp
  bool no_package_given() const;
  static void blame_the_missing_package(Diagnostic& d);
  bool absent(const Variable& v, const std::vector<std::string>& tried);  // reports it
  bool use_default(const DeclSite& site, const Attribute& attribute, Variable& v, size_t indices, Scope* scope);
  void name_sizes(const DeclSite& site, const Variable& v, const std::string& source, Scope* scope);
  static void fill_in_each_step(Variable& v);

  // ---- operands.cpp
  std::optional<Operand> operand(const Ref& ref, const File& file, Scope* scope);
  std::optional<Operand> input(const Value& v, const File& file, Scope* scope);
  std::optional<Operand> whole(VarId var, Span span);
  struct Place {  // a ref with its index lists, before vectors become steps
    Operand operand;
    std::vector<Operand> vectors;
    std::vector<int> axes;
    std::vector<Dim> shape;  // with the vectors' axis in place
  };
  std::optional<Place> place(const Ref& ref, const File& file, Scope* scope);
  bool takes_blocks_apart(const Place& place, size_t families);  // reports E0203
  // How far an index goes over the loops around, where all their iterations reach this node for certain.
  struct Corner {
    Dim value;
    std::string where;  // "at i = 3"
  };
  std::vector<Corner> corners(Dim d);
  bool may_be_empty(Dim trips);
  void note_read(const Operand& o);
  void note_write(VarId var, bool whole, Span span);
  bool may_write(VarId var, Span span, bool by_cache);
  std::string entity_name(const Operand& o) const;

  // ---- growing.cpp: @auto_dim
  void growing_axes(const DeclSite& site, const Attribute& attribute, bool table, Variable& v);
  // The declaration's indices of a place in a growing tensor: selectors of the member into `place`, sizes of the
  // growing axes into `sizes`. False: reported.
  bool growing_indices(const Ref& ref, VarId var, const File& file, Scope* scope, Place& place,
                       std::vector<Dim>& sizes);
  void reset_growing(const Ref& ref, VarId var, const File& file, Scope* scope);
  Dim ungrown(Dim d);
  // Whether a value of shape `given` is what was declared as `declared`, grown.
  bool is_grown(const std::vector<Dim>& given, const std::vector<Dim>& declared);
  // A variable that nobody used yet, or that took a grown shape before, may take the one of the value it now gets.
  bool may_take(VarId var, const std::vector<Dim>& given);
  void take_shape(VarId var, const std::vector<Dim>& given);
  // Shapes of results that have grown from what is declared, and are taken; empty ones are as declared.
  std::vector<std::vector<Dim>> grown_results(OpSite& site, const Step& step,
                                              const std::vector<std::optional<VarId>>& existing);
  Dim now(Dim d);  // the size that `d` has when this node runs, whatever grows later
  void forget_growth(const Step& fill, std::vector<Step>& into);

  // ---- ops.cpp
  void lower_op(const OpNode& op, const Node& node, const File& file, Scope* scope);
  std::optional<AttrValue> attribute(const AttrSpec& spec, const Value& v, const File& file, Scope* scope,
                                     StepAttr& out);
  std::vector<std::optional<VarId>> outputs(const Outs& outs, const File& file, Scope* scope, std::vector<Type>& types);
  void settle(OpSite& site, Step& step, const Outs& outs, Span span);
  void infer_literal_types(OpSite& site, Step& step);
  void whole_values(const OpSite& site, const Step& step, const std::vector<const Arg*>& given);
  void place_devices(Step& step, Span span);

  // ---- family_slices.cpp
  // The next input of the step may be a slice of a family.
  static bool takes_family(const Step& step);
  // Nothing: not such a slice. No members: reported.
  std::optional<FamilySlice> family_slice(const Value& v, const File& file, Scope* scope);
  std::optional<int64_t> member_;  // which one `..` at a family's last index stands for while a slice is read

  // ---- calls.cpp
  void lower_call(const CallNode& call, const Node& node, const File& file, Scope* scope);
  void def_body(const Def& def, const File& file, Scope* inner);
  bool of_last_axis(const Step& step);
  void lower_fuse(const FuseNode& fuse, const Node& node, const File& file, Scope* scope);

  // ---- uncalled.cpp
  bool uncalled_parameter(const Param& p, const File& file, VarKind tables, Scope* inner);
  bool uncalled_results(const Def& def, const File& file, Scope* inner);

  // ---- control.cpp
  void lower_nodes(const std::vector<Node>& nodes, const File& file, Scope* scope);
  void lower_node(const Node& node, const File& file, Scope* scope);
  void lower_body(const Node& node, const File& file, Scope* scope);
  void lower_sizes(const SizesNode& sizes, const File& file, Scope* scope);
  void lower_branch(const BranchNode& branch, const Node& node, const File& file, Scope* scope);
  void lower_loop(const LoopNode& loop, const Node& node, const File& file, Scope* scope);
  void inline_block(const Ident& name, const Node* node, Scope* scope, std::vector<Step>& into);
  std::optional<Operand> condition(const Ref& ref, const File& file, Scope* scope);
  void with_body(std::vector<Step>& body, const std::function<void()>& f);

  // ---- moves.cpp: transfer, cache, emit
  void lower_transfer(const Ref& from, const Out& to, bool by_cache_read, const Node& node, const File& file,
                      Scope* scope);
  void lower_cache_write(const CacheWriteNode& n, const Node& node, const File& file, Scope* scope);
  void lower_cache_step(const CacheStepNode& n, const Node& node, const File& file, Scope* scope);
  void lower_cache_reset(const CacheResetNode& n, const Node& node, const File& file, Scope* scope);
  void lower_emit(const EmitNode& n, const Node& node, const File& file, Scope* scope);
  std::optional<Operand> source(const Ref& ref, const File& file, Scope* scope);
  void copy_into(Operand from, Place to, bool convert, bool broadcast, const Node& node);
  Diagnostic sides(Diagnostic d, const Operand& from, VarId to) const;
  bool broadcastable(const Operand& value, const Place& place, Step& step);

  // ---- concurrency.cpp
  void lower_yield(const YieldNode& y, const Node& node, Scope* scope);
  void lower_await(const AwaitNode& a, const Node& node, Scope* scope);
  void never_awaited(size_t base);
  void note_touch(VarId var, bool write, Span span);
  Handover* handed_over(VarId var);
  bool refuse_handed_over(VarId var, Span span);  // reports E0405
  void refuse_leaving(size_t base, const char* word, Span span);
  std::vector<const BlockSite*> consumers(const std::set<std::string>& names, Handover& handover, Span span);
  void run_consumer(const BlockSite& site, Handover& handover, Scope* scope);

  DimTable& dims() { return *program_.dims; }
  const DimTable& dims() const { return *program_.dims; }

  const Graph& graph_;
  const Names& names_;
  const LowerOptions& options_;
  Diagnostics& diagnostics_;
  const bool expects_package_;
  const std::map<std::string, std::vector<const DeclSite*>, std::less<>>& bare_names_;
  Program program_;
  Scope program_scope_;

  // faults
  size_t faults_ = 0;        // errors found, those included that were reported before in another expansion
  bool lost_nodes_ = false;  // a block that is not there might have written anything
  std::set<std::string, std::less<>> unknown_sizes_, unknown_variables_;

  // sizes
  std::set<uint32_t> stand_ins_;
  std::unordered_map<uint32_t, Dim> bound_;       // placeholder symbol -> value
  std::unordered_map<uint32_t, Dim> settled_;     // of those: what they come to, emptied by bind()
  std::unordered_map<uint32_t, Dim> resolved_;    // cache of resolve(), emptied by bind()
  std::unordered_map<uint32_t, Dim> dim_bounds_;  // largest value of a Dim
  std::set<std::string, std::less<>> resolving_;  // sizes under way: cycles

  // expansion
  std::vector<Step>* body_ = nullptr;
  std::vector<std::string> block_stack_;
  std::vector<size_t> block_defs_;  // of each of these: how many defs were being expanded when it began
  std::vector<std::pair<std::string, Span>> def_stack_;
  std::map<const Def*, std::set<std::string>> def_writes_;  // names_written(), see calls.cpp
  std::vector<Span> chain_;
  std::vector<uint32_t> node_counter_;
  uint32_t current_node_ = 0;
  uint64_t expanded_ = 0;
  std::set<std::string> reached_;  // blocks
  std::set<const Def*> reached_defs_;
  int nesting_ = 0;  // nodes in nodes
  int depth_ = 0;    // nesting of loops and selects
  int loops_ = 0;
  std::vector<uint32_t> loop_stack_;        // symbols of the loops around, outermost first
  size_t certain_ = 0;                      // loops from here on run all their iterations, and each of them this node
  std::map<uint32_t, int> declared_depth_;  // temporaries: nesting where declared
  std::map<uint32_t, std::vector<Step>*> declared_body_;
  std::map<uint32_t, SymbolId> scalars_;                 // scalars with a known reading
  std::map<uint32_t, std::pair<Dim, Dim>> loop_bounds_;  // loop symbol -> half-open range
  std::vector<Handover> handovers_;
  std::vector<size_t> loop_handed_, block_handed_;  // of the loops and blocks around: what was handed over before
  std::vector<std::pair<std::set<uint32_t>*, std::set<uint32_t>*>> recorders_;  // reads, writes of consumers under way
  std::map<uint32_t, Dim> growth_;  // symbols that say how far something has grown: their value where it has not
  std::set<uint32_t> changing_;     // those of variables, which several nodes may define
  std::set<uint32_t> touched_;      // variables that a node read or wrote
  struct Taken {
    std::vector<Dim> declared;                    // shape
    std::vector<std::optional<SymbolId>> growth;  // per axis
  };
  std::map<uint32_t, Taken> taken_;       // variables that take grown shapes
  std::map<uint32_t, VarId> beginnings_;  // variables with @ref -> the constant they begin as
  std::vector<Step> prologue_;            // volatile memory with @ref gets its value first
  bool failed_package_ = false;
  bool asks_for_nothing_ = false;  // of the package: what nobody reads may be absent
  bool piece_was_name_ = false;
};

}  // namespace openinfer
