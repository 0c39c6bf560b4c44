// What the shared library says of itself.
#include "ir/numerics_id.h"
#include "runtime/openinfer.h"

namespace openinfer {

const char* version() { return OPENINFER_VERSION; }
unsigned numerics_id() { return kNumericsId; }

}  // namespace openinfer
