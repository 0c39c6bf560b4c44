// @image against Pillow: decoding, orientation, resizing (make_pictures.py), and what must be refused.
#include <fstream>

#include "runtime/adapters/image/encode_png.h"
#include "runtime/adapters/image/image_tensor.h"
#include "runtime/adapters/image/picture_ops.h"
#include "runtime/adapters/npy.h"
#include "tests/runtime/adapters/adapters_fixture.h"

using namespace openinfer;
using namespace openinfer::testing;

namespace {

const std::string kData = OPENINFER_SOURCE_DIR "/tests/runtime/adapters/image/data/";

std::string content_of(const std::string& name) {
  std::ifstream file(kData + name, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

Picture expected(const std::string& name) {
  const HostTensor t = good(read_npy(content_of(name + ".npy")));
  REQUIRE(t.dtype() == DType::u8);
  REQUIRE(t.shape().rank() == 3);
  const auto* bytes = reinterpret_cast<const uint8_t*>(t.data());
  return {t.shape()[0], t.shape()[1], static_cast<int>(t.shape()[2]), {bytes, bytes + t.elements()}};
}

void check_same(const Picture& have, const Picture& want) {
  CHECK(have.height == want.height);
  CHECK(have.width == want.width);
  CHECK(have.channels == want.channels);
  CHECK(have.samples == want.samples);
}

ImageSettings settings_of(DType dtype, std::vector<std::optional<int64_t>> shape,
                          const PackageInfo* package = nullptr) {
  Adapter adapter;
  adapter.kind = "image";
  const DimTable dims;
  return good(image_settings(adapter, dtype, shape, dims, package));
}

}  // namespace

TEST_CASE("image: pictures are decoded as Pillow decodes them") {
  for (const std::string file : {"rgb.png",
                                 "grey.png",
                                 "rgba.png",
                                 "grey-alpha.png",
                                 "palette.png",
                                 "bits.png",
                                 "transparent-colour.png",
                                 "sixteen.png",
                                 "turned-png.png",
                                 "colour-jpeg.jpg",
                                 "colour-444.jpg",
                                 "progressive.jpg",
                                 "grey-jpeg.jpg",
                                 "cmyk.jpg",
                                 "turned-1.jpg",
                                 "turned-2.jpg",
                                 "turned-3.jpg",
                                 "turned-4.jpg",
                                 "turned-5.jpg",
                                 "turned-6.jpg",
                                 "turned-7.jpg",
                                 "turned-8.jpg",
                                 "lossless.webp",
                                 "lossy.webp",
                                 "webp-alpha.webp",
                                 "animated.webp",
                                 "turned-webp.webp"}) {
    INFO(file);
    const std::string content = content_of(file);
    CHECK(is_picture(content));
    check_same(good(decode_picture(content)), expected(file.substr(0, file.find('.'))));
  }
}

TEST_CASE("image: sizes change as Pillow changes them") {
  const Picture source = good(decode_picture(content_of("source.png")));
  for (const std::string mode : {"nearest", "linear", "cubic", "lanczos"})
    for (const auto& [height, width] : {std::pair{16, 16}, {57, 90}, {40, 13}, {7, 61}}) {
      const std::string name = mode + "-" + std::to_string(height) + "x" + std::to_string(width);
      INFO(name);
      check_same(good(image::resized(source, height, width, mode)), expected(name));
    }
}

TEST_CASE("image: colours become grey as Pillow weighs them, grey is repeated, alpha dropped or full") {
  check_same(image::with_channels(good(decode_picture(content_of("source.png"))), 1), expected("luma"));
  const Picture grey{1, 2, 1, {7, 9}}, both{1, 2, 2, {7, 100, 9, 200}}, all{1, 1, 4, {1, 2, 3, 4}};
  CHECK(image::with_channels(grey, 3).samples == std::vector<uint8_t>{7, 7, 7, 9, 9, 9});
  CHECK(image::with_channels(grey, 4).samples == std::vector<uint8_t>{7, 7, 7, 255, 9, 9, 9, 255});
  CHECK(image::with_channels(both, 4).samples == std::vector<uint8_t>{7, 7, 7, 100, 9, 9, 9, 200});
  CHECK(image::with_channels(both, 1).samples == std::vector<uint8_t>{7, 9});
  CHECK(image::with_channels(all, 3).samples == std::vector<uint8_t>{1, 2, 3});
}

TEST_CASE("image: a crop takes the middle, black where there is nothing") {
  const Picture p{3, 3, 1, {1, 2, 3, 4, 5, 6, 7, 8, 9}};
  CHECK(image::cropped(p, 1, 1).samples == std::vector<uint8_t>{5});
  CHECK(image::cropped(p, 2, 2).samples == std::vector<uint8_t>{1, 2, 4, 5});  // floor((3 − 2) / 2) = 0
  CHECK(image::cropped(p, 1, 5).samples == std::vector<uint8_t>{0, 4, 5, 6, 0});
  CHECK(image::cropped(p, 4, 1).samples == std::vector<uint8_t>{0, 2, 5, 8});  // floor((3 − 4) / 2) = −1
  ImageSettings s = settings_of(DType::u8, {1, 2, 2});
  s.crop = true;
  s.shorter = 3;
  CHECK(good(image::fitted(p, s)).samples == std::vector<uint8_t>{1, 2, 4, 5});
  s.shorter = std::nullopt;  // the smaller side of the tensor: 2 × 4 becomes the middle of itself
  CHECK(good(image::fitted({2, 4, 1, {1, 2, 3, 4, 5, 6, 7, 8}}, s)).samples == std::vector<uint8_t>{2, 3, 6, 7});
}

TEST_CASE("image: values are rounded at every step, in either order of axes") {
  const Picture p{1, 2, 3, {0, 51, 102, 153, 204, 255}};
  ImageSettings s = settings_of(DType::f32, {3, std::nullopt, std::nullopt});
  s.mean = {0.5F, 0.25F, 0};
  s.deviation = {0.5F, 1, 2};
  const HostTensor t = good(tensor_of_pictures({p}, s, DType::f32, 3));
  CHECK(t.shape() == Shape{3, 1, 2});
  const auto* v = reinterpret_cast<const float*>(t.data());
  CHECK(v[0] == (0.0F - 0.5F) / 0.5F);
  CHECK(v[1] == (153.0F / 255.0F - 0.5F) / 0.5F);
  CHECK(v[2] == 51.0F / 255.0F - 0.25F);
  CHECK(v[5] == 255.0F / 255.0F / 2.0F);
  const Picture back = good(pictures_of_tensor(t.view(), s)).at(0);
  CHECK(back.samples == p.samples);

  const ImageSettings last = settings_of(DType::u8, {std::nullopt, std::nullopt, std::nullopt, 3});
  const HostTensor bytes = good(tensor_of_pictures(std::vector{p, p}, last, DType::u8, 4));
  CHECK(bytes.shape() == Shape{2, 1, 2, 3});
  CHECK(std::vector<uint8_t>(reinterpret_cast<const uint8_t*>(bytes.data()),
                             reinterpret_cast<const uint8_t*>(bytes.data()) + 6) == p.samples);
  CHECK(good(pictures_of_tensor(bytes.view(), last)).size() == 2);
}

TEST_CASE("image: what goes out is limited, rounded half to even, and not a number is black") {
  const float values[] = {-1, 2, NAN, 0.5F / 255.0F, 1.5F / 255.0F, 1};
  const ImageSettings s = settings_of(DType::f32, {1, 2, 3});
  const TensorView view =
      TensorView::dense(const_cast<std::byte*>(reinterpret_cast<const std::byte*>(values)), DType::f32, Shape{1, 2, 3});
  CHECK(good(pictures_of_tensor(view, s)).at(0).samples == std::vector<uint8_t>{0, 255, 0, 0, 2, 255});
}

TEST_CASE("image: a PNG file that was written reads back, and is the same each time") {
  for (const char* name : {"rgb", "grey", "rgba", "grey-alpha"}) {
    const Picture p = expected(name);
    const std::string file = good(encode_png(p));
    CHECK(file == good(encode_png(p)));
    check_same(good(decode_picture(file)), p);
  }
  CHECK(encode_png({0, 4, 1, {}}).error().code == Code::R0007);
}

TEST_CASE("image: declarations that @image cannot serve") {
  Adapter adapter;
  adapter.kind = "image";
  const DimTable dims;
  using Shape_ = std::vector<std::optional<int64_t>>;
  const auto code = [&](DType dtype, const Shape_& shape) {
    const auto settings = image_settings(adapter, dtype, shape, dims, nullptr);
    return settings.ok() ? Code::C0001 : settings.error().code;
  };
  CHECK(code(DType::f32, {3, 8, 8}) == Code::C0001);
  CHECK(code(DType::bf16, {1, 8, 8, 4}) == Code::C0001);
  CHECK(code(DType::f32, {2, 8, 8}) == Code::E0502);             // no channel axis
  CHECK(code(DType::f32, {std::nullopt, 8, 8}) == Code::E0502);  // not known
  CHECK(code(DType::f32, {3, std::nullopt, 8}) == Code::E0502);  // one side known
  CHECK(code(DType::i32, {3, 8, 8}) == Code::E0502);
  CHECK(code(DType::f32, {8, 3}) == Code::E0502);
  AdapterArg mean;
  mean.name = "mean";
  mean.numbers = {{LiteralValue::Kind::real, {}, 0, 0.5, false}, {LiteralValue::Kind::real, {}, 0, 0.5, false}};
  adapter.args = {mean};
  CHECK(code(DType::f32, {3, 8, 8}) == Code::E0502);  // two values for three channels
  CHECK(code(DType::u8, {3, 8, 8}) == Code::E0502);   // bytes stay as they are
}

TEST_CASE("image: files that are cut short are refused") {
  for (const std::string file : {"rgb.png", "sixteen.png", "colour-jpeg.jpg", "progressive.jpg", "cmyk.jpg",
                                 "lossless.webp", "lossy.webp", "animated.webp"}) {
    const std::string whole = content_of(file);
    INFO(file);
    // Behind the last pixel a PNG has 16 bytes that say so, a JPEG 2, and an animation its second frame.
    const size_t most = file == "animated.webp" ? 64 : whole.size() - 16;
    for (size_t size = 0; size < most; ++size) {
      const auto picture = decode_picture(std::string_view(whole).substr(0, size));
      if (picture.ok()) FAIL("cut at " << size << " of " << whole.size());
      REQUIRE(picture.error().code == Code::I0006);
    }
  }
}

TEST_CASE("image: a flipped bit never does worse than another picture") {
  for (const std::string file : {"rgb.png", "palette.png", "turned-6.jpg", "progressive.jpg", "cmyk.jpg",
                                 "turned-webp.webp", "lossy.webp", "animated.webp"}) {
    const std::string whole = content_of(file);
    for (size_t bit = 0; bit < whole.size() * 8; bit += 3) {
      std::string changed = whole;
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
      const auto picture = decode_picture(changed);
      if (!picture.ok()) REQUIRE((picture.error().code == Code::I0006 || picture.error().code == Code::R0006));
    }
  }
}

TEST_CASE("image: a file that claims more pixels than it may is refused before memory is taken") {
  std::string png = content_of("grey.png");
  // Width and height stand in the header, whose checksum libpng wants: IHDR of 65535 × 65535 grey, CRC-32 computed.
  const std::string header("IHDR\x00\x00\xff\xff\x00\x00\xff\xff\x08\x00\x00\x00\x00", 17);
  uint32_t crc = 0xffffffff;
  for (const char c : header) {
    crc ^= static_cast<uint8_t>(c);
    for (int k = 0; k < 8; ++k) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
  }
  crc = ~crc;
  png.replace(12, 17, header);
  for (int k = 0; k < 4; ++k) png[static_cast<size_t>(29 + k)] = static_cast<char>(crc >> (24 - 8 * k));
  const auto large = decode_picture(png);
  REQUIRE_FALSE(large.ok());
  CHECK(large.error().message.find("65535 × 65535") != std::string::npos);

  std::string jpeg = content_of("colour-jpeg.jpg");
  const size_t frame = jpeg.find("\xff\xc0");
  REQUIRE(frame != std::string::npos);
  for (size_t at : {5, 6, 7, 8}) jpeg[frame + at] = '\xff';
  const auto huge = decode_picture(jpeg);
  REQUIRE_FALSE(huge.ok());
  CHECK(huge.error().code == Code::I0006);
}
