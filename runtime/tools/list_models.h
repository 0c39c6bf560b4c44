// oinf-run --list: the models that are known by name, what they take, and whether this machine has room for them.
#pragma once

namespace openinfer {

int list_models(bool json);

}  // namespace openinfer
