// The recursive-descent parser, one file for each part of the grammar: parse_item, parse_decl, parse_node, parse_expr,
// parse_trivia; parser.cpp is the machinery that they stand on.
//
// Errors put it into panic: from then on it sees only tokens of kind `nothing`, so that every rule falls through to its
// end without a word, up to a statement, which recovers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/token.h"
#include "ir/diagnostic.h"
#include "ir/graph.h"
#include "ir/literal.h"

namespace openinfer::dsl {

class Parser {
 public:
  Parser(FileId file, const SourceMap& sources, Diagnostics& diagnostics);

  File parse_file();

 private:
  // ---- tokens (parser.cpp) ----
  [[nodiscard]] const Token& peek(size_t ahead = 0) const;
  [[nodiscard]] bool at(TokenKind kind) const { return peek().kind == kind; }
  [[nodiscard]] std::string_view text(const Token& token) const {
    return text_.substr(token.begin, token.end - token.begin);
  }
  [[nodiscard]] bool at_word(std::string_view word) const;
  [[nodiscard]] Span span(const Token& token) const { return {file_id_, token.begin, token.end}; }
  // From the token at index `first` to the last one taken.
  [[nodiscard]] Span span_from(size_t first) const;
  const Token& take();
  bool accept(TokenKind kind);
  // Takes a token of that kind, else reports that it was expected. `where` continues the sentence: " behind the type".
  bool expect(TokenKind kind, std::string_view where = "");
  // The `;` of a statement. One that is missing at the end of a line is reported there and taken as read.
  void expect_semicolon();
  Ident expect_ident(std::string_view what);
  std::string expect_string(std::string_view what);

  // ---- errors (parser.cpp) ----
  // Reports, unless something was reported at this very place before; gives the diagnostic, to add to, or null.
  Diagnostic* report(Code code, std::string message, Span span);
  [[nodiscard]] bool beside_fault(Span span) const;
  // Reports and panics.
  Diagnostic* error(Code code, std::string message, Span span);
  // "expected WHAT, found the next token". `candidates`: words that might have been meant.
  void error_expected(std::string_view what, const std::vector<std::string_view>& candidates = {});
  [[nodiscard]] std::string found() const;
  // Ends the panic of the statement that began at token `first`: goes behind its `;` or its body, or in front of the }
  // that ends the body around it, or of a line that begins like another statement.
  void recover(size_t first);
  // Behind the head of something with a body. When the head is broken: false, and the panic ends if the { stands on the
  // same line, so that errors in the body are found as well.
  bool reach_body();
  [[nodiscard]] bool at_statement() const;

  // ---- comments (parse_trivia.cpp) ----
  // In front of a statement: what stands above it.
  Trivia leading_trivia();
  // Behind a statement: what stood inside it, which moves above it, and what stands behind it on its line.
  void finish_trivia(Trivia& trivia);
  // Takes the { and what stands behind it on its line.
  bool open_body(Trivia& trivia);
  // What stands in front of the } or the end.
  std::vector<Comment> tail_comments();
  void hoist_comments(Trivia& trivia);
  std::string comments_on_this_line();

  // ---- items (parse_item.cpp) ----
  void parse_header(File& file);
  void parse_item(File& file);
  // Ends a panic between items: goes to the next thing that is one.
  void recover_item(size_t first);
  Include parse_include();
  std::optional<Block> parse_block(Trivia trivia);
  std::optional<Def> parse_def(Trivia trivia);
  std::vector<Param> parse_params();
  SizesSection parse_sizes(Trivia& trivia, bool file_level);
  SizeDef parse_size(bool file_level);
  // Behind the { of a body: calls `statement` up to its }. `entries`: it holds entries, not nodes or sections.
  template <class Statement>
  void parse_body(bool entries, std::vector<Comment>& tail, Statement statement);
  void close_body(Span opening, std::vector<Comment>& tail);
  // Something that no body holds, so that a } must be missing.
  [[nodiscard]] bool at_item(bool entries) const;

  // ---- declarations (parse_decl.cpp) ----
  [[nodiscard]] std::optional<MemoryKind> at_memory() const;
  MemorySection parse_memory(MemoryKind kind, Trivia trivia);
  Decl parse_decl();
  std::vector<Ident> parse_indices();
  TypeExpr parse_type();
  std::vector<Attribute> parse_attributes();

  // ---- nodes (parse_node.cpp) ----
  // Nothing after an error.
  std::optional<Node> parse_node(Trivia trivia);
  std::optional<NodeBody> parse_node_body(Trivia& trivia);
  NodeBody parse_branch();
  std::optional<NodeBody> parse_loop(Trivia& trivia);
  NodeBody parse_fuse(Trivia& trivia);
  NodeBody parse_dep();
  NodeBody parse_cache();
  NodeBody parse_cache_step(bool decrement);
  std::vector<Arg> parse_args();
  Outs parse_outs();
  Out parse_out(bool may_be_indexed);
  Ident parse_what();
  std::vector<Ident> parse_names();
  void parse_nodes(std::vector<Node>& nodes, std::vector<Comment>& tail);

  // ---- expressions and values (parse_expr.cpp) ----
  ExprId parse_expr();
  ExprId parse_term();
  ExprId parse_factor();
  ExprId parse_function(ExprKind kind);
  ExprId parse_integer();
  Ref parse_ref(std::string_view what);
  Index parse_index();
  Bound parse_bound();
  Value parse_value();
  Value parse_number(bool negative, size_t first);
  NumberLiteral check_number(const Token& token, bool negative);
  ExprId add_expr(Expr expr, size_t first);

  // Counts how deep a rule has called itself; past kMaxNesting it is an error.
  class Nesting {
   public:
    Nesting(Parser& parser, int& depth);
    ~Nesting() { --depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    int& depth_;
  };

  FileId file_id_;
  std::string_view text_;
  Tokens tokens_;
  Diagnostics& diagnostics_;
  File file_;
  std::vector<uint16_t> expr_depth_;  // of each Expr of file_: 1 for a leaf
  size_t at_ = 0;                     // the next token
  size_t comment_ = 0;                // the next comment that nobody has taken
  uint32_t last_error_ = UINT32_MAX;  // the byte of the last one
  size_t errors_ = 0;
  bool panic_ = false;
  int body_depth_ = 0;
  int expr_nesting_ = 0;
  int value_depth_ = 0;
};

template <class Statement>
void Parser::parse_body(bool entries, std::vector<Comment>& tail, Statement statement) {
  if (panic_) return;
  const Span opening = span(tokens_.list[at_ - 1]);
  while (!at(TokenKind::right_brace) && !at(TokenKind::end) && !at_item(entries)) {
    const size_t first = at_;
    statement();
    if (panic_) recover(first);
  }
  close_body(opening, tail);
}

}  // namespace openinfer::dsl
