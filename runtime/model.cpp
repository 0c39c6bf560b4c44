#include "runtime/model.h"

#include "dsl/load.h"
#include "dsl/text_source.h"

namespace openinfer {

std::shared_ptr<const Model> Model::open(const ModelFiles& files, Report& report) {
  auto model = std::make_shared<Model>();
  const auto refuse = [&](Diagnostic d) {
    report.diagnostics.push_back(std::move(d));
    return nullptr;
  };
  if (!files.package.empty()) {
    auto package = Package::open(files.package);
    if (!package) return refuse(std::move(package).error());
    model->package_ = std::move(*package);
  }
  if (!files.graph.empty()) {
    model->graph_ = dsl::load(files.graph, dsl::DirectorySource(), report.sources, report.diagnostics);
  } else {
    if (!model->package_) return refuse(Diagnostic(Code::U0001, "neither a graph nor a package was given"));
    auto carried = model->package_->graph();
    if (!carried) return refuse(std::move(carried).error());
    if (carried->empty())
      return refuse(
          Diagnostic(Code::U0001, files.package + " carries no graph").with_help("name one: oinf-run GRAPH MODEL"));
    std::vector<dsl::MapSource::Entry> entries;
    for (const GraphSource& g : *carried) entries.push_back({g.path, g.text});
    const std::string main = entries.front().path;
    model->graph_ = dsl::load(main, dsl::MapSource(std::move(entries)), report.sources, report.diagnostics);
  }
  if (!report.ok()) return nullptr;
  if (model->package_ && model->package_->has_tokenizer()) {
    auto data = model->package_->tokenizer();
    if (!data) return refuse(std::move(data).error());
    auto tokenizer = Tokenizer::create(std::move(*data));
    if (tokenizer)
      model->tokenizer_.emplace(std::move(*tokenizer));
    else
      model->tokenizer_error_ = tokenizer.error();
  }
  model->sources_ = report.sources;
  return model;
}

}  // namespace openinfer
