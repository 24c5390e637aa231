# One layer of the compiler: the object library tppc_<name> of all .c files in the current folder, but for those
# after EXCEPT. A folder without sources gives no target.
function(tppc_add_layer name)
  cmake_parse_arguments(arg "" "" "EXCEPT;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
  foreach(file IN LISTS arg_EXCEPT)
    list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  if(NOT sources)
    return()
  endif()
  add_library(tppc_${name} OBJECT ${sources})
  target_link_libraries(tppc_${name} PRIVATE tppc_flags ${arg_LIBRARIES})
endfunction()
