#include "ops/number_value.h"

#include <fmt/format.h>

#include <cmath>

#include "ir/literal.h"
#include "ops/element.h"

namespace openinfer {

std::optional<NumberValue> number_of(const LiteralValue& value, const DimTable& dims) {
  switch (value.kind) {
    case LiteralValue::Kind::integer:
      if (const auto n = dims.value(value.integer)) return NumberValue(*n);
      return std::nullopt;
    case LiteralValue::Kind::large:
      return NumberValue(value.large);
    case LiteralValue::Kind::real:
      return NumberValue(value.real);
    case LiteralValue::Kind::boolean:
      return NumberValue(value.boolean);
  }
  return std::nullopt;
}

std::string to_string(const NumberValue& value) {
  return std::visit([](auto x) { return fmt::format("{}", x); }, value);
}

std::string misfit(const NumberValue& value, DType type) {
  const auto refuse = [&](const std::string& what) { return what + " does not fit " + std::string(name(type)); };
  if (is_block(type)) return refuse(to_string(value));
  if (std::holds_alternative<bool>(value))
    return type == DType::boolean || type == DType::bitset ? std::string() : refuse("true or false");
  NumberLiteral number;
  bool negative = false;
  if (const auto* real = std::get_if<double>(&value)) {
    if (!is_float(type)) return refuse("a fraction");
    if (std::isinf(*real)) return type == DType::f8e4m3 ? refuse("an infinity") : std::string();
    if (std::isnan(*real)) return {};
    number.floating = true;
    number.number = std::fabs(*real);
  } else if (const auto* whole = std::get_if<int64_t>(&value)) {
    negative = *whole < 0;
    number.integer = negative ? 0 - static_cast<uint64_t>(*whole) : static_cast<uint64_t>(*whole);
  } else {
    number.integer = std::get<uint64_t>(value);
  }
  return literal_fits(type, negative, number) ? std::string() : refuse(to_string(value));
}

void store_number(std::byte* base, DType type, int64_t index, const NumberValue& value) {
  const auto store = [&](auto x) {
    using T = decltype(x);
    if constexpr (std::is_same_v<T, bool>) {
      store_element<int64_t>(base, type, index, x ? 1 : 0);
    } else {
      store_element<T>(base, type, index, x);
    }
  };
  std::visit(store, value);
}

}  // namespace openinfer
