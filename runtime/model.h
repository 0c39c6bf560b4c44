// A graph and, where it has constants, the package that holds them: what sessions are made of.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/diagnostic.h"
#include "ir/graph.h"
#include "oinf/package.h"
#include "oinf/text/tokenizer.h"

namespace openinfer {

// Everything that was wrong, with the texts it speaks of.
struct Report {
  SourceMap sources;
  Diagnostics diagnostics;

  [[nodiscard]] bool ok() const { return diagnostics.empty(); }
  [[nodiscard]] std::string text() const { return render(diagnostics, sources); }
  // Of the first error, as the tools exit; 0 without one.
  [[nodiscard]] int status() const { return diagnostics.empty() ? 0 : exit_status(diagnostics.front().code); }
};

struct ModelFiles {
  std::string graph;    // path of a .graph file; empty: the one that the package carries
  std::string package;  // path of a .oinf file; empty: none
};

// Never changes once it is open; sessions of several threads may share it.
class Model {
 public:
  // nullptr when something is wrong: `report` says what.
  static std::shared_ptr<const Model> open(const ModelFiles& files, Report& report);

  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] const Package* package() const { return package_.get(); }
  // nullptr: the package has none.
  [[nodiscard]] const Tokenizer* tokenizer() const { return tokenizer_ ? &*tokenizer_ : nullptr; }
  // Why there is no tokenizer although the package has one.
  [[nodiscard]] const std::optional<Diagnostic>& tokenizer_error() const { return tokenizer_error_; }
  [[nodiscard]] const SourceMap& sources() const { return sources_; }

 private:
  Graph graph_;
  SourceMap sources_;
  std::shared_ptr<const Package> package_;
  std::optional<Tokenizer> tokenizer_;
  std::optional<Diagnostic> tokenizer_error_;
};

}  // namespace openinfer
