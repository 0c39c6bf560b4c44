// Package::verify: what opening leaves alone.
#include <fmt/format.h>

#include <algorithm>

#include "oinf/format.h"
#include "oinf/package.h"

namespace openinfer {
namespace {

struct Piece {
  Extent extent;
  std::string what;
};

}  // namespace

Diagnostics Package::verify() const {
  Diagnostics found;
  if (Status s = file_.unchanged(); !s.ok()) return {std::move(s).error()};
  std::vector<Piece> pieces;
  for (const TensorEntry& t : index_.tensors) {
    if (t.has_data) pieces.push_back({t.data, fmt::format("tensor `{}`", t.info.name)});
    if (t.quantisation) pieces.push_back({t.scales, fmt::format("the scales of `{}`", t.info.name)});
    if (t.quantisation && t.quantisation->zero_point.granularity != Granularity::none)
      pieces.push_back({t.zero_points, fmt::format("the zero points of `{}`", t.info.name)});
    if (t.quantisation_record.offset != 0) {
      auto q = quantisation(t.info.name);
      if (!q.ok()) {
        Diagnostic d = std::move(q).error();
        d.message = fmt::format("{}: tensor `{}`: {}", path_, t.info.name, d.message);
        found.push_back(std::move(d));
      }
    }
  }
  if (index_.tokenizer) pieces.push_back({*index_.tokenizer, "the tokenizer"});
  for (const AttachmentEntry& file : index_.graph) pieces.push_back({file.data, fmt::format("graph `{}`", file.name)});
  for (const Piece& piece : pieces)
    if (Status s = check(piece.extent, piece.what); !s.ok()) found.push_back(std::move(s).error());

  // Version 3 keeps nothing but these between header and index, so a byte of padding that is not zero is damage, too.
  if (index_.version >= 3) {
    uint64_t end = format::kHeaderBytes;
    pieces.push_back({{index_.payloads_end, 0, {}}, "the index"});
    for (const Piece& piece : pieces) {
      const auto gap = file_.bytes().subspan(end, piece.extent.offset - end);
      if (std::any_of(gap.begin(), gap.end(), [](std::byte b) { return b != std::byte{0}; }))
        found.push_back({Code::P0017, fmt::format("{}: padding in front of {} is not zero", path_, piece.what)});
      end = piece.extent.offset + piece.extent.size;
    }
  }
  if (found.empty() && index_.tokenizer)
    if (auto t = tokenizer(); !t.ok()) found.push_back(std::move(t).error());
  if (found.empty())
    if (auto g = graph(); !g.ok()) found.push_back(std::move(g).error());
  return found;
}

}  // namespace openinfer
