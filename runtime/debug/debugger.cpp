#include "runtime/debug/debugger.h"

#include <algorithm>
#include <charconv>
#include <istream>
#include <ostream>

#include "runtime/adapters/show_tensor.h"
#include "runtime/trace/statistics.h"

namespace openinfer {
namespace {

constexpr std::string_view kHelp =
    R"(break FILE:LINE, LINE, BLOCK:NODE, BLOCK   stop before a node; `break` alone lists them
delete N, delete                           forget breakpoint N, or all
step                                       to the next node, into defs and blocks
next                                       to the next node that is no deeper
continue                                   to the next breakpoint
print X, X[1, 0..2], N                     a variable, a part of it, a size or a loop's index
stats X                                    type, shape, range, mean, digest
set X[..] = VALUE                          change it; one number stands for all elements
where                                      steps, blocks, loops and calls around here
list                                       the source around here
quit                                       end the run
An empty line repeats step or next. Commands may be shortened: b, d, s, n, c, p, w, l, q.)";

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t' || s.front() == '\r')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '\r')) s.remove_suffix(1);
  return s;
}

std::optional<uint32_t> whole_number(std::string_view text) {
  uint32_t n = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (code != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return n;
}

// What a person may look at is a node; the rest serves it.
bool is_stop(const RunPoint& point) {
  if (point.step() == 0) return false;
  if (point.command != kNoCommand) return true;
  switch (point.instruction().kind) {
    case InstructionKind::view:
    case InstructionKind::load:
    case InstructionKind::increment:
    case InstructionKind::emit:
    case InstructionKind::jump_if:
    case InstructionKind::jump_if_not:
      return true;
    default:
      return false;
  }
}

}  // namespace

Debugger::Debugger(const Session& session, std::istream& in, std::ostream& out, bool echo)
    : program_(session.program()),
      sources_(session.model().sources()),
      identities_(session.model().graph(), sources_),
      frames_(program_, sources_),
      scope_(program_, session.model().graph(), sources_, frames_),
      values_(program_, scope_),
      in_(in),
      out_(out),
      echo_(echo) {}

Status Debugger::step_begin(RunState&, const Plan&) {
  scope_.step_begins();
  node_ = UINT32_MAX;
  way_.clear();
  return {};
}

uint32_t Debugger::depth(const RunPoint& point) const {
  uint32_t n = 0;
  for (uint32_t f = frames_.around(point.step()); f != 0; f = frames_.frame(f).parent)
    n += frames_.frame(f).kind == Frame::Kind::loop ? 0 : 1;
  return n;
}

bool Debugger::stops(const RunPoint& point) {
  if (!is_stop(point) || ended_) return false;
  // Several commands may make up a node.
  const bool same = node_ == point.node() && point.step() > step_;
  node_ = point.node();
  step_ = point.step();
  if (same) return false;
  std::vector<uint32_t> way;
  for (uint32_t f = frames_.around(point.step());; f = frames_.frame(f).parent) {
    way.push_back(f);
    if (f == 0) break;
  }
  std::reverse(way.begin(), way.end());
  size_t known = 0;
  while (known < way.size() && known < way_.size() && way[known] == way_[known]) ++known;
  way_ = std::move(way);
  const auto entered = std::span(way_).subspan(known);
  for (const Breakpoint& b : breakpoints_)
    if (hits(b, point, entered)) return true;
  return until_ == Until::next_node || (until_ == Until::same_depth && depth(point) <= until_depth_);
}

