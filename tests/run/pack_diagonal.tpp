// A diagonal is not packed, which is said; it is read where it is.
// RUN: %tppc run %s -D N=7 -D K=9 --in X=int:1 --in Z=int:2 --verify -Wperf 2>&1 | FileCheck %s
// CHECK: warning: 'X' is not packed: its index has a letter twice [W0202]
// CHECK: all bitwise equal
kernel f[N, K](X: f32[K, K], Z: f32[N, K]) -> Y: f32[N]
{
  for n in N, k in K { Y[n] += brgemm(Z[n, k], X[k, k]); }
}
schedule f "kn" { k: 4; n: 2; pack X; }
