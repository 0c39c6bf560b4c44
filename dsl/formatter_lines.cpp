#include "dsl/formatter.h"
#include "dsl/wrap.h"

namespace openinfer::dsl {
namespace {

constexpr size_t kCommentColumn = 60;  // blanks and code in front of a comment behind short code
constexpr size_t kHang = 4;            // how far a broken line's rest is indented

}  // namespace

void Formatter::comments(const std::vector<Comment>& list) {
  for (const Comment& comment : list) {
    // What stands above the first comment of a statement is the statement's.
    if (comment.blank_before && !fresh_ && !out_.ends_with("\n\n")) out_ += "\n";
    out_.append(indent_, ' ').append(comment.text).append("\n");
    fresh_ = false;
  }
}

void Formatter::above(const Trivia& trivia, bool apart) {
  if ((trivia.blank_before || apart) && !fresh_) out_ += "\n";
  comments(trivia.leading);
  if (trivia.blank_below && !trivia.leading.empty()) out_ += "\n";
  fresh_ = false;
}

void Formatter::put_behind(std::string_view trailing) {
  if (!trailing.empty()) {
    const size_t column = columns(std::string_view(out_).substr(line_begin_));
    out_.append(column < kCommentColumn ? kCommentColumn - column : 2, ' ').append(trailing);
  }
  out_ += "\n";
}

void Formatter::statement(std::string_view code, std::string_view trailing) {
  statement(code, trailing, indent_ + kHang);
}

void Formatter::statement(std::string_view code, std::string_view trailing, size_t hang) {
  const size_t begin = out_.size();
  out_ += wrap(code, indent_, hang);
  const size_t end = out_.rfind('\n');
  line_begin_ = end == std::string::npos || end < begin ? begin : end + 1;
  put_behind(trailing);
}

void Formatter::open(std::string_view code, std::string_view opening) {
  statement(code, opening);
  indent_ += 2;
  fresh_ = true;
}

void Formatter::close(const std::vector<Comment>& tail, std::string_view code, std::string_view trailing) {
  comments(tail);
  indent_ -= 2;
  fresh_ = false;
  statement(code, trailing);
}

}  // namespace openinfer::dsl
