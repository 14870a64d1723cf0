# Stand-in for ctkMacroCompilePythonScript where CTK's sources are not at hand: the same places, no byte-compilation.
macro(ctkMacroCompilePythonScript)
  cmake_parse_arguments(CTK "NO_INSTALL_SUBDIR;GLOBAL_TARGET"
    "TARGET_NAME;SOURCE_DIR;DESTINATION_DIR;INSTALL_DIR" "SCRIPTS;RESOURCES" ${ARGN})
  foreach(file ${CTK_SCRIPTS} ${CTK_RESOURCES})
    configure_file(${CMAKE_CURRENT_SOURCE_DIR}/${file} ${CTK_DESTINATION_DIR}/${file} COPYONLY)
  endforeach()
  if(CTK_NO_INSTALL_SUBDIR)
    install(DIRECTORY "${CTK_DESTINATION_DIR}/" DESTINATION "${CTK_INSTALL_DIR}")
  else()
    install(DIRECTORY "${CTK_DESTINATION_DIR}" DESTINATION "${CTK_INSTALL_DIR}")
  endif()
endmacro()
