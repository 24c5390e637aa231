// Data indices in a seq: checked before it, over all its iterations.
// RUN: %tppc run %s -k gathers -D T=0 -D M=7 -D V=5 -D D=19 --in E=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k gathers -D T=3 -D M=7 -D V=5 -D D=19 --in E=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k from_local -D T=3 -D M=7 -D V=5 -D D=19 --in E=int:1 --verify | FileCheck %s
// RUN: not %tppc run %s -k gathers -D T=3 -D M=7 -D V=5 -D D=19 --in ix=const:5 2>&1 | FileCheck %s --check-prefix=RANGE
// CHECK: verify: {{.*}} all bitwise equal
// RANGE: an index is out of range
kernel gathers[T, M, V, D](E: f32[V, D], ix: i32[T, M]) -> (Y: f32[M, D], Z: f32[V, D], W: f32[2 * M + 1])
{
  seq t in T {
    for m in M, d in D { Y[m, d] += E[ix[t, m], d]; Z[ix[t, m], d] += E[0, d]; }
    for m in M, d in D { W[2 * m] max= E[ix[t, m], d] - 9; }
  }
}
kernel from_local[T, M, V, D](E: f32[V, D], ix: i32[M]) -> Y: f32[M, D]
{
  L: i32[M];
  for m in M { L[m] = ix[m]; }
  seq t in T {
    for m in M, d in D { Y[m, d] += E[L[m], d]; }
  }
}
// The loops around are those of the seq alone.
// RUN: %tppc run %s -k single -D T=0 --in X=int:1 --in c=9 --verify | FileCheck %s
// RUN: %tppc run %s -k single -D T=2 --in X=int:1 --in c=3 --verify | FileCheck %s
// RUN: not %tppc run %s -k single -D T=2 --in X=int:1 --in c=9 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: %tppc run %s -k never --in X=int:1 --in c=9 --verify | FileCheck %s
kernel single[T](X: f32[5], c: i64) -> Y: f32
{
  seq t in T {
    for b in 3 { Y = X[c] + 1; }
  }
}
kernel never(X: f32[5], c: i64) -> Y: f32
{
  seq t in 0 {
    for b in 3 { Y = X[c] + 1; }
  }
}
