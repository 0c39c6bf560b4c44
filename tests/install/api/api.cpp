// Every part of the C++ API as a program outside the tree uses it: open, bind, step, read, emissions, cancel from
// another thread, a failed step that is undone, sessions of two threads on one model, errors with their codes.
#include <openinfer/openinfer.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace {

using namespace openinfer;

void require(bool held, const char* what) {
  if (held) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::exit(1);
}
#define REQUIRE(condition) require(condition, #condition)

HostTensor floats(std::vector<float> values) {
  auto t = HostTensor::zeros(DType::f32, Shape{static_cast<int64_t>(values.size())});
  REQUIRE(t.ok());
  std::memcpy(t->data(), values.data(), values.size() * sizeof(float));
  return std::move(*t);
}

std::unique_ptr<Session> session_of(const std::shared_ptr<const Model>& model, const char* entry = "") {
  Report report;
  SessionOptions options;
  options.entry = entry;
  options.threads = 1;
  auto session = Session::create(model, options, report);
  std::fputs(report.text().c_str(), stderr);
  REQUIRE(session != nullptr);
  return session;
}

void errors(const std::string& graph) {
  Report report;
  REQUIRE(Model::open({.graph = graph + ".not", .package = ""}, report) == nullptr);
  REQUIRE(!report.ok() && report.status() != 0 && !report.text().empty());
  Report refused;
  REQUIRE(Model::open({.graph = "", .package = graph}, refused) == nullptr);
  REQUIRE(refused.diagnostics[0].code == Code::P0003 && refused.status() == 4);
}

// The model may go: a session keeps what it needs.
void bind_step_read(std::shared_ptr<const Model> model) {
  const auto session = session_of(model);
  model.reset();
  REQUIRE(session->missing() == std::vector<std::string>{"x"});
  REQUIRE(session->step().error().code == Code::I0001);
  REQUIRE(session->set("nothing", floats({1})).error().code == Code::I0002);
  REQUIRE(session->set("x", floats({1, 2, 3})).ok());
  std::vector<std::string> names;
  float total = 0;
  REQUIRE(session
              ->step([&](const Emission& e) {
                names.emplace_back(e.name);
                if (e.name == "total") total = *e.value.as<float>();
                return true;
              })
              .ok());
  REQUIRE(names.size() == 2 && names[0] == "total" && names[1] == "count" && total == 6);
  const auto doubled = session->read("doubled");
  REQUIRE(doubled.ok() && doubled->shape() == Shape{3});
  float last = 0;
  std::memcpy(&last, doubled->bytes().data() + 8, 4);
  REQUIRE(last == 6);
  REQUIRE(session->read("absent").error().code == Code::I0008);
  const auto need = session->need();
  REQUIRE(need.ok() && need->total() > 0);
  // Emissions may end the step; what was written until then stays.
  int seen = 0;
  REQUIRE(session->step([&](const Emission&) { return ++seen < 1; }).ok() && seen == 1);
  int32_t count = 0;
  REQUIRE(session
              ->step([&](const Emission& e) {
                if (e.name == "count") count = *e.value.as<int32_t>();
                return true;
              })
              .ok());
  REQUIRE(count == 3);
  REQUIRE(session->reset().ok());
}

int32_t count_of(Session& session) {
  int32_t count = -1;
  const auto status = session.step([&](const Emission& e) {
    if (e.name == "count") count = *e.value.as<int32_t>();
    return true;
  });
  REQUIRE(status.ok());
  return count;
}

void failure_is_undone(const std::shared_ptr<const Model>& model) {
  const auto session = session_of(model, "divide");
  REQUIRE(session->set_value("by", "1").ok());
  REQUIRE(count_of(*session) == 1);
  REQUIRE(session->set_value("by", "0").ok());
  const auto failed = session->step();
  REQUIRE(!failed.ok() && failed.error().code == Code::R0002);
  REQUIRE(render(failed.error(), session->model().sources()).find("op div") != std::string::npos);
  REQUIRE(session->set_value("by", "1").ok());
  REQUIRE(count_of(*session) == 2);
}

void cancelled(const std::shared_ptr<const Model>& model) {
  const auto session = session_of(model, "endless");
  std::atomic<bool> running{false};
  std::thread other([&] {
    while (!running) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    session->cancel();
  });
  const auto status = session->step([&](const Emission&) {
    running = true;
    return true;
  });
  other.join();
  REQUIRE(!status.ok() && status.error().code == Code::C0001 && exit_status(Code::C0001) == 130);
  // The next step begins afresh, with the memory of before.
  int32_t count = -1;
  REQUIRE(session
              ->step([&](const Emission& e) {
                count = *e.value.as<int32_t>();
                return false;
              })
              .ok());
  REQUIRE(count == 1);
}

void two_threads(const std::shared_ptr<const Model>& model) {
  std::vector<std::thread> threads;
  std::vector<int32_t> counts(4);
  for (size_t i = 0; i < counts.size(); ++i)
    threads.emplace_back([&, i] {
      const auto session = session_of(model);
      REQUIRE(session->set("x", floats({1})).ok());
      for (int step = 0; step < 50; ++step) counts[i] = count_of(*session);
    });
  for (std::thread& t : threads) t.join();
  for (const int32_t count : counts) REQUIRE(count == 50);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  REQUIRE(std::strlen(version()) > 0 && numerics_id() > 0);
  Report report;
  auto model = Model::open({.graph = argv[1], .package = ""}, report);
  std::fputs(report.text().c_str(), stderr);
  REQUIRE(model != nullptr && model->package() == nullptr && model->tokenizer() == nullptr);
  errors(argv[1]);
  bind_step_read(model);
  failure_is_undone(model);
  cancelled(model);
  two_threads(model);
  std::puts("all of it");
  return 0;
}
