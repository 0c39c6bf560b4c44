#include "oinf/pack/image_rules.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

namespace openinfer::pack {
namespace {

using Json = nlohmann::json;

// What the processors do that leave a setting out. A processor that is not here must say it.
struct Processor {
  std::string_view name;
  int resample;
  bool shortest_edge;  // a size that is one number means the shorter side, else both
};
constexpr Processor kProcessors[] = {
    {"BeitImageProcessor", 3, false},      {"CLIPFeatureExtractor", 3, true},   {"CLIPImageProcessor", 3, true},
    {"ConvNextFeatureExtractor", 2, true}, {"ConvNextImageProcessor", 2, true}, {"DeiTFeatureExtractor", 3, false},
    {"DeiTImageProcessor", 3, false},      {"ViTFeatureExtractor", 2, false},   {"ViTImageProcessor", 2, false},
};

class Rules {
 public:
  Rules(const Json& json, std::optional<int64_t> side) : json_(json), side_(side) {}

  ImageRules read() {
    ImageRules rules;
    if (!is_picture()) return rules;
    find_processor();
    check_steps();
    read_size();
    read_values();
    if (problem_.empty())
      rules.metadata = std::move(metadata_);
    else
      rules.problem = std::move(problem_);
    return rules;
  }

 private:
  // Audio processors stand in files of the same name.
  [[nodiscard]] bool is_picture() const {
    return json_.is_object() && (json_.contains("image_processor_type") || json_.contains("image_mean") ||
                                 json_.contains("do_resize") || json_.contains("resample"));
  }
  void refuse(std::string why) {
    if (problem_.empty()) problem_ = std::move(why);
  }

  void find_processor() {
    for (const char* key : {"image_processor_type", "feature_extractor_type"}) {
      const auto found = json_.find(key);
      if (found == json_.end() || !found->is_string()) continue;
      std::string type = found->get<std::string>();
      if (type.ends_with("Fast")) type.resize(type.size() - 4);
      for (const Processor& p : kProcessors)
        if (p.name == type) processor_ = &p;
    }
  }

  // do_… settings: a step that the adapter lacks must be off.
  void check_steps() {
    static const std::set<std::string> kKnown = {
        "do_resize",       "do_center_crop", "do_rescale", "do_normalize",
        "do_convert_rgb",     // what channels a picture has is the tensor's matter
        "do_reduce_labels"};  // of segmentation maps
    for (const auto& [key, value] : json_.items())
      if (key.starts_with("do_") && !kKnown.contains(key) && value == true) refuse(key);
  }

  [[nodiscard]] bool flag(const char* key, bool fallback) {
    const auto found = json_.find(key);
    if (found == json_.end() || found->is_null()) return fallback;
    if (!found->is_boolean()) refuse(fmt::format("{} is no bool", key));
    return found->is_boolean() ? found->get<bool>() : fallback;
  }

  static std::optional<int64_t> integer(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number_integer()) return std::nullopt;
    return found->get<int64_t>();
  }
  // A square's side, as a number or as equal height and width.
  static std::optional<int64_t> square(const Json& size) {
    if (size.is_number_integer()) return size.get<int64_t>();
    if (!size.is_object()) return std::nullopt;
    const auto h = integer(size, "height"), w = integer(size, "width");
    return h && w && *h == *w ? h : std::nullopt;
  }

  void read_size() {
    if (!flag("do_resize", json_.contains("size"))) return refuse("do_resize is false");
    read_resample();
    const Json size = json_.value("size", Json());
    std::optional<int64_t> shorter = size.is_object() ? integer(size, "shortest_edge") : std::nullopt;
    if (size.is_number_integer() && processor_ != nullptr && processor_->shortest_edge) shorter = size.get<int64_t>();
    if (size.is_number_integer() && processor_ == nullptr) return refuse("a size of one number");
    if (!flag("do_center_crop", false)) {
      if (shorter && json_.contains("crop_pct")) return read_crop_share(*shorter);
      const auto side = square(size);
      if (shorter || !side) return refuse(fmt::format("size {}", size.dump()));
      fit_to(*side, "stretch");
      return;
    }
    const auto crop = square(json_.value("crop_size", Json()));
    if (!shorter || !crop) return refuse(fmt::format("size {} with a crop", size.dump()));
    fit_to(*crop, "crop");
    metadata_.emplace_back("image.short", *shorter);
  }

  // ConvNext: small pictures are cut out of ones that are larger by 1 / crop_pct, large ones are stretched.
  void read_crop_share(int64_t side) {
    const Json share = json_["crop_pct"];
    if (!share.is_number() || !(share.get<double>() > 0 && share.get<double>() <= 1)) return refuse("crop_pct");
    if (side >= 384) return fit_to(side, "stretch");
    fit_to(side, "crop");
    metadata_.emplace_back("image.short", static_cast<int64_t>(static_cast<double>(side) / share.get<double>()));
  }

  void fit_to(int64_t side, const char* fit) {
    if (side_ && *side_ != side) refuse(fmt::format("a picture of {} for a model of {}", side, *side_));
    metadata_.emplace_back("image.fit", std::string(fit));
  }

  void read_resample() {
    constexpr const char* kModes[] = {"nearest", "lanczos", "linear", "cubic"};
    const auto given = integer(json_, "resample");
    if (!given && processor_ == nullptr) return refuse("resample is not said");
    const int64_t mode = given ? *given : processor_->resample;
    if (mode < 0 || mode > 3) return refuse(fmt::format("resample {}", mode));
    metadata_.emplace_back("image.resize", std::string(kModes[mode]));
  }

  void read_values() {
    double white = 255;
    if (flag("do_rescale", true)) {
      const Json factor = json_.value("rescale_factor", Json(1.0 / 255));
      if (!factor.is_number()) return refuse("rescale_factor");
      white = factor.get<double>() * 255;
      if (std::fabs(white - 1) < 1e-9) white = 1;  // 1 / 255 in decimal digits
    }
    metadata_.emplace_back("image.white", white);
    if (!flag("do_normalize", json_.contains("image_mean"))) return;
    for (const auto& [key, name] : {std::pair{"image_mean", "image.mean"}, std::pair{"image_std", "image.std"}}) {
      const Json list = json_.value(key, Json());
      if (list.is_number()) {
        metadata_.emplace_back(name, std::vector<double>{list.get<double>()});
        continue;
      }
      std::vector<double> values;
      for (const Json& v : list)
        if (v.is_number()) values.push_back(v.get<double>());
      if (!list.is_array() || values.empty() || values.size() != list.size()) return refuse(key);
      metadata_.emplace_back(name, std::move(values));
    }
  }

  const Json& json_;
  std::optional<int64_t> side_;
  const Processor* processor_ = nullptr;
  std::vector<std::pair<std::string, MetaValue>> metadata_;
  std::string problem_;
};

}  // namespace

ImageRules image_rules(const Json& preprocessor, std::optional<int64_t> side) {
  return Rules(preprocessor, side).read();
}

}  // namespace openinfer::pack
