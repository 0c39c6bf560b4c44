// Attention for a few queries (decode): a tile's keys are turned over once, [feature][64 keys], and stand in the lanes
// for all queries of the group; then the values' features do.
#pragma once

#include "ops/cpu/attention.h"
#include "ops/cpu/transpose.h"
#include "ops/math/vec_scalar.h"

namespace openinfer::OINF_ISA {

inline constexpr int kTileVectors = static_cast<int>(kTileKeys) / F32::kLanes;

// One query's state: maximum, denominators, unnormalised output (whole vectors of features).
struct FewState {
  float* l;
  float* o;
  float m;
  bool any;
};

// Queries at once and vectors of keys or features at once, for the registers.
inline constexpr int kFewQueries = F32::kLanes == 16 ? 4 : 2;
inline constexpr int kFewVectors = 4;

// Scores of Q queries with the 64 keys: s[q][64].
template <int Q>
inline void few_scores(const float* keys, const float* const* q, int64_t features, float* const* s) {
  for (int v0 = 0; v0 < kTileVectors; v0 += kFewVectors) {
    F32 acc[Q][kFewVectors];
#pragma GCC unroll 4
    for (int i = 0; i < Q; ++i)
#pragma GCC unroll 4
      for (int v = 0; v < kFewVectors; ++v) acc[i][v] = F32(0.0f);
    const float* at = keys + v0 * F32::kLanes;
    for (int64_t d = 0; d < features; ++d, at += kTileKeys) {
      F32 k[kFewVectors];
#pragma GCC unroll 4
      for (int v = 0; v < kFewVectors; ++v) k[v] = load(F32(), at + v * F32::kLanes);
#pragma GCC unroll 4
      for (int i = 0; i < Q; ++i)
#pragma GCC unroll 4
        for (int v = 0; v < kFewVectors; ++v) acc[i][v] = fma(k[v], F32(q[i][d]), acc[i][v]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < Q; ++i)
#pragma GCC unroll 4
      for (int v = 0; v < kFewVectors; ++v)
        // The chain's sum is added to a total of +0, as every segment's is.
        store(s[i] + (v0 + v) * F32::kLanes, F32(0.0f) + acc[i][v]);
  }
}

struct Places {
  float at[kTileKeys];
  constexpr Places() : at{} {
    for (int j = 0; j < kTileKeys; ++j) at[j] = static_cast<float>(j);
  }
};
inline constexpr Places kPlaceTable;
inline constexpr const float* kPlaces = kPlaceTable.at;

// Adds the mask to the scores of keys from … to-1 of the tile and takes the hidden ones out. False: none is left.
inline bool apply_mask(const AttentionWork& w, int64_t query, int64_t first, int64_t from, int64_t to, float* s,
                       float* visible) {
  bool seen = false;
  for (int64_t j = from; j < to; ++j) {
    const float extra = w.mask_value(query, first + j);
    if (extra == kHidden) {
      visible[j] = 0.0f;
      continue;
    }
    if (w.mask->dtype != DType::boolean) s[j] = s[j] + extra;
    seen = true;
  }
  return seen;
}

// From scores to weights: s becomes p, the state's maximum and denominators move on, and `decay` is what the output so
// far is multiplied by. False: no key of the tile is visible. visible[j] is 1 or 0 when `partial`, else all are.
inline bool few_weights(const AttentionWork& w, int64_t query, int64_t first, int64_t count, FewState& st, float* s,
                        float* visible, bool& partial, float& decay) {
  const int64_t low = w.low(query) - first, end = w.high(query) - first, high = end < count ? end : count;
  partial = low > 0 || high < kTileKeys || w.mask != nullptr;
  if (high <= 0 || low >= high) return false;
  if (w.softcap > 0)
    for (int j = 0; j < kTileKeys; j += F32::kLanes) store(s + j, soft_capped(load(F32(), s + j), w.softcap));
  F32 tops(kHidden);
  if (partial) {
    const F32 from(static_cast<float>(low < 0 ? 0 : low)), to(static_cast<float>(high));
    for (int j = 0; j < kTileKeys; j += F32::kLanes) {
      const F32 place = load(F32(), kPlaces + j);
      store(visible + j, select((place >= from) & (place < to), F32(1.0f), F32(0.0f)));
    }
    if (w.mask != nullptr && !apply_mask(w, query, first, low < 0 ? 0 : low, high, s, visible)) return false;
    for (int j = 0; j < kTileKeys; j += F32::kLanes)
      tops = max(select(load(F32(), visible + j) != F32(0.0f), load(F32(), s + j), F32(kHidden)), tops);
  } else {
    for (int j = 0; j < kTileKeys; j += F32::kLanes) tops = max(load(F32(), s + j), tops);
  }
  const float top = max_lane(tops);
  const float t = st.m > top ? st.m : top;
  decay = math::exp(portable::F32(st.m - t)).v;
  st.m = t;
  st.any = true;
  for (int j = 0; j < kTileKeys; j += F32::kLanes) {
    F32 p = math::exp(load(F32(), s + j) - F32(t));
    if (partial) p = select(load(F32(), visible + j) != F32(0.0f), p, F32(0.0f));
    store(s + j, p);
    store(st.l + j, fma(load(F32(), st.l + j), F32(decay), p));
  }
  return true;
}

// o = o * decay, then the visible keys' terms in rising order, for V vectors of features and Q queries. `visible[q]` is
// nullptr where all are.
template <int Q, int V>
inline void few_output(const float* values, int64_t stride, int64_t count, int64_t d, int width, const float* const* p,
                       const float* const* visible, const float* decay, FewState* const* st) {
  F32 o[Q][V];
  bool hidden = false;
#pragma GCC unroll 4
  for (int i = 0; i < Q; ++i) {
    hidden = hidden || visible[i] != nullptr;
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) o[i][v] = load(F32(), st[i]->o + d + v * F32::kLanes) * F32(decay[i]);
  }
  for (int64_t j = 0; j < count; ++j) {
    F32 x[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      const float* at = values + j * stride + d + v * F32::kLanes;
      x[v] = width < F32::kLanes ? load(F32(), at, width) : load(F32(), at);
    }
#pragma GCC unroll 4
    for (int i = 0; i < Q; ++i) {
      if (hidden && visible[i] != nullptr && visible[i][j] == 0.0f) continue;
      const F32 weight(p[i][j]);
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) o[i][v] = fma(weight, x[v], o[i][v]);
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < Q; ++i)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) store(st[i]->o + d + v * F32::kLanes, o[i][v]);
}

