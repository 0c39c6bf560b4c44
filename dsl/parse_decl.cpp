// Memory sections, declarations, types and attributes.
#include "dsl/parser.h"

namespace openinfer::dsl {

std::optional<MemoryKind> Parser::at_memory() const {
  for (MemoryKind kind : {MemoryKind::dynamic, MemoryKind::volatile_, MemoryKind::constant, MemoryKind::persistent})
    if (at_word(name(kind))) return kind;
  return std::nullopt;
}

MemorySection Parser::parse_memory(MemoryKind kind, Trivia trivia) {
  MemorySection section;
  section.kind = kind;
  const size_t first = at_;
  take();
  reach_body();
  open_body(trivia);
  parse_body(true, section.tail, [&] {
    Decl decl = parse_decl();
    if (!panic_) section.decls.push_back(std::move(decl));
  });
  section.span = span_from(first);
  finish_trivia(trivia);
  section.trivia = std::move(trivia);
  return section;
}

Decl Parser::parse_decl() {
  Decl decl;
  decl.trivia = leading_trivia();
  const size_t first = at_;
  decl.name = expect_ident("the name of a variable");
  decl.indices = parse_indices();
  expect(TokenKind::colon, " and a type");
  decl.type = parse_type();
  decl.attributes = parse_attributes();
  expect_semicolon();
  decl.span = span_from(first);
  finish_trivia(decl.trivia);
  return decl;
}

std::vector<Ident> Parser::parse_indices() {
  std::vector<Ident> indices;
  if (!accept(TokenKind::left_parenthesis)) return indices;
  do indices.push_back(expect_ident("the name of an index"));
  while (accept(TokenKind::comma) && !at(TokenKind::right_parenthesis));
  expect(TokenKind::right_parenthesis);
  return indices;
}

TypeExpr Parser::parse_type() {
  TypeExpr type;
  const size_t first = at_;
  type.name = expect_ident("a type");
  if (accept(TokenKind::left_bracket)) {
    type.has_dims = true;
    while (!panic_ && !at(TokenKind::right_bracket)) {
      type.dims.push_back(parse_expr());
      if (!accept(TokenKind::comma)) break;
    }
    expect(TokenKind::right_bracket);
  }
  type.span = span_from(first);
  return type;
}

std::vector<Attribute> Parser::parse_attributes() {
  std::vector<Attribute> attributes;
  while (at(TokenKind::at)) {
    Attribute attribute;
    const size_t first = at_;
    take();
    attribute.name = expect_ident("the name of an attribute");
    if (accept(TokenKind::left_parenthesis)) {
      attribute.has_args = true;
      while (!panic_ && !at(TokenKind::right_parenthesis)) {
        AttributeArg arg;
        if (at(TokenKind::identifier) && peek(1).kind == TokenKind::equals) {
          arg.name = expect_ident("a name");
          take();
        }
        arg.value = parse_value();
        attribute.args.push_back(std::move(arg));
        if (!accept(TokenKind::comma)) break;
      }
      expect(TokenKind::right_parenthesis);
    }
    attribute.span = span_from(first);
    attributes.push_back(std::move(attribute));
  }
  return attributes;
}

}  // namespace openinfer::dsl
