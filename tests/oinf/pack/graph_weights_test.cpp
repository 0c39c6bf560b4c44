#include "oinf/tools/graph_weights.h"

#include <catch2/catch.hpp>
#include <set>

#include "dsl/load.h"

using namespace openinfer;

namespace {

std::set<std::string> weights(const std::string& text, const std::vector<std::string_view>& tensors) {
  SourceMap sources;
  Diagnostics diagnostics;
  const Graph graph = dsl::load("main.graph", dsl::MapSource({{"main.graph", text}}), sources, diagnostics);
  if (!diagnostics.empty()) FAIL(render(diagnostics, sources));
  const auto found = linear_weights(graph, tensors);
  return {found.begin(), found.end()};
}

}  // namespace

TEST_CASE("weights of linear are found by name, reference and pattern") {
  CHECK(weights(R"(
    constant { own: auto[V, D]; w(l): auto[D, D] @pattern("h.{l}.w"); n(l): auto[D] @pattern("h.{l}.n");
               head: auto[V, D] @ref("head", "embed"); embed: auto[V, D]; e(l, x): auto[F, D] @pattern("h.{l}.e.{x}"); }
    block entry {
      op embedding(ids, embed) >> h: f32[T, D];
      loop layers (l in 0..L) {
        op rms_norm(h, n[l]) >> x: f32[T, D];
        op linear(x, w[l]) >> h;
        op gather_linear(h, e[l, ..], at) >> g: f32[T, A, F];
      }
      op linear(h, own) >> a: f32[T, V];
      op linear(h, head) >> b: f32[T, V];
    })",
                {"own", "h.0.w", "h.10.w", "h.0.n", "h.1.e.7", "embed", "other"}) ==
        std::set<std::string>{"own", "h.0.w", "h.10.w", "h.1.e.7", "embed"});
}

TEST_CASE("what another op reads stays as it is") {
  const std::vector<std::string_view> tensors = {"a", "b", "c", "d"};
  CHECK(weights(R"(
    constant { a: auto[D, D]; b: auto[D, D]; c: auto[D, D]; d: auto[3, D, D]; }
    block entry {
      op linear(x, a) >> y: f32[T, D];
      op linear(x, b) >> z: f32[T, D];
      op add(b, b) >> t: f32[D, D];
      op linear(c, c) >> u: f32[D, D];
      op linear(x, d[0]) >> v: f32[T, D];
    })",
                tensors) == std::set<std::string>{"a"});
}

TEST_CASE("embedding alone asks for rows") {
  CHECK(weights("constant { e: auto[V, D]; } block entry { op embedding(ids, e) >> h: f32[T, D]; }", {"e"}).empty());
}

TEST_CASE("names and tensors go through calls") {
  CHECK(weights(R"(
    constant { w(l): auto[D, D] @pattern("w.{l}"); g: auto[D, D]; }
    def dense(x: f32[T, D], p: name) >> (y: f32[T, D]) {
      constant { w: auto[D, D] @ref("{p}.weight"); b: auto[D] @ref("{p}.bias"); }
      op linear(x, w, b) >> y;
    }
    def norm(x: f32[T, D], p: name) >> (y: f32[T, D]) {
      constant { w: auto[D] @ref("{p}.weight"); }
      op layer_norm(x, w) >> y;
    }
    def outer(x: f32[T, D], q: name, m: auto[D, D]) >> (y: f32[T, D]) {
      call dense(x, "{q}.fc") >> y;
      call norm(y, "{q}.ln") >> y;
      op linear(y, m) >> y;
    }
    block entry {
      loop l (i in 0..L) { call outer(x, "layer.{i}", w[i]) >> x; }
      call dense(x, "top") >> x;
      op relu(g) >> r: f32[D, D];
      call outer(x, "last", g) >> x;
    })",
                {"layer.0.fc.weight", "layer.0.fc.bias", "layer.0.ln.weight", "top.weight", "w.3", "g",
                 "last.fc.weight"}) ==
        std::set<std::string>{"layer.0.fc.weight", "top.weight", "w.3", "last.fc.weight"});
}

TEST_CASE("calls without end give up") {
  CHECK(weights(R"(
    constant { a: auto[D, D]; }
    def f(x: f32[T, D]) >> (y: f32[T, D]) { call f(x) >> y; }
    block entry { op linear(x, a) >> y: f32[T, D]; call f(x) >> x; })",
                {"a"})
            .empty());
}
