// --output NAME=FILE.png of a value that is emitted with @image, or of a variable of such a shape.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ir/package_info.h"
#include "ir/program.h"
#include "runtime/adapters/image/picture.h"
#include "runtime/adapters/output_file.h"

namespace openinfer {

// The newest emission takes the place of the one before. More than one picture at once are FILE-0.png, FILE-1.png, ….
class ImageOutput final : public OutputFile {
 public:
  // adapter, dims and package (may be null) outlive this.
  ImageOutput(std::string path, const Adapter& adapter, const DimTable& dims, const PackageInfo* package)
      : path_(std::move(path)), adapter_(adapter), dims_(dims), package_(package) {}

  Status add(const TensorView& tensor) override;
  Status add_text(std::string_view text) override;
  Status commit() override;

 private:
  std::string path_;
  const Adapter& adapter_;
  const DimTable& dims_;
  const PackageInfo* package_;
  std::vector<Picture> pictures_;
};

}  // namespace openinfer
