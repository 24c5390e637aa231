#!/bin/sh
# Builds the consumer with a compiler, the installed tppc, and pkg-config, without CMake.
# usage: pkg_config.sh PREFIX LIBDIR CC FOLDER
set -eu
prefix=$1 libdir=$2 cc=$3 out=$4
source=$(cd "$(dirname "$0")/consumer" && pwd)
PKG_CONFIG_PATH=$prefix/$libdir/pkgconfig
export PKG_CONFIG_PATH
tppc=$(pkg-config --variable=tppc tppc)

rm -rf "$out"
mkdir -p "$out"
cd "$out"
"$tppc" "$source/dense.tpp" -D N=5 -fPIC -o dense.o -H dense.h
"$tppc" "$source/scale.tpp" -fPIC -o scale.o -H scale.h
# shellcheck disable=SC2046  # the flags are words
"$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror -I. $(pkg-config --cflags tpprt) "$source/main.c" dense.o scale.o \
  $(pkg-config --libs tpprt) -Wl,-rpath,"$(pkg-config --variable=libdir tpprt)" -o consumer
./consumer
