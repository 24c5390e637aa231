#!/bin/sh
# symbols.sh nm library rt.h: the library exports what rt.h declares, no more and no less.
set -eu
nm=$1 library=$2 header=$3
exported=$("$nm" -D --defined-only "$library" | awk '{ print $3 }' | sed 's/@.*//' | sort)
declared=$(sed -n 's/^\(extern \)\{0,1\}TPP_API [^(]*[ *]\(tpp_[a-z0-9_]*\)[(;].*/\2/p' "$header" | sort)
if [ "$exported" != "$declared" ]; then
  echo "exported:" $exported
  echo "declared:" $declared
  exit 1
fi
