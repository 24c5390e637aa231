// The letter of a seq is that of the kernel called in it, too, and gets another name there: the loops of a check of
// indices are called by letters all the same.
// RUN: %tppc run %s -k k -D N=5 -D T=3 -D a=2 --in Z=int:2 --in X=int:1 --in ix=int:1 --verify | FileCheck %s
// CHECK: all bitwise equal
kernel h[R](X: f32[R]) -> Y: f32[R]
{
  for t in R { Y[t] = X[t] * 2; }
}
kernel k[N, T, a](X: f32[N], ix: i32[T], Z: f32[a]) -> (L: f32[N], Y: f32[T])
{
  seq t in T {
    L = h(X);
    for p in N, b in a { Y[t] += L[p] - X[ix[T - 1 - t]] + Z[b]; }
  }
}
