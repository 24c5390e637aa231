// uniform over counters in steps, backwards, across the carry into their upper half, and of seeds that differ.
// RUN: %tppc run %s -D M=5 -D N=999 --in seed=5 --verify | FileCheck %s
// RUN: %tppc run %s -D M=5 -D N=999 --in seed=5 --verify -march=x86-64-v3 | FileCheck %s
// RUN: %tppc run %s -D M=3 -D N=67 --in seed=-1 --verify -march=x86-64-v3 -O0 --threads 2 | FileCheck %s
// CHECK: all bitwise equal
kernel draws[M, N](S: i64[N], rate: f32, seed: i64)
    -> (A: f32[M, N], B: f32[M, N], C: f32[N], D: f32[N], E: f32[M, N], K: bit[M, N], Q: bf16[M, N])
{
  for m in M, n in N {
    A[m, n] = uniform(seed, m * N + n + 4294967000);
    B[m, n] = uniform(seed + m, m * N - n);
    C[n]    = uniform(S[n], n);
    D[n]    = uniform(seed, S[n]);
    E[m, n] = uniform(seed, 12884901 * n - 900000000000 * m);
    K[m, n] = uniform(seed, n * M + m) >= rate;
    Q[m, n] = sround<bf16>(A[m, n], uniform(7, 4294967290 + m + 1000000007 * n));
  }
}
