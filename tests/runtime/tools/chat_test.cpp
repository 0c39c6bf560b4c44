// oinf-run --chat, its lines coming from a pipe.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "ran.h"

using namespace openinfer::testing;

namespace {

// storyteller with a chat template; what it says to that is of no interest but always the same. `endless`: no token
// ends an answer.
std::string chatting(bool endless = false) {
  const std::string name = folder() + (endless ? "/endless" : "/chat"), target = name + ".oinf";
  if (std::filesystem::exists(target)) return target;
  const std::filesystem::path source = name + "-source";
  std::filesystem::copy(OPENINFER_SOURCE_DIR "/examples/storyteller", source);
  if (endless)
    for (const char* settings : {"config.json", "generation_config.json"})
      REQUIRE(ran("sed -i 's/\"eos_token_id\": 1/\"eos_token_id\": []/' " + (source / settings).string()).status == 0);
  std::ofstream(source / "chat_template.jinja")
      << "{% for m in messages %}{% if m.role == 'system' and m.content == 'refuse' %}"
         "{{ raise_exception('no such order') }}{% endif %}{{ m.role }} said: {{ m.content }}\n{% endfor %}"
         "{% if add_generation_prompt %}assistant said:{% endif %}";
  const Ran r = ran("oinf-pack convert " + source.string() + " -o " + target);
  INFO(r.error);
  REQUIRE(r.status == 0);
  return target;
}

Ran chat(const std::string& lines, const std::string& options = "") {
  const std::string typed = file_of("typed.txt", lines);
  return ran("oinf-run " + chatting() + " --chat --set temperature=0 --set max_new_tokens=8 " + options + " < " +
             typed);
}

}  // namespace

TEST_CASE("a chat answers each message with all that was said before it, and nothing else goes to standard output") {
  const Ran both = chat("The Fox\nAnd then?\n");
  INFO(both.error);
  CHECK(both.status == 0);
  // What the same text gives when it is completed.
  const Ran first = ran("oinf-run " + chatting() +
                        " --set temperature=0 --set max_new_tokens=8 --prompt 'user said: The Fox\nassistant said:'");
  REQUIRE(first.status == 0);
  REQUIRE(!first.out.empty());
  const std::string answer = first.out.substr(0, first.out.find_last_not_of('\n') + 1);
  CHECK(both.out.starts_with(answer));
  const Ran second =
      ran("oinf-run " + chatting() +
          " --set temperature=0 --set max_new_tokens=8 --prompt 'user said: The Fox\nassistant said: " + answer +
          "\nuser said: And then?\nassistant said:'");
  INFO(both.out << "---\n" << second.out);
  CHECK(has(both.error, "note: the answer was ended after 8 tokens; --set max_new_tokens=16 allows more"));
}

TEST_CASE("a saved conversation goes on as if it had not ended") {
  const std::string file = folder() + "/said.json";
  const Ran whole = chat("The Fox\n/save " + file + "\nAnd then?\n/quit\nnever said\n");
  INFO(whole.error);
  REQUIRE(whole.status == 0);
  const Ran rest = chat("/load " + file + "\nAnd then?\n");
  INFO(rest.error);
  REQUIRE(rest.status == 0);
  CHECK(!rest.out.empty());
  CHECK(whole.out.ends_with(rest.out));
  // Saved over itself, a conversation that was loaded is the same file.
  const std::string again = folder() + "/again.json";
  REQUIRE(chat("/load " + file + "\n/save " + again + "\n").status == 0);
  CHECK(ran("cmp " + file + " " + again).status == 0);
}

TEST_CASE("a stop string ends a text, shown or in a chat, and is not part of it") {
  const std::string run = "oinf-run " + packed("storyteller") +
                          " --prompt 'The Fox and the Crow' --set temperature=0 --set max_new_tokens=60 ";
  const std::string whole = ran(run).out;
  REQUIRE(whole.size() > 60);
  const std::string stop = whole.substr(30, 4);
  const std::string expected = whole.substr(0, whole.find(stop));
  CHECK(ran(run + "--stop '" + stop + "' --stop 'never said'").out == expected + "\n");
  CHECK(ran(run + "--stop 'never said'").out == whole);
  const std::string file = folder() + "/stopped.txt";
  REQUIRE(ran(run + "--stop '" + stop + "' --output next=" + file).status == 0);
  CHECK(ran("cat " + file).out == expected);

  const std::string said = chat("The Fox\n").out;
  REQUIRE(said.size() > 12);
  const std::string end = said.substr(8, 3), json = folder() + "/stopped.json";
  const Ran r = chat("The Fox\n/save " + json + "\n", "--stop '" + end + "'");
  INFO(r.error);
  CHECK(r.status == 0);
  CHECK(r.out == said.substr(0, said.find(end)) + "\n");
  CHECK_FALSE(has(r.error, "the answer was ended"));
}

