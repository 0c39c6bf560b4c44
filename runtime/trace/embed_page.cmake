# cmake -DINPUT=report.html -DOUTPUT=report_page.cpp -P embed_page.cmake
# A string literal may hold 64 KiB by the letter of the standard, so the text is cut where a section begins.
file(READ "${INPUT}" text)
string(REPLACE "\n<!-- " ")page\"\n    R\"page(\n<!-- " text "${text}")
file(WRITE "${OUTPUT}" "#include \"runtime/trace/trace_report.h\"

namespace openinfer {

std::string_view report_page() {
  static constexpr std::string_view kText = R\"page(${text})page\";
  return kText;
}

}  // namespace openinfer
")
