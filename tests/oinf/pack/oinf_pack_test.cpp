// The tool as a person runs it: what it prints, and its exit statuses.
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "../temporary_folder.h"
#include "oinf/writer.h"

using namespace openinfer::testing;

namespace {

const std::string kData = std::string(OPENINFER_SOURCE_DIR) + "/tests/data/";

struct Ran {
  int status = -1;
  std::string out;
};

// Standard error joins the output with `errors`.
Ran run(const std::string& arguments, bool errors = false) {
  const std::string line =
      std::string(OPENINFER_BIN_DIR) + "/oinf-pack " + arguments + (errors ? " 2>&1" : " 2>/dev/null");
  Ran ran;
  FILE* pipe = ::popen(line.c_str(), "r");
  REQUIRE(pipe != nullptr);
  char buffer[4096];
  while (const size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) ran.out.append(buffer, n);
  const int status = ::pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

}  // namespace

TEST_CASE("oinf-pack packs a model with its graph, and tells what it did") {
  TemporaryFolder folder;
  const std::string package = folder.file("m.oinf");
  const Ran converted = run("convert " + kData + "llama-gqa -o " + package + " --json");
  REQUIRE(converted.status == 0);
  const auto report = nlohmann::json::parse(converted.out);
  CHECK(report["tensors"] == 21);
  CHECK(report["graph"] == "llama.graph");
  CHECK(report["types"]["bf16 panel16"]["tensors"] == 15);

  const auto all = nlohmann::json::parse(run("inspect " + package + " --json").out);
  CHECK(all["architecture"] == "llama");
  CHECK(all["graph"][0] == "llama.graph");
  CHECK(all["graph"].size() > 1);
  CHECK(all["sizes"]["hidden_size"] == 128);
  CHECK(all["provenance"]["sources"].size() == 2);
  const Ran table = run("inspect " + package);
  CHECK(table.status == 0);
  CHECK(table.out.find("model.norm.weight") != std::string::npos);

  const auto tensor = nlohmann::json::parse(run("inspect " + package + " model.norm.weight --json").out);
  CHECK(tensor["shape"] == std::vector<int>{128});
  CHECK(tensor["values"].size() == 16);
  const Ran wrong = run("inspect " + package + " model.norm.wieght", true);
  CHECK(wrong.status == 4);
  CHECK(wrong.out.find("did you mean `model.norm.weight`") != std::string::npos);

  CHECK(run("verify " + package).status == 0);
  auto bytes = read_file(package);
  bytes[bytes.size() / 2] ^= std::byte{1};
  write_file(package, bytes);
  const Ran damaged = run("verify " + package, true);
  CHECK(damaged.status == 4);
  CHECK(damaged.out.find("P0015") != std::string::npos);
}

TEST_CASE("oinf-pack diff says by how much") {
  TemporaryFolder folder;
  const std::string a = folder.file("a.oinf"), b = folder.file("b.oinf");
  REQUIRE(run("convert " + kData + "vit-rgb -o " + a).status == 0);
  REQUIRE(run("convert " + kData + "vit-rgb --dtype f16 --no-graph -o " + b).status == 0);
  CHECK(run("diff " + a + " " + a).status == 0);
  const Ran differ = run("diff " + a + " " + b + " --json");
  CHECK(differ.status == 1);
  bool graph = false, values = false;
  for (const auto& entry : nlohmann::json::parse(differ.out)) {
    graph = graph || entry["kind"] == "graph";
    if (entry["name"] != "classifier.weight") continue;
    values = entry["largest_error"] > 0 && entry["largest_error"] < 1e-3 && entry["cosine"] > 0.99999;
  }
  CHECK(graph);
  CHECK(values);
}

TEST_CASE("oinf-pack extracts tensors, the graph and the tokenizer") {
  TemporaryFolder folder;
  const std::string package = folder.file("m.oinf");
  REQUIRE(run("convert " + std::string(OPENINFER_SOURCE_DIR) + "/examples/storyteller -o " + package).status == 0);
  const std::string npy = folder.file("x.npy");
  REQUIRE(run("extract " + package + " model.layers.0.self_attn.k_proj.weight -o " + npy).status == 0);
  const auto bytes = read_file(npy);
  const std::string head(reinterpret_cast<const char*>(bytes.data()), 128);
  CHECK(head.find("'descr': '<f2', 'fortran_order': False, 'shape': (128, 256, )") != std::string::npos);
  CHECK((bytes.size() - 128 * 256 * 2) % 64 == 0);
  CHECK(run("extract " + package + " --graph").out.find("block entry") != std::string::npos);
  REQUIRE(run("extract " + package + " --graph -o " + folder.file("g")).status == 0);
  CHECK(std::filesystem::exists(folder.file("g/llama.graph")));
  CHECK(std::filesystem::exists(folder.file("g/lib/rope.graph")));
  const auto tokenizer = nlohmann::json::parse(run("extract " + package + " --tokenizer").out);
  CHECK(tokenizer["vocabulary"].size() == 2048);
  CHECK(run("extract " + package).status == 2);
  CHECK(run("extract " + package + " --graph --tokenizer").status == 2);
  CHECK(run("extract " + package + " model.norm.weight").status == 2);
  CHECK(run("extract " + package + " absent -o " + npy).status == 4);
}

TEST_CASE("oinf-pack shows, extracts and compares the values of block types, in rows and in panels") {
  TemporaryFolder folder;
  const std::string model = std::string(OPENINFER_SOURCE_DIR) + "/examples/storyteller";
  const std::string name = "model.layers.0.self_attn.k_proj.weight", plain = folder.file("plain.oinf");
  REQUIRE(run("convert " + model + " -o " + plain).status == 0);
  const auto close_to = [&](const std::string& tensor_of, double error) {
    const Ran differ = run("diff " + plain + " " + tensor_of + " --json");
    CHECK(differ.status == 1);
    for (const auto& entry : nlohmann::json::parse(differ.out)) {
      if (entry["name"] != name) continue;
      INFO(entry.dump());
      CHECK(entry["largest_error"] > 0);
      CHECK(entry["largest_error"] < error);
      return entry["cosine"] > 0.99;
    }
    return false;
  };
  for (const std::string type : {"q8_0", "q4_k"}) {
    INFO(type);
    const std::string panels = folder.file("panels.oinf"), rows = folder.file("rows.oinf");
    REQUIRE(run("convert " + model + " -o " + panels + " --quantize " + type).status == 0);
    REQUIRE(run("convert " + model + " -o " + rows + " --no-graph --quantize " + type).status == 0);
    CHECK(close_to(panels, type == "q8_0" ? 0.002 : 0.05));
    const auto a = nlohmann::json::parse(run("inspect " + plain + " " + name + " --json").out);
    const auto b = nlohmann::json::parse(run("inspect " + panels + " " + name + " --json").out);
    const auto c = nlohmann::json::parse(run("inspect " + rows + " " + name + " --json").out);
    CHECK(b["type"] == type);
    CHECK(b["layout"] == "panel16");
    CHECK(c["layout"] == "rowmajor");
    CHECK(b["values"] == c["values"]);
    CHECK(b["deviation"].get<double>() == Approx(a["deviation"].get<double>()).epsilon(0.01));
    REQUIRE(run("extract " + panels + " " + name + " -o " + folder.file("p.npy")).status == 0);
    REQUIRE(run("extract " + rows + " " + name + " -o " + folder.file("r.npy")).status == 0);
    const auto npy = read_file(folder.file("p.npy"));
    CHECK(npy == read_file(folder.file("r.npy")));
    const std::string head(reinterpret_cast<const char*>(npy.data()), 128);
    CHECK(head.find("'descr': '<f4', 'fortran_order': False, 'shape': (128, 256, )") != std::string::npos);
  }
}

TEST_CASE("what could not be quantised is named, with the reason") {
  TemporaryFolder folder;
  // Rows of 128 and 288: they divide into blocks of 32, not of 256.
  const std::string model = kData + "llama-gqa", package = folder.file("m.oinf");
  const Ran ran = run("convert " + model + " -o " + package + " --quantize q4_k", true);
  CHECK(ran.status == 0);
  INFO(ran.out);
  CHECK(ran.out.find("tensors are not q4_k: `") != std::string::npos);
  CHECK(ran.out.find("`lm_head.weight` bf16[512, 128], ") != std::string::npos);
  CHECK(ran.out.find("rows do not divide into blocks of 256") != std::string::npos);

  const Ran json = run("convert " + model + " -o " + package +
                       " --keep 'model.embed_tokens.weight=q6_k' --keep 'model.norm.*=q8_0' --json");
  REQUIRE(json.status == 0);
  const auto left = nlohmann::json::parse(json.out)["not_quantised"];
  REQUIRE(left.size() == 2);
  CHECK(left[0]["name"] == "model.embed_tokens.weight");
  CHECK(left[0]["asked"] == "q6_k");
  CHECK(left[0]["type"] == "bf16");
  CHECK(left[0]["why"] == "rows do not divide into blocks of 256");
  CHECK(left[1]["name"] == "model.norm.weight");
  CHECK(left[1]["why"] == "no rows");

  const Ran fits = run("convert " + model + " -o " + package + " --quantize q8_0 --json", true);
  CHECK(nlohmann::json::parse(fits.out)["not_quantised"].empty());
}

TEST_CASE("oinf-pack packs several at once") {
  TemporaryFolder folder;
  CHECK(run("convert " + kData + "llama-gqa " + kData + "vit-rgb -o " + folder.file("one.oinf")).status == 2);
  REQUIRE(run("convert " + kData + "llama-gqa " + kData + "vit-rgb/ -o " + folder.file("all/")).status == 0);
  CHECK(std::filesystem::exists(folder.file("all/llama-gqa.oinf")));
  CHECK(std::filesystem::exists(folder.file("all/vit-rgb.oinf")));
}

TEST_CASE("oinf-pack says what is wrong by its exit status") {
  TemporaryFolder folder;
  CHECK(run("").status == 2);
  CHECK(run("convert").status == 2);
  CHECK(run("convert " + kData + "vit-rgb -o x --dtype i8").status == 2);
  CHECK(run("inspect " + folder.file("absent")).status == 4);
  CHECK(run("convert " + folder.path() + " -o " + folder.file("x.oinf")).status == 4);
  write_file(folder.file("bad.graph"), "block entry { op ( }");
  CHECK(
      run("convert " + kData + "vit-rgb -o " + folder.file("x.oinf") + " --graph " + folder.file("bad.graph")).status ==
      3);
  CHECK_FALSE(std::filesystem::exists(folder.file("x.oinf")));
  CHECK(run("--help").status == 0);
  CHECK(run("convert --help").out.find("oinf-pack convert Llama-3.2-1B/ -o llama.oinf") != std::string::npos);
  CHECK(run("--version").out.find("numerics_id 1") != std::string::npos);
}

TEST_CASE("a graph that includes what stands above it is packed, extracted and read again") {
  TemporaryFolder folder;
  for (const char* name : {"work/app/deep", "work/lib"}) std::filesystem::create_directories(folder.file(name));
  write_file(folder.file("work/app/main.graph"),
             "graph main version 1;\ninclude \"../lib/a.graph\";\n"
             "include \"deep/b.graph\";\nblock entry { emit K; }\n");
  write_file(folder.file("work/lib/a.graph"), "include \"c.graph\";\n");
  write_file(folder.file("work/lib/c.graph"), "sizes { K = 3; }\n");
  write_file(folder.file("work/app/deep/b.graph"), "include \"../../lib/a.graph\";\n");
  const std::string package = folder.file("m.oinf"), main = folder.file("work/app/main.graph");
  REQUIRE(run("convert " + kData + "vit-rgb -o " + package + " --graph " + main).status == 0);
  const auto all = nlohmann::json::parse(run("inspect " + package + " --json").out);
  CHECK(all["graph"] == nlohmann::json::array({"app/main.graph", "lib/a.graph", "lib/c.graph", "app/deep/b.graph"}));
  REQUIRE(run("extract " + package + " --graph -o " + folder.file("out")).status == 0);
  for (const char* name : {"app/main.graph", "lib/a.graph", "lib/c.graph", "app/deep/b.graph"})
    CHECK(read_file(folder.file(std::string("out/") + name)) == read_file(folder.file(std::string("work/") + name)));

  // Packed again from where it was extracted, it is the same package.
  const std::string again = folder.file("again.oinf");
  REQUIRE(run("convert " + kData + "vit-rgb -o " + again + " --graph " + folder.file("out/app/main.graph")).status ==
          0);
  CHECK(read_file(again) == read_file(package));

  write_file(main, "include \"" + folder.file("work/lib/a.graph") + "\";\n");
  const Ran absolute = run("convert " + kData + "vit-rgb -o " + again + " --graph " + main, true);
  CHECK(absolute.status == 3);
  CHECK(absolute.out.find("E0010") != std::string::npos);
}

TEST_CASE("what --keep does not find is refused") {
  TemporaryFolder folder;
  const Ran ran = run("convert " + kData + "llama-gqa -o " + folder.file("x.oinf") +
                          " --quantize q8_0 --keep '*embd*=f16'" + " --keep 'model.embed_token.weight=f16'",
                      true);
  CHECK(ran.status == 2);
  CHECK(ran.out.find("error[U0001]: --keep `*embd*` fits none of 21 tensors") != std::string::npos);
  CHECK(ran.out.find("`model.embed_tokens.weight`") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder.file("x.oinf")));
}

