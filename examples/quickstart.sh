#!/bin/sh
# From a fresh Debian 12 to a trained classifier: installs the packages, builds tppc, compiles the kernels of
# examples/fashion with it, trains one epoch on Fashion-MNIST, and prints accuracy and GFLOPS.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/compiler/cmake/packages.sh"

install_packages build example
# The tests need packages of their own, and an earlier build with them stays as it is.
if [ ! -f "$root/build/CMakeCache.txt" ]; then
  configure "$root/build" -DCMAKE_BUILD_TYPE=Release -DTPPC_BUILD_TESTS=OFF
else
  configure "$root/build"
fi
cmake --build "$root/build" --parallel "$(nproc)" --target fashion
# Threads that wait asleep: spinning ones cost a shared machine several times the work.
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY-passive}"
exec "$root/build/examples/fashion/fashion" --epochs 1
