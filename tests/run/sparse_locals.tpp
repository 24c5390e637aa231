// Local sparse tensors have the pattern of the parameter with which they share a statement, directly, through another
// local, or through a call.
// DEFINE: %{ok} = FileCheck %s
// RUN: %tppc run %s -k attend -D M=23 -D N=19 -D D=7 --in A=int:1 --in Q=int:2 --in K=int:3 --in V=int:4 --verify --threads 2 | %{ok}
// RUN: %tppc run %s -k attend -D M=0 -D N=19 -D D=7 --in A=int:1 --verify | %{ok}
// RUN: %tppc run %s -k attend -D M=5 -D N=1 -D D=0 --in A=int:1 --in Q=int:2 --in K=int:3 --in V=int:4 --verify -O0 | %{ok}
// RUN: %tppc run %s -k blocks -D K=21 -D N=30 -D M=9 --in W=int:1 --in X=int:2 --in S=int:1 --verify --threads 3 | %{ok}
// RUN: %tppc run %s -k calls -D M=17 -D N=11 --in A=int:1 --in B=int:1 --verify --threads 2 | %{ok}
// RUN: not %tppc run %s -k calls -D M=17 -D N=11 --in A=int:1 --in B=int:2 2>&1 | FileCheck %s --check-prefix=FORM
// RUN: %tppc run %s -k steps -D T=4 -D M=17 -D N=11 --in A=int:1 --in x=int:2 --verify --threads 2 | %{ok}
// RUN: %tppc run %s -k gathers -D M=17 -D N=11 --in A=int:1 --in ix=const:1 --in E=int:4 --verify --threads 2 | %{ok}
// CHECK: verify: {{.*}} bitwise equal
// FORM: is malformed
kernel attend[M, N, D](A: f32[M, N] csr, Q: f32[M, D], K: f32[N, D], V: f32[N, D]) -> (Y: f32[M, D], Z: f32[M])
{
  S: f32[M, N] csr;
  P: bf16[M, N] csr;
  for m in M, n in N, d in D {
    S[m, n] = A[m, n] * sum(Q[m, :] * K[n, :]);
    Z[m]   max= S[m, n];
  }
  for m in M, n in N { P[m, n] = S[m, n] - 1; }
  for m in M, n in N, d in D { Y[m, d] += brgemm(P[m, n], V[n, d]); }
}
kernel blocks[M, K, N](W: f32[K, N] bcsc(4, 8), X: f32[M, K], inout S: f32[K, N] bcsc(4, 8)) -> (Y: f32[M, N], C: f32[K])
{
  U: f32[K, N] bcsc(4, 8);
  for k in K, n in N { U[k, n] = 2 * W[k, n]; }
  for m in M, k in K, n in N { Y[m, n] += brgemm(X[m, k], U[k, n]); }
  for k in K, n in N { S[k, n] += U[k, n]; C[k] += S[k, n]; }
}
kernel scale[M, N](A: f32[M, N] csr, inout B: f32[M, N] csr) -> R: f32[M]
{
  T: f32[M, N] csr;
  for m in M, n in N { T[m, n] = A[m, n] + B[m, n]; B[m, n] = T[m, n] * 2; R[m] += B[m, n]; }
}
kernel calls[M, N](A: f32[M, N] csr, inout B: f32[M, N] csr) -> (R: f32[M], Q: f32[M])
{
  L: f32[M, N] csr;
  for m in M, n in N { L[m, n] = n + m; }
  R = scale(A, L);
  Q = scale(L, B);
}
kernel steps[T, M, N](A: f32[M, N] csr, x: f32[T, N]) -> Y: f32[T, M]
{
  H: f32[M, N] csr;
  seq t in T {
    G: f32[M, N] csr;
    for m in M, n in N { G[m, n] = A[m, n] * x[t, n]; H[m, n] += G[m, n]; }
    for m in M, n in N { Y[t, m] += H[m, n]; }
  }
}
// A sparse result waits for the check of an index in a local of its pattern.
kernel gathers[M, N](inout A: f32[M, N] csr, ix: i32[M], E: f32[M]) -> (Y: f32[M], I: i32[M])
{
  for m in M, n in N { A[m, n] = A[m, n] + 1; }
  for m in M { I[m] = ix[m] - 1; }
  for m in M, n in N { Y[m] += E[I[m]] * A[m, n]; }
}