bool Debugger::hits(const Breakpoint& b, const RunPoint& point, std::span<const uint32_t> entered) const {
  const auto meant = [&](uint32_t node) { return std::find(b.nodes.begin(), b.nodes.end(), node) != b.nodes.end(); };
  if (meant(point.node())) return true;
  const std::vector<Span>& chain = program_.nodes[point.node()].chain;
  for (const uint32_t f : entered) {
    const Frame& frame = frames_.frame(f);
    if (frame.kind != Frame::Kind::loop && frame.name == b.block) return true;
    if (frame.node != UINT32_MAX && meant(frame.node)) return true;
    if (frame.kind != Frame::Kind::def) continue;
    // Which of the calls around the node it is: as many defs are around it.
    size_t calls = 1;
    for (uint32_t p = frame.parent; p != 0; p = frames_.frame(p).parent)
      calls += frames_.frame(p).kind == Frame::Kind::def ? 1 : 0;
    if (calls > chain.size()) continue;
    const Span call = chain[chain.size() - calls];
    for (const uint32_t node : b.nodes) {
      const Span whole = program_.nodes[node].span;
      if (program_.nodes[node].word == "call" && whole.file == call.file && whole.begin <= call.begin &&
          call.end <= whole.end)
        return true;
    }
  }
  return false;
}

Status Debugger::before(RunState& state, const RunPoint& point) {
  if (!stops(point)) return {};
  return prompt(state, point);
}

Status Debugger::after(RunState& state, const RunPoint& point) {
  scope_.ran(state, point);
  const InstructionKind kind = point.instruction().kind;
  if (point.command == kNoCommand && (kind == InstructionKind::loop_begin || kind == InstructionKind::loop_next)) {
    // What is in the loop is entered anew, and where it begins, the loop itself.
    const uint32_t loop = frames_.around(point.step());
    const auto at = std::find(way_.begin(), way_.end(), loop);
    if (at != way_.end()) way_.erase(kind == InstructionKind::loop_next ? at + 1 : at, way_.end());
  }
  return {};
}

Status Debugger::prompt(RunState& state, const RunPoint& point) {
  out_ << stop_text(state, point);
  std::string line;
  while (true) {
    out_ << "> " << std::flush;
    if (!std::getline(in_, line)) {
      // The script is over; the run is not.
      ended_ = true;
      out_ << '\n' << std::flush;
      return {};
    }
    if (echo_) out_ << line << '\n';
    const auto again = command(state, point, trimmed(line));
    if (!again) {
      if (again.error().code == Code::C0001) return again.error();
      out_ << again.error().message << '\n';
      if (!again.error().help.empty()) out_ << again.error().help << '\n';
      continue;
    }
    if (!*again) {
      out_ << std::flush;
      return {};
    }
  }
}

Result<bool> Debugger::command(RunState& state, const RunPoint& point, std::string_view line) {
  if (line.empty()) line = last_command_;
  const size_t space = line.find_first_of(" \t");
  const std::string word(line.substr(0, space));
  const std::string_view rest = space == std::string_view::npos ? std::string_view() : trimmed(line.substr(space));
  const auto is = [&](std::string_view whole) { return word == whole || word == whole.substr(0, 1); };
  last_command_.clear();
  std::string said;
  if (word.empty() || word[0] == '#') return true;
  if (is("step") || is("next")) {
    last_command_ = word;
    until_ = is("step") ? Until::next_node : Until::same_depth;
    until_depth_ = depth(point);
    return false;
  }
  if (is("continue")) {
    until_ = Until::breakpoint;
    return false;
  }
  if (is("quit")) return Diagnostic(Code::C0001, "ended in the debugger");
  if (is("print")) {
    OINF_ASSIGN(said, show(state, point, rest, false));
  } else if (word == "stats") {
    OINF_ASSIGN(said, show(state, point, rest, true));
  } else if (word == "set") {
    OINF_ASSIGN(said, assign(state, point, rest));
  } else if (is("where")) {
    said = where(state, point);
  } else if (is("list")) {
    said = list(point);
  } else if (is("break")) {
    OINF_ASSIGN(said, break_at(point, rest));
  } else if (is("delete")) {
    OINF_ASSIGN(const size_t gone, forget(rest));
    said = std::to_string(gone) + (gone == 1 ? " breakpoint" : " breakpoints") + " deleted";
  } else if (word == "help" || word == "h" || word == "?") {
    said = kHelp;
  } else {
    return Diagnostic(Code::U0001, "`" + word + "` is no command; `help` lists them");
  }
  out_ << said << '\n';
  return true;
}

