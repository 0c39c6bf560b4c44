// The commands of oinf-pack. Each prints its result to standard output and its messages to standard error, and returns
// the exit status.
#pragma once

#include <string>
#include <vector>

#include "ir/diagnostic.h"

namespace openinfer {

struct ConvertCommand {
  std::vector<std::string> sources;
  std::string output;             // a file, or with several sources or a slash at its end a folder
  std::string dtype;              // empty: as the source has it
  std::string quantise;           // a block type; empty: none
  std::vector<std::string> keep;  // PATTERN=TYPE
  bool resume = false;            // go on with what an interrupted conversion has done
  int jobs = 0;                   // threads that quantise; 0: as many as there are cores
  std::string graph;              // empty: the example for the architecture
  bool no_graph = false;
  bool json = false;
};
int run_convert(const ConvertCommand& command);

struct InspectCommand {
  std::string file;
  std::string tensor;  // empty: the whole package
  bool json = false;
};
int run_inspect(const InspectCommand& command);

struct VerifyCommand {
  std::string file;
  bool json = false;
};
int run_verify(const VerifyCommand& command);

struct DiffCommand {
  std::string a, b;
  bool json = false;
};
// 1 when the packages differ.
int run_diff(const DiffCommand& command);

struct ExtractCommand {
  std::string file;
  std::string tensor;
  bool graph = false;
  bool tokenizer = false;
  std::string output;  // empty: standard output, for texts
};
int run_extract(const ExtractCommand& command);

// Lines of JSON texts on standard input to lines of JSON id lists on standard output; `back`: the other way.
struct TokenizeCommand {
  std::string file;
  bool special = false;
  bool back = false;
};
int run_tokenize(const TokenizeCommand& command);

// The JSON context on standard input to the text that a chat template makes of it.
struct RenderCommand {
  std::string file;           // a package, or
  std::string chat_template;  // a file with a template
  std::string date;           // YYYY-MM-DD; empty: today
};
int run_render(const RenderCommand& command);

// Prints the error and gives its exit status.
int report_error(const Diagnostic& error);

}  // namespace openinfer
