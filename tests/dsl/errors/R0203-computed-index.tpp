// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M, V, D](E: f32[V, D], ix: i64[M]) -> (Y: f32[M, D], A: i32[M])
{
  for m in M, d in D {
    A[m]    = ix[m] + 1;
    // CHECK: [[#@LINE+1]]:17: error: an index that depends on 'A', which the kernel writes before, is not supported yet [R0203]
    Y[m, d] = E[A[m], d];
  }
}
