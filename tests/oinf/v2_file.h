// Makes version 2 packages for tests, in the order and with the padding of OpenInfer's Python tool. Every field can be
// made wrong by patching the bytes; the offsets of the tables are kept for that.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "oinf/byte_writer.h"

namespace openinfer::testing {

struct V2File {
  struct Metadata {
    std::string key;
    uint32_t type;
    std::vector<std::byte> payload;
  };
  struct Tensor {
    std::string name;
    uint32_t type;
    std::vector<uint64_t> dims;
    std::vector<std::byte> data;
    bool has_data = true;
    std::vector<std::byte> quantisation;
  };

  std::vector<std::pair<std::string, uint64_t>> sizes;
  std::vector<Metadata> metadata;
  std::vector<Tensor> tensors;

  static std::vector<std::byte> array(uint32_t type, const std::vector<uint64_t>& dims,
                                      std::span<const std::byte> data) {
    ByteWriter out;
    out.u32(type);
    out.u32(static_cast<uint32_t>(dims.size()));
    for (const uint64_t d : dims) out.u64(d);
    out.raw(data.data(), data.size());
    out.pad();
    return {out.bytes().begin(), out.bytes().end()};
  }
  static std::vector<std::byte> text(std::string_view s) {
    ByteWriter out;
    out.string(s);
    return {out.bytes().begin(), out.bytes().end()};
  }
  template <class T>
  static std::vector<std::byte> values(const std::vector<T>& list) {
    const auto bytes = std::as_bytes(std::span(list));
    return {bytes.begin(), bytes.end()};
  }

  // Where each table begins: sizes, metadata, tensors, data.
  struct Offsets {
    uint64_t section[4];
  };
  std::vector<std::byte> bytes(Offsets* offsets = nullptr) const {
    // The tables' lengths do not depend on the offsets in them, so the first round only measures.
    Offsets at{};
    uint64_t end = 0;
    ByteWriter file;
    for (int round = 0; round < 2; ++round) {
      file = ByteWriter();
      file.raw("OINF\0", 5);
      file.u32(2);
      file.u32(0);
      file.u32(static_cast<uint32_t>(sizes.size()));
      file.u32(static_cast<uint32_t>(metadata.size()));
      file.u32(static_cast<uint32_t>(tensors.size()));
      file.u32(0);
      for (const uint64_t section : at.section) file.u64(section);
      file.u64(end);
      file.pad();
      at.section[0] = file.size();
      for (const auto& [name, value] : sizes) {
        file.string(name);
        file.u64(value);
      }
      file.pad();
      at.section[1] = file.size();
      uint64_t cursor = at.section[3];
      const auto place = [&](uint64_t size) {
        const uint64_t begin = cursor;
        cursor += (size + 7) / 8 * 8;
        return begin;
      };
      for (const Metadata& m : metadata) {
        file.string(m.key);
        file.u32(m.type);
        file.u32(0);
        file.u64(m.payload.size());
        file.u64(place(m.payload.size()));
      }
      file.pad();
      at.section[2] = file.size();
      for (const Tensor& t : tensors) {
        file.string(t.name);
        file.u32(t.type);
        file.u32(static_cast<uint32_t>(t.dims.size()));
        file.u32((t.has_data ? 1u : 0u) | (t.quantisation.empty() ? 0u : 2u));
        for (const uint64_t d : t.dims) file.u64(d);
        file.u64(t.has_data ? t.data.size() : 0);
        file.u64(t.has_data ? place(t.data.size()) : 0);
        file.u64(t.quantisation.size());
        file.u64(t.quantisation.empty() ? 0 : place(t.quantisation.size()));
      }
      file.pad();
      at.section[3] = file.size();
      const auto payload = [&](const std::vector<std::byte>& p) {
        file.raw(p.data(), p.size());
        file.pad();
      };
      for (const Metadata& m : metadata) payload(m.payload);
      for (const Tensor& t : tensors) {
        if (t.has_data) payload(t.data);
        payload(t.quantisation);
      }
      end = file.size();
    }
    if (offsets != nullptr) *offsets = at;
    return {file.bytes().begin(), file.bytes().end()};
  }
};

}  // namespace openinfer::testing
