#include "oinf/pack/target_type.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/panel16.h"
#include "oinf/pack/quantise.h"

namespace openinfer::pack {
namespace {

bool converts(DType dtype) {
  return dtype == DType::f64 || dtype == DType::f32 || dtype == DType::f16 || dtype == DType::bf16;
}

// `*` stands for any text.
bool matches_pattern(std::string_view text, std::string_view pattern) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return text == pattern;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  text.remove_prefix(star);
  pattern.remove_prefix(star + 1);
  // The parts between stars are taken as early as they come, the last one at the end.
  for (size_t next = pattern.find('*'); next != std::string_view::npos; next = pattern.find('*')) {
    const size_t at = text.find(pattern.substr(0, next));
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + next);
    pattern.remove_prefix(next + 1);
  }
  return text.ends_with(pattern);
}

// The length of the longest text that stands in both.
size_t common_part(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  size_t longest = 0;
  for (const char c : a)
    for (size_t j = b.size(); j-- > 0;) {
      row[j + 1] = c == b[j] ? row[j] + 1 : 0;
      longest = std::max(longest, row[j + 1]);
    }
  return longest;
}

// A pattern that no tensor has is a mistake: it would quietly give another package than the one that was asked for.
Status check_used(const std::string& pattern, const ModelSource& source) {
  std::vector<std::pair<size_t, std::string_view>> near;
  for (const SourceTensor& t : source.tensors) {
    if (matches_pattern(t.name, pattern)) return {};
    near.emplace_back(common_part(pattern, t.name), t.name);
  }
  Diagnostic error(Code::U0001, fmt::format("--keep `{}` fits none of {} tensors", pattern, source.tensors.size()));
  const size_t shown = std::min<size_t>(near.size(), 3);
  std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(shown), near.end(),
                    [](const auto& a, const auto& b) { return a.first > b.first; });
  for (size_t i = 0; i < shown; ++i)
    error.help += fmt::format("{}`{}`", i == 0 ? "the nearest: " : ", ", near[i].second);
  return error;
}

// Why a tensor cannot have a type; empty if it can.
std::string misfit(const Shape& shape, DType type) {
  if (!is_block(type)) return {};
  if (shape.rank() < 2) return "no rows";
  if (shape[shape.rank() - 1] % static_cast<int64_t>(info(type).block) == 0) return {};
  return fmt::format("rows do not divide into blocks of {}", info(type).block);
}

TargetType type_only(const SourceTensor& t, const ConvertOptions& options) {
  const bool number = converts(t.dtype) || (is_block(t.dtype) && options.decode != nullptr);
  for (const auto& [pattern, type] : options.keep) {
    if (!matches_pattern(t.name, pattern)) continue;
    std::string why = number ? misfit(t.shape, type) : "no floats";
    if (why.empty()) return {type, type, {}, false};
    return {t.dtype, type, is_block(type) ? why : "", false};
  }
  if (!number) return {t.dtype, {}, {}, false};
  const DType otherwise = options.dtype.value_or(t.dtype);
  if (!options.quantise || t.shape.rank() < 2) return {otherwise, {}, {}, false};
  std::string why = t.shape.rank() > 2 ? "no matrix" : misfit(t.shape, *options.quantise);
  if (why.empty()) return {*options.quantise, *options.quantise, {}, false};
  return {otherwise, *options.quantise, why, false};
}

}  // namespace

TargetType target_type(const SourceTensor& tensor, const ConvertOptions& options) {
  TargetType target = type_only(tensor, options);
  target.panels = options.use_panel16 && options.use_panel16(tensor.name) &&
                  panel16_bytes(target.type, tensor.shape).value_or(0) > 0;
  return target;
}

Status check_target_types(const ModelSource& source, const ConvertOptions& options) {
  const auto is_float = [](DType type) { return type == DType::f32 || type == DType::f16 || type == DType::bf16; };
  if (options.dtype && !is_float(*options.dtype))
    return Diagnostic(Code::P0027, fmt::format("weights do not convert to {}", name(*options.dtype)));
  if (options.quantise && !can_quantise(*options.quantise))
    return Diagnostic(Code::P0027, fmt::format("weights are not quantised to {}", name(*options.quantise)));
  for (const auto& [pattern, type] : options.keep)
    if (!is_float(type) && !can_quantise(type))
      return Diagnostic(Code::P0027, fmt::format("weights do not convert to {}", name(type)));
  for (const auto& [pattern, type] : options.keep) OINF_TRY(check_used(pattern, source));
  return {};
}

}  // namespace openinfer::pack
