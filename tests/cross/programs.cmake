# Compiles programs.tpp, links main.c with it and a runtime, runs.
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# name; options of tppc; compiler; libraries; then a command before the program, once for each run
function(build name options cc libraries)
  file(MAKE_DIRECTORY ${OUT}/${name})
  run(${TPPC} ${SOURCE}/tests/cross/programs.tpp ${options} -o ${OUT}/${name}/programs.o
    -H ${OUT}/${name}/programs.h)
  run(${cc} -O1 -Wall -Wextra -I${SOURCE}/include -I${OUT}/${name} ${SOURCE}/tests/cross/main.c
    ${OUT}/${name}/programs.o ${libraries} -fopenmp -lpthread -ldl -lm -o ${OUT}/${name}/main)
endfunction()

set(ENV{TPP_NUM_THREADS} 3)
set(arm --target=aarch64-linux-gnu)
set(qemu qemu-aarch64 -L /usr/aarch64-linux-gnu)
build(native "" ${CC} "-L${NATIVE};-Wl,-rpath,${NATIVE};-ltpprt")
run(${OUT}/native/main)
build(generic "${arm}" aarch64-linux-gnu-gcc ${AARCH64}/libtpprt.a)
run(${qemu} -cpu max ${OUT}/generic/main)
run(${qemu} -cpu cortex-a53 ${OUT}/generic/main)
# As a shared library, which finds the runtime that the program is linked with.
run(${TPPC} ${SOURCE}/tests/cross/programs.tpp ${arm} -shared -o ${OUT}/generic/programs.so)
run(aarch64-linux-gnu-gcc -O1 -I${SOURCE}/include -I${OUT}/generic ${SOURCE}/tests/cross/main.c
  ${OUT}/generic/programs.so -Wl,-rpath,${OUT}/generic:${AARCH64} -L${AARCH64} -ltpprt
  -lm -o ${OUT}/generic/main_shared)
run(${qemu} ${OUT}/generic/main_shared)
build(unoptimised "${arm};-O0" aarch64-linux-gnu-gcc ${AARCH64}/libtpprt.a)
run(${qemu} -cpu max ${OUT}/unoptimised/main)
build(neoverse "${arm};-march=neoverse-n1" aarch64-linux-gnu-gcc ${AARCH64}/libtpprt.a)
run(${qemu} -cpu neoverse-n1 ${OUT}/neoverse/main)