TEST_CASE("an extraction that fails leaves nothing behind") {
  TemporaryFolder folder;
  const std::string package = folder.file("m.oinf"), out = folder.file("out");
  const auto write = [&](const std::string& second) {
    auto writer = openinfer::PackageWriter::create(package);
    REQUIRE(writer.ok());
    openinfer::PackageDescription description;
    description.graph = {{"main.graph", "// main\n"}, {second, "// second\n"}};
    REQUIRE(writer->finish(description).ok());
  };
  for (const char* outside : {"../x.graph", "lib/../../x.graph", "/tmp/x.graph"}) {
    write(outside);
    const Ran ran = run("extract " + package + " --graph -o " + out, true);
    CHECK(ran.status == 4);
    CHECK(ran.out.find("error[P0012]") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(out));
  }
  // A file stands where a folder is needed: what was written before it goes again, what was there stays.
  write("lib/x.graph");
  std::filesystem::create_directory(out);
  write_file(folder.file("out/lib"), "mine");
  CHECK(run("extract " + package + " --graph -o " + out).status == 1);
  CHECK(std::distance(std::filesystem::directory_iterator(out), {}) == 1);
  CHECK(read_file(folder.file("out/lib")).size() == 4);
}

TEST_CASE("two sources for one package are refused before the first is made") {
  TemporaryFolder folder;
  const Ran twice = run("convert " + kData + "llama-gqa " + kData + "llama-gqa -o " + folder.file("many/"), true);
  CHECK(twice.status == 2);
  CHECK(twice.out.find("error[U0001]: two sources would be written to") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder.file("many")));
}

TEST_CASE("a graph that the package would refuse is refused before it is packed") {
  TemporaryFolder folder;
  const auto packed = [&](const std::string& name, const std::string& graph) {
    write_file(folder.file(name), graph);
    return run("convert " + kData + "llama-gqa -o " + folder.file("g.oinf") + " --graph " + folder.file(name), true);
  };
  const Ran op = packed("op.graph", "dynamic { x: f32[2]; }\nblock entry { op nothing(x) >> y: f32[2]; emit y; }\n");
  CHECK(op.status == 3);
  CHECK(op.out.find("error[E0101]") != std::string::npos);
  const Ran weight =
      packed("weight.graph", "constant { w: f32[3] @ref(\"model.norm.weight\"); }\nblock entry { emit w; }\n");
  CHECK(weight.status == 3);
  CHECK(weight.out.find("model.norm.weight") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(folder.file("g.oinf")));
  // A size that only the caller gives is no error yet.
  CHECK(packed("size.graph", "volatile { x: f32[n]; }\nblock entry { emit x; }\n").status == 0);
}
