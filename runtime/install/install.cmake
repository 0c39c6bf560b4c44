# find_package(openinfer) gives the target openinfer::openinfer: the API of runtime/openinfer.h as one shared library.
include(CMakePackageConfigHelpers)

install(TARGETS openinfer EXPORT openinferTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS oinf-run oinf-pack oinf-fmt oinf-opt oinf-trace RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
foreach(tool oinf-run oinf-pack oinf-fmt oinf-opt oinf-trace)  # bash and fish load a file by the command's name
  install(FILES runtime/install/completions/openinfer.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME ${tool})
  install(FILES runtime/install/completions/openinfer.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d RENAME ${tool}.fish)
endforeach()
install(FILES runtime/install/completions/_openinfer DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(EXPORT openinferTargets NAMESPACE openinfer:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/openinfer)
# The API's header and what it includes, nothing else.
set(public_headers runtime/openinfer.h)
set(unread ${public_headers})
while(unread)
  list(POP_FRONT unread header)
  file(STRINGS ${header} lines REGEX "^#include \"")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^#include \"(.*)\".*" "\\1" included "${line}")
    if(NOT included IN_LIST public_headers)
      list(APPEND public_headers ${included})
      list(APPEND unread ${included})
    endif()
  endforeach()
endwhile()
foreach(header IN LISTS public_headers)
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/openinfer/${folder})
endforeach()
install(FILES runtime/install/openinfer.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/openinfer)
install(DIRECTORY examples/ DESTINATION ${CMAKE_INSTALL_DATADIR}/openinfer/examples FILES_MATCHING PATTERN "*.graph")

write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/openinferConfigVersion.cmake COMPATIBILITY SameMinorVersion)
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/openinferConfig.cmake "include(\${CMAKE_CURRENT_LIST_DIR}/openinferTargets.cmake)\n")
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/openinferConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/openinferConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/openinfer)
