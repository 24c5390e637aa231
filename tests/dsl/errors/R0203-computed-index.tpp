// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M, V](E: f32[V], ix: i64[M]) -> (Y: bf16[M], A: i32[M])
{
  for m in M {
    Y[m] += E[m];
    A[m]  = ix[m] + 1;
    // CHECK: [[#@LINE+1]]:15: error: an index that this nest computes while it sums 'Y' is not supported yet [R0203]
    Y[m] += E[A[m]];
  }
}
