// Without a schedule the loop over stored blocks stands inside that of its columns, and steps suit blocks and groups,
// whatever else the letters do in the nest.
// RUN: %tppc run %s -k f -D M=7 -D N=13 --in X=int:1 --in W=int:2 --in Z=int:3 --verify | FileCheck %s
// RUN: %tppc run %s -k g -D M=7 -D N=13 --in X=int:1 --in W=int:2 --verify | FileCheck %s
// CHECK: all bitwise equal
kernel f[M, N](X: f32[M, 30], W: f32[30, N] bcsc(3, 5), Z: f32[30]) -> (Y: f32[M], B: f32[N])
{
  for m in M, k in 30, n in N {
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    Y[m] += acc[m, n];
    B[n] += brgemm(Z[k], W[k, n]);
  }
}
kernel g[M, N, K = 700](X: f32[M, K], W: ternary[K, N] group(3)) -> Y: f32[M, N]
{
  for m in M, k in K, n in N { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
