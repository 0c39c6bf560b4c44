# cmake -DINPUT=models.json -DOUTPUT=models_text.cpp -P embed_models.cmake
# A string literal may hold 64 KiB by the letter of the standard; the file is far below that.
file(READ "${INPUT}" text)
file(WRITE "${OUTPUT}" "#include \"oinf/registry/models_text.h\"

namespace openinfer {

std::string_view models_text() {
  static constexpr std::string_view kText = R\"json(${text})json\";
  return kText;
}

}  // namespace openinfer
")
