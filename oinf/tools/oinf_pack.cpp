// oinf-pack: makes packages, and looks into them.
#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "ir/numerics_id.h"
#include "ir/tool_main.h"
#include "ir/tools/command_line.h"
#include "oinf/mapped_guard.h"
#include "oinf/tools/commands.h"

namespace {

using namespace openinfer;

constexpr const char* kExamples = R"(Examples:
  oinf-pack convert Llama-3.2-1B/ -o llama.oinf        a Hugging Face folder, with the graph for its architecture
  oinf-pack inspect llama.oinf                         what it holds
  oinf-pack verify llama.oinf                          every checksum
  oinf-pack diff a.oinf b.oinf                         what differs, and by how much
  oinf-pack extract llama.oinf --graph -o graphs/      the graph and its includes
  oinf-pack tokenize llama.oinf < texts.jsonl          token ids; detokenize is the way back
  oinf-pack render llama.oinf < context.json           the text that a conversation becomes
`oinf-pack COMMAND --help` says more.
)";

constexpr const char* kConvertExamples = R"(Examples:
  oinf-pack convert Llama-3.2-1B/ -o llama.oinf
  oinf-pack convert Llama-3.2-1B-Q4_K_M.gguf -o llama.oinf      every tensor as the file has it
  oinf-pack convert model.safetensors -o weights.oinf           tensors only
  oinf-pack convert bert-base-uncased/ -o bert.oinf --dtype f16
  oinf-pack convert Llama-3.2-1B/ -o q.oinf --quantize q4_k --keep '*embed_tokens*=q8_0' --keep 'lm_head.*=q6_k'
  oinf-pack convert my-model/ -o my.oinf --graph my.graph       another graph than the example's
  oinf-pack convert Llama-3.1-8B/ -o l.oinf --quantize q4_k --resume    may be interrupted, and given again
  oinf-pack convert vit-*/ -o packages/                         several at once
)";

constexpr const char* kInspectExamples = R"(Examples:
  oinf-pack inspect llama.oinf
  oinf-pack inspect llama.oinf model.norm.weight                its values and statistics
  oinf-pack inspect llama.oinf --json | jq .metadata.rms_norm_eps
)";

constexpr const char* kVerifyExamples = R"(Examples:
  oinf-pack verify llama.oinf                                   exit status 4 when a part is damaged
)";

constexpr const char* kDiffExamples = R"(Examples:
  oinf-pack diff llama-f32.oinf llama-f16.oinf                  exit status 1 when they differ
  oinf-pack diff a.oinf b.oinf --json
)";

constexpr const char* kExtractExamples = R"(Examples:
  oinf-pack extract llama.oinf model.norm.weight -o norm.npy
  oinf-pack extract llama.oinf --graph                          prints the main graph
  oinf-pack extract llama.oinf --graph -o graphs/               it and its includes
  oinf-pack extract llama.oinf --tokenizer -o llama-vocabulary.json     in a form of its own, not a source for convert
)";

constexpr const char* kTokenizeExamples = R"(Examples:
  echo '"The fox\n"' | oinf-pack tokenize llama.oinf           [791,39935,198]
  echo '"<s>The fox"' | oinf-pack tokenize llama.oinf --special  control tokens by their names
  echo '[791,39935,198]' | oinf-pack detokenize llama.oinf      "The fox\n"
)";

constexpr const char* kRenderExamples = R"(Examples:
  echo '{"messages":[{"role":"user","content":"Hi"}],"add_generation_prompt":true}' | oinf-pack render llama.oinf
  oinf-pack render --template chat.jinja --date 2026-07-26 < context.json
The context is a JSON object with what the template names: messages, tools, add_generation_prompt, bos_token, …
)";

void add_convert(CLI::App& app, ConvertCommand& c, int& status) {
  CLI::App* command = app.add_subcommand("convert", "Make a package out of a model");
  command->footer(kConvertExamples);
  command->add_option("SOURCE", c.sources, "Hugging Face folders, safetensors files or GGUFs")->required();
  command->add_option("-o,--output", c.output, "The package, or a folder for several")->required();
  command->add_option("--dtype", c.dtype, "Element type of the weights: f32, f16 or bf16 (default: the source's)")
      ->check(CLI::IsMember({"f32", "f16", "bf16"}));
  command
      ->add_option("--quantize", c.quantise,
                   "Matrices become q8_0, q4_0, q4_1, q4_k or q6_k; those that do not divide into blocks keep their "
                   "type, and are named")
      ->check(CLI::IsMember({"q8_0", "q4_0", "q4_1", "q4_k", "q6_k"}));
  command
      ->add_option(
          "--keep", c.keep,
          "PATTERN=TYPE: another type for the tensors whose names fit, * being any text; the first that fits counts, "
          "one that fits none is refused")
      ->allow_extra_args(false);
  command->add_flag("--resume", c.resume,
                    "Keep what is done in OUTPUT.part until all is: the same command again goes on behind it");
  command->add_option("--jobs", c.jobs, "Threads that quantise (default: all cores); the bytes do not depend on it")
      ->check(CLI::Range(1, 1024));
  auto* graph = command->add_option("--graph", c.graph, "The graph that goes into the package");
  command->add_flag("--no-graph", c.no_graph, "No graph")->excludes(graph);
  command->add_flag("--json", c.json, "The report as JSON");
  command->callback([&] { status = run_convert(c); });
}

