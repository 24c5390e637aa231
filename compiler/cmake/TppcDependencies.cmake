# Every package the build uses. What is missing stops the configuration with the name of the Debian package
# that has it; packages.txt beside this file is the list.
set(TPPC_PACKAGES_FILE ${CMAKE_CURRENT_LIST_DIR}/packages.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${TPPC_PACKAGES_FILE})

# The packages of one section of packages.txt.
function(tppc_packages section out)
  file(STRINGS ${TPPC_PACKAGES_FILE} lines)
  set(current "")
  set(names "")
  foreach(line IN LISTS lines)
    if(line MATCHES "^\\[(.*)\\]")
      set(current ${CMAKE_MATCH_1})
    elseif(line MATCHES "^([a-z0-9][^ ]*)" AND current STREQUAL section)
      list(APPEND names ${CMAKE_MATCH_1})
    endif()
  endforeach()
  set(${out} ${names} PARENT_SCOPE)
endfunction()

# Stops unless found: says what is missing, which package has it, and how to get all of them.
function(tppc_require found what package)
  if(found)
    return()
  endif()
  tppc_packages(build all)
  if(NOT package IN_LIST all)
    message(FATAL_ERROR "${package} is not in the [build] section of ${TPPC_PACKAGES_FILE}")
  endif()
  list(JOIN all " " all)
  message(FATAL_ERROR "${what} is missing: apt-get install ${package}\n"
    "All that the build needs: apt-get install ${all}")
endfunction()

find_package(Threads REQUIRED)
find_package(OpenMP QUIET COMPONENTS C)
if(CMAKE_C_COMPILER_ID MATCHES Clang)
  tppc_require("${OpenMP_C_FOUND}" "OpenMP for ${CMAKE_C_COMPILER}" libomp-19-dev)
else()
  tppc_require("${OpenMP_C_FOUND}" "OpenMP for ${CMAKE_C_COMPILER}" gcc)
endif()

if(TPPC_RUNTIME_ONLY)
  # Optional where the runtime is built alone: Debian has libxsmm for x86-64 only.
  find_package(LIBXSMM QUIET)
  return()
endif()

find_package(LLVM 19.1 QUIET CONFIG HINTS /usr/lib/llvm-19/lib/cmake/llvm /usr/lib/llvm-19)
tppc_require("${LLVM_FOUND}" "LLVM 19" llvm-19-dev)
# libLLVM.so and nothing of the static archives: one copy of LLVM in a process.
add_library(tppc_llvm_c INTERFACE)
target_include_directories(tppc_llvm_c SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
target_link_libraries(tppc_llvm_c INTERFACE LLVM)

find_package(LIBXSMM QUIET)
tppc_require("${LIBXSMM_FOUND}" "libxsmm" libxsmm-dev)

find_package(FLEX QUIET)
tppc_require("${FLEX_FOUND}" "flex" flex)
find_package(BISON 3.8 QUIET)
tppc_require("${BISON_FOUND}" "bison 3.8" bison)

find_path(JANSSON_INCLUDE_DIR jansson.h)
find_library(JANSSON_LIBRARY jansson)
mark_as_advanced(JANSSON_INCLUDE_DIR JANSSON_LIBRARY)
if(JANSSON_INCLUDE_DIR AND JANSSON_LIBRARY)
  set(JANSSON_FOUND TRUE)
endif()
tppc_require("${JANSSON_FOUND}" "jansson" libjansson-dev)
add_library(tppc_jansson INTERFACE)
target_include_directories(tppc_jansson SYSTEM INTERFACE ${JANSSON_INCLUDE_DIR})
target_link_libraries(tppc_jansson INTERFACE ${JANSSON_LIBRARY})

# Optional: without zlib the examples that read compressed data are left out.
find_package(ZLIB QUIET)
