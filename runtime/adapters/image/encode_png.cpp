#include "runtime/adapters/image/encode_png.h"

#include <png.h>

#include <new>

namespace openinfer {
namespace {

constexpr int kCompression = 6;  // of zlib: its own middle

[[noreturn]] void failed(png_structp png, png_const_charp) { png_longjmp(png, 1); }

// libpng must not see an exception; out of memory ends the writing.
void append(png_structp png, png_bytep bytes, size_t count) {
  bool stored = true;
  try {
    static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(bytes), count);
  } catch (const std::bad_alloc&) {
    stored = false;
  }
  if (!stored) png_error(png, "no memory");
}

bool write(png_structp png, png_infop info, const Picture& picture) {
  if (setjmp(png_jmpbuf(png))) return false;
  constexpr int kTypes[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                            PNG_COLOR_TYPE_RGB_ALPHA};
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(png, info, static_cast<png_uint_32>(picture.width), static_cast<png_uint_32>(picture.height), 8,
               kTypes[picture.channels], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_compression_level(png, kCompression);
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
  png_write_info(png, info);
  for (int64_t row = 0; row < picture.height; ++row) png_write_row(png, picture.pixel(row, 0));
  png_write_end(png, info);
  return true;
}

}  // namespace

Result<std::string> encode_png(const Picture& picture) {
  if (picture.height < 1 || picture.width < 1 || picture.height > PNG_UINT_31_MAX || picture.width > PNG_UINT_31_MAX)
    return Diagnostic(Code::R0007, "a picture of " + std::to_string(picture.width) + " × " +
                                       std::to_string(picture.height) + " pixels has no place in a PNG file");
  std::string file;
  png_structp png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, failed, [](png_structp, png_const_charp) {});
  png_infop info = png != nullptr ? png_create_info_struct(png) : nullptr;
  bool written = false;
  if (info != nullptr) {
    png_set_write_fn(png, &file, append, nullptr);
    written = write(png, info, picture);
  }
  png_destroy_write_struct(&png, &info);
  if (!written) return Diagnostic(Code::R0006, "no memory for the picture");
  return file;
}

}  // namespace openinfer