TEST_CASE("a conversation comes back with its caches") {
  const std::string file = folder() + "/said.session";
  const Ran whole = chat("The Fox\n/save " + file + "\nAnd then?\n");
  INFO(whole.error);
  REQUIRE(whole.status == 0);
  const Ran rest = chat("/load " + file + "\nAnd then?\n/stats\n");
  INFO(rest.error);
  REQUIRE(rest.status == 0);
  CHECK(whole.out.ends_with(rest.out));
  // More room than it was saved with.
  CHECK(chat("/load " + file + "\nAnd then?\n", "--size ctx=64").out == rest.out);
  // --session does both at once, also behind a system's message.
  const std::string both = folder() + "/both.session";
  const Ran one = chat("The Fox\n", "--session " + both);
  REQUIRE(one.status == 0);
  const Ran two = chat("And then?\n", "--session " + both);
  INFO(two.error);
  CHECK(one.out + two.out == whole.out);
  CHECK(chat("/save " + folder() + "/both.json\n", "--session " + both).status == 0);
  CHECK(has(ran("cat " + folder() + "/both.json").out, "And then?"));
  // Damaged, it is refused and left as it is.
  const std::string broken = file_of("broken.session", "OINFSESS and no more");
  const Ran bad = chat("The Fox\n", "--session " + broken);
  CHECK(bad.status == 5);
  CHECK(has(bad.error, "I0006"));
  CHECK(bad.out.empty());
  CHECK(ran("cat " + broken).out == "OINFSESS and no more");
  CHECK(chat("/load " + broken + "\n").status == 5);
}

TEST_CASE("a run goes on where another ended") {
  const std::string graph =
      file_of("remember.graph",
              "dynamic { x: f32[2]; }\npersistent { total: f32[2]; }\nblock entry {\n"
              "  op add(total, x) >> sum: f32[2];\n  cache.write sum >> total;\n  emit sum;\n}\n");
  const std::string file = folder() + "/sum.session";
  const std::string run = "oinf-run " + graph + " --session " + file + " --input x=";
  CHECK(ran(run + "'[1, 2]'").out == "sum = [1, 2]\n");
  CHECK(ran(run + "'[1, 2]'").out == "sum = [2, 4]\n");
  CHECK(ran(run + "'[1]'").status == 5);  // a run that fails leaves the file
  CHECK(ran(run + "'[1, 2]'").out == "sum = [3, 6]\n");
  const Ran other = ran("oinf-run " + chatting() + " --prompt x --session " + file);
  CHECK(other.status == 5);
  CHECK(has(other.error, "saved with another package"));
  CHECK(ran(run + "'[1, 2]' --plan").status == 2);
  CHECK(ran(run + "'[1, 2]' --bench").status == 2);
  CHECK(ran(run + "'[1, 2]' --output sum=" + file).status == 2);
}

TEST_CASE("a context that is full is said, or makes room by forgetting the oldest messages") {
  // About 25 tokens a message with its answer.
  const std::string lines = "The Fox\nThe Wolf and the Lamb\nThe Crow\nThe Lion\nThe Mouse\n";
  const Ran full = chat(lines, "--size ctx=64");
  CHECK(full.status == 5);
  CHECK(has(full.error, "the context holds 64"));
  CHECK(has(full.error, "--context-shift forgets the oldest messages"));
  const std::string json = folder() + "/shifted.json";
  const Ran shifted = chat(lines + "/save " + json + "\n", "--size ctx=64 --context-shift");
  INFO(shifted.error);
  REQUIRE(shifted.status == 0);
  CHECK(has(shifted.error, "note: the context of 64 tokens is full: the oldest"));
  const std::string kept = ran("cat " + json).out;
  CHECK_FALSE(has(kept, "The Fox"));
  CHECK(has(kept, "The Mouse"));
  // What is left is answered as if the rest had never been said.
  const Ran again = chat("/load " + json + "\nAnd then?\n", "--size ctx=64");
  const Ran whole = chat(lines + "And then?\n", "--size ctx=64 --context-shift");
  if (again.status == 0) CHECK(whole.out.ends_with(again.out));
  CHECK(ran("oinf-run " + chatting() + " --context-shift --prompt x").status == 2);
}

