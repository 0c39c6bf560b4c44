// The API, for programs outside the tree: #include <openinfer/openinfer.h>
#pragma once

#include "runtime/openinfer.h"
