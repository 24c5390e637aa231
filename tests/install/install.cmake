# Installs BUILD into PREFIX, from nothing, and checks that everything promised is there.
file(REMOVE_RECURSE ${PREFIX})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX} OUTPUT_QUIET
  COMMAND_ERROR_IS_FATAL ANY)
foreach(file
    bin/tppc bin/tppc-opt
    share/man/man1/tppc.1 share/bash-completion/completions/tppc
    ${LIBDIR}/libtpprt.so ${LIBDIR}/libtpprt.a ${LIBDIR}/libtppc.so ${LIBDIR}/libtppc.a
    include/tpp/rt.h include/tpp/dtypes.def include/tpp/ops.def include/tppc/tppc.h
    ${LIBDIR}/cmake/tppc/tppcConfig.cmake ${LIBDIR}/cmake/tppc/tppcConfigVersion.cmake
    ${LIBDIR}/cmake/tppc/tppcTargets.cmake ${LIBDIR}/cmake/tppc/TppcAddKernel.cmake
    ${LIBDIR}/pkgconfig/tpprt.pc ${LIBDIR}/pkgconfig/tppc.pc)
  if(NOT EXISTS ${PREFIX}/${file})
    message(SEND_ERROR "not installed: ${file}")
  endif()
endforeach()
# The installed command finds its libraries from where it lies.
execute_process(COMMAND ${PREFIX}/bin/tppc --version COMMAND_ERROR_IS_FATAL ANY)
