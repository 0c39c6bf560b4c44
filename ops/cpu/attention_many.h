// Attention for many queries (prefill): queries stand in the lanes, so that scores and outputs are two small matrix
// products with a key's or value's number broadcast, and nothing is folded across lanes.
#pragma once

#include "ops/cpu/attention.h"
#include "ops/cpu/transpose.h"

namespace openinfer::OINF_ISA {

inline constexpr int kQueryVectors = F32::kLanes >= 8 ? 2 : F32::kLanes == 4 ? 4 : 1;
inline constexpr int kQueryLanes = kQueryVectors * F32::kLanes;  // queries of one pass
inline constexpr int kAtOnce = F32::kLanes == 16 ? 8 : 4;        // keys, or features of a value, at once
// Queries of one piece of work share a widened tile.
inline constexpr int64_t kManyQueries = F32::kLanes >= 8 ? 128 : 32;

// The state of one pass of queries: m [1], l [64], o [features], q [features], each step kQueryLanes floats.
struct ManyState {
  float *m, *l, *o;
  bool any;  // a tile was taken in, by any lane
};

// The bounds of the keys that each lane sees, as floats: below 2^24 keys they are exact.
struct Bounds {
  float low[kQueryLanes], high[kQueryLanes];
  int64_t lowest, highest_low, lowest_high, highest;
};

inline Bounds bounds_of(const AttentionWork& w, int64_t first) {
  Bounds b{};
  b.lowest = b.lowest_high = INT64_MAX;
  for (int i = 0; i < kQueryLanes; ++i) {
    const int64_t query = first + i < w.queries ? first + i : w.queries - 1, low = w.low(query), high = w.high(query);
    b.low[i] = static_cast<float>(low);
    b.high[i] = static_cast<float>(high);
    b.lowest = low < b.lowest ? low : b.lowest;
    b.highest_low = low > b.highest_low ? low : b.highest_low;
    b.lowest_high = high < b.lowest_high ? high : b.lowest_high;
    b.highest = high > b.highest ? high : b.highest;
  }
  return b;
}

// s[j] = q · key j for J keys.
template <int J>
inline void many_scores(const float* keys, int64_t stride, int64_t features, const float* q, float* s) {
  F32 acc[J][kQueryVectors];
#pragma GCC unroll 8
  for (int j = 0; j < J; ++j)
#pragma GCC unroll 4
    for (int v = 0; v < kQueryVectors; ++v) acc[j][v] = F32(0.0f);
  for (int64_t d = 0; d < features; ++d) {
    F32 x[kQueryVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kQueryVectors; ++v) x[v] = load(F32(), q + d * kQueryLanes + v * F32::kLanes);
#pragma GCC unroll 8
    for (int j = 0; j < J; ++j) {
      const F32 k(keys[j * stride + d]);
#pragma GCC unroll 4
      for (int v = 0; v < kQueryVectors; ++v) acc[j][v] = fma(k, x[v], acc[j][v]);
    }
  }
#pragma GCC unroll 8
  for (int j = 0; j < J; ++j)
#pragma GCC unroll 4
    for (int v = 0; v < kQueryVectors; ++v)
      // The chain's sum is added to a total of +0, as every segment's is.
      store(s + j * kQueryLanes + v * F32::kLanes, F32(0.0f) + acc[j][v]);
}

// visible[j] = 1 where a lane sees key first + j, else 0; a float mask is added to the scores.
inline void many_visible(const AttentionWork& w, const Bounds& b, int64_t first_query, int64_t first, int64_t count,
                         float* s, float* visible) {
  for (int64_t j = 0; j < count; ++j) {
    const F32 key(static_cast<float>(first + j));
    for (int v = 0; v < kQueryVectors; ++v) {
      const auto seen = (key >= load(F32(), b.low + v * F32::kLanes)) & (key < load(F32(), b.high + v * F32::kLanes));
      store(visible + j * kQueryLanes + v * F32::kLanes, select(seen, F32(1.0f), F32(0.0f)));
    }
    if (w.mask == nullptr) continue;
    for (int i = 0; i < kQueryLanes; ++i) {
      const int64_t query = first_query + i < w.queries ? first_query + i : w.queries - 1;
      float& show = visible[j * kQueryLanes + i];
      if (show == 0.0f) continue;
      const float extra = w.mask_value(query, first + j);
      if (extra == kHidden) {
        show = 0.0f;
      } else if (w.mask->dtype != DType::boolean) {
        s[j * kQueryLanes + i] = s[j * kQueryLanes + i] + extra;
      }
    }
  }
}

// Scores to weights for one vector of lanes. A lane that sees none of the tile keeps its state: its maximum stays, its
// decay is 1 and its weights are 0.
inline void many_weights(int64_t count, float* s, const float* visible, ManyState& st, int v, float* decay) {
  const F32 hidden(kHidden);
  F32 top = hidden;
  auto seen = F32(0.0f) != F32(0.0f);
  for (int64_t j = 0; j < count; ++j) {
    const int64_t at = j * kQueryLanes + v * F32::kLanes;
    const F32 score = load(F32(), s + at);
    if (visible == nullptr) {
      top = max(score, top);
    } else {
      const auto show = load(F32(), visible + at) != F32(0.0f);
      seen = seen | show;
      top = max(select(show, score, hidden), top);
    }
  }
  float* m = st.m + v * F32::kLanes;
  const F32 before = load(F32(), m), t = select(before > top, before, top);
  F32 a = math::exp(before - t);
  if (visible != nullptr) a = select(seen, a, F32(1.0f));
  store(m, visible != nullptr ? select(seen, t, before) : t);
  store(decay + v * F32::kLanes, a);
  for (int64_t j = 0; j < kTileKeys; ++j) {
    const int64_t at = j * kQueryLanes + v * F32::kLanes;
    F32 p(0.0f);
    if (j < count) {
      p = math::exp(load(F32(), s + at) - t);
      if (visible != nullptr) p = select(load(F32(), visible + at) != F32(0.0f), p, F32(0.0f));
      store(s + at, p);
    }
    // Where the lane saw nothing a is 1 and p is 0: fma(l, 1, 0) is l, which is never -0.
    store(st.l + at, fma(load(F32(), st.l + at), a, p));
  }
}

// o[d] = o[d] * decay and then the keys' terms in rising order, for D features.
template <int D, bool kPartial>
inline void many_output(const float* values, int64_t stride, int64_t count, const float* p, const float* visible,
                        const float* decay, float* o) {
  F32 acc[D][kQueryVectors];
#pragma GCC unroll 8
  for (int d = 0; d < D; ++d)
#pragma GCC unroll 4
    for (int v = 0; v < kQueryVectors; ++v)
      acc[d][v] = load(F32(), o + d * kQueryLanes + v * F32::kLanes) * load(F32(), decay + v * F32::kLanes);
  for (int64_t j = 0; j < count; ++j) {
    F32 x[kQueryVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kQueryVectors; ++v) x[v] = load(F32(), p + j * kQueryLanes + v * F32::kLanes);
#pragma GCC unroll 8
    for (int d = 0; d < D; ++d) {
      const F32 value(values[j * stride + d]);
#pragma GCC unroll 4
      for (int v = 0; v < kQueryVectors; ++v) {
        const F32 next = fma(x[v], value, acc[d][v]);
        acc[d][v] = kPartial
                        ? select(load(F32(), visible + j * kQueryLanes + v * F32::kLanes) != F32(0.0f), next, acc[d][v])
                        : next;
      }
    }
  }
#pragma GCC unroll 8
  for (int d = 0; d < D; ++d)
#pragma GCC unroll 4
    for (int v = 0; v < kQueryVectors; ++v) store(o + d * kQueryLanes + v * F32::kLanes, acc[d][v]);
}

template <bool kPartial>
inline void many_outputs(const float* values, int64_t stride, int64_t count, int64_t features, const float* p,
                         const float* visible, const float* decay, float* o) {
  int64_t d = 0;
  for (; d + kAtOnce <= features; d += kAtOnce)
    many_output<kAtOnce, kPartial>(values + d, stride, count, p, visible, decay, o + d * kQueryLanes);
  for (; d < features; ++d) many_output<1, kPartial>(values + d, stride, count, p, visible, decay, o + d * kQueryLanes);
}

// Joins the part of a segment to what came before. A lane's state is empty while its maximum's flag in `live` is 0.
inline void many_merge(ManyState& all, const ManyState& next, float* all_live, const float* next_live,
                       int64_t features) {
  for (int v = 0; v < kQueryVectors; ++v) {
    const int lane = v * F32::kLanes;
    const auto has = load(F32(), all_live + lane) != F32(0.0f), gets = load(F32(), next_live + lane) != F32(0.0f);
    const F32 before = load(F32(), all.m + lane), other = load(F32(), next.m + lane);
    const F32 t = select(before < other, other, before), a = math::exp(before - t), b = math::exp(other - t);
    const auto join = [&](float* to, const float* from) {
      const F32 old = load(F32(), to + lane), add = load(F32(), from + lane);
      store(to + lane, select(gets, select(has, fma(add, b, old * a), add), old));
    };
    for (int64_t j = 0; j < kTileKeys; ++j) join(all.l + j * kQueryLanes, next.l + j * kQueryLanes);
    for (int64_t d = 0; d < features; ++d) join(all.o + d * kQueryLanes, next.o + d * kQueryLanes);
    store(all.m + lane, select(gets, select(has, t, other), before));
    store(all_live + lane, select(has | gets, F32(1.0f), F32(0.0f)));
  }
}

// Floats of scratch for the queries of one piece of work.
OINF_INLINE int64_t many_scratch(int64_t queries, int64_t dh, int64_t dv) {
  const int64_t passes = (queries + kQueryLanes - 1) / kQueryLanes, state = 2 + kTileKeys + dv;
  return kTileKeys * (dh + dv) + (passes * (2 * state + dh) + 2 * kTileKeys + 1) * kQueryLanes;
}

inline constexpr int64_t kMaxPasses = kManyQueries / kQueryLanes;

inline void attend_many(const AttentionWork& w, float* scratch) {
  const int64_t dh = w.k.features, dv = w.v.features, passes = (w.queries + kQueryLanes - 1) / kQueryLanes;
  float* at = scratch;
  const auto take = [&](int64_t n) {
    float* p = at;
    at += n;
    return p;
  };
  float *s = take(kTileKeys * kQueryLanes), *visible = take(kTileKeys * kQueryLanes), *decay = take(kQueryLanes);
  float *q[kMaxPasses], *live[kMaxPasses][2];
  ManyState all[kMaxPasses], part[kMaxPasses];
  Bounds bounds[kMaxPasses];
  for (int64_t pass = 0; pass < passes; ++pass) {
    q[pass] = take(dh * kQueryLanes);
    int which = 0;
    for (ManyState* st : {&all[pass], &part[pass]}) {
      st->m = take(kQueryLanes);
      live[pass][which++] = take(kQueryLanes);
      st->l = take(kTileKeys * kQueryLanes);
      st->o = take(dv * kQueryLanes);
    }
    for (int i = 0; i < kQueryLanes; ++i) {
      all[pass].m[i] = kHidden;
      live[pass][0][i] = 0.0f;
    }
    bounds[pass] = bounds_of(w, pass * kQueryLanes);
    // A lane beyond the last query repeats it; what it gives is not stored.
    for (int i = 0; i < kQueryLanes; ++i) {
      const int64_t query = pass * kQueryLanes + i;
      const float* from = w.query(query < w.queries ? query : w.queries - 1);
      for (int64_t d = 0; d < dh; ++d) q[pass][d * kQueryLanes + i] = from[d] * w.scale;
    }
  }
  float *k_space = take(kTileKeys * dh), *v_space = take(kTileKeys * dv);
  const int64_t begin = first_key(w), end = end_key(w);
  for (int64_t segment = begin / kSegmentKeys * kSegmentKeys; segment < end; segment += kSegmentKeys) {
    for (int64_t pass = 0; pass < passes; ++pass) {
      for (int i = 0; i < kQueryLanes; ++i) {
        part[pass].m[i] = kHidden;
        live[pass][1][i] = 0.0f;
      }
      for (int64_t i = 0; i < (kTileKeys + dv) * kQueryLanes; ++i) part[pass].l[i] = 0.0f;  // and o, which follows
    }
    const int64_t last = end < segment + kSegmentKeys ? end : segment + kSegmentKeys,
                  start = begin / kTileKeys * kTileKeys;
    for (int64_t tile = start > segment ? start : segment; tile < last; tile += kTileKeys) {
      const int64_t count = last - tile < kTileKeys ? last - tile : kTileKeys;
      int64_t k_stride = 0, v_stride = 0;
      const float* keys = widened_rows(w.k, tile, count, k_space, k_stride);
      const float* values = widened_rows(w.v, tile, count, v_space, v_stride);
      for (int64_t pass = 0; pass < passes; ++pass) {
        const Bounds& b = bounds[pass];
        if (tile >= b.highest || tile + count <= b.lowest) continue;
        const bool partial = tile < b.highest_low || tile + count > b.lowest_high || w.mask != nullptr;
        int64_t j = 0;
        for (; j + kAtOnce <= count; j += kAtOnce)
          many_scores<kAtOnce>(keys + j * k_stride, k_stride, dh, q[pass], s + j * kQueryLanes);
        for (; j < count; ++j) many_scores<1>(keys + j * k_stride, k_stride, dh, q[pass], s + j * kQueryLanes);
        if (w.softcap > 0)
          for (int64_t i = 0; i < count * kQueryLanes; i += F32::kLanes)
            store(s + i, soft_capped(load(F32(), s + i), w.softcap));
        if (partial) {
          many_visible(w, b, pass * kQueryLanes, tile, count, s, visible);
          for (int64_t i = 0; i < count * kQueryLanes; ++i)
            if (visible[i] != 0.0f) live[pass][1][i % kQueryLanes] = 1.0f;
        } else {
          for (int i = 0; i < kQueryLanes; ++i) live[pass][1][i] = 1.0f;
        }
        for (int v = 0; v < kQueryVectors; ++v)
          many_weights(count, s, partial ? visible : nullptr, part[pass], v, decay);
        if (partial) {
          many_outputs<true>(values, v_stride, count, dv, s, visible, decay, part[pass].o);
        } else {
          many_outputs<false>(values, v_stride, count, dv, s, nullptr, decay, part[pass].o);
        }
      }
    }
    for (int64_t pass = 0; pass < passes; ++pass) many_merge(all[pass], part[pass], live[pass][0], live[pass][1], dv);
  }
  for (int64_t query = 0; query < w.queries; ++query) {
    const int64_t pass = query / kQueryLanes, lane = query % kQueryLanes;
    float l[kTileKeys];
    for (int64_t j = 0; j < kTileKeys; ++j) l[j] = all[pass].l[j * kQueryLanes + lane];
    const bool any = live[pass][0][lane] != 0.0f;
    const float sum = any ? fold(l) : 1.0f;
    float* y = w.result(query);
    for (int64_t d = 0; d < dv; ++d) y[d] = any ? math::canonical(all[pass].o[d * kQueryLanes + lane] / sum) : 0.0f;
  }
}

}  // namespace openinfer::OINF_ISA
