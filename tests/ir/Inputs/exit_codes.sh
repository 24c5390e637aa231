# $1: tppc-opt, $2: the folder of the tests
report() {
  what=$1
  shift
  "$@" > /dev/null 2>&1
  echo "$what $?"
}
report done "$1" "$2/types.tir"
report module "$1" "$2/errors_nest.tir"
report usage "$1" --frobnicate
report file "$1" "$2/absent.tir"
