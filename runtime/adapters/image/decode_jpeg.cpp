#include <csetjmp>
#include <cstdio>
// jpeglib.h needs size_t and FILE before it.
#include <jerror.h>
#include <jpeglib.h>

#include <cstring>

#include "runtime/adapters/image/decoders.h"

namespace openinfer::image {
namespace {

// A progressive file may repeat its scans without end, each over the whole picture.
constexpr int kMostScans = 500;

struct Errors {
  jpeg_error_mgr manager;  // first: the library knows only this
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX] = {};
};

[[noreturn]] void failed(j_common_ptr info) {
  auto* errors = reinterpret_cast<Errors*>(info->err);
  info->err->format_message(info, errors->message);
  std::longjmp(errors->jump, 1);
}

// The library would go on with grey where the data end or make no sense; that is no picture of anything.
void warned(j_common_ptr info, int level) {
  if (level >= 0) return;
  const int code = info->err->msg_code;
  if (code != JWRN_EXTRANEOUS_DATA && code != JWRN_ADOBE_XFORM && code != JWRN_JFIF_MAJOR) failed(info);
}

void progressed(j_common_ptr info) {
  if (info->is_decompressor == FALSE || reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMostScans)
    return;
  auto* errors = reinterpret_cast<Errors*>(info->err);
  std::strcpy(errors->message, "too many scans");
  std::longjmp(errors->jump, 1);
}

// Of CMYK each colour is the stored, inverted value times K.
void colours_of(const uint8_t* cmyk, int64_t pixels, uint8_t* rgb) {
  for (int64_t i = 0; i < pixels; ++i)
    for (int64_t c = 0; c < 3; ++c)
      rgb[3 * i + c] = static_cast<uint8_t>((cmyk[4 * i + c] * cmyk[4 * i + 3] + 127) / 255);
}

// Everything that the library may jump out of, so nothing here owns memory. False: the message or `size` says why.
bool read(jpeg_decompress_struct& info, Errors& errors, jpeg_progress_mgr& progress, std::string_view content,
          Picture& picture, std::vector<uint8_t>& row, Status& size, int& orientation) {
  if (setjmp(errors.jump)) return false;
  jpeg_create_decompress(&info);
  progress.progress_monitor = progressed;
  info.progress = &progress;
  jpeg_save_markers(&info, JPEG_APP0 + 1, 0xffff);
  jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(content.data()), content.size());
  jpeg_read_header(&info, TRUE);
  size = check_size(info.image_height, info.image_width);
  if (!size) return false;
  for (jpeg_saved_marker_ptr m = info.marker_list; m != nullptr && orientation == 1; m = m->next)
    orientation = exif_orientation({m->data, m->data_length});
  const bool cmyk = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
  info.out_color_space = cmyk ? JCS_CMYK : info.jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
  info.dct_method = JDCT_ISLOW;  // exact integers: the same on every machine
  info.do_fancy_upsampling = TRUE;
  jpeg_start_decompress(&info);
  picture.height = info.output_height;
  picture.width = info.output_width;
  picture.channels = info.out_color_space == JCS_GRAYSCALE ? 1 : 3;
  picture.samples.resize(static_cast<size_t>(picture.height * picture.width * picture.channels));
  if (cmyk) row.resize(static_cast<size_t>(picture.width) * 4);
  while (info.output_scanline < info.output_height) {
    uint8_t* to = picture.samples.data() + int64_t{info.output_scanline} * picture.width * picture.channels;
    JSAMPROW target = cmyk ? row.data() : to;
    jpeg_read_scanlines(&info, &target, 1);
    if (cmyk) colours_of(row.data(), picture.width, to);
  }
  jpeg_finish_decompress(&info);
  return true;
}

}  // namespace

Result<Picture> decode_jpeg(std::string_view content, int& orientation) {
  Errors errors;
  jpeg_decompress_struct info{};
  info.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = failed;
  errors.manager.emit_message = warned;
  struct Owner {
    jpeg_decompress_struct* info;
    ~Owner() { jpeg_destroy_decompress(info); }
  } const owner{&info};
  jpeg_progress_mgr progress{};
  Picture picture;
  std::vector<uint8_t> row;
  Status size;
  if (read(info, errors, progress, content, picture, row, size, orientation)) return picture;
  if (!size) return size.error();
  return Diagnostic(Code::I0006, std::string("the JPEG picture cannot be decoded: ") + errors.message);
}

}  // namespace openinfer::image
