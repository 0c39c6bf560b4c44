// Sentences of the language reference, each as a graph that says what it is given and what comes out (case_file.h). A
// case is cases/NAME.graph, named after the fact that it holds. Cases are found when the binary starts, so a new file
// needs no build; cases/lib holds what they include. The examples of the op reference are cases too.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "ops/schema.h"
#include "runtime/adapters/show_tensor.h"
#include "runtime/openinfer.h"
#include "tests/conformance/case_package.h"
#include "tests/oinf/temporary_folder.h"

namespace openinfer::testing {
namespace {

const std::string kFolder = OPENINFER_SOURCE_DIR "/tests/conformance/cases";

std::string json_of(const TensorView& value) {
  const auto text = tensor_json(value);
  return text.ok() ? *text : render(text.error());
}

std::string text_of(const std::vector<NamedText>& list) {
  std::string text;
  for (const auto& [name, value] : list) text += name + " = " + value + "\n";
  return text;
}

void run_step(Session& session, const CaseStep& step) {
  if (step.reset) REQUIRE(session.reset().ok());
  for (const auto& [name, value] : step.inputs) {
    const Status set = session.set_value(name, value);
    INFO((set ? std::string() : render(set.error(), session.model().sources())));
    REQUIRE(set.ok());
  }
  std::vector<NamedText> emissions;
  const Status status = session.step([&](const Emission& e) {
    emissions.emplace_back(std::string(e.name), json_of(e.value));
    return static_cast<int>(emissions.size()) != step.stop_after;
  });
  const std::string report = status ? std::string() : render(status.error(), session.model().sources());
  INFO(report);
  CHECK(text_of(emissions) == text_of(step.emissions));
  REQUIRE(status.ok() == !step.error);
  if (step.error) {
    CHECK(std::string(code_name(status.error().code)) == step.error->code);
    CHECK_THAT(report, Catch::Contains(step.error->text));
    // Whoever reads it finds the node.
    if (step.error->code[0] == 'R') CHECK_THAT(report, Catch::Contains("-->"));
  }
  for (const auto& [name, expected] : step.reads) {
    const auto value = session.read(name);
    REQUIRE(value.ok());
    CHECK(name + " = " + json_of(value->view()) == name + " = " + expected);
  }
}

void check_views(const Program& program, std::vector<std::string> expected) {
  std::vector<std::string> views;
  for (const Variable& v : program.variables)
    if (v.is_view) views.push_back(v.name);
  std::sort(views.begin(), views.end());
  std::sort(expected.begin(), expected.end());
  CHECK(views == expected);
}

void run_case(const std::string& path, int threads) {
  const CaseFile file = read_case(path);
  CHECK(file.malformed == std::vector<std::string>());
  const TemporaryFolder folder;
  ModelFiles files{path, ""};
  if (file.has_package()) {
    files.package = folder.file("case.oinf");
    const Status written = write_package(file, files.package);
    INFO((written ? std::string() : render(written.error())));
    REQUIRE(written.ok());
  }
  Report report;
  const auto model = Model::open(files, report);
  SessionOptions options;
  options.threads = threads;
  options.entry = file.entry;
  for (const auto& [size, value] : file.sizes) options.sizes[size] = std::stoll(value);
  const auto session = model ? Session::create(model, options, report) : nullptr;
  INFO(report.text());
  if (!file.refused.empty()) {
    REQUIRE_FALSE(session);
    std::vector<std::string> codes, expected;
    for (const Diagnostic& d : report.diagnostics) codes.emplace_back(code_name(d.code));
    for (const ExpectedError& e : file.refused) {
      expected.push_back(e.code);
      CHECK_THAT(report.text(), Catch::Contains(e.text));
    }
    std::sort(codes.begin(), codes.end());
    std::sort(expected.begin(), expected.end());
    CHECK(codes == expected);
    return;
  }
  REQUIRE(session);
  if (file.views) check_views(session->program(), *file.views);
  for (size_t i = 0; i < file.steps.size(); ++i) {
    INFO("step " << i + 1);
    run_step(*session, file.steps[i]);
  }
}

class Case : public Catch::ITestInvoker {
 public:
  explicit Case(std::string name) : name_(std::move(name)) {}
  void invoke() const override {
    // The number of threads is no part of the meaning.
    for (const int threads : {1, 3}) {
      INFO(threads << " threads");
      run_case(kFolder + "/" + name_, threads);
    }
  }

 private:
  std::string name_;
};

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder))
    if (entry.path().extension() == ".graph") names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

const bool kRegistered = [] {
  for (const std::string& name : case_names())
    Catch::getMutableRegistryHub().registerTest(
        Catch::makeTestCase(new Case(name), "", Catch::NameAndTags(name), CATCH_INTERNAL_LINEINFO));
  return true;
}();

}  // namespace

TEST_CASE("the examples of the op reference give what they say") {
  const TemporaryFolder folder;
  size_t examples = 0;
  for (const OpSchema& op : all_ops()) {
    INFO(op.name);
    const std::string path = folder.file(op.name + ".graph");
    std::ofstream(path) << op.example << "\n";
    REQUIRE_FALSE(read_case(path).steps[0].emissions.empty());
    for (const int threads : {1, 3}) run_case(path, threads);
    ++examples;
  }
  CHECK(examples >= 101);
}

// Who copies the row into ops.json runs this test with it: here the same steps stand for the op that is not there.
TEST_CASE("the op that the contributors' page adds gives what its example says") {
  std::ifstream in(OPENINFER_SOURCE_DIR "/docs/contributing.md", std::ios::binary);
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  const size_t begin = page.find("```json\n") + 8;
  const auto row = nlohmann::json::parse(page.substr(begin, page.find("```", begin) - begin));
  REQUIRE(row["expression"] == "x * min(max(x + 3, 0), 6) / 6");
  std::string example = row["example"];
  const std::string node = "op hard_swish(x) >> y: f32[4];";
  const size_t at = example.find(node);
  REQUIRE(at != std::string::npos);
  example.replace(at, node.size(),
                  "op add(x, 3) >> y: f32[4]; op max(y, 0) >> y; op min(y, 6) >> y; op mul(x, y) >> y; "
                  "op div(y, 6) >> y;");
  const TemporaryFolder folder;
  const std::string path = folder.file("recipe.graph");
  std::ofstream(path) << example << "\n";
  REQUIRE(read_case(path).steps[0].emissions.size() == 1);
  run_case(path, 1);
}

TEST_CASE("all sentences of the language are there") {
  CHECK(kRegistered);
  CHECK(case_names().size() >= 80);
}

}  // namespace openinfer::testing
