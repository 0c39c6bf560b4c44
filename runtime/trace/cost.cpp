#include "runtime/trace/cost.h"

#include <algorithm>

namespace openinfer {
namespace {

uint64_t elements(const OperandShape& o) {
  const auto n = o.given ? o.shape.elements_checked() : std::optional<int64_t>(0);
  return static_cast<uint64_t>(n.value_or(0));
}

uint64_t bytes(const OperandShape& o) {
  const uint64_t n = elements(o);
  const int rank = o.shape.rank();
  return storage_bytes(o.dtype, n, rank ? static_cast<uint64_t>(o.shape[rank - 1]) : 1).value_or(0);
}

// Multiplications and additions of one element of the result.
uint64_t per_result(const std::string& op, std::span<const OperandShape> in) {
  if (in.size() < 2) return 1;
  const Shape &a = in[0].shape, &b = in[1].shape;
  if ((op == "linear" || op == "gather_linear" || op == "matmul") && a.rank() > 0)
    return 2 * static_cast<uint64_t>(a[a.rank() - 1]);
  if (op == "conv" && b.rank() > 0 && b[0] > 0) return 2 * elements(in[1]) / static_cast<uint64_t>(b[0]);
  if (op == "causal_conv1d" && b.rank() > 0) return 2 * static_cast<uint64_t>(b[b.rank() - 1]);
  if ((op == "attention" || op == "ragged_attention") && b.rank() >= 3)
    return 4 * static_cast<uint64_t>(b[b.rank() - 3]);  // q · k and weights · v over all keys
  return 1;
}

}  // namespace

Cost cost_of(CommandKind kind, const OpSchema* schema, std::span<const OperandShape> in,
             std::span<const OperandShape> out) {
  Cost c;
  uint64_t written = 0, results = 0;
  for (const OperandShape& o : out) {
    written += bytes(o);
    results += elements(o);
  }
  c.bytes = written;
  // Of what rows are taken from, or put into, only those are touched.
  const bool rows = kind == CommandKind::gather || (schema && schema->name == "embedding");
  const size_t table = kind == CommandKind::gather ? 0 : 1;
  for (size_t i = 0; i < in.size(); ++i) c.bytes += rows && i == table ? written : bytes(in[i]);
  if (kind == CommandKind::scatter && !in.empty()) c.bytes += bytes(in[0]) - written;
  if (kind != CommandKind::op) return c;
  const std::string& op = schema->name;
  uint64_t most = results;
  for (const OperandShape& o : in) most = std::max(most, elements(o));
  if (op == "conv_transpose" && in.size() > 1 && in[1].shape.rank() > 0 && in[1].shape[0] > 0) {
    c.flops = 2 * elements(in[0]) * (elements(in[1]) / static_cast<uint64_t>(in[1].shape[0]));
    return c;
  }
  const uint64_t each = per_result(op, in);
  c.flops = each > 1 ? each * results : op == "embedding" ? results : most;
  return c;
}

}  // namespace openinfer
