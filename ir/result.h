// Result<T>: a value or one Diagnostic. Every function of a public header that can fail returns it; nothing of ours
// throws across a module border.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "ir/diagnostic.h"

namespace openinfer {

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : v_(std::in_place_index<0>, std::move(value)) {}           // NOLINT(google-explicit-constructor)
  Result(Diagnostic error) : v_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return v_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Only when ok().
  T& value() & { return *std::get_if<0>(&v_); }
  const T& value() const& { return *std::get_if<0>(&v_); }
  T&& value() && { return std::move(*std::get_if<0>(&v_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return std::get_if<0>(&v_); }
  const T* operator->() const { return std::get_if<0>(&v_); }

  // Only when not ok().
  [[nodiscard]] const Diagnostic& error() const& { return *std::get_if<1>(&v_); }
  Diagnostic&& error() && { return std::move(*std::get_if<1>(&v_)); }

 private:
  std::variant<T, Diagnostic> v_;
};

// Success without a value, or one Diagnostic.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Diagnostic error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const Diagnostic& error() const& { return *error_; }
  Diagnostic&& error() && { return std::move(*error_); }

 private:
  std::optional<Diagnostic> error_;
};

// Leaves the function with the error of a Status or Result expression.
#define OINF_TRY(expression)                                                                          \
  do {                                                                                                \
    if (auto oinf_status_ = (expression); !oinf_status_.ok()) return std::move(oinf_status_).error(); \
  } while (false)

#define OINF_CONCAT_INNER_(a, b) a##b
#define OINF_CONCAT_(a, b) OINF_CONCAT_INNER_(a, b)
// OINF_ASSIGN(auto x, f());  declares x with the value of f(), or leaves the function with its error.
#define OINF_ASSIGN(declaration, expression) \
  OINF_ASSIGN_INNER_(OINF_CONCAT_(oinf_result_, __LINE__), declaration, expression)
#define OINF_ASSIGN_INNER_(result, declaration, expression) \
  auto result = (expression);                               \
  if (!result.ok()) return std::move(result).error();       \
  declaration = std::move(result).value()

}  // namespace openinfer
