// A session in a file: what its persistent memory holds, bit for bit, and the conversation that led to it. The format
// is docs/spec/session.md. Opening checks all of the file, so that what is read of it afterwards needs no further check
// but whether it fits the session.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ir/dtype.h"
#include "ir/result.h"
#include "ir/shape.h"
#include "oinf/checksum.h"
#include "oinf/mapped_file.h"

namespace openinfer {

// What computed the memory: another graph or package would have written other values.
struct SessionIdentity {
  std::string entry;   // block
  Checksum graph{};    // of the canonical texts of all its files
  Checksum package{};  // its content hash; zeros without a package
  bool operator==(const SessionIdentity&) const = default;
};

struct SavedVariable {
  using Member = std::array<int64_t, kMaxRank>;
  std::string name;
  DType dtype = DType::f32;
  uint32_t members = 0;  // the table's indices
  uint32_t growing = 0;  // leading axes of `declared` that grow (@auto_dim)
  Shape filled;          // of each index, then of each growing axis: one past the largest that was written
  Shape declared;        // of one cell
  uint64_t bytes = 0;    // of all cells below `filled`, dense
  // Members whose axes are longer than declared, ascending: indices, then by how much each axis is longer.
  std::vector<std::pair<Member, Member>> growth;
};

using ByteSink = std::function<Status(std::span<const std::byte>)>;

struct SessionContent {
  SessionIdentity identity;
  std::string conversation;  // JSON of Conversation; empty outside of chats
  std::vector<SavedVariable> variables;
};

class SessionFile {
 public:
  // Whether a file begins as one.
  static bool is_one(const std::string& path);
  // I0006 for whatever is wrong with the file; the message begins with its path.
  static Result<SessionFile> open(const std::string& path);
  // Atomically (oinf/atomic_file.h). payload: hands over the bytes of a variable, as many as it says. R0007.
  static Status write(const std::string& path, const SessionContent& content,
                      const std::function<Status(size_t variable, const ByteSink& sink)>& payload);

  // Whether there can be one, for who writes it when much has been done. R0007.
  static Status writable(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const SessionContent& content() const { return content_; }
  [[nodiscard]] std::span<const std::byte> payload(size_t variable) const { return payloads_[variable]; }
  // I0006 when the file was written to since it was opened.
  [[nodiscard]] Status unchanged() const;

 private:
  SessionFile(std::string path, MappedFile file) : path_(std::move(path)), file_(std::move(file)) {}
  Status read();

  std::string path_;
  MappedFile file_;
  SessionContent content_;
  std::vector<std::span<const std::byte>> payloads_;
};

}  // namespace openinfer