void add_inspect(CLI::App& app, InspectCommand& c, int& status) {
  CLI::App* command = app.add_subcommand("inspect", "Show what a package holds, or one tensor's values");
  command->footer(kInspectExamples);
  command->add_option("FILE", c.file, "A package")->required();
  command->add_option("TENSOR", c.tensor, "A tensor of it");
  command->add_flag("--json", c.json, "JSON instead of tables");
  command->callback([&] { status = run_inspect(c); });
}

void add_verify(CLI::App& app, VerifyCommand& c, int& status) {
  CLI::App* command = app.add_subcommand("verify", "Check every checksum, and name what fails");
  command->footer(kVerifyExamples);
  command->add_option("FILE", c.file, "A package")->required();
  command->add_flag("--json", c.json, "The result as JSON");
  command->callback([&] { status = run_verify(c); });
}

void add_diff(CLI::App& app, DiffCommand& c, int& status) {
  CLI::App* command = app.add_subcommand("diff", "What differs between two packages, and by how much");
  command->footer(kDiffExamples);
  command->add_option("A", c.a, "A package")->required();
  command->add_option("B", c.b, "Another")->required();
  command->add_flag("--json", c.json, "The differences as JSON");
  command->callback([&] { status = run_diff(c); });
}

void add_extract(CLI::App& app, ExtractCommand& c, int& status) {
  CLI::App* command = app.add_subcommand("extract", "Take a tensor, the graph or the tokenizer out of a package");
  command->footer(kExtractExamples);
  command->add_option("FILE", c.file, "A package")->required();
  command->add_option(
      "TENSOR", c.tensor,
      "A tensor, written as .npy: bf16, f8 and block types such as q4_k as f32, packed integers as 8-bit ones");
  command->add_flag("--graph", c.graph, "The graph, with -o FOLDER its includes too");
  command->add_flag("--tokenizer", c.tokenizer, "The tokenizer as JSON");
  command->add_option(
      "-o,--output", c.output,
      "Where it goes: .npy for a tensor, .json for the tokenizer, a folder for the graph; - is standard output");
  command->callback([&] { status = run_extract(c); });
}

void add_tokenize(CLI::App& app, TokenizeCommand& c, int& status) {
  const char* const about = c.back ? "Lines of JSON lists of token ids to lines of JSON texts"
                                   : "Lines of JSON texts to lines of JSON lists of token ids";
  CLI::App* command = app.add_subcommand(c.back ? "detokenize" : "tokenize", about);
  command->footer(kTokenizeExamples);
  command->add_option("FILE", c.file, "A package with a tokenizer")->required();
  command->add_flag(
      "--special", c.special,
      c.back ? "Show special tokens" : "Add the special tokens around a text, and know them by name in it");
  command->callback([&] { status = run_tokenize(c); });
}

void add_render(CLI::App& app, RenderCommand& c, int& status) {
  CLI::App* command = app.add_subcommand("render", "A chat template's text for a JSON context on standard input");
  command->footer(kRenderExamples);
  command->add_option("FILE", c.file, "A package with a chat template");
  command->add_option("--template", c.chat_template, "A template of its own instead (Jinja)");
  command->add_option("--date", c.date,
                      "The date that strftime_now shows, YYYY-MM-DD (default: SOURCE_DATE_EPOCH, today)");
  command->callback([&] { status = run_render(c); });
}

int run(int argc, char** argv) {
  CLI::App app("Makes packages (.oinf), and looks into them.", "oinf-pack");
  app.require_subcommand(1);
  app.set_version_flag("--version",
                       std::string("oinf-pack " OPENINFER_VERSION "\nnumerics_id ") + std::to_string(kNumericsId));
  app.footer(kExamples);
  int status = 0;
  ConvertCommand convert;
  InspectCommand inspect;
  VerifyCommand verify;
  DiffCommand diff;
  ExtractCommand extract;
  add_convert(app, convert, status);
  add_inspect(app, inspect, status);
  add_verify(app, verify, status);
  add_diff(app, diff, status);
  add_extract(app, extract, status);
  TokenizeCommand tokenize, detokenize;
  detokenize.back = true;
  add_tokenize(app, tokenize, status);
  add_tokenize(app, detokenize, status);
  RenderCommand render_text;
  add_render(app, render_text, status);
  if (const auto exit = read_command_line(app, argc, argv)) return *exit;
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  exit_when_mapped_files_shrink();
  return tool_main([&] { return run(argc, argv); });
}
