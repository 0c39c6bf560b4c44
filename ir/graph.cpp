#include "ir/graph.h"

namespace openinfer {

std::string_view name(MemoryKind kind) {
  switch (kind) {
    case MemoryKind::dynamic:
      return "dynamic";
    case MemoryKind::volatile_:
      return "volatile";
    case MemoryKind::constant:
      return "constant";
    case MemoryKind::persistent:
      return "persistent";
  }
  return "";
}

}  // namespace openinfer
