// Tells a tale through the C++ API: open, bind, step with emissions as they come, read.
#include <cstdio>

#include <openinfer/openinfer.h>

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: tell MODEL.oinf TITLE\n"), 2;
  openinfer::Report report;
  const auto model = openinfer::Model::open({.graph = "", .package = argv[1]}, report);
  const auto session = model ? openinfer::Session::create(model, {}, report) : nullptr;
  if (!session) {
    std::fputs(report.text().c_str(), stderr);
    return report.status();
  }
  const auto failed = [&](const openinfer::Diagnostic& d) {
    std::fputs(render(d, model->sources()).c_str(), stderr);
    return exit_status(d.code);
  };
  if (const auto s = session->set_text("tokens", {std::string(argv[2]) + "\n\n"}); !s) return failed(s.error());
  if (const auto s = session->set_value("temperature", "0"); !s) return failed(s.error());
  if (const auto s = session->set_value("max_new_tokens", "40"); !s) return failed(s.error());

  openinfer::StreamDecoder text(*model->tokenizer());
  const auto status = session->step([&](const openinfer::Emission& e) {
    const auto piece = text.push(*e.value.as<int32_t>());
    if (piece) std::fputs(piece->c_str(), stdout);
    return true;  // false would end the step here; what was written until then stays
  });
  if (!status) return failed(status.error());
  std::puts(text.finish().c_str());

  const auto tokens = session->read("tokens");  // an input or a volatile variable, as the step left it
  if (!tokens) return failed(tokens.error());
  std::fprintf(stderr, "%lld tokens in the prompt\n", static_cast<long long>(tokens->elements()));
  return 0;
}