TEST_CASE("an answer goes on when the context is full on the way, as long as it may") {
  const std::string first = "The Fox\nThe Wolf and the Lamb\n";
  const Ran cut = chat(first + "The Lion and the Mouse\n", "--size ctx=70");
  INFO(cut.error);
  CHECK(cut.status == 0);
  CHECK(has(cut.error, "the context of 70 tokens is full"));
  const Ran on = chat(first + "The Lion and the Mouse\n/stats\n", "--size ctx=70 --context-shift");
  INFO(on.error);
  CHECK(on.status == 0);
  CHECK(has(on.error, "messages are forgotten"));
  CHECK(on.out.starts_with(cut.out.substr(0, cut.out.size() - 1)));
  CHECK(on.out.size() > cut.out.size());
  CHECK(has(on.error, "last answer   8 tokens"));
}

TEST_CASE("/reset and /system begin anew") {
  const Ran fresh = chat("The Fox\n");
  CHECK(chat("The Wolf\n/reset\nThe Fox\n").out.ends_with(fresh.out));
  const Ran told = chat("The Fox\n", "--system 'You are a wolf.'");
  CHECK(told.status == 0);
  CHECK(chat("The Wolf\n/system You are a wolf.\nThe Fox\n").out.ends_with(told.out));
}

TEST_CASE("several lines are one message") {
  const std::string json = folder() + "/lines.json";
  REQUIRE(chat("one \\\ntwo\n/save " + json + "\n").status == 0);
  CHECK(has(ran("cat " + json).out, "\"content\": \"one \\ntwo\""));
  REQUIRE(chat("\"\"\"one\n\ntwo\"\"\"\n/save " + json + "\n").status == 0);
  CHECK(has(ran("cat " + json).out, "\"content\": \"one\\n\\ntwo\""));
}

TEST_CASE("what cannot be done in a chat is said, with the statuses of the tools") {
  const auto refused = [](const Ran& r, int status, const std::string& what) {
    INFO(r.error);
    CHECK(r.status == status);
    CHECK(has(r.error, what));
  };
  refused(chat("/syst\n"), 2, "no command `/syst`\n  = help: did you mean `/system`?");
  refused(chat("/save\n"), 2, "/save takes FILE");
  refused(chat("/quit now\n"), 2, "/quit takes nothing");
  refused(chat("/stats\n"), 2, "nothing was answered yet");
  refused(chat("/load " + folder() + "/none.json\n"), 5, "none.json");
  refused(chat("/save " + folder() + "/no/folder.json\n"), 1, "R0007");
  refused(chat("The Fox\n", "--system refuse"), 5, "no such order");
  refused(chat("The Fox\n", "--size ctx=4"), 5, "the context holds 4");
  for (const char* wrong : {"", "[]", "{\"messages\": 1}", "{\"messages\": [{\"role\": \"user\"}]}",
                            "{\"messages\": [{\"role\": \"judge\", \"content\": \"\"}]}",
                            "{\"messages\": [{\"role\": \"user\", \"content\": \"\"}, "
                            "{\"role\": \"system\", \"content\": \"\"}]}"}) {
    const std::string file = file_of("wrong.json", wrong);
    refused(chat("/load " + file + "\n"), 5, "wrong.json: ");
  }
  refused(ran("oinf-run " + packed("storyteller") + " --chat </dev/null"), 4, "no chat template");
  refused(ran("oinf-run " + packed("digits-vit") + " --chat </dev/null"), 5, "@text input");
  refused(ran("oinf-run " + chatting() + " --system x"), 2, "--system needs --chat");
  refused(ran("oinf-run " + chatting() + " --chat --prompt x"), 2, "no --prompt");
}

TEST_CASE("Ctrl-C stops an answer and not the chat") {
  // The answer would take many seconds; a command after it still is done.
  const std::string lines = folder() + "/lines";
  const Ran r =
      ran("mkfifo " + lines + "; oinf-run " + chatting(true) +
          " --chat --set temperature=0 --size ctx=40000 --set max_new_tokens=39000 < " + lines + " > " + folder() +
          "/said & pid=$!; exec 3> " + lines + "; echo The Fox >&3; for i in $(seq 1000); do [ -s " + folder() +
          "/said ] && break; sleep 0.01; done; kill -INT $pid; echo /quit >&3; exec 3>&-; wait $pid");
  INFO(r.error);
  CHECK(r.status == 0);
  CHECK(has(r.error, "(stopped)"));
}
