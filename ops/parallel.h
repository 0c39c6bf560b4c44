// How a kernel splits its work. Kernels split over independent output elements only, so that the number of threads
// cannot show in the result.
#pragma once

#include <cstdint>
#include <type_traits>

namespace openinfer {

class Parallel {
 public:
  virtual ~Parallel() = default;
  [[nodiscard]] virtual int threads() const = 0;
  // Calls body(begin, end, worker) for ranges that cover 0 … items once, in multiples of `grain` where possible;
  // worker is below threads(). Returns when all are done. Not reentrant.
  template <class Body>
  void run(int64_t items, int64_t grain, Body&& body) {
    if (items <= 0) return;
    if (threads() == 1 || items <= grain) return body(int64_t{0}, items, 0);
    using Plain = std::remove_reference_t<Body>;
    dispatch(
        items, grain, [](void* p, int64_t b, int64_t e, int w) { (*static_cast<Plain*>(p))(b, e, w); },
        const_cast<void*>(static_cast<const void*>(&body)));
  }

 protected:
  using Call = void (*)(void* body, int64_t begin, int64_t end, int worker);
  virtual void dispatch(int64_t items, int64_t grain, Call call, void* body) = 0;
};

// One thread, no pool. Out of line: files for one instruction set see this class and must not emit its code.
class Serial final : public Parallel {
 public:
  [[nodiscard]] int threads() const override;

 protected:
  void dispatch(int64_t items, int64_t grain, Call call, void* body) override;
};

// For work inside of a dispatch.
[[nodiscard]] Parallel& one_thread();

}  // namespace openinfer
