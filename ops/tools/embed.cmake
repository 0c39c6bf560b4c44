# cmake -DINPUT=ops.json -DOUTPUT=ops_json.cpp -P embed.cmake
# A string literal may hold 64 KiB by the letter of the standard, so the text is cut at rows of the list.
file(READ "${INPUT}" text)
string(REPLACE "\n    {\n" ")ops\"\n    R\"ops(\n    {\n" text "${text}")
file(WRITE "${OUTPUT}" "#include \"ops/ops_json.h\"

namespace openinfer {

std::string_view ops_json() {
  static constexpr std::string_view kText = R\"ops(${text})ops\";
  return kText;
}

}  // namespace openinfer
")
