#include <png.h>

#include <algorithm>
#include <cstring>

#include "runtime/adapters/image/decoders.h"

namespace openinfer::image {
namespace {

struct Source {
  std::string_view rest;
  char message[128] = "damaged";
};

void read_bytes(png_structp png, png_bytep to, size_t count) {
  auto& source = *static_cast<Source*>(png_get_io_ptr(png));
  if (count > source.rest.size()) png_error(png, "the file ends too early");
  std::memcpy(to, source.rest.data(), count);
  source.rest.remove_prefix(count);
}

[[noreturn]] void failed(png_structp png, png_const_charp message) {
  auto& source = *static_cast<Source*>(png_get_error_ptr(png));
  std::strncpy(source.message, message, sizeof source.message - 1);
  png_longjmp(png, 1);
}

void read_orientation(png_structp png, png_infop info, int& orientation) {
  png_uint_32 size = 0;
  png_bytep block = nullptr;
  if (png_get_eXIf_1(png, info, &size, &block) != 0) orientation = exif_orientation({block, size});
}

// Everything that libpng may jump out of, so nothing here owns memory. False: source.message says why.
bool read(png_structp png, png_infop info, Picture& picture, Status& size, int& orientation) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_read_info(png, info);
  const png_uint_32 width = png_get_image_width(png, info), height = png_get_image_height(png, info);
  size = check_size(height, width);
  if (!size) return false;
  png_set_scale_16(png);  // v / 257 to the nearest, which is floor((255 v + 32767) / 65535)
  png_set_expand(png);    // palettes, 1, 2 and 4 bits, a transparent colour
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  picture.height = height;
  picture.width = width;
  picture.channels = png_get_channels(png, info);
  const size_t row = png_get_rowbytes(png, info);
  picture.samples.resize(row * height);
  for (int pass = 0; pass < passes; ++pass)
    for (size_t y = 0; y < height; ++y) png_read_row(png, picture.samples.data() + y * row, nullptr);
  read_orientation(png, info, orientation);
  png_read_end(png, info);
  read_orientation(png, info, orientation);
  return true;
}

}  // namespace

Result<Picture> decode_png(std::string_view content, int& orientation) {
  Source source{content};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, failed, [](png_structp, png_const_charp) {});
  png_infop info = png != nullptr ? png_create_info_struct(png) : nullptr;
  if (info == nullptr) {
    png_destroy_read_struct(&png, nullptr, nullptr);
    return Diagnostic(Code::R0006, "no memory for the picture");
  }
  struct Owner {
    png_structp* png;
    png_infop* info;
    ~Owner() { png_destroy_read_struct(png, info, nullptr); }
  } const owner{&png, &info};
  png_set_read_fn(png, &source, read_bytes);
  Picture picture;
  Status size;
  if (read(png, info, picture, size, orientation)) return picture;
  if (!size) return size.error();
  return Diagnostic(Code::I0006, std::string("the PNG picture cannot be decoded: ") + source.message);
}

}  // namespace openinfer::image
