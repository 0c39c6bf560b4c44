// Models of tests/data and examples, packed once into the build tree, and sessions that run them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/openinfer.h"

namespace openinfer::testing {

// Where a model stands as Hugging Face saves it: "storyteller", or a folder of tests/data.
[[nodiscard]] std::string model_folder(std::string_view model);

// The package that oinf-pack makes of it. Made again when it is older than the model, the tool or the examples; several
// processes may ask at once. Fails the test when the tool refuses.
[[nodiscard]] std::string package_of(std::string_view model);

// A path for a package that the test makes itself, in the same folder.
[[nodiscard]] std::string package_path(std::string_view name);

// graph: a file below the source tree, "examples/llama.graph"; empty: the package's own. package: a path, or empty.
// Fails the test with the whole report when the graph is refused.
[[nodiscard]] std::unique_ptr<Session> open_session(const std::string& graph, const std::string& package,
                                                    const SessionOptions& options = {});

struct Emitted {
  std::string name;
  HostTensor value;
};

// Everything that a step emits, in order. Fails the test when the step does.
[[nodiscard]] std::vector<Emitted> step(Session& session);

// Of the values of one name, all elements of i32 tensors in order.
[[nodiscard]] std::vector<int32_t> tokens(const std::vector<Emitted>& emitted, std::string_view name);
[[nodiscard]] bool same_bits(const HostTensor& a, const HostTensor& b);

void set(Session& session, std::string_view name, const TensorView& value);
// As a person spells it: "0.5", "[[1, 2]]".
void set(Session& session, std::string_view name, const std::string& value);

}  // namespace openinfer::testing
