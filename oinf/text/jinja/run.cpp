#include "oinf/text/jinja/run.h"

namespace openinfer::jinja {
namespace {

constexpr int kMaxDepth = 100;  // of calls inside calls; each takes some frames of the stack

}  // namespace

Run::~Run() {
  for (const auto& made : namespaces_) made->attributes.entries.clear();
}

Status Run::step(uint64_t count) {
  if (count > steps_) return failure("the template takes too long");
  steps_ -= count;
  return {};
}

Status Run::grow(uint64_t bytes) {
  if (bytes > bytes_) return failure("the template makes too much");
  bytes_ -= bytes;
  return step(1 + bytes / 256);
}

Result<Value> Run::text(std::string made) {
  OINF_TRY(grow(made.size()));
  return Value::of(std::move(made));
}

Result<Value> Run::list(List made) {
  OINF_TRY(grow(made.size() * sizeof(Value)));
  return Value::of(std::move(made));
}

Status Run::Depth::check() const {
  return run_.depth_ > kMaxDepth ? Status(failure("maximum recursion depth exceeded")) : Status();
}

Value bound(std::string_view name, Function function, Value self) {
  return Value::of(
      std::shared_ptr<Object>(std::make_shared<BoundFunction>(std::string(name), function, std::move(self))));
}

const BoundFunction* as_bound(const Value& value) {
  return value.object() == nullptr ? nullptr : dynamic_cast<const BoundFunction*>(value.object()->get());
}

Value Namespace::attribute(std::string_view name) const {
  const Value* found = attributes.find(name);
  return found != nullptr ? *found : Object::attribute(name);
}

const Value* argument(const Arguments& arguments, size_t index, std::string_view name) {
  if (index < arguments.positional.size()) return &arguments.positional[index];
  for (const auto& [key, value] : arguments.named)
    if (key == name) return &value;
  return nullptr;
}

Result<std::string> text_argument(const Arguments& arguments, size_t index, std::string_view name,
                                  std::string_view fallback) {
  const Value* value = argument(arguments, index, name);
  if (value == nullptr || value->is_none()) return std::string(fallback);
  if (value->is_undefined()) return failure(value->why_undefined());
  if (!value->is_string())
    return failure("argument `" + std::string(name) + "` must be str, not " + std::string(value->type_name()));
  return *value->text();
}

Result<int64_t> integer_argument(const Arguments& arguments, size_t index, std::string_view name, int64_t fallback) {
  const Value* value = argument(arguments, index, name);
  if (value == nullptr || value->is_none()) return fallback;
  if (value->is_undefined()) return failure(value->why_undefined());
  if (!value->is_integer())
    return failure("'" + std::string(value->type_name()) + "' object cannot be interpreted as an integer");
  return value->integer();
}

bool truth_argument(const Arguments& arguments, size_t index, std::string_view name, bool fallback) {
  const Value* value = argument(arguments, index, name);
  return value == nullptr ? fallback : value->truth();
}

}  // namespace openinfer::jinja
