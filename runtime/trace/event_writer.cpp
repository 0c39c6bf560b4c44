#include "runtime/trace/event_writer.h"

#include <algorithm>
#include <charconv>

#include "runtime/adapters/json_string.h"

namespace openinfer {
namespace {

void append_number(std::string& out, uint64_t n) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, n).ptr;
  out.append(digits, static_cast<size_t>(end - digits));
}

void append_signed(std::string& out, int64_t n) {
  if (n < 0) out += '-';
  append_number(out, n < 0 ? uint64_t{0} - static_cast<uint64_t>(n) : static_cast<uint64_t>(n));
}

// Microseconds, as the format wants them, to the nanosecond.
void append_micros(std::string& out, uint64_t nanoseconds) {
  append_number(out, nanoseconds / 1000);
  const auto rest = static_cast<unsigned>(nanoseconds % 1000);
  const char digits[4] = {'.', static_cast<char>('0' + rest / 100), static_cast<char>('0' + rest / 10 % 10),
                          static_cast<char>('0' + rest % 10)};
  out.append(digits, 4);
}

void append_event(std::string& out, char phase, uint64_t time) {
  out += ",\n{\"ph\":\"";
  out += phase;
  out += "\",\"pid\":1,\"tid\":1,\"ts\":";
  append_micros(out, time);
}

// A reader that keeps times as binary fractions may be a nanosecond off: durations end before what comes next begins.
constexpr uint64_t kGap = 2;

void append_complete(std::string& out, uint64_t begin, uint64_t end) {
  append_event(out, 'X', begin);
  out += ",\"dur\":";
  append_micros(out, end - begin > kGap ? end - begin - kGap : 0);
}

}  // namespace

void EventWriter::write(const Record& r, std::string& out) {
  switch (r.kind) {
    case RecordKind::plan:
      return;
    case RecordKind::step_begin:
      last_ = std::max(last_, scale_(r.words[0]));
      append_event(out, 'B', last_);
      out += ",\"cat\":\"step\",\"name\":\"step ";
      append_number(out, steps_);
      out += "\",\"args\":{\"step\":";
      append_number(out, steps_++);
      out += "}}";
      in_step_ = true;
      memory(last_, 0, r.words[1], out);
      open(0, last_, out);
      return;
    case RecordKind::step_end: {
      if (!in_step_) return;
      const uint64_t time = std::max(last_, scale_(r.words[0]));
      leave_to(0, out);
      last_ = time;
      memory(time, 0, r.words[1], out);
      append_event(out, 'E', time);
      out += r.words[2] ? "}" : ",\"args\":{\"failed\":true}}";
      in_step_ = false;
      parts_.clear();
      part_values_.clear();
      return;
    }
    case RecordKind::submission:
      return submission(r, out);
    case RecordKind::command:
      return command(r, out);
    case RecordKind::host:
      return host(r, out);
    case RecordKind::loop:
      return loop(r, out);
    case RecordKind::edit:
      last_ = std::max(last_, scale_(r.words[0]));
      append_event(out, 'i', last_);
      out += ",\"s\":\"t\",\"cat\":\"edit\",\"name\":\"edit\",\"args\":{\"what\":\"";
      out += json_escaped(text_of(r.words.subspan(1)));
      out += "\"}}";
      return;
  }
}

void EventWriter::memory(uint64_t time, uint64_t arena, uint64_t caches, std::string& out) {
  if (caches == 0 && caches_ != UINT64_MAX) caches = caches_;
  if (arena == arena_ && caches == caches_) return;
  arena_ = arena;
  caches_ = caches;
  append_event(out, 'C', time);
  out += ",\"name\":\"memory\",\"args\":{\"arena\":";
  append_number(out, arena);
  out += ",\"caches\":";
  append_number(out, caches);
  out += "}}";
}

