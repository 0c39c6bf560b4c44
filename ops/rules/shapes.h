// The shape rules, by the names that ops.json uses.
#pragma once

#include "ops/rules/node.h"

namespace openinfer::rules {

// elementwise.cpp
void broadcast(Node& node);
void is_finite(Node& node);
void reduce(Node& node);
void arg_reduce(Node& node);
void axis_keep(Node& node);

// declared.cpp: the declaration gives the shape
void declared(Node& node);
void arange(Node& node);
void random(Node& node);
void reshape(Node& node);
void resize(Node& node);

// movement.cpp
void transpose(Node& node);
void concat(Node& node);
void pad(Node& node);
void unfold(Node& node);
void index_add(Node& node);

// sets.cpp
void nonzero(Node& node);
void nms(Node& node);
void isin(Node& node);
void common_prefix(Node& node);
void top_k(Node& node);
void sample(Node& node);
void repetition_penalty(Node& node);

// contraction.cpp
void matmul(Node& node);
void linear(Node& node);
void gather_linear(Node& node);
void embedding(Node& node);

// sequence.cpp
void rope(Node& node);
void attention(Node& node);
void ragged_attention(Node& node);
void causal_conv1d(Node& node);
void selective_scan(Node& node);

// norms.cpp
void rms_norm(Node& node);
void layer_norm(Node& node);
void batch_norm(Node& node);
void group_norm(Node& node);

// regions.cpp
void grid_sample(Node& node);
void roi_align(Node& node);

// spatial.cpp
void conv(Node& node);
void conv_transpose(Node& node);
void pool(Node& node);

}  // namespace openinfer::rules