Result<size_t> Debugger::forget(std::string_view which) {
  if (which.empty()) {
    const size_t all = breakpoints_.size();
    breakpoints_.clear();
    return all;
  }
  const auto n = whole_number(which);
  if (!n || *n == 0 || *n > breakpoints_.size())
    return Diagnostic(Code::U0001, "there is no breakpoint " + std::string(which));
  breakpoints_.erase(breakpoints_.begin() + static_cast<ptrdiff_t>(*n - 1));
  return size_t{1};
}

Result<std::string> Debugger::break_at(const RunPoint& point, std::string_view text) {
  if (text.empty()) {
    std::string all;
    for (size_t i = 0; i < breakpoints_.size(); ++i)
      all += (i ? "\n" : "") + std::to_string(i + 1) + "  " + breakpoints_[i].text;
    return all.empty() ? std::string("no breakpoints") : all;
  }
  const size_t colon = text.rfind(':');
  const std::string_view front = colon == std::string_view::npos ? std::string_view() : text.substr(0, colon);
  const auto number = whole_number(colon == std::string_view::npos ? text : text.substr(colon + 1));
  const auto block = [&](std::string_view name) {
    return std::any_of(program_.nodes.begin(), program_.nodes.end(),
                       [&](const NodeInfo& n) { return n.block == name; });
  };
  Breakpoint b{std::string(text), {}, {}};
  const auto add = [&](auto&& wanted) {
    for (uint32_t i = 0; i < program_.nodes.size(); ++i)
      if (wanted(program_.nodes[i])) b.nodes.push_back(i);
  };
  if (colon == std::string_view::npos && !number) {
    if (!block(text))
      return Diagnostic(Code::U0001, "no block or def of this run is called `" + std::string(text) + "`");
    b.block = text;
  } else if (number && !front.empty() && block(front)) {
    add([&](const NodeInfo& n) { return n.block == front && n.index == *number; });
    if (b.nodes.empty())
      return Diagnostic(Code::U0001,
                        "`" + std::string(front) + "` has no node " + std::to_string(*number) + " in this run");
  } else if (number) {
    // The file by its whole name or the end of it; without one that of the node here.
    const FileId here = program_.nodes[point.node()].span.file;
    add([&](const NodeInfo& n) {
      if (!n.span.valid()) return false;
      const std::string_view file = sources_.name(n.span.file);
      const bool same = front.empty()
                            ? n.span.file == here
                            : file == front || (file.ends_with(front) && file[file.size() - front.size() - 1] == '/');
      return same && sources_.line_column(n.span.file, n.span.begin).line == *number;
    });
    if (b.nodes.empty())
      return Diagnostic(Code::U0001, "no node of this run begins on line " + std::to_string(*number) +
                                         (front.empty() ? "" : " of " + std::string(front)));
  } else {
    return Diagnostic(Code::U0001, "break takes FILE:LINE, LINE, BLOCK:NODE or BLOCK");
  }
  breakpoints_.push_back(std::move(b));
  return "breakpoint " + std::to_string(breakpoints_.size()) + " at " + breakpoints_.back().text;
}

Result<std::string> Debugger::show(RunState& state, const RunPoint& point, std::string_view what, bool statistics) {
  const auto size = [&](std::string_view name) { return scope_.size(state, point, name); };
  std::string_view rest = what;
  OINF_ASSIGN(const Selection s, parse_selection(rest, size));
  if (!trimmed(rest).empty()) return Diagnostic(Code::U0001, "`" + std::string(trimmed(rest)) + "` is too much");
  auto value = values_.read(state, point, s);
  if (!value) {
    if (const auto n = s.axes.empty() ? size(s.name) : std::nullopt) return s.name + " = " + std::to_string(*n);
    return value.error();
  }
  std::string text = selection_text(s) + ": " + std::string(name(value->dtype()));
  if (value->shape().rank() > 0) text += to_string(value->shape());
  if (statistics) {
    const Statistics f = statistics_of(*value);
    return text + "\n  min " + json_number(f.min) + ", max " + json_number(f.max) + ", mean " + json_number(f.mean) +
           ", " + std::to_string(f.nan) + " nan, " + std::to_string(f.inf) + " inf\n  digest " +
           hex64(digest_of(*value));
  }
  constexpr int64_t kShown = 64;
  if (value->elements() <= kShown) {
    OINF_ASSIGN(const std::string values, tensor_json(value->view()));
    return text + " = " + values;
  }
  const Statistics f = statistics_of(*value);
  return text + ", from " + json_number(f.min) + " to " + json_number(f.max) + "; print a part of it";
}

