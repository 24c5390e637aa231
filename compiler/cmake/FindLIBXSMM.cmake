# libxsmm 1.17 as Debian ships it: static archives without a CMake configuration, whose pkg-config files leave
# sgemm_ and dgemm_ undefined. libxsmmnoblas answers those, and must come after libxsmm on the link line.
#
# Defines LIBXSMM_FOUND and the target LIBXSMM::xsmm.
find_path(LIBXSMM_INCLUDE_DIR libxsmm.h)
find_library(LIBXSMM_LIBRARY xsmm)
find_library(LIBXSMM_NOBLAS_LIBRARY xsmmnoblas)
mark_as_advanced(LIBXSMM_INCLUDE_DIR LIBXSMM_LIBRARY LIBXSMM_NOBLAS_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LIBXSMM
  REQUIRED_VARS LIBXSMM_LIBRARY LIBXSMM_NOBLAS_LIBRARY LIBXSMM_INCLUDE_DIR)

if(LIBXSMM_FOUND AND NOT TARGET LIBXSMM::xsmm)
  find_package(Threads REQUIRED)
  add_library(LIBXSMM::xsmm UNKNOWN IMPORTED)
  set_target_properties(LIBXSMM::xsmm PROPERTIES
    IMPORTED_LOCATION ${LIBXSMM_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${LIBXSMM_INCLUDE_DIR}
    INTERFACE_LINK_LIBRARIES "${LIBXSMM_NOBLAS_LIBRARY};Threads::Threads;rt;${CMAKE_DL_LIBS};m")
endif()
