// The index of a version 3 package as bytes (docs/spec/oinf.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ir/result.h"
#include "oinf/byte_writer.h"
#include "oinf/package_description.h"

namespace openinfer {

struct WrittenTensor {
  std::string name;
  DType dtype = DType::f32;
  Layout layout = Layout::rowmajor;
  Shape shape;
  std::optional<Quantisation> quantisation;
  Extent payloads[3];  // data, scales, zero points
};

struct WrittenAttachment {
  std::string name;
  uint32_t kind = 0;  // format::AttachmentKind
  Extent data;
};

// P0009 and P0012 for names that a reader would refuse.
Result<ByteWriter> write_index(const PackageDescription& description, const std::vector<WrittenTensor>& tensors,
                               const std::vector<WrittenAttachment>& attachments);

}  // namespace openinfer
