// Vectors of BF16 alone, whose lanes may change places, and beside what knows its place: other types, letters, bits.
// One nest a statement, so that none keeps the lanes of another in order.
// RUN: %tppc run %s -D M=7 -D N=203 --in X=int:1 --in Z=int:2 --in v=int:3 --in F=int:4 --verify | FileCheck %s
// RUN: %tppc run %s -D M=7 -D N=203 --in X=int:1 --in Z=int:2 --in v=int:3 --in F=int:4 --verify -march=x86-64-v3 | FileCheck %s
// RUN: %tppc run %s -D M=3 -D N=64 --in X=int:1 --in Z=int:2 --in v=int:3 --in F=int:4 --verify -march=x86-64-v3 -O0 --threads 2 | FileCheck %s
// RUN: %tppc run %s -D M=1 -D N=1 --in X=int:1 --in Z=int:2 --in v=int:3 --in F=int:4 --verify -march=x86-64-v3 | FileCheck %s
// CHECK: all bitwise equal
kernel vectors[M, N](X: bf16[M, N], Z: bf16[M, N], v: bf16[M], F: f32[N])
    -> (A: bf16[M, N], B: bf16[M, N], C: bf16[M, N], D: bf16[M, N], E: f32[M, N], G: f32[M], H: bf16[M], K: bit[M, N],
        U: bf16[M, N], W: bf16[M, N], R: bf16[N])
{
  for m in M, n in N { A[m, n] = X[m, n] * 0.5 - Z[m, n] * v[m]; }
  for m in M, n in N { B[m, n] = select(X[m, n] > Z[m, n], X[m, n], -Z[m, n]); }
  for m in M, n in N { C[m, n] = ktanh(X[m, n] * 0.25) + abs(Z[m, n]); }
  for m in M, n in N { D[m, n] = X[m, n] + F[n]; }
  for m in M, n in N { E[m, n] = X[m, n] - n; }
  for m in M, n in N { G[m] += X[m, n] * Z[m, n]; }
  for m in M, n in N { H[m] max= X[m, n] + Z[m, n]; }
  for m in M, n in N { K[m, n] = X[m, n] >= Z[m, n]; }
  for m in M, n in N { U[m, n] = X[m, n] * (m + 1); }
  for m in M, n in N { W[m, n] = sround<bf16>(X[m, n] * 0.37, uniform(5, n)); }
  for m in M, n in N { R[n] += X[m, n]; }
}
