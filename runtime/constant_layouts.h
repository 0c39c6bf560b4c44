// Stored panels are no rows: kernels of products and of embedding read them, nothing else does.
#pragma once

#include "ir/program.h"

namespace openinfer {

// Constants in panel16 that some step reads in another way, or in part, are marked to be laid out as rows when they are
// opened (ConstantMember::as_rows), and count as rows from here on: a graph cannot see how a package lays out its
// tensors. Once, before make_views.
void lay_out_constants(Program& program);

}  // namespace openinfer
