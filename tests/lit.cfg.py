# lit configuration of every text test. Run it through ctest, or alone on one file:
#   python3 /usr/lib/llvm-19/build/utils/lit/lit.py -v build/tests/passes --filter expand
#
# Substitutions besides lit's own (%s, %S, %t, %T):
#   %tppc %tppc-opt  the commands of this build (also on PATH as tppc and tppc-opt)
#   %cc              the C compiler of the build, with the sanitizer flags of the build
#   %include         the folder with tpp/rt.h
#   %rtlib           the folder with libtpprt.so; link with: -L%rtlib -Wl,-rpath,%rtlib -ltpprt
#   %python          a Python with numpy
# Features for REQUIRES and UNSUPPORTED: avx2, avx512, avx512_bf16, avx512_vnni, amx, clang, asan, tsan, multicore.
import os
import sys

import lit.formats

config.name = "tppc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".tpp", ".tir", ".test"]
config.test_source_root = os.path.join(config.tppc_source, "tests")
config.test_exec_root = os.path.join(config.tppc_build, "tests")
# Folders named so hold material of tests, not tests.
config.excludes = ["Inputs", "programs", "consumer", "CMakeLists.txt", "README.md"]

bin_dir = os.path.join(config.tppc_build, "bin")
lib_dir = os.path.join(config.tppc_build, "lib")
sanitize = ["-fsanitize=" + config.sanitizers.replace(";", ",")] if config.sanitizers else []

# lit replaces in order: the longer name first.
config.substitutions += [
    ("%tppc-opt", os.path.join(bin_dir, "tppc-opt")),
    ("%tppc", os.path.join(bin_dir, "tppc")),
    ("%cc", " ".join([config.cc] + sanitize)),
    ("%include", os.path.join(config.tppc_source, "include")),
    ("%rtlib", lib_dir),
    ("%python", "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable),
]
config.environment["PATH"] = os.pathsep.join([bin_dir, config.llvm_tools, os.environ["PATH"]])
# Tests say themselves what they want of these.
for name in ("NO_COLOR", "CLICOLOR_FORCE", "TPP_ISA", "TPP_NUM_THREADS", "OMP_NUM_THREADS"):
    config.environment.pop(name, None)
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
config.environment.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")


def cpu_flags():
    try:
        with open("/proc/cpuinfo") as f:
            for line in f:
                if line.startswith("flags"):
                    return set(line.split(":", 1)[1].split())
    except OSError:
        pass
    return set()


flags = cpu_flags()
for feature, needs in {
    "avx2": {"avx2", "fma", "f16c", "bmi2"},
    "avx512": {"avx512f", "avx512bw", "avx512dq", "avx512vl"},
    "avx512_vnni": {"avx512_vnni"},
    "avx512_bf16": {"avx512_bf16"},
    "amx": {"amx_tile", "amx_int8", "amx_bf16"},
}.items():
    if needs <= flags:
        config.available_features.add(feature)
if "clang" in os.path.basename(config.cc):
    config.available_features.add("clang")
if "address" in config.sanitizers:
    config.available_features.add("asan")
if "thread" in config.sanitizers:
    config.available_features.add("tsan")
if len(os.sched_getaffinity(0)) > 1:
    config.available_features.add("multicore")
