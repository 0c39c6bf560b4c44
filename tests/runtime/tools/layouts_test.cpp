// How a package lays its tensors out is not to be seen: each graph gives one output for panels and for rows.
#include <catch2/catch.hpp>

#include "ran.h"

using namespace openinfer::testing;

namespace {

// storyteller's tensors without a graph lie in rows.
std::string in_rows(const std::string& type) {
  const std::string target = folder() + "/rows-" + type + ".oinf";
  const Ran r = ran("oinf-pack convert " OPENINFER_SOURCE_DIR "/examples/storyteller --no-graph -o " + target +
                    (type == "f16" ? "" : " --quantize " + type));
  INFO(r.error);
  REQUIRE(r.status == 0);
  return target;
}
std::string in_panels(const std::string& type) {
  const std::string target = folder() + "/panels-" + type + ".oinf";
  const Ran r = ran("oinf-pack convert " OPENINFER_SOURCE_DIR "/examples/storyteller -o " + target +
                    (type == "f16" ? "" : " --quantize " + type));
  INFO(r.error);
  REQUIRE(r.status == 0);
  REQUIRE(has(r.out + r.error, "panel16"));
  return target;
}

constexpr const char* kHead =
    "constant {\n"
    "  e: auto[V, D] @ref(\"model.embed_tokens.weight\");\n"
    "  w(l): auto[D, D] @pattern(\"model.layers.{l}.self_attn.q_proj.weight\");\n"
    "}\n"
    "sizes { V = vocab_size; D = hidden_size; }\n";

}  // namespace

TEST_CASE("parts of stored tensors, and all of them, are the same in panels and in rows") {
  const std::pair<const char*, bool> bodies[] = {
      // what every type allows
      {"block entry { emit e[5]; }", true},
      {"block entry { emit e; emit w[1]; }", true},
      {"block entry { op embedding([1, 2], e[10..20]) >> y: f32[2, D]; emit y; }", true},
      {"block entry { op embedding([1, 2], e) >> x: f32[2, D]; op linear(x, e[10..20]) >> y: f32[2, 10]; emit y; }",
       true},
      {"block entry { op embedding([1, 2], e) >> x: f32[2, D]; op linear(x, w[1]) >> y: f32[2, D]; emit y; }", true},
      {"block entry { op embedding([3], e) >> x: f32[1, D];\n"
       "  loop l (i in 0..4) { op linear(x, e[i..i + 8]) >> y: f32[1, 8]; emit y; } }",
       true},
      {"block entry { op embedding([3], e) >> x: f32[1, D]; op linear(x, w[0, 3..40]) >> y: f32[1, 37]; emit y; }",
       true},
      // floats
      {"block entry { emit e[0, ..3]; emit e[..2, 4..7]; }", false},
      {"block entry { op cast(e[0], to=f32) >> y: f32[D]; emit y; }", false},
      {"block entry { op add(e, 1) >> y: f16[V, D]; emit y; }", false},
      {"block entry { transfer e[7] >> y: f16[D]; emit y; }", false},
      {"block entry { op embedding([1, 2], e) >> x: f32[2, D]; op linear(x[.., ..16], e[.., ..16]) >> y: f32[2, V]; "
       "emit y; }",
       false},
      {"persistent { p: f16[V, D] @ref(\"model.embed_tokens.weight\"); } block entry { emit p[0, ..3]; emit p; }",
       false},
      {"volatile { p: f16[V, D] @ref(\"model.embed_tokens.weight\"); } block entry { emit p[0, ..3]; emit p; }", false},
  };
  for (const std::string type : {"f16", "q8_0", "q4_0"}) {
    const std::string rows = in_rows(type), panels = in_panels(type);
    for (const auto& [body, of_blocks] : bodies) {
      if (type != "f16" && !of_blocks) continue;
      const std::string graph = file_of("part.graph", std::string(kHead) + body);
      const Ran a = ran("oinf-run " + graph + " " + rows), b = ran("oinf-run " + graph + " " + panels);
      INFO(type << ": " << body << "\n" << a.error << b.error);
      CHECK(a.status == 0);
      CHECK(!a.out.empty());
      CHECK(b.status == 0);
      CHECK(a.out == b.out);
    }
  }
}

TEST_CASE("blocks are not taken apart") {
  for (const std::string& package : {in_rows("q8_0"), in_panels("q8_0")})
    for (const char* body :
         {"block entry { emit e[0, ..3]; }", "block entry { emit e[0, 5..37]; }", "block entry { emit e[.., 32..64]; }",
          "block entry { op embedding([1], e) >> x: f32[1, D]; op linear(x[.., ..32], e[.., 32..64]) >> y: f32[1, V]; "
          "emit y; }"}) {
      const Ran r = ran("oinf-run " + file_of("part.graph", std::string(kHead) + body) + " " + package);
      INFO(body << "\n" << r.error);
      CHECK(r.status == 3);
      CHECK(has(r.error, "error[E0203]: `e` is q8_0: "));
      CHECK(ran("oinf-run --check " + folder() + "/part.graph " + package).status == 3);
    }
  // What only the run knows.
  const Ran r = ran(
      "oinf-run " +
      file_of("part.graph", std::string(kHead) + "dynamic { from: i32; } block entry { emit e[0, from..from + 32]; }") +
      " " + in_rows("q8_0") + " --input from=5");
  INFO(r.error);
  CHECK(r.status == 1);
  CHECK(has(r.error, "is not whole rows that lie side by side, and q8_0 is not taken apart"));
}