Result<std::string> Debugger::assign(RunState& state, const RunPoint& point, std::string_view what) {
  const auto size = [&](std::string_view name) { return scope_.size(state, point, name); };
  OINF_ASSIGN(const Selection s, parse_selection(what, size));
  what = trimmed(what);
  if (what.empty() || what[0] != '=') return Diagnostic(Code::U0001, "set takes NAME[…] = VALUE");
  if (!scope_.variable(point, s.name) && size(s.name))
    return Diagnostic(Code::I0008, "`" + s.name + "` is a size: it follows from what was read before");
  return values_.write(state, point, s, trimmed(what.substr(1)));
}

std::string Debugger::source_line(FileId file, uint32_t line, uint32_t now) const {
  const std::string number = std::to_string(line);
  return (line == now ? "-> " : "   ") + std::string(number.size() < 5 ? 5 - number.size() : 0, ' ') + number + " | " +
         std::string(sources_.line_text(file, line));
}

std::string Debugger::stop_text(RunState& state, const RunPoint& point) const {
  const NodeInfo& node = program_.nodes[point.node()];
  std::string text = "before node " + std::to_string(node.index) + " (" + node.word + ") of " + node.block;
  if (node.span.valid()) text += ", " + identities_.place(node.span);
  std::string loops;
  for (uint32_t f = frames_.around(point.step()); f != 0; f = frames_.frame(f).parent) {
    const Frame& frame = frames_.frame(f);
    if (frame.kind == Frame::Kind::loop)
      loops = ", " + program_.symbol(frame.symbol).name + "=" + std::to_string(state.symbol(frame.symbol)) + loops;
  }
  text += loops + "\n";
  if (node.span.valid()) {
    const uint32_t line = sources_.line_column(node.span.file, node.span.begin).line;
    text += source_line(node.span.file, line, line) + "\n";
  }
  return text;
}

std::string Debugger::where(RunState& state, const RunPoint& point) const {
  const NodeInfo& node = program_.nodes[point.node()];
  std::string text = "node " + std::to_string(node.index) + " (" + node.word + ") at " + identities_.place(node.span);
  size_t call = 0;
  for (uint32_t f = frames_.around(point.step());; f = frames_.frame(f).parent) {
    const Frame& frame = frames_.frame(f);
    if (frame.kind == Frame::Kind::loop) {
      text += "\nin loop " + frame.name + ", " + program_.symbol(frame.symbol).name + "=" +
              std::to_string(state.symbol(frame.symbol)) + ", at " + identities_.place(program_.nodes[frame.node].span);
    } else if (frame.kind == Frame::Kind::def) {
      text += "\nin def " + frame.name;
      if (call < node.chain.size()) text += ", called at " + identities_.place(node.chain[call++]);
    } else {
      text += "\nin block " + frame.name;
      if (frame.node != UINT32_MAX) text += ", from " + identities_.place(program_.nodes[frame.node].span);
    }
    if (f == 0) return text;
  }
}

std::string Debugger::list(const RunPoint& point) const {
  const Span span = program_.nodes[point.node()].span;
  if (!span.valid()) return "the graph came without a text";
  const uint32_t now = sources_.line_column(span.file, span.begin).line;
  const uint32_t lines = sources_.line_column(span.file, static_cast<uint32_t>(sources_.text(span.file).size())).line;
  std::string text;
  for (uint32_t l = now > 4 ? now - 4 : 1; l <= std::min(lines, now + 4); ++l)
    text += (text.empty() ? "" : "\n") + source_line(span.file, l, now);
  return text;
}

}  // namespace openinfer
