#include "runtime/adapters/image/image_settings.h"

#include <algorithm>
#include <cmath>

#include "runtime/adapters/format_number.h"

namespace openinfer {
namespace {

class Reader {
 public:
  Reader(const Adapter& adapter, DType dtype, const DimTable& dims, const PackageInfo* package)
      : adapter_(adapter), is_float_(is_float(dtype)), dims_(dims), package_(package) {}

  Result<ImageSettings> read(DType dtype, const std::vector<std::optional<int64_t>>& shape) {
    OINF_TRY(place_axes(dtype, shape));
    OINF_TRY(word("resize", {"linear", "nearest", "cubic", "lanczos"}, s_.resize));
    std::string fit = "stretch";
    OINF_TRY(word("fit", {"stretch", "crop"}, fit));
    s_.crop = fit == "crop";
    OINF_TRY(shorter_side());
    if (!is_float_) {
      for (const char* name : {"white", "mean", "std"})
        if (const AdapterArg* a = argument(name))
          return refuse("`" + std::string(a->name) + "` has no meaning where bytes stay as they are");
      return s_;
    }
    std::vector<float> white{1};
    s_.mean = {0};
    s_.deviation = {1};
    OINF_TRY(numbers("white", white));
    OINF_TRY(numbers("mean", s_.mean));
    OINF_TRY(numbers("std", s_.deviation));
    if (white.size() != 1) return refuse("`white` is one number");
    s_.white = white[0];
    for (std::vector<float>* list : {&s_.mean, &s_.deviation}) {
      if (list->size() == 1) list->resize(static_cast<size_t>(s_.channels), list->front());
      if (list->size() != static_cast<size_t>(s_.channels))
        return refuse("`" + std::string(list == &s_.mean ? "mean" : "std") + "` has " + std::to_string(list->size()) +
                      " values for " + std::to_string(s_.channels) + " channels");
    }
    if (std::any_of(s_.deviation.begin(), s_.deviation.end(), [](float d) { return d == 0; }) || s_.white == 0)
      return refuse("`std` and `white` must not be 0");
    return std::move(s_);
  }

 private:
  [[nodiscard]] Diagnostic refuse(std::string why) const {
    return {Code::E0502, "@image: " + std::move(why), adapter_.span};
  }
  [[nodiscard]] const AdapterArg* argument(std::string_view name) const {
    for (const AdapterArg& a : adapter_.args)
      if (a.name == name) return &a;
    return nullptr;
  }
  [[nodiscard]] const MetaValue* stored(std::string_view name) const {
    return package_ != nullptr ? package_->find_metadata("image." + std::string(name)) : nullptr;
  }
  void source(std::string_view name, const std::string& value, std::string_view from) {
    s_.sources.push_back(std::string(name) + "=" + value + " (" + std::string(from) + ")");
  }

  Status place_axes(DType dtype, const std::vector<std::optional<int64_t>>& shape) {
    const size_t rank = shape.size();
    if ((rank != 3 && rank != 4) || (dtype != DType::u8 && !is_float_) || !is_plain(dtype))
      return refuse("stands on u8 or a float type, of rank 3 or 4");
    const auto is_channels = [&](size_t axis) {
      return shape[axis] && (*shape[axis] == 1 || *shape[axis] == 3 || *shape[axis] == 4);
    };
    const bool first = is_channels(rank - 3);
    if (!first && !is_channels(rank - 1))
      return refuse("neither the third axis from the end nor the last one has a known size of 1, 3 or 4 channels");
    s_.channel_axis = static_cast<int>(first ? rank - 3 : rank - 1);
    s_.channels = static_cast<int>(*shape[static_cast<size_t>(s_.channel_axis)]);
    s_.height = shape[first ? rank - 2 : rank - 3];
    s_.width = shape[first ? rank - 1 : rank - 2];
    if (s_.height.has_value() != s_.width.has_value())
      return refuse("of height and width one is known and the other is the picture's own");
    return {};
  }

