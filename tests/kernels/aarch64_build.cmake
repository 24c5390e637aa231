# Builds the runtime and its tests for AArch64 from SOURCE in BUILD; the kernels of that architecture
# are in no other build.
execute_process(
  COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${BUILD} -G ${GENERATOR}
    -DCMAKE_TOOLCHAIN_FILE=${SOURCE}/compiler/cmake/aarch64-linux-gnu.cmake -DTPPC_RUNTIME_ONLY=ON
    -DTPPC_WERROR=${WERROR} "-DCMAKE_C_COMPILER_LAUNCHER=${LAUNCHER}"
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${BUILD} --parallel COMMAND_ERROR_IS_FATAL ANY)
