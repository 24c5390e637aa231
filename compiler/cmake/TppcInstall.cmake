# What `cmake --install` gives, and the same names for the build tree: tpp::runtime, tpp::compiler, tpp::tppc,
# tpp::tppc-opt, and with COMPONENTS static tpp::runtime_static and tpp::compiler_static.
include(CMakePackageConfigHelpers)

set(tppc_cmakedir ${CMAKE_INSTALL_LIBDIR}/cmake/tppc)
set(tppc_pkgconfigdir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Installs target, when this build has it, as tpp::<name> in the export set.
function(tppc_install_target target name set)
  if(NOT TARGET ${target})
    return()
  endif()
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  # Static libraries carry what they link; the flags have nothing to link and are not exported.
  get_target_property(links ${target} INTERFACE_LINK_LIBRARIES)
  if(links)
    list(FILTER links EXCLUDE REGEX "tppc_flags")
    set_target_properties(${target} PROPERTIES INTERFACE_LINK_LIBRARIES "${links}")
  endif()
  if(NOT TARGET tpp::${name})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL EXECUTABLE)
      add_executable(tpp::${name} ALIAS ${target})
    else()
      add_library(tpp::${name} ALIAS ${target})
    endif()
  endif()
  install(TARGETS ${target} EXPORT ${set}
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  set_property(GLOBAL APPEND PROPERTY TPPC_EXPORT_SETS ${set})
endfunction()

tppc_install_target(tpprt runtime tppcTargets)
tppc_install_target(tppc_shared compiler tppcTargets)
tppc_install_target(tppc tppc tppcTargets)
tppc_install_target(tppc-opt tppc-opt tppcTargets)
tppc_install_target(tpprt_static runtime_static tppcStaticTargets)
tppc_install_target(tppc_static compiler_static tppcStaticTargets)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN *.h PATTERN *.def)

get_property(sets GLOBAL PROPERTY TPPC_EXPORT_SETS)
if(sets)
  list(REMOVE_DUPLICATES sets)
  foreach(set IN LISTS sets)
    install(EXPORT ${set} NAMESPACE tpp:: DESTINATION ${tppc_cmakedir})
  endforeach()
endif()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/tppcConfig.cmake.in
  ${PROJECT_BINARY_DIR}/cmake/tppcConfig.cmake INSTALL_DESTINATION ${tppc_cmakedir})
# Before 1.0 a minor release may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cmake/tppcConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/cmake/tppcConfig.cmake
  ${PROJECT_BINARY_DIR}/cmake/tppcConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/TppcAddKernel.cmake
  ${CMAKE_CURRENT_LIST_DIR}/FindLIBXSMM.cmake
  DESTINATION ${tppc_cmakedir})

# The .pc files find the prefix from where they are, so that an installed tree may be moved.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_LIBDIR BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX}
  OUTPUT_VARIABLE tppc_pc_libdir)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY
  ${CMAKE_INSTALL_PREFIX}/${tppc_pc_libdir}/pkgconfig OUTPUT_VARIABLE tppc_pc_prefix)
foreach(module tpprt tppc)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/${module}.pc.in ${PROJECT_BINARY_DIR}/cmake/${module}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/cmake/${module}.pc DESTINATION ${tppc_pkgconfigdir})
endforeach()