  Status word(std::string_view name, std::initializer_list<std::string_view> choices, std::string& value) {
    std::string_view from = "default";
    if (const AdapterArg* a = argument(name)) {
      if (!a->is_text) return refuse("`" + std::string(name) + "` is a text");
      value = a->text;
      from = "graph";
    } else if (const MetaValue* m = stored(name)) {
      const auto* text = std::get_if<std::string>(m);
      if (text == nullptr) return package_fault(name);
      value = *text;
      from = "package";
    }
    if (std::find(choices.begin(), choices.end(), value) == choices.end()) {
      std::string list;
      for (std::string_view c : choices) list += (list.empty() ? "\"" : ", \"") + std::string(c) + "\"";
      if (from == "package") return package_fault(name);
      return refuse("`" + std::string(name) + "` is one of " + list);
    }
    source(name, value, from);
    return {};
  }

  Status shorter_side() {
    if (const AdapterArg* a = argument("short")) {
      std::vector<float> side;
      OINF_TRY(listed(*a, side));
      if (side.size() != 1 || side[0] < 1 || side[0] != std::floor(side[0]) || side[0] > 0x1p24F)
        return refuse("`short` is a whole number of pixels");
      s_.shorter = static_cast<int64_t>(side[0]);
      source("short", std::to_string(*s_.shorter), "graph");
    } else if (const MetaValue* m = stored("short")) {
      const auto* side = std::get_if<int64_t>(m);
      if (side == nullptr || *side < 1 || *side > kMostSide) return package_fault("short");
      s_.shorter = *side;
      source("short", std::to_string(*side), "package");
    }
    return {};
  }

  Status numbers(std::string_view name, std::vector<float>& values) {
    std::string_view from = "default";
    if (const AdapterArg* a = argument(name)) {
      OINF_TRY(listed(*a, values));
      from = "graph";
    } else if (const MetaValue* m = stored(name)) {
      if (const auto* one = std::get_if<double>(m)) {
        values = {static_cast<float>(*one)};
      } else if (const auto* whole = std::get_if<int64_t>(m)) {
        values = {static_cast<float>(*whole)};
      } else if (const auto* many = std::get_if<std::vector<double>>(m)) {
        values.assign(many->begin(), many->end());
      } else if (const auto* wholes = std::get_if<std::vector<int64_t>>(m)) {
        values.assign(wholes->begin(), wholes->end());
      } else {
        return package_fault(name);
      }
      from = "package";
    }
    std::string shown;
    for (float v : values) {
      if (!std::isfinite(v)) return refuse("`" + std::string(name) + "` is not finite");
      shown += (shown.empty() ? "" : ", ") + format_element(reinterpret_cast<const std::byte*>(&v), DType::f32, 0);
    }
    source(name, values.size() == 1 ? shown : "[" + shown + "]", from);
    return {};
  }

  // The numbers of an argument of the graph.
  Status listed(const AdapterArg& a, std::vector<float>& values) const {
    values.clear();
    for (const LiteralValue& v : a.numbers) {
      if (v.kind == LiteralValue::Kind::real) {
        values.push_back(static_cast<float>(v.real));
      } else if (const auto n = v.kind == LiteralValue::Kind::integer ? dims_.value(v.integer) : std::nullopt) {
        values.push_back(static_cast<float>(*n));
      } else {
        return refuse("`" + a.name + "` needs numbers");
      }
    }
    if (values.empty()) return refuse("`" + a.name + "` needs a number");
    return {};
  }

  [[nodiscard]] Diagnostic package_fault(std::string_view name) const {
    return {Code::I0009,
            "@image: the package's `image." + std::string(name) + "` has a value that @image does not know",
            adapter_.span};
  }

  static constexpr int64_t kMostSide = int64_t{1} << 24;

  const Adapter& adapter_;
  const bool is_float_;
  const DimTable& dims_;
  const PackageInfo* package_;
  ImageSettings s_;
};

}  // namespace

Result<ImageSettings> image_settings(const Adapter& adapter, DType dtype,
                                     const std::vector<std::optional<int64_t>>& shape, const DimTable& dims,
                                     const PackageInfo* package) {
  return Reader(adapter, dtype, dims, package).read(dtype, shape);
}

}  // namespace openinfer
