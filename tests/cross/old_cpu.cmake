# The runtime and compiled objects on older x86 CPUs: what is missing is a status, and nothing outside of what was
# asked for is executed.
function(expect status cpu program)
  execute_process(COMMAND qemu-x86_64 -cpu ${cpu} ${program} OUTPUT_VARIABLE output RESULT_VARIABLE result)
  if(NOT result STREQUAL "0" OR NOT output STREQUAL "status ${status}\n")
    message(SEND_ERROR "${program} on ${cpu}: ${result}, ${output}, not status ${status}")
  endif()
endfunction()

foreach(march x86-64-v3 x86-64-v4)
  set(out ${OUT}/${march})
  file(MAKE_DIRECTORY ${out})
  execute_process(COMMAND ${TPPC} ${SOURCE}/tests/cross/programs.tpp -march=${march} -o ${out}/programs.o
    -H ${out}/programs.h COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${CC} -I${SOURCE}/include -I${out} ${SOURCE}/tests/cross/status.c ${out}/programs.o
    -L${NATIVE} -Wl,-rpath,${NATIVE} -ltpprt -lm -o ${out}/status COMMAND_ERROR_IS_FATAL ANY)
endforeach()
expect(6 Nehalem ${OUT}/x86-64-v3/status)
expect(6 SandyBridge ${OUT}/x86-64-v3/status)
expect(0 Haswell ${OUT}/x86-64-v3/status)
expect(6 Nehalem ${OUT}/x86-64-v4/status)
expect(6 Haswell ${OUT}/x86-64-v4/status)
# The compiler itself.
execute_process(COMMAND qemu-x86_64 -cpu Nehalem ${TPPC} check ${SOURCE}/tests/cross/programs.tpp
  COMMAND_ERROR_IS_FATAL ANY)
