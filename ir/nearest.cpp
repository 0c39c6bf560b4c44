#include <algorithm>
#include <cctype>
#include <string>

#include "ir/diagnostic.h"

namespace openinfer {
namespace {

std::string lower(std::string_view text) {
  std::string s(text);
  for (char& c : s) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return s;
}

// Optimal string alignment distance of a and b, or limit + 1 when it is larger. Only the diagonals within `limit` of
// the main one are computed, so it costs O(len · limit).
size_t distance(const std::string& a, const std::string& b, size_t limit) {
  const size_t n = a.size(), m = b.size();
  if ((n > m ? n - m : m - n) > limit) return limit + 1;
  const size_t far = limit + 1;
  std::vector<size_t> before(m + 1, far), last(m + 1, far), row(m + 1, far);
  for (size_t j = 0; j <= std::min(m, limit); ++j) last[j] = j;
  for (size_t i = 1; i <= n; ++i) {
    const size_t from = i > limit ? i - limit : 1, to = std::min(m, i + limit);
    // Its neighbours are read too; what lies further out never is.
    row[from - 1] = from == 1 && i <= limit ? i : far;
    if (to < m) row[to + 1] = far;
    for (size_t j = from; j <= to; ++j) {
      size_t d = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d = std::min(d, before[j - 2] + 1);
      row[j] = std::min(d, far);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[m];
}

}  // namespace

std::string_view nearest_name(std::string_view name, const std::vector<std::string_view>& candidates) {
  constexpr size_t kMostEdits = 8;  // keeps long names linear
  const std::string wanted = lower(name);
  std::string_view best;
  size_t best_distance = kMostEdits + 1;
  for (std::string_view candidate : candidates) {
    const size_t letters = std::max(name.size(), candidate.size());
    const size_t limit = std::min({letters / 3, kMostEdits, best_distance - 1});
    const size_t d = distance(wanted, lower(candidate), limit);
    if (d > limit) continue;
    best = candidate;
    best_distance = d;
    if (d == 0) break;
  }
  return best;
}

}  // namespace openinfer
