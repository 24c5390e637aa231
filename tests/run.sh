#!/bin/sh
# Installs what the tests need, builds, and runs every test.
#
#   sh tests/run.sh         the build as a user makes it, all tests; and a build with AddressSanitizer and
#                           UndefinedBehaviorSanitizer, with the text tests of the compiler, the programs of lit.run
#                           and the code that is generated for them, and the mutants
#   sh tests/run.sh --all   all tests under the sanitizers, and the runtime's and lit.run under ThreadSanitizer
#
# The last line is "N passed, N failed", counting the tests of ctest. The exit code is 0 when at least one ran and
# none failed.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/compiler/cmake/packages.sh"

all=no
case "${1-}" in
--all) all=yes ;;
'') ;;
*)
  echo "usage: sh tests/run.sh [--all]" >&2
  exit 2
  ;;
esac

install_packages build example test
jobs=$(nproc)
# Archer, which tells ThreadSanitizer what OpenMP synchronises, wants this.
TSAN_OPTIONS="ignore_noninstrumented_modules=1 ${TSAN_OPTIONS-}"
export TSAN_OPTIONS
passed=0
failed=0
reports=

# A stage is a build and some of its tests. What goes wrong before ctest counts as one failure, and the other
# stages run all the same.
stage() { # NAME PRESET EXAMPLES(ON|OFF) CTEST-OPTIONS...
  name=$1 preset=$2 examples=$3
  shift 3
  build=$root/build
  if [ "$preset" != ci ]; then
    build=$root/build-$preset
  fi
  echo "== $name"
  mkdir -p "$build"
  if ! configure "$build" --preset "$preset" -DTPPC_BUILD_TESTS=ON \
    -DTPPC_BUILD_EXAMPLES="$examples" >"$build/configure.log" 2>&1; then
    cat "$build/configure.log"
    echo "configuring $name failed"
    failed=$((failed + 1))
    return 0
  fi
  if ! cmake --build "$build" --parallel "$jobs"; then
    echo "building $name failed"
    failed=$((failed + 1))
    return 0
  fi
  report=$build/junit.xml
  rm -f "$report"
  ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel "$jobs" --output-junit "$report" \
    "$@" </dev/null || true
  if [ ! -f "$report" ]; then
    echo "no test of $name ran"
    failed=$((failed + 1))
    return 0
  fi
  good=$(grep -c '<testcase .*status="run"' "$report" || true)
  # Not run: without its program or fixture, which is a failure; or the test itself said that it does not apply.
  bad=$(grep -c '<testcase .*status="\(fail\|notrun\)"' "$report" || true)
  bad=$((bad - $(grep -c '<skipped message="SKIP_' "$report" || true)))
  if [ "$((good + bad))" -eq 0 ]; then
    echo "no test of $name ran"
    failed=$((failed + 1))
  fi
  passed=$((passed + good))
  failed=$((failed + bad))
  reports="$reports $report"
}

stage "release build" ci ON
if [ $all = yes ]; then
  stage "AddressSanitizer, UndefinedBehaviorSanitizer" asan ON
  stage "ThreadSanitizer" tsan OFF -R '^(unit|kernels|lit\.run|llvm_sanitized)'
else
  # The generated code of lit.run is instrumented too.
  stage "AddressSanitizer, UndefinedBehaviorSanitizer" asan OFF \
    -R '^(lit\.(dsl|diag|ir|passes|run|schedule)$|llvm_sanitized|fuzz\.|unit\.|interp\.)'
fi

if [ -n "$reports" ]; then
  echo
  echo "the ten slowest tests, in seconds:"
  for report in $reports; do
    build=$(basename "$(dirname "$report")")
    sed -n 's/.*<testcase name="\([^"]*\)".* time="\([0-9.]*\)".*/\2 '"$build"' \1/p' "$report"
  done | sort -rn | head -10 | awk '{ printf "%8.1f  %s (%s)\n", $1, $3, $2 }'
  echo
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