void EventWriter::submission(const Record& r, std::string& out) {
  const SubmissionEvents& s = plan_->submissions[plan_->code[r.pc].index];
  const uint64_t* numbers = r.words.data() + 1;
  const auto times = r.words.subspan(1 + s.varying_words);
  if (times.empty() || times[0] == 0) return;
  memory(std::max(last_, scale_(times[0])), s.arena_peak, r.words[0], out);
  for (const NodeGroup& g : s.groups) {
    parts_.clear();
    for (uint32_t c = g.first; c < g.first + g.count && times[c + 1] != 0; ++c)
      parts_.push_back({c, scale_(times[c]), scale_(times[c + 1])});
    if (parts_.empty()) return;
    group(s, g, parts_, numbers, {}, out);
  }
  parts_.clear();
}

void EventWriter::command(const Record& r, std::string& out) {
  const SubmissionEvents& s = plan_->submissions[plan_->code[r.pc].index];
  const auto index = static_cast<uint32_t>(r.words[0]);
  const NodeGroup& g = s.groups[s.group_of[index]];
  if (index == g.first) {
    parts_.clear();
    part_values_.clear();
    if (index == 0) memory(std::max(last_, scale_(r.words[2])), s.arena_peak, r.words[1], out);
  }
  parts_.push_back({index, scale_(r.words[2]), scale_(r.words[3])});
  const std::string_view values = text_of(r.words.subspan(4 + s.varying_words));
  if (index == g.main) part_values_.emplace_back(index, values);
  if (index + 1 < g.first + g.count) return;
  const std::string of_main = part_values_.empty() ? std::string() : std::move(part_values_.back().second);
  group(s, g, parts_, r.words.data() + 4, of_main, out);
  parts_.clear();
  part_values_.clear();
}

void EventWriter::group(const SubmissionEvents& s, const NodeGroup& g, std::span<const Part> parts,
                        const uint64_t* numbers, std::string_view values, std::string& out) {
  const EventText& main = s.commands[g.main];
  enter(main.frame, parts.front().begin, out);
  node(main, parts.front().begin, parts.back().end, numbers, values, out);
  moved(s.commands[g.first], parts.front().begin, out);
  for (const Part& p : parts) wrote(s.commands[p.command], parts.front().begin);
  if (g.count == 1) return;
  for (const Part& p : parts) {
    append_complete(out, p.begin, p.end);
    out += ",\"cat\":\"kernel\",\"name\":\"";
    out += json_escaped(s.commands[p.command].kernel);
    out += "\"}";
  }
}

void EventWriter::node(const EventText& text, uint64_t begin, uint64_t end, const uint64_t* numbers,
                       std::string_view values, std::string& out) {
  last_ = std::max(last_, end);
  append_complete(out, begin, end);
  out += text.head;
  out += loops_;
  if (!text.operands.empty())
    out += text.operands;
  else
    append_operands(out, text, numbers);
  out += ",\"t_ns\":";
  append_number(out, begin);
  out += ",\"dur_ns\":";
  append_number(out, end - begin);
  out += values;
  out += "}}";
}

void EventWriter::host(const Record& r, std::string& out) {
  const InstructionEvents& e = plan_->code[r.pc];
  const EventText& text = plan_->hosts[e.index];
  const uint64_t begin = std::max(last_, scale_(r.words[0])), end = std::max(begin, scale_(r.words[1]));
  enter(text.frame, begin, out);
  const auto rank = static_cast<size_t>(r.words[2]);
  const std::string_view values = text_of(r.words.subspan(3 + rank));
  if (e.shape) {
    EventText known;
    known.head = text.head;
    known.list = text.list;
    for (EventText::Operand& o : known.list) o.known.shape.resize(static_cast<int>(rank));
    node(known, begin, end, r.words.data() + 3, values, out);
  } else {
    node(text, begin, end, nullptr, values, out);
  }
  moved(text, begin, out);
  wrote(text, begin);
}

// The arrow to a node that moves values, from the node that wrote them. What was written before the trace began, and
// what the caller or the package gave, comes from nowhere. (Events need not stand in the order of their times.)
void EventWriter::moved(const EventText& to, uint64_t time, std::string& out) {
  if (!to.moves) return;
  const uint64_t from = written_[static_cast<size_t>(*to.moves)];
  if (from == UINT64_MAX) return;
  flow_begins(to.word, from, out);
  flow_ends(to.word, time, out);
}

void EventWriter::wrote(const EventText& text, uint64_t time) {
  for (const VarId v : text.writes) written_[static_cast<size_t>(v)] = time;
}

