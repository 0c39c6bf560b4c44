#include "oinf/tools/tensor_values.h"

#include "ir/panel16.h"
#include "ops/blocks.h"

namespace openinfer {

Result<TensorValues> TensorValues::of(const Package& package, std::string_view tensor) {
  OINF_ASSIGN(const auto payload, package.payload(tensor));
  TensorValues values;
  values.info_ = *package.find_tensor(tensor);
  values.rows_ = payload;
  if (values.info_.layout == Layout::panel16) {
    OINF_ASSIGN(auto rows, unpack_panel16(values.info_.dtype, values.info_.shape, payload));
    values.unpacked_ = std::make_shared<const std::vector<std::byte>>(std::move(rows));
    values.rows_ = *values.unpacked_;
  }
  return values;
}

double TensorValues::operator[](uint64_t i) const {
  return is_block(info_.dtype) ? block_element(info_.dtype, rows_.data(), static_cast<int64_t>(i))
                               : stored_number(info_.dtype, rows_, i);
}

Diagnostic with_nearest(Diagnostic error, std::string_view tensor, const Package& package) {
  if (error.code != Code::P0026) return error;
  if (const auto near = nearest_name(tensor, package.tensor_names()); !near.empty() && near != tensor)
    error.help = "did you mean `" + std::string(near) + "`?";
  return error;
}

}  // namespace openinfer
