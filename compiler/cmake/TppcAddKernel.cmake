# tppc_add_kernel(<target> f.tpp ... [DEFINES N=4 ...] [OPTIONS -march=native ...] [SCHEDULE <string>])
#
# Compiles each .tpp file with tppc into an object of <target> and a C header named like the file (f.h), puts the
# header on the include path of <target> and of what links it, and links tpp::runtime. The object is built again
# when the file, what it imports, or the compiler changes.
#
#   DEFINES   sizes, as with tppc -D
#   OPTIONS   further options of tppc; objects get -fPIC without being asked
#   SCHEDULE  as with tppc --schedule
#
# Call it in the folder where the target is defined. Two files of one target must differ in name.
function(tppc_add_kernel target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SCHEDULE" "DEFINES;OPTIONS")
  if(NOT TARGET ${target})
    message(FATAL_ERROR "tppc_add_kernel: there is no target '${target}'")
  endif()
  if(NOT arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tppc_add_kernel(${target}): no .tpp file given")
  endif()
  if(arg_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "tppc_add_kernel(${target}): nothing follows ${arg_KEYWORDS_MISSING_VALUES}")
  endif()

  set(options -fPIC ${arg_OPTIONS})
  foreach(define IN LISTS arg_DEFINES)
    list(APPEND options -D ${define})
  endforeach()
  if(DEFINED arg_SCHEDULE)
    list(APPEND options --schedule ${arg_SCHEDULE})
  endif()

  set(folder ${CMAKE_CURRENT_BINARY_DIR}/tppc_kernels/${target})
  file(MAKE_DIRECTORY ${folder})
  foreach(file IN LISTS arg_UNPARSED_ARGUMENTS)
    cmake_path(ABSOLUTE_PATH file NORMALIZE OUTPUT_VARIABLE source)
    cmake_path(GET source STEM LAST_ONLY name)
    set(stem ${folder}/${name})
    add_custom_command(OUTPUT ${stem}.o ${stem}.h
      COMMAND tpp::tppc ${source} -o ${stem}.o -H ${stem}.h -MD -MF ${stem}.d ${options}
      DEPENDS ${source} $<TARGET_FILE:tpp::tppc>
      DEPFILE ${stem}.d
      COMMENT "Compiling ${file}"
      VERBATIM)
    set_source_files_properties(${stem}.o PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
    target_sources(${target} PRIVATE ${stem}.o ${stem}.h)
  endforeach()
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${folder}>)
  target_link_libraries(${target} PUBLIC tpp::runtime)
endfunction()