void EventWriter::loop(const Record& r, std::string& out) {
  const uint32_t frame = plan_->loop_frames[plan_->code[r.pc].index];
  const Frame& f = frames_.frame(frame);
  const uint64_t time = std::max(last_, scale_(r.words[0]));
  enter(f.parent, time, out);
  leave_to(f.depth, out);
  last_ = time;
  if (r.words[1] == 0) return;
  const auto index = static_cast<int64_t>(r.words[2]);
  append_event(out, 'B', time);
  out +=
      ",\"cat\":\"loop\",\"name\":\"" + json_escaped(f.name) + " " + json_escaped(program_.symbol(f.symbol).name) + "=";
  append_signed(out, index);
  out += "\",\"args\":{\"loop\":\"" + json_escaped(f.name) + "\",\"index\":\"" +
         json_escaped(program_.symbol(f.symbol).name) + "\",\"value\":";
  append_signed(out, index);
  out += ",\"loc\":\"" + json_escaped(identities_.place(program_.nodes[f.node].span)) + "\"}}";
  open_.push_back({frame, index, true});
  update_loops();
}

void EventWriter::update_loops() {
  loops_.clear();
  std::vector<std::string> names;
  for (const Open& o : open_) {
    if (!o.iteration) continue;
    std::string name = program_.symbol(frames_.frame(o.frame).symbol).name;
    const auto same = std::count(names.begin(), names.end(), name);
    names.push_back(name);
    if (same > 0) name += "#" + std::to_string(same + 1);  // of a def that is called in a loop of that name
    loops_ += loops_.empty() ? ",\"loop\":{\"" : ",\"";
    loops_ += json_escaped(name) + "\":";
    append_signed(loops_, o.index);
  }
  if (!loops_.empty()) loops_ += '}';
}

// Closes what is deeper than `depth` frames.
void EventWriter::leave_to(uint32_t depth, std::string& out) {
  const bool any = open_.size() > depth;
  while (open_.size() > depth) {
    const bool back = frames_.frame(open_.back().frame).handed_over;
    if (back) flow_begins("yield", last_, out);
    append_event(out, 'E', last_);
    out += '}';
    open_.pop_back();
    if (back) flow_ends("yield", last_, out);
  }
  if (any) update_loops();
}

void EventWriter::open(uint32_t frame, uint64_t time, std::string& out) {
  const Frame& f = frames_.frame(frame);
  if (f.handed_over) flow_begins("yield", time, out);
  append_event(out, 'B', time);
  out += f.kind == Frame::Kind::def ? ",\"cat\":\"def\",\"name\":\"" : ",\"cat\":\"block\",\"name\":\"";
  out += json_escaped(f.name);
  out += "\"}";
  open_.push_back({frame, 0, false});
  if (f.handed_over) flow_ends("yield", time, out);
}

// An arrow from what is open to what is open when it ends: what yields to its consumer, and back.
void EventWriter::flow_begins(std::string_view what, uint64_t time, std::string& out) {
  append_event(out, 's', time);
  out += ",\"cat\":\"flow\",\"name\":\"";
  out += what;
  out += "\",\"id\":";
  append_number(out, ++flows_);
  out += '}';
}

void EventWriter::flow_ends(std::string_view what, uint64_t time, std::string& out) {
  append_event(out, 'f', time);
  out += ",\"bp\":\"e\",\"cat\":\"flow\",\"name\":\"";
  out += what;
  out += "\",\"id\":";
  append_number(out, flows_);
  out += '}';
}

void EventWriter::enter(uint32_t frame, uint64_t time, std::string& out) {
  // What stays open: the part of the way down that is the same.
  std::vector<uint32_t> way;
  for (uint32_t f = frame;; f = frames_.frame(f).parent) {
    way.push_back(f);
    if (f == 0) break;
  }
  std::reverse(way.begin(), way.end());
  size_t same = 0;
  while (same < way.size() && same < open_.size() && open_[same].frame == way[same]) ++same;
  leave_to(static_cast<uint32_t>(same), out);
  last_ = std::max(last_, time);
  for (; same < way.size(); ++same) open(way[same], last_, out);
}

}  // namespace openinfer
