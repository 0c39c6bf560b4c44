// The C++ API: open a model, make a session, bind inputs, step, read.
//
//   openinfer::Report report;
//   auto model = openinfer::Model::open({.graph = "", .package = "storyteller.oinf"}, report);
//   auto session = model ? openinfer::Session::create(model, {}, report) : nullptr;
//   if (!session) { std::fputs(report.text().c_str(), stderr); return report.status(); }
//   session->set_text("tokens", {"The Fox and the Crow\n\n"});
//   session->step([&](const openinfer::Emission& e) { …; return true; });
#pragma once

#include "runtime/model.h"
#include "runtime/session.h"

namespace openinfer {

[[nodiscard]] const char* version();   // "0.1.0"
[[nodiscard]] unsigned numerics_id();  // docs/numerics.md: results of equal ids have equal bits

}  // namespace openinfer
