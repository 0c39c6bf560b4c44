#include "runtime/session_file.h"

#include <array>
#include <cstring>
#include <fstream>
#include <optional>

#include "ir/numerics_id.h"
#include "ir/utf8.h"
#include "oinf/atomic_file.h"
#include "oinf/byte_reader.h"
#include "oinf/byte_writer.h"
#include "oinf/type_tag.h"

namespace openinfer {
namespace {

constexpr char kMagic[8] = {'O', 'I', 'N', 'F', 'S', 'E', 'S', 'S'};
constexpr uint32_t kVersion = 1;
constexpr uint64_t kHeader = 96, kSumAt = 80, kAlignment = 64;

uint64_t aligned(uint64_t offset) { return (offset + kAlignment - 1) / kAlignment * kAlignment; }

// The checksum stands in the header and covers everything else.
Checksum sum_of(std::span<const std::byte> file) {
  ChecksumStream sum;
  sum.update(file.first(kSumAt));
  sum.update(file.subspan(kHeader));
  return sum.digest();
}

void put(ByteWriter& w, const SavedVariable& v) {
  w.string(v.name);
  w.u8(type_tag(v.dtype));
  w.u8(static_cast<uint8_t>(v.members));
  w.u8(static_cast<uint8_t>(v.growing));
  w.u8(static_cast<uint8_t>(v.declared.rank()));
  w.u32(0);
  for (const int64_t n : v.filled) w.i64(n);
  for (const int64_t n : v.declared) w.i64(n);
  w.u64(v.growth.size());
  for (const auto& [member, by] : v.growth) {
    for (uint32_t i = 0; i < v.members; ++i) w.i64(member[i]);
    for (uint32_t i = 0; i < v.growing; ++i) w.i64(by[i]);
  }
  w.u64(v.bytes);
}

// Dense bytes of the cells below `filled`; nothing when there are more than a file can have.
std::optional<uint64_t> bytes_of(const SavedVariable& v) {
  Shape cell;
  uint64_t cells = 1;
  for (int i = 0; i < v.declared.rank(); ++i)
    if (i >= static_cast<int>(v.growing)) cell.push_back(v.declared[i]);
  for (const int64_t n : v.filled)
    if (__builtin_mul_overflow(cells, static_cast<uint64_t>(n), &cells)) return std::nullopt;
  const auto elements = cell.elements_checked();
  if (!elements) return std::nullopt;
  const auto one = storage_bytes(v.dtype, static_cast<uint64_t>(*elements),
                                 cell.rank() > 0 ? static_cast<uint64_t>(cell[cell.rank() - 1]) : 1);
  uint64_t all = 0;
  if (!one || __builtin_mul_overflow(*one, cells, &all)) return std::nullopt;
  return all;
}

Result<SavedVariable> get(ByteReader& r) {
  const auto wrong = [](const std::string& what) { return Diagnostic(Code::I0006, what); };
  SavedVariable v;
  v.name = r.string();
  const uint8_t tag = r.u8();
  v.members = r.u8();
  v.growing = r.u8();
  const uint32_t rank = r.u8();
  if (r.u32() != 0 || !r.ok() || v.name.empty() || first_not_utf8(v.name) != std::string_view::npos)
    return wrong("a variable has a malformed record");
  const auto dtype = dtype_of_tag(tag);
  if (!dtype) return wrong("`" + v.name + "` has an unknown type");
  v.dtype = *dtype;
  if (v.members + rank > static_cast<uint32_t>(kMaxRank) || v.growing > rank)
    return wrong("`" + v.name + "` has more than 8 indices and axes");
  bool good = true;
  for (uint32_t i = 0; i < v.members + v.growing; ++i) v.filled.push_back(r.i64());
  for (uint32_t i = 0; i < rank; ++i) v.declared.push_back(r.i64());
  for (const int64_t n : v.filled) good &= n >= 0;
  for (const int64_t n : v.declared) good &= n >= 0;
  for (uint32_t i = 0; i < v.growing; ++i)
    good &= v.filled[static_cast<int>(v.members + i)] >= v.declared[static_cast<int>(i)];
  const uint64_t grown = r.u64();
  // A record of no bytes may stand once.
  const uint64_t record = 8 * (v.members + v.growing);
  good &= r.ok() && (v.growing > 0 ? r.can_hold(grown, record) : grown == 0);
  for (uint64_t k = 0; good && k < grown; ++k) {
    SavedVariable::Member member{}, by{};
    for (uint32_t i = 0; i < v.members; ++i) {
      member[i] = r.i64();
      good &= member[i] >= 0 && member[i] < v.filled[static_cast<int>(i)];
    }
    for (uint32_t i = 0; i < v.growing; ++i) {
      by[i] = r.i64();
      good &= by[i] >= 0 && by[i] <= v.filled[static_cast<int>(v.members + i)] - v.declared[static_cast<int>(i)];
    }
    good &= v.growth.empty() || v.growth.back().first < member;
    v.growth.emplace_back(member, by);
  }
  v.bytes = r.u64();
  if (!good || !r.ok()) return wrong("`" + v.name + "` has a malformed record");
  if (bytes_of(v) != v.bytes) return wrong("`" + v.name + "` has the wrong size");
  return v;
}

}  // namespace

Status SessionFile::write(const std::string& path, const SessionContent& content,
                          const std::function<Status(size_t, const ByteSink&)>& payload) {
  ByteWriter w;
  w.string(content.identity.entry);
  w.u64(content.conversation.size());
  w.raw(content.conversation.data(), content.conversation.size());
  w.pad();
  w.u64(content.variables.size());
  for (const SavedVariable& v : content.variables) put(w, v);
  uint64_t end = kHeader + w.size();
  for (const SavedVariable& v : content.variables) end = aligned(end) + v.bytes;

  ByteWriter h;
  h.raw(kMagic, sizeof kMagic);
  h.u32(kVersion);
  h.u32(kNumericsId);
  h.u64(end);
  h.u64(w.size());
  h.raw(content.identity.graph.data(), content.identity.graph.size());
  h.raw(content.identity.package.data(), content.identity.package.size());
  h.pad(kSumAt);
  const auto failed = [](const Diagnostic& d) { return Diagnostic(Code::R0007, d.message); };
  auto file = AtomicFile::create(path);
  if (!file) return failed(file.error());
  ChecksumStream sum;
  const auto append = [&](std::span<const std::byte> bytes) -> Status {
    sum.update(bytes);
    if (Status s = file->append(bytes); !s) return failed(s.error());
    return {};
  };
  OINF_TRY(append(h.bytes()));
  const Checksum none{};
  if (Status s = file->append(none); !s) return failed(s.error());
  OINF_TRY(append(w.bytes()));
  constexpr std::array<std::byte, kAlignment> kZeros{};
  for (size_t i = 0; i < content.variables.size(); ++i) {
    OINF_TRY(append(std::span(kZeros).first(aligned(file->size()) - file->size())));
    const uint64_t begin = file->size();
    OINF_TRY(payload(i, append));
    if (file->size() - begin != content.variables[i].bytes)
      return Diagnostic(Code::X0001, "`" + content.variables[i].name + "` was not saved whole");
  }
  const Checksum digest = sum.digest();
  if (Status s = file->overwrite(kSumAt, digest); !s) return failed(s.error());
  if (Status s = file->commit(); !s) return failed(s.error());
  return {};
}

Status SessionFile::writable(const std::string& path) {
  const auto file = AtomicFile::create(path);
  return file ? Status() : Status(Diagnostic(Code::R0007, file.error().message));
}

bool SessionFile::is_one(const std::string& path) {
  std::array<char, sizeof kMagic> begin{};
  std::ifstream(path, std::ios::binary).read(begin.data(), begin.size());
  return std::memcmp(begin.data(), kMagic, sizeof kMagic) == 0;
}

Result<SessionFile> SessionFile::open(const std::string& path) {
  auto mapped = MappedFile::open(path);
  if (!mapped) return Diagnostic(Code::I0006, mapped.error().message);
  SessionFile file(path, std::move(*mapped));
  if (Status s = file.read(); !s) return Diagnostic(Code::I0006, path + ": " + s.error().message);
  OINF_TRY(file.unchanged());
  return file;
}

Status SessionFile::read() {
  const auto wrong = [](const std::string& what) { return Diagnostic(Code::I0006, what); };
  const auto bytes = file_.bytes();
  ByteReader h(bytes);
  const auto magic = h.bytes(sizeof kMagic);
  if (magic.size() != sizeof kMagic || std::memcmp(magic.data(), kMagic, sizeof kMagic) != 0)
    return wrong("not a saved session");
  const uint32_t version = h.u32(), numerics = h.u32();
  if (h.ok() && version != kVersion)
    return wrong("a saved session of version " + std::to_string(version) + "; this program reads version 1");
  const uint64_t size = h.u64(), directory = h.u64();
  const auto graph = h.bytes(sizeof(Checksum)), package = h.bytes(sizeof(Checksum));
  const uint64_t zero = h.u64() | h.u64();
  const auto stated = h.bytes(sizeof(Checksum));
  if (!h.ok() || size != bytes.size()) return wrong("the saved session is cut off or has bytes behind its end");
  const Checksum sum = sum_of(bytes);
  if (std::memcmp(sum.data(), stated.data(), sum.size()) != 0)
    return wrong("the saved session is damaged: its checksum differs");
  if (numerics != kNumericsId)
    return wrong("the session was saved under numerics " + std::to_string(numerics) + ", and this program has " +
                 std::to_string(kNumericsId));
  if (zero != 0 || directory > bytes.size() - kHeader) return wrong("the saved session has a malformed header");
  std::memcpy(content_.identity.graph.data(), graph.data(), graph.size());
  std::memcpy(content_.identity.package.data(), package.data(), package.size());

  ByteReader r(bytes.subspan(kHeader, directory));
  content_.identity.entry = r.string();
  const uint64_t length = r.u64();
  const auto conversation = r.padded_bytes(length);
  content_.conversation.assign(reinterpret_cast<const char*>(conversation.data()), conversation.size());
  const uint64_t count = r.u64();
  constexpr uint64_t kSmallestVariable = 32;
  if (!r.ok() || !r.can_hold(count, kSmallestVariable)) return wrong("the saved session has a malformed directory");
  uint64_t end = kHeader + directory;
  for (uint64_t i = 0; i < count; ++i) {
    OINF_ASSIGN(SavedVariable v, get(r));
    const uint64_t begin = aligned(end);
    if (begin > bytes.size() || v.bytes > bytes.size() - begin) return wrong("`" + v.name + "` lies outside the file");
    for (const std::byte b : bytes.subspan(end, begin - end))
      if (b != std::byte{0}) return wrong("the saved session has bytes between its variables");
    payloads_.push_back(bytes.subspan(begin, v.bytes));
    end = begin + v.bytes;
    content_.variables.push_back(std::move(v));
  }
  if (!r.ok() || r.bad_padding() || r.remaining() != 0 || end != bytes.size())
    return wrong("the saved session has bytes that belong to nothing");
  return {};
}

Status SessionFile::unchanged() const {
  if (Status s = file_.unchanged(); !s) return Diagnostic(Code::I0006, s.error().message);
  return {};
}

}  // namespace openinfer
