// Files, includes, sizes, blocks and defs.
#include "dsl/parser.h"

namespace openinfer::dsl {
namespace {

const std::vector<std::string_view> kItemWords{"include",  "sizes",      "dynamic", "volatile",
                                               "constant", "persistent", "def",     "block"};

}  // namespace

File Parser::parse_file() {
  if (at_word("graph")) parse_header(file_);
  while (!at(TokenKind::end)) {
    const size_t first = at_;
    parse_item(file_);
    if (panic_) recover_item(first);
  }
  file_.tail = tail_comments();
  return std::move(file_);
}

void Parser::recover_item(size_t first) {
  recover(first);
  while (!at(TokenKind::end) && (at_ == first || !at_item(true))) take();
}

void Parser::parse_header(File& file) {
  Header header;
  header.trivia = leading_trivia();
  const size_t first = at_;
  take();
  header.name = expect_ident("the name of the graph");
  if (at_word("version"))
    take();
  else
    error_expected("`version`");
  if (at(TokenKind::integer)) {
    const Token& token = take();
    header.version = check_number(token, false).integer;
    if (token.sound && header.version != 1)
      report(Code::E0009, "version " + std::string(text(token)) + " of the language is not known; this is version 1",
             span(token));
  } else {
    error_expected("the version of the language");
  }
  expect_semicolon();
  header.span = span_from(first);
  finish_trivia(header.trivia);
  if (panic_) return recover(first);
  file.header = std::move(header);
}

bool Parser::at_item(bool entries) const {
  if (!at(TokenKind::identifier)) return false;
  const std::string_view word = text(peek());
  const TokenKind next = peek(1).kind, after = peek(2).kind;
  if (word == "include") return next == TokenKind::string;
  if (word == "block") return next == TokenKind::identifier && after == TokenKind::left_brace;
  if (word == "def") return next == TokenKind::identifier && after == TokenKind::left_parenthesis;
  return entries && next == TokenKind::left_brace && (word == "sizes" || at_memory());
}

void Parser::parse_item(File& file) {
  Trivia trivia = leading_trivia();
  if (at_word("include")) {
    Include include = parse_include();
    finish_trivia(trivia);
    include.trivia = std::move(trivia);
    if (!panic_) file.items.emplace_back(std::move(include));
  } else if (at_word("sizes")) {
    SizesItem item;
    item.sizes = parse_sizes(trivia, true);
    finish_trivia(trivia);
    item.trivia = std::move(trivia);
    if (!panic_) file.items.emplace_back(std::move(item));
  } else if (const auto kind = at_memory()) {
    MemorySection section = parse_memory(*kind, std::move(trivia));
    if (!panic_) file.items.emplace_back(std::move(section));
  } else if (at_word("def")) {
    if (auto def = parse_def(std::move(trivia))) file.items.emplace_back(std::move(*def));
  } else if (at_word("block")) {
    if (auto block = parse_block(std::move(trivia))) file.items.emplace_back(std::move(*block));
  } else if (at_word("graph")) {
    error(Code::E0005, "`graph` stands once, in front of everything else", span(peek()));
  } else {
    error_expected("include, sizes, a memory section, def or block", kItemWords);
  }
}

Include Parser::parse_include() {
  Include include;
  const size_t first = at_;
  take();
  include.path = expect_string("the path of the file, a string");
  if (!panic_ && !tokens_.list[at_ - 1].sound) panic_ = true;  // no file has this path
  expect_semicolon();
  include.span = span_from(first);
  return include;
}

SizesSection Parser::parse_sizes(Trivia& trivia, bool file_level) {
  SizesSection section;
  const size_t first = at_;
  take();
  reach_body();
  open_body(trivia);
  parse_body(true, section.tail, [&] {
    SizeDef size = parse_size(file_level);
    if (!panic_) section.sizes.push_back(std::move(size));
  });
  section.span = span_from(first);
  return section;
}

SizeDef Parser::parse_size(bool file_level) {
  SizeDef size;
  size.trivia = leading_trivia();
  const size_t first = at_;
  size.name = expect_ident("the name of a size");
  if (at(TokenKind::question_equals)) {
    if (!file_level)
      report(Code::E0005, "`?=` stands in sizes of the file only: a run-time size has no other source", span(peek()));
    take();
    size.if_absent = true;
  } else {
    expect(TokenKind::equals, file_level ? " or `?=`" : "");
  }
  size.value = parse_expr();
  expect_semicolon();
  size.span = span_from(first);
  finish_trivia(size.trivia);
  return size;
}

std::optional<Block> Parser::parse_block(Trivia trivia) {
  Block block;
  const size_t first = at_;
  take();
  block.name = expect_ident("the name of the block");
  const bool sound = reach_body();
  open_body(trivia);
  parse_nodes(block.nodes, block.tail);
  block.span = span_from(first);
  finish_trivia(trivia);
  block.trivia = std::move(trivia);
  if (panic_ || !sound) return std::nullopt;
  return block;
}

std::optional<Def> Parser::parse_def(Trivia trivia) {
  Def def;
  const size_t first = at_;
  take();
  def.name = expect_ident("the name of the def");
  def.params = parse_params();
  expect(TokenKind::arrow, " and the results");
  def.results = parse_params();
  const bool sound = reach_body();
  open_body(trivia);
  parse_body(false, def.tail, [&] {
    Trivia inner = leading_trivia();
    if (const auto kind = at_memory()) {
      MemorySection section = parse_memory(*kind, std::move(inner));
      if (!panic_) def.body.emplace_back(std::move(section));
    } else if (auto node = parse_node(std::move(inner))) {
      def.body.emplace_back(std::move(*node));
    }
  });
  def.span = span_from(first);
  finish_trivia(trivia);
  def.trivia = std::move(trivia);
  if (panic_ || !sound) return std::nullopt;
  return def;
}

std::vector<Param> Parser::parse_params() {
  std::vector<Param> params;
  expect(TokenKind::left_parenthesis);
  while (!panic_ && !at(TokenKind::right_parenthesis)) {
    Param param;
    const size_t first = at_;
    param.name = expect_ident("the name of a parameter");
    param.indices = parse_indices();
    expect(TokenKind::colon, " and a type");
    param.type = parse_type();
    param.span = span_from(first);
    params.push_back(std::move(param));
    if (!accept(TokenKind::comma)) break;
  }
  expect(TokenKind::right_parenthesis);
  return params;
}

void Parser::close_body(Span opening, std::vector<Comment>& tail) {
  tail = tail_comments();
  if (accept(TokenKind::right_brace)) return;
  Diagnostic* d = error(Code::E0005, "expected `}`, found " + found(), span(peek()));
  if (d != nullptr) d->notes.push_back({"the body begins here", opening});
  panic_ = false;  // taken as read: what follows is sound
}

}  // namespace openinfer::dsl
