# Plays the SlicerConfig.cmake of a built 3D Slicer for test_slicer_build.py.
# Variables and the byte-compilation are stand-ins; every macro that reads the extension comes from Slicer's own
# sources (SLICER_SOURCE_DIR), and CTK's from its own where CTK_SOURCE_DIR is given.
set(Slicer_USE_FILE "${CMAKE_CURRENT_LIST_DIR}/UseSlicer.cmake")
set(Slicer_EXTENSION_CPACK "${CMAKE_CURRENT_LIST_DIR}/ExtensionDescription.cmake")
set(Slicer_EXTENSION_GENERATE_CONFIG "${SLICER_SOURCE_DIR}/CMake/SlicerExtensionGenerateConfig.cmake")
set(Slicer_CMAKE_DIR "${SLICER_SOURCE_DIR}/CMake")
set(Slicer_EXTENSIONS_CMAKE_DIR "${SLICER_SOURCE_DIR}/Extensions/CMake")
set(Slicer_PYTHON_MODULE_TEST_TEMPLATES_DIR "${SLICER_SOURCE_DIR}/Base/QTCore/Testing/Python")
set(Slicer_USE_PYTHONQT ON)
set(Slicer_LAUNCHER_EXECUTABLE "Slicer")
set(Slicer_QTSCRIPTEDMODULES_LIB_DIR "lib/Slicer-5.11/qt-scripted-modules")
set(Slicer_QTLOADABLEMODULES_LIB_DIR "lib/Slicer-5.11/qt-loadable-modules")
set(Slicer_CLIMODULES_LIB_DIR "lib/Slicer-5.11/cli-modules")
set(Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR "${Slicer_QTSCRIPTEDMODULES_LIB_DIR}")
set(Slicer_ExternalData_DATA_MANAGEMENT_TARGET "ExtensionData")
list(APPEND CMAKE_MODULE_PATH "${Slicer_CMAKE_DIR}" "${Slicer_EXTENSIONS_CMAKE_DIR}")
set(Slicer_FOUND TRUE)
