#include "runtime/tools/version.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "ir/numerics_id.h"
#include "ops/kernel.h"
#include "runtime/thread_pool.h"

namespace openinfer {

int print_version(bool json) {
  const auto isa = detect_isa();
  const std::string best = isa ? std::string(name(*isa)) : "none: " + isa.error().message;
  if (json) {
    nlohmann::ordered_json j;
    j["version"] = OPENINFER_VERSION;
    j["numerics_id"] = kNumericsId;
    j["isa"] = best;
    j["devices"] = {"cpu"};
    j["vulkan"] = false;
    j["llvm"] = false;
    std::puts(j.dump(2).c_str());
    return 0;
  }
  std::printf("oinf-run %s\nnumerics_id %u\nisa %s\ndevices cpu\nbuilt without vulkan and llvm\n", OPENINFER_VERSION,
              kNumericsId, best.c_str());
  return 0;
}

int print_devices(bool json) {
  const auto isa = detect_isa();
  const std::string best = isa ? std::string(name(*isa)) : "none";
  if (json) {
    nlohmann::ordered_json j = nlohmann::ordered_json::array();
    j.push_back({{"name", "cpu"}, {"isa", best}, {"threads", default_threads()}});
    std::puts(j.dump(2).c_str());
    return 0;
  }
  std::printf("cpu   %s, %d threads\n", best.c_str(), default_threads());
  return 0;
}

}  // namespace openinfer
