// What the caller gives for a step: the sizes that follow from it, and its way into memory.
#include <algorithm>
#include <array>
#include <set>

#include "ops/element.h"
#include "ops/number_value.h"
#include "runtime/executor_state.h"
#include "runtime/initial_value.h"

namespace openinfer {
namespace {

void collect(const std::vector<Step>& steps, std::set<uint32_t>& written, std::vector<const Step*>& loads) {
  for (const Step& s : steps) {
    for (const Operand& o : s.out) written.insert(static_cast<uint32_t>(o.var));
    if (s.kind == StepKind::load && s.label.empty() && s.in[0].selectors.empty()) loads.push_back(&s);
    collect(s.body, written, loads);
    collect(s.otherwise, written, loads);
  }
}

}  // namespace

// Integer scalars of the caller that the graph reads as sizes and never writes.
void Executor::find_scalars() {
  std::set<uint32_t> written;
  std::vector<const Step*> loads;
  collect(program_.steps, written, loads);
  for (const Step* s : loads) {
    const VarId var = s->in[0].var;
    if (program_.var(var).kind == VarKind::dynamic && !written.contains(static_cast<uint32_t>(var)))
      scalars_.emplace_back(static_cast<uint32_t>(s->symbol), var);
  }
}

// All of the inputs that a plan depends on, as numbers to compare.
void Executor::sign(const Inputs& inputs) {
  signature_.clear();
  for (const auto& [name, id] : program_.inputs) {
    const auto given = inputs.find(static_cast<uint32_t>(id));
    if (given == inputs.end()) {
      signature_.push_back(-1);
      continue;
    }
    signature_.push_back(given->second->shape().rank());
    signature_.push_back(static_cast<int64_t>(given->second->dtype()));
    for (const int64_t n : given->second->shape()) signature_.push_back(n);
  }
  if (!scalars_are_sizes_) return;
  for (const auto& [symbol, var] : scalars_) {
    const auto given = inputs.find(static_cast<uint32_t>(var));
    if (given != inputs.end())
      signature_.push_back(load_element<int64_t>(given->second->data(), given->second->dtype(), 0));
  }
}

// Shapes of the inputs give the sizes their values: bare names first, then what is made of them is compared.
Result<InputSizes> Executor::input_sizes(const Inputs& inputs, std::vector<AssumedSize>* assumed) {
  InputSizes sizes;
  if (assumed) assumed->clear();
  std::map<uint32_t, const Variable*> binders;  // who gave each of them
  const auto bound = [&](Dim d) {
    return program_.dims->substitute(d, [&](SymbolId s) -> std::optional<Dim> {
      const auto hit = sizes.find(static_cast<uint32_t>(s));
      if (hit == sizes.end()) return std::nullopt;
      return program_.dims->constant(hit->second);
    });
  };
  const auto print = [&](Dim d) {
    return program_.dims->print(d, [&](SymbolId s) { return program_.symbol(s).name; });
  };
  const auto shape_text = [&](const Variable& v) {
    std::string s = "[";
    for (size_t i = 0; i < v.shape.size(); ++i) s += (i ? ", " : "") + print(v.shape[i]);
    return s + "]";
  };
  const auto differs = [&](const Variable& v, const Shape& given) {
    return Diagnostic(Code::I0004,
                      "input `" + v.name + "` has the shape " + shape_text(v) + ", given is " + to_string(given),
                      v.span);
  };
  for (int pass = 0; pass < 2; ++pass)
    for (const auto& [name, id] : program_.inputs) {
      const Variable& v = program_.var(id);
      const auto hit = inputs.find(static_cast<uint32_t>(id));
      Shape given;
      if (hit != inputs.end()) {
        given = hit->second->shape();
        if (hit->second->dtype() != *v.dtype)
          return Diagnostic(Code::I0003,
                            "input `" + name + "` is " + std::string(openinfer::name(*v.dtype)) + ", given is " +
                                std::string(openinfer::name(hit->second->dtype())),
                            v.span);
        if (given.rank() != static_cast<int>(v.shape.size())) return differs(v, given);
      } else if (v.default_empty) {
        given = Shape{0};
      } else {
        continue;
      }
      for (size_t i = 0; i < v.shape.size(); ++i) {
        const int64_t n = given[static_cast<int>(i)];
        if (const auto s = program_.dims->as_symbol(v.shape[i]);
            pass == 0 && s && program_.symbol(*s).source == SymbolSource::input) {
          if (sizes.emplace(static_cast<uint32_t>(*s), n).second) binders.emplace(static_cast<uint32_t>(*s), &v);
        }
        const auto value = program_.dims->value(bound(v.shape[i]));
        if (pass == 0 || (value && *value == n)) continue;
        Diagnostic e = differs(v, given);
        for (const SymbolId s : program_.dims->symbols(v.shape[i])) {
          const auto binder = binders.find(static_cast<uint32_t>(s));
          if (binder == binders.end()) continue;
          const std::string& size = program_.symbol(s).name;
          e.notes.push_back({"`" + size + "` is " + std::to_string(sizes.at(static_cast<uint32_t>(s))) + ": input `" +
                                 binder->second->name + "` binds it",
                             binder->second->span});
        }
        if (value && !program_.dims->as_symbol(v.shape[i]) && !program_.dims->value(v.shape[i]))
          e.notes.push_back({"`" + print(v.shape[i]) + "` is " + std::to_string(*value) + ", axis " +
                                 std::to_string(i) + " of `" + name + "` is " + std::to_string(n),
                             {}});
        return e;
      }
    }
  std::optional<Diagnostic> missing;  // the first input that is, and the others as notes
  for (const auto& [name, id] : program_.inputs) {
    const Variable& v = program_.var(id);
    if (inputs.contains(static_cast<uint32_t>(id))) continue;
    if (assumed) {
      for (const Dim d : v.shape)
        for (const SymbolId s : program_.dims->symbols(d))
          if (program_.symbol(s).source == SymbolSource::input &&
              sizes.emplace(static_cast<uint32_t>(s), assumed_size_).second)
            assumed->push_back({program_.symbol(s).name, name, assumed_size_});
      continue;
    }
    std::optional<Diagnostic> wrong;
    if (!v.initial && !v.default_empty)
      wrong = Diagnostic(Code::I0001,
                         "input `" + name + "` is missing" +
                             (v.default_text ? ": its default is a text, which needs the tokenizer of a package" : ""),
                         v.span);
    for (Dim d : v.shape)
      if (!wrong && !program_.dims->value(bound(d)))
        wrong = Diagnostic(Code::I0001,
                           "input `" + name + "` is missing: its default fills the shape " + shape_text(v) +
                               ", which nothing else gives",
                           v.span);
    if (missing && wrong)
      missing->notes.push_back({std::move(wrong->message), wrong->span});
    else if (wrong)
      missing = std::move(wrong);
  }
  if (missing) return std::move(*missing);
  if (scalars_are_sizes_)
    for (const auto& [symbol, var] : scalars_) {
      const Variable& v = program_.var(var);
      const auto hit = inputs.find(static_cast<uint32_t>(var));
      std::byte raw[8] = {};
      if (assumed != nullptr && hit == inputs.end() && !v.initial) {
        if (sizes.emplace(symbol, assumed_size_).second)
          assumed->push_back({program_.symbol(SymbolId{symbol}).name, v.name, assumed_size_});
        continue;
      }
      if (hit == inputs.end()) {
        const auto value = repeated(*v.initial, *v.dtype, *program_.dims);
        std::copy(value.begin(), value.end(), raw);
      }
      sizes[symbol] = load_element<int64_t>(hit == inputs.end() ? raw : hit->second->data(), *v.dtype, 0);
    }
  return sizes;
}

Status Executor::upload_inputs(Ready& r, const Inputs& inputs) {
  for (const auto& [name, id] : program_.inputs) {
    const VarPlan& p = r.plan.vars[static_cast<size_t>(id)];
    const auto hit = inputs.find(static_cast<uint32_t>(id));
    if (hit != inputs.end()) {
      OINF_TRY(device_.upload(arena_, p.offset, hit->second->bytes()));
      continue;
    }
    const Variable& v = program_.var(id);
    if (!v.initial || p.bytes == 0) continue;
    std::array<std::byte, 4096> chunk;
    fill(chunk, repeated(*v.initial, *v.dtype, *program_.dims));
    for (uint64_t at = 0; at < p.bytes; at += chunk.size())
      OINF_TRY(device_.upload(arena_, p.offset + at,
                              std::span(chunk).first(std::min<uint64_t>(chunk.size(), p.bytes - at))));
  }
  return {};
}

}  // namespace openinfer
