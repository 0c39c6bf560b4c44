#pragma once

namespace openinfer {

int print_version(bool json);
int print_devices(bool json);

}  // namespace openinfer
