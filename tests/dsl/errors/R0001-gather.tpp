// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel embed[M, V, D](E: bf16[V, D], ix: i64[M]) -> Y: bf16[M, D]
{
  // CHECK: [[#@LINE+1]]:38: error: an element of a tensor as an index is not supported yet [R0001]
  for m in M, d in D   { Y[m, d] = E[ix[m], d]; }
}
