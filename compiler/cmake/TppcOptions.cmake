# Build options, warnings, sanitizers. Every C target of the project links tppc_flags.
include(GNUInstallDirs)

option(TPPC_WERROR "Turn warnings into errors (presets dev, asan, tsan, ci)" OFF)
set(TPPC_SANITIZE "" CACHE STRING "Sanitizers, as a list: address;undefined or thread")
option(TPPC_BUILD_TESTS "Build the tests and register them with ctest" ON)
option(TPPC_RUNTIME_ONLY "Build libtpprt and its tests, without LLVM; for other machines" OFF)
option(TPPC_BUILD_EXAMPLES "Build the examples" ON)
option(TPPC_FUZZ "Build the libFuzzer targets of tests/fuzz (preset fuzz)" OFF)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo, MinSizeRel" FORCE)
endif()
# -O3 buys the compiler nothing; a kernel that wants more sets it for its own file.
if(CMAKE_C_FLAGS_RELEASE STREQUAL "-O3 -DNDEBUG")
  set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG" CACHE STRING "Flags of Release builds" FORCE)
endif()

# gnu11 and not c11, because c11 hides POSIX; -Wpedantic keeps the GNU extensions out.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set_property(GLOBAL PROPERTY USE_FOLDERS ON)

# The build tree has the shape of the installed one, so that tppc finds its runtime and headers by the same
# relative path in both: bin/, lib/, include/.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include SYMBOLIC)
set(CMAKE_INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")

add_library(tppc_flags INTERFACE)
target_include_directories(tppc_flags INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
target_compile_options(tppc_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
  -Wwrite-strings -Wpointer-arith -Wcast-qual -Wvla -Wformat=2 -Wundef -Wimplicit-fallthrough
  # clang warns of INFINITY and NAN in a double too, which the C library defines as floats.
  $<$<C_COMPILER_ID:GNU>:-Wdouble-promotion>
  # gnu11 lets gcc contract a * b + c; the reference must round as written.
  -ffp-contract=off
  $<$<BOOL:${TPPC_WERROR}>:-Werror>)

if(TPPC_SANITIZE)
  string(REPLACE ";" "," sanitizers "${TPPC_SANITIZE}")
  # For everything, generated parsers included: a half-instrumented program reports nonsense.
  add_compile_options(-fsanitize=${sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all -g)
  add_link_options(-fsanitize=${sanitizers})
endif()
