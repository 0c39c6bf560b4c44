// oinf-run --list, and the models that oinf-pack inspect knows.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "ran.h"

using namespace openinfer::testing;

TEST_CASE("the list has every known model with what it takes, from the plan of its graph") {
  const Ran table = ran("oinf-run --list");
  INFO(table.error);
  REQUIRE(table.status == 0);
  CHECK(has(table.out, "\nLlama 3.2 1B          1.24 G    2.3 GiB    1.2 GiB"));
  CHECK(has(table.out, "\nGPT-2                  124 M"));
  const Ran json = ran("oinf-run --list --json");
  REQUIRE(json.status == 0);
  const auto all = nlohmann::json::parse(json.out);
  CHECK(all["memory"].get<uint64_t>() > 0);
  CHECK(all["models"].size() > 15);
  for (const auto& m : all["models"]) {
    INFO(m["name"]);
    const auto& f16 = m["bytes"]["f16"];
    // A little more where the rows of panels are filled up.
    const auto least = 2 * m["parameters"].get<uint64_t>();
    CHECK(f16["weights"].get<uint64_t>() >= least);
    CHECK(f16["weights"].get<uint64_t>() < least + least / 1000);
    CHECK(f16["total"].get<uint64_t>() >= f16["weights"].get<uint64_t>() + f16["caches"].get<uint64_t>());
    CHECK(f16["fits"] == (f16["total"] <= all["memory"]));
    if (m["architecture"] != "llama") continue;
    // keys and values of 4096 tokens in f32, which tokens they are, and how many
    const auto& c = m["config"];
    const uint64_t caches = 4096 * (uint64_t{8} * c["num_hidden_layers"].get<uint64_t>() *
                                        c["num_key_value_heads"].get<uint64_t>() * c["head_dim"].get<uint64_t>() +
                                    4) +
                            4;
    CHECK(f16["caches"] == caches);
    CHECK(m["bytes"]["q8_0"]["caches"] == caches);
    CHECK(m["bytes"]["q8_0"]["weights"] < f16["weights"]);
  }
  CHECK(ran("oinf-run --list --version").status == 2);
}

TEST_CASE("the plan of a model in the list is that of a package of its shapes") {
  // The storyteller is not in the list; its plan is made of the same parts: weights, caches, the rest.
  const Ran shown = ran("oinf-pack inspect " + packed("storyteller") + " --json");
  REQUIRE(shown.status == 0);
  const auto package = nlohmann::json::parse(shown.out);
  CHECK(package["model"].is_null());
  uint64_t parameters = 0;
  for (const auto& t : package["tensors"]) {
    uint64_t n = 1;
    for (const auto& size : t["shape"]) n *= size.get<uint64_t>();
    parameters += n;
  }
  CHECK(package["parameters"] == parameters);
  CHECK(has(ran("oinf-pack inspect " + packed("storyteller")).out, "parameters " + std::to_string(parameters)));
}
