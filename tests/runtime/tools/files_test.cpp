// Files that are not what they should be: every error names the file and the reason, with the status of its kind.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "ran.h"

using namespace openinfer::testing;

namespace {

const char* kEcho = "dynamic { x: f32[n]; t: i32[m] @text @default([]); }\nblock entry { emit x; emit t; }\n";

void refused(const std::string& line, int status, const std::string& code, const std::string& file) {
  const Ran r = ran(line);
  INFO(line << "\n" << r.error);
  CHECK(r.status == status);
  CHECK(has(r.error, "error[" + code + "]"));
  CHECK(has(r.error, file));
}

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

}  // namespace

TEST_CASE("a damaged package is a package, whatever is left of it") {
  const std::string whole = content(packed("digits-vit"));
  refused("oinf-run " + file_of("empty.oinf", ""), 4, "P0002", "empty.oinf");
  refused("oinf-run " + file_of("one.oinf", "O"), 4, "P0002", "one.oinf");
  refused("oinf-run " + file_of("text.oinf", "block entry { }"), 4, "P0003", "text.oinf");
  refused("oinf-run " + file_of("magic.bin", "X" + whole.substr(1)), 4, "P0003", "magic.bin");
  refused("oinf-run " + file_of("nothing", ""), 4, "P0002", "nothing");
  refused("oinf-run " + file_of("cut.bin", whole.substr(0, 100)), 4, "P0002", "cut.bin");
  refused("oinf-run missing.oinf", 4, "P0001", "missing.oinf: No such file or directory");
  refused("oinf-run " + folder(), 4, "P0001", "directory");
  refused("oinf-run " + file_of("g.graph", kEcho) + " " + folder(), 4, "P0001", folder());
  refused("oinf-run " + file_of("empty.graph", ""), 3, "E0113", "entry");
}

TEST_CASE("an input that cannot be read names option, file and reason, status 5") {
  const std::string graph = file_of("echo.graph", kEcho), story = packed("storyteller");
  const std::string begin = "oinf-run " + graph + " --input x=@";
  refused(begin + "nope.npy", 5, "I0006", "`x` from nope.npy: cannot be opened: No such file or directory");
  refused(begin + folder(), 5, "I0006", "directory");
  refused(begin + file_of("void.npy", ""), 5, "I0006", "void.npy");
  refused(begin + file_of("bad.npy", "\x93NUMPY garbage"), 5, "I0006", "bad.npy");
  refused("oinf-run " + story + " --prompt-file nope", 5, "I0006", "nope: cannot be opened: No such file or directory");
  refused("oinf-run " + story + " --prompt-file " + folder(), 5, "I0006", folder());
  refused("oinf-run " + story + " --prompt-file " + file_of("bytes", "\xff\xfe"), 5, "I0007", "bytes");
  if (::geteuid() != 0) {
    const std::string locked = file_of("locked", "Once");
    REQUIRE(::chmod(locked.c_str(), 0) == 0);
    refused("oinf-run " + story + " --prompt-file " + locked, 5, "I0006",
            "locked: cannot be opened: Permission denied");
  }
}

TEST_CASE("an output that cannot be written names the file, status 1, and leaves nothing") {
  const std::string begin = "oinf-run " + file_of("echo.graph", kEcho) + " --input x='[1, 2]' --output x=";
  refused(begin + "no/such/folder/x.npy", 1, "R0007", "no/such/folder/x.npy");
  refused(begin + folder() + "/x.what", 2, "U0001", "x.what");
  refused(begin + folder(), 2, "U0001", folder());
  const std::string taken = folder() + "/taken.npy";
  REQUIRE(ran("mkdir -p " + taken).status == 0);
  refused(begin + taken, 1, "R0007", taken);
  CHECK(ran("ls " + folder() + " | grep taken").out == "taken.npy\n");
  refused("oinf-run " + file_of("echo.graph", kEcho) + " --input x=@" + file_of("v.json", "[1, 2]") + " > /dev/full", 1,
          "R0007", "standard output");
  const Ran full = ran(begin + "/dev/full");
  CHECK(full.status == 2);
}

TEST_CASE("a reader that closes early ends the run without noise") {
  const std::string story = packed("storyteller");
  const Ran r = ran("{ oinf-run " + story + " --prompt Once --set max_new_tokens=400; echo $? >&3; } 3>" + folder() +
                    "/status | head -c 1");
  CHECK(r.error.empty());
  CHECK(content(folder() + "/status") == "141\n");  // SIGPIPE, as of any filter
}

TEST_CASE("a closed standard output is no file of the run") {
  const std::string graph =
      file_of("twice.graph", "dynamic { x: f32[2]; }\nblock entry { op add(x, x) >> y: f32[2]; emit y; emit x; }\n");
  const std::string run = "oinf-run " + graph + " --input x='[1, 2]' --output y=" + folder() + "/y";
  REQUIRE(ran(run + "1.npy").status == 0);
  const Ran closed = ran(run + "2.npy >&-");
  CHECK(closed.status == 1);
  CHECK(has(closed.error, "error[R0007]"));
  CHECK(ran("cmp " + folder() + "/y1.npy " + folder() + "/y2.npy").status == 0);
}

TEST_CASE("a file that cannot hold its output is refused before the run, and by --check") {
  const std::string graph = file_of("packed.graph",
                                    "dynamic { x: f32[2]; q: i4[2]; n: i32; }\nvolatile { v: i4[2]; }\nblock entry {\n"
                                    "  op div(1, n) >> fails: i32;\n  transfer q >> v;\n"
                                    "  emit q; emit x; emit fails;\n}\n");
  const std::string line = "oinf-run " + graph + " --input x='[1, 2]' --input q='[1, 2]' --input n=0 --output ";
  for (const std::string task : {"", " --check"}) {
    refused(line + "q=q.npy" + task, 2, "U0001", ".npy has no i4");
    refused(line + "v=v.safetensors" + task, 2, "U0001", ".safetensors has no i4");
    refused(line + "x=x.foo" + task, 2, "U0001", "the suffix must be");
    refused(line + "x=x.png" + task, 2, "U0001", "it is not emitted with @image");
  }
  CHECK(ran(line + "q=q.json --check").status == 0);
  CHECK(ran(line + "x=x.npy --check").status == 0);
}
