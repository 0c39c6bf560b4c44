# What every target of ours is compiled with. -ffp-contract=off: numerics.md allows a fused multiply-add only where a
# kernel writes one.
add_library(openinfer_options INTERFACE)
target_compile_options(openinfer_options INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wconversion -Wno-sign-conversion -Werror
  -ffp-contract=off -fno-math-errno)
# Where it inlines, GCC 12 warns of overlaps in std::string and uninitialised values in std::optional that are none (its
# bugs 105651 and 80635).
target_compile_options(openinfer_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized;-Wno-restrict>)
# The stable_sort of GCC 12's library uses what that library calls deprecated; clang says so in our lines.
target_compile_options(openinfer_options INTERFACE $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
target_include_directories(openinfer_options INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)

# openinfer_library(ir source.cpp …): a library of one folder.
function(openinfer_library name)
  add_library(openinfer_${name} STATIC ${ARGN})
  add_library(openinfer::${name} ALIAS openinfer_${name})
  set_target_properties(openinfer_${name} PROPERTIES EXPORT_NAME ${name})
  target_link_libraries(openinfer_${name} PRIVATE $<BUILD_INTERFACE:openinfer_options>)
  target_include_directories(openinfer_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/openinfer>)
endfunction()

# openinfer_tool(oinf-fmt SOURCES … LIBRARIES …)
function(openinfer_tool name)
  cmake_parse_arguments(TOOL "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${TOOL_SOURCES})
  target_link_libraries(${name} PRIVATE openinfer_options ${TOOL_LIBRARIES})
endfunction()

# openinfer_test(dsl SOURCES … LIBRARIES …): Catch2 cases, each a ctest case.
function(openinfer_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(test_${name} ${TEST_SOURCES})
  target_link_libraries(test_${name} PRIVATE openinfer_options openinfer_test_main ${TEST_LIBRARIES})
  target_compile_definitions(test_${name} PRIVATE OPENINFER_SOURCE_DIR="${PROJECT_SOURCE_DIR}" OPENINFER_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
  catch_discover_tests(test_${name} TEST_PREFIX "${name}: " PROPERTIES TIMEOUT 600)
endfunction()