template <int Q>
inline void few_outputs(const float* values, int64_t stride, int64_t count, int64_t features, const float* const* p,
                        const float* const* visible, const float* decay, FewState* const* st) {
  constexpr int kL = F32::kLanes;
  int64_t d = 0;
  for (; d + 4 * kL <= features; d += 4 * kL) few_output<Q, 4>(values, stride, count, d, kL, p, visible, decay, st);
  for (; d + 2 * kL <= features; d += 2 * kL) few_output<Q, 2>(values, stride, count, d, kL, p, visible, decay, st);
  for (; d < features; d += kL) {
    const int width = static_cast<int>(features - d < kL ? features - d : kL);
    few_output<Q, 1>(values, stride, count, d, width, p, visible, decay, st);
  }
}

inline void few_merge(FewState& all, const FewState& next, int64_t features) {
  if (!next.any) return;
  if (!all.any) {
    for (int j = 0; j < kTileKeys; j += F32::kLanes) store(all.l + j, load(F32(), next.l + j));
    for (int64_t d = 0; d < features; d += F32::kLanes) store(all.o + d, load(F32(), next.o + d));
    all.m = next.m;
    all.any = true;
    return;
  }
  const float t = all.m < next.m ? next.m : all.m;
  const F32 a(math::exp(portable::F32(all.m - t)).v), b(math::exp(portable::F32(next.m - t)).v);
  for (int j = 0; j < kTileKeys; j += F32::kLanes)
    store(all.l + j, fma(load(F32(), next.l + j), b, load(F32(), all.l + j) * a));
  for (int64_t d = 0; d < features; d += F32::kLanes)
    store(all.o + d, fma(load(F32(), next.o + d), b, load(F32(), all.o + d) * a));
  all.m = t;
}

// Floats of scratch for up to `queries`.
OINF_INLINE int64_t few_scratch(int64_t queries, int64_t dh, int64_t dv) {
  return kTileKeys * (2 * dh + dv) + queries * (dh + 2 * kTileKeys + 2 * (kTileKeys + whole_vectors(dv))) + 64;
}
inline constexpr int64_t kMaxFew = 16;

