// Products at stored entries, whatever letter is last in the dense operands: vectors along the sum, no warning.
// RUN: %tppc %s -Wperf --emit=rt -o - 2>&1 | FileCheck %s --check-prefix=RT
// RUN: %tppc run %s -k both -D M=67 -D N=31 -D K=37 --in G=int:1 --in X=int:2 --in Z=int:3 --verify --threads 2 | FileCheck %s
// RUN: %tppc run %s -k both -D M=5 -D N=1 -D K=0 --in G=int:1 --in X=int:2 --in Z=int:3 --verify | FileCheck %s
// RUN: %tppc run %s -k both -D M=0 -D N=3 -D K=4 --in G=int:1 --in X=int:2 --in Z=int:3 --verify | FileCheck %s
// RUN: %tppc run %s -k one -D M=67 -D N=31 -D K=37 --in G=int:1 --in X=int:2 --in Z=int:3 --verify --threads 5 | FileCheck %s
// RUN: %tppc run %s -k squares -D N=31 -D K=37 --in A=int:1 --in X=int:2 --verify -O0 | FileCheck %s
// RUN: %tppc run %s -k steps -D T=3 -D M=7 -D N=31 -D K=37 --in G=int:1 --in X=int:2 --in Z=int:3 --verify | FileCheck %s
// CHECK: all bitwise equal
// RT-NOT: W0208
// RT: kernel @both
// RT: %X_turned[K*m + k]
// RT: %Z_turned[K*n + k]
// RT: loop.walk
// RT: vector=k
kernel both[M, N, K](X: f32[K, M], Z: f32[K, N], inout G: f32[M, N] csr)
{
  for m in M, n in N, k in K { G[m, n] += brgemm(X[k, m], Z[k, n]); }
}
kernel one[M, N, K](X: bf16[M, K], Z: bf16[K, N], inout G: f32[M, N] csr)
{
  for m in M, n in N, k in K { G[m, n] += brgemm(X[m, k], Z[k, n]); }
}
kernel squares[N, K](A: f32[N, N] csr, X: f32[k: K, n: N] as [n][k]) -> Y: f32[N, K]
{
  for m in N, n in N, k in K { Y[m, k] += A[m, n] * X[k, n] * X[k, m]; }
}
kernel steps[T, M, N, K](X: f32[T, K, M], Z: f32[K, N], inout G: f32[M, N] csr)
{
  seq t in T { for m in M, n in N, k in K { G[m, n] += brgemm(X[t, k, m], Z[k, n]); } }
}
