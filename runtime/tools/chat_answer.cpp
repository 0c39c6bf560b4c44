#include "runtime/tools/chat_answer.h"

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "ops/element.h"
#include "runtime/at_node.h"

namespace openinfer {

ChatAnswer::ChatAnswer(Session& session, std::string input, bool shift, const std::vector<std::string>& stops)
    : session_(session),
      input_(std::move(input)),
      shift_(shift),
      streams_(*session.model().tokenizer()),
      stops_(stops) {
  for (const SizeFact& f : session.program().sizes)
    if (f.name == "ctx") context_ = session.program().dims->value(f.value);
  const MetaValue* stop = session.model().package()->find_metadata("stop_tokens");
  if (stop == nullptr) return;
  if (const auto* list = std::get_if<std::vector<int64_t>>(stop)) stop_tokens_ = *list;
}

Result<int64_t> ChatAnswer::count(const Conversation& conversation) const {
  OINF_ASSIGN(const auto ids, conversation.ids());
  return static_cast<int64_t>(ids.size() + ids_.size());
}

// Forgets the oldest messages until at most so many tokens are left, if it may and can.
Status ChatAnswer::make_room(Conversation& conversation, int64_t most) {
  int64_t forgotten = 0;
  while (shift_) {
    OINF_ASSIGN(const int64_t now, count(conversation));
    const size_t before = conversation.turns().size();
    if (now <= most || !conversation.forget_first()) break;
    forgotten += static_cast<int64_t>(before - conversation.turns().size());
  }
  if (forgotten > 0)
    std::cerr << "note: the context of " << *context_ << " tokens is full: the oldest " << forgotten
              << " messages are forgotten\n";
  return {};
}

// The conversation and what was answered already become the graph's input.
Status ChatAnswer::read(const Conversation& conversation) {
  OINF_ASSIGN(const auto said, conversation.ids());
  std::vector<int64_t> ids(said.begin(), said.end());
  ids.insert(ids.end(), ids_.begin(), ids_.end());
  const auto n = static_cast<int64_t>(ids.size());
  if (context_ && n >= *context_)
    return Diagnostic(Code::I0002, "the conversation has " + std::to_string(n) + " tokens, and the context holds " +
                                       std::to_string(*context_))
        .with_help("/reset begins anew; --size ctx=" + std::to_string(2 * *context_) + " gives more room" +
                   (shift_ ? "" : "; --context-shift forgets the oldest messages"));
  prompt_tokens_ = static_cast<int64_t>(said.size());
  const Variable& v = session_.program().var(session_.program().inputs.find(input_)->second);
  OINF_ASSIGN(HostTensor tensor, HostTensor::zeros(*v.dtype, Shape{n}));
  for (int64_t i = 0; i < n; ++i) store_element<int64_t>(tensor.data(), *v.dtype, i, ids[static_cast<size_t>(i)]);
  return session_.set(input_, std::move(tensor));
}

Status ChatAnswer::step(std::string& text) {
  std::optional<Diagnostic> wrong;
  Status status = session_.step([&](const Emission& e) {
    if (e.adapter.kind != "text") return true;
    times_.token();
    const auto some = streams_.push(e.value);
    if (!some) wrong = at_node(some.error(), session_.program(), e.node);
    if (!some || some->empty()) return !wrong;
    for (int64_t i = 0; i < e.value.shape.elements(); ++i)
      ids_.push_back(load_element<int64_t>(e.value.data, e.value.dtype, i));
    const std::string shown = stops_.push(some->front());
    text += shown;
    if (std::fputs(shown.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
      wrong = Diagnostic(Code::R0007, "standard output cannot be written");
    return !wrong && !stops_.stopped();
  });
  return wrong ? Status(*wrong) : status;
}

bool ChatAnswer::context_is_full() const {
  const bool stopped =
      !ids_.empty() && std::find(stop_tokens_.begin(), stop_tokens_.end(), ids_.back()) != stop_tokens_.end();
  return context_ && !stopped && !stops_.stopped() && prompt_tokens_ + tokens() >= *context_;
}

// How many tokens an answer may have, once a step has run.
std::optional<int64_t> ChatAnswer::limit() {
  if (!session_.program().inputs.contains("max_new_tokens")) return std::nullopt;
  const auto most = session_.read("max_new_tokens");
  if (!most || most->elements() != 1) return std::nullopt;
  return load_element<int64_t>(most->data(), most->dtype(), 0);
}

Status ChatAnswer::to(Conversation& conversation, std::string& text) {
  ids_.clear();
  times_.begin();
  std::optional<int64_t> most;
  const auto answer = [&]() -> Status {
    if (context_) {
      OINF_ASSIGN(const int64_t n, count(conversation));
      // Half of it, so that not each message that follows makes room again.
      if (n >= *context_) OINF_TRY(make_room(conversation, *context_ / 2));
    }
    OINF_TRY(read(conversation));
    OINF_TRY(step(text));
    most = limit();
    while (shift_ && context_is_full() && tokens() < most.value_or(INT64_MAX)) {
      const size_t turns = conversation.turns().size();
      OINF_TRY(make_room(conversation, *context_ / 2));
      OINF_ASSIGN(const int64_t n, count(conversation));
      if (conversation.turns().size() == turns || n >= *context_) break;
      OINF_TRY(read(conversation));
      if (most) OINF_TRY(session_.set_value("max_new_tokens", std::to_string(*most - tokens())));
      OINF_TRY(step(text));
    }
    return {};
  };
  Status status = answer();
  times_.end();
  if (most) static_cast<void>(session_.set_value("max_new_tokens", std::to_string(*most)));
  const bool ended = stops_.stopped();
  const auto rest = streams_.finish();
  std::string shown = rest.empty() ? std::string() : stops_.push(rest.front());
  shown += stops_.finish();
  if (status) {
    text += shown;
    std::fputs(shown.c_str(), stdout);
  }
  std::fputs("\n", stdout);
  std::fflush(stdout);
  if (status && !ended) say_why_it_ended(most);
  return status;
}

void ChatAnswer::say_why_it_ended(std::optional<int64_t> most) const {
  if (context_is_full())
    std::cerr << "note: the context of " << *context_
              << " tokens is full: /reset begins anew; --size ctx=" << 2 * *context_ << " gives more room"
              << (shift_ ? "" : "; --context-shift forgets the oldest messages") << "\n";
  else if (most && tokens() == *most)
    std::cerr << "note: the answer was ended after " << *most << " tokens; --set max_new_tokens=" << 2 * *most
              << " allows more\n";
}

}  // namespace openinfer
