// What the programs of examples/ do not compute, so that a model that asks for it is refused rather than run wrongly.
#pragma once

#include <optional>
#include <string>

#include "oinf/package_description.h"

namespace openinfer {

// The setting that the program for the model's architecture would ignore, in words; nothing when it computes them all.
[[nodiscard]] std::optional<std::string> ignored_setting(const PackageDescription& model);

}  // namespace openinfer
