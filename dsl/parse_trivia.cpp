// Comments: every one is kept by the statement that it stands above, in, or behind.
#include "dsl/parser.h"

namespace openinfer::dsl {

Trivia Parser::leading_trivia() {
  Trivia trivia;
  // An empty line under an opening brace means nothing.
  const bool first = at_ == 0 || tokens_.list[at_ - 1].kind == TokenKind::left_brace;
  for (; comment_ < tokens_.comments.size() && tokens_.comments[comment_].next <= at_; ++comment_) {
    CommentToken& c = tokens_.comments[comment_];
    const bool blank = c.newlines >= 2;
    if (trivia.leading.empty()) trivia.blank_before = blank && !first;
    trivia.leading.push_back({std::move(c.text), blank && !trivia.leading.empty()});
  }
  const bool blank = tokens_.list[at_].newlines >= 2;
  if (trivia.leading.empty())
    trivia.blank_before = blank && !first;
  else
    trivia.blank_below = blank;
  return trivia;
}

void Parser::hoist_comments(Trivia& trivia) {
  for (; comment_ < tokens_.comments.size() && tokens_.comments[comment_].next < at_; ++comment_) {
    trivia.leading.push_back({std::move(tokens_.comments[comment_].text), trivia.blank_below});
    trivia.blank_below = false;
  }
}

std::string Parser::comments_on_this_line() {
  std::string text;
  for (; comment_ < tokens_.comments.size(); ++comment_) {
    CommentToken& c = tokens_.comments[comment_];
    if (c.next != at_ || c.newlines > 0 || !c.one_line) break;
    text += (text.empty() ? "" : " ") + c.text;
  }
  return text;
}

void Parser::finish_trivia(Trivia& trivia) {
  if (panic_) return;
  hoist_comments(trivia);
  trivia.trailing = comments_on_this_line();
}

bool Parser::open_body(Trivia& trivia) {
  if (!expect(TokenKind::left_brace)) return false;
  hoist_comments(trivia);
  trivia.opening = comments_on_this_line();
  return true;
}

std::vector<Comment> Parser::tail_comments() {
  std::vector<Comment> tail;
  const bool first = at_ == 0 || tokens_.list[at_ - 1].kind == TokenKind::left_brace;
  for (; comment_ < tokens_.comments.size() && tokens_.comments[comment_].next <= at_; ++comment_) {
    CommentToken& c = tokens_.comments[comment_];
    tail.push_back({std::move(c.text), c.newlines >= 2 && !(first && tail.empty())});
  }
  return tail;
}

}  // namespace openinfer::dsl