// Calls step<Q>(first) for runs of Q queries that cover n: fours where the registers have room, twos, ones. Several
// chains at once hide the latency of each.
template <class Step>
OINF_INLINE void in_turns(int n, const Step& step) {
  int g = 0;
  if constexpr (kFewQueries == 4)
    for (; g + 4 <= n; g += 4) step.template operator()<4>(g);
  for (; g + 2 <= n; g += 2) step.template operator()<2>(g);
  for (; g < n; ++g) step.template operator()<1>(g);
}

inline void attend_few(const AttentionWork& w, float* scratch) {
  const int64_t dh = w.k.features, dv = w.v.features, wide = whole_vectors(dv);
  float* turned = scratch;  // first: vectors are stored whole
  float* k_space = turned + kTileKeys * dh;
  float* v_space = k_space + kTileKeys * dh;
  float* at = v_space + kTileKeys * dv;
  float *q[kMaxFew], *s[kMaxFew], *visible[kMaxFew];
  FewState all[kMaxFew], part[kMaxFew];
  for (int64_t i = 0; i < w.queries; ++i) {
    for (FewState* st : {&all[i], &part[i]}) {
      st->l = at;
      st->o = at + kTileKeys;
      st->m = kHidden;
      st->any = false;
      at += kTileKeys + wide;
    }
    s[i] = at;
    visible[i] = at + kTileKeys;
    q[i] = at + 2 * kTileKeys;
    at += 2 * kTileKeys + dh;
    const float* from = w.query(i);
    for (int64_t d = 0; d < dh; ++d) q[i][d] = from[d] * w.scale;
  }
  const int64_t begin = first_key(w), end = end_key(w);
  for (int64_t segment = begin / kSegmentKeys * kSegmentKeys; segment < end; segment += kSegmentKeys) {
    for (int64_t i = 0; i < w.queries; ++i) {
      part[i].m = kHidden;
      part[i].any = false;
      for (int64_t d = 0; d < kTileKeys + wide; ++d) part[i].l[d] = 0.0f;
    }
    const int64_t last = end < segment + kSegmentKeys ? end : segment + kSegmentKeys;
    const int64_t start = begin / kTileKeys * kTileKeys;
    for (int64_t tile = start > segment ? start : segment; tile < last; tile += kTileKeys) {
      const int64_t count = last - tile < kTileKeys ? last - tile : kTileKeys;
      int64_t stride = 0;
      const float* rows = widened_rows(w.k, tile, count, k_space, stride);
      transpose_matrix(rows, stride, count, dh, turned, kTileKeys);
      // Lanes without a key hold zeros; what they give is hidden.
      for (int64_t j = whole_vectors(count); j < kTileKeys; j += F32::kLanes)
        for (int64_t d = 0; d < dh; ++d) store(turned + d * kTileKeys + j, F32(0.0f));
      const float* values = widened_rows(w.v, tile, count, v_space, stride);
      for (int64_t i = 0; i < w.queries;) {
        const int n = static_cast<int>(w.queries - i >= kFewQueries ? kFewQueries : w.queries - i);
        in_turns(n, [&]<int Q>(int g) { few_scores<Q>(turned, q + i + g, dh, s + i + g); });
        const float *p[kFewQueries], *seen[kFewQueries];
        float decay[kFewQueries];
        FewState* st[kFewQueries];
        int live = 0;
        for (int g = 0; g < n; ++g) {
          bool partial = false;
          if (!few_weights(w, i + g, tile, count, part[i + g], s[i + g], visible[i + g], partial, decay[live]))
            continue;
          p[live] = s[i + g];
          seen[live] = partial ? visible[i + g] : nullptr;
          st[live++] = &part[i + g];
        }
        in_turns(live,
                 [&]<int Q>(int g) { few_outputs<Q>(values, stride, count, dv, p + g, seen + g, decay + g, st + g); });
        i += n;
      }
    }
    for (int64_t i = 0; i < w.queries; ++i) few_merge(all[i], part[i], dv);
  }
  for (int64_t i = 0; i < w.queries; ++i) {
    float* y = w.result(i);
    const F32 sum(all[i].any ? fold(all[i].l) : 1.0f);
    for (int64_t d = 0; d < dv; d += F32::kLanes) {
      const F32 value = all[i].any ? canonical(load(F32(), all[i].o + d) / sum) : F32(0.0f);
      store(y + d, value, static_cast<int>(dv - d < F32::kLanes ? dv - d : F32::kLanes));
    }
  }
}

}  // namespace openinfer::OINF_ISA
