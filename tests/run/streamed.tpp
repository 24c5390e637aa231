// Results past the caches at any size: rows that begin anywhere, several results at once whose vectors begin at different
// points, leading dimensions, sums on the way, threads that read behind a barrier what others have written.
// RUN: env TPP_STREAM_BYTES=0 %tppc run %s -k rows -D M=7 -D N=67 -D L=68 --in X=int:1 --in b=int:2 --verify | FileCheck %s
// RUN: env TPP_STREAM_BYTES=0 %tppc run %s -k rows -D M=3 -D N=1531 -D L=1531 --in X=int:1 --in b=int:2 --verify | FileCheck %s
// RUN: env TPP_STREAM_BYTES=0 %tppc run %s -k rows -D M=5 -D N=1000 -D L=1003 --in X=int:1 --in b=int:2 --verify --threads 5 | FileCheck %s
// RUN: env TPP_STREAM_BYTES=0 %tppc run %s -k rows -D M=7 -D N=257 -D L=263 --in X=int:1 --in b=int:2 --verify -march=x86-64-v3 | FileCheck %s
// RUN: env TPP_STREAM_BYTES=0 %tppc run %s -k rows -D M=7 -D N=513 -D L=513 --in X=int:1 --in b=int:2 --verify -O0 | FileCheck %s
// RUN: env TPP_STREAM_BYTES=0 %tppc run %s -k rows -D M=2 -D N=0 -D L=1 --in X=int:1 --in b=int:2 --verify | FileCheck %s
// RUN: env TPP_STREAM_BYTES=0 %tppc run %s -k means -D M=9 -D N=331 --in X=int:1 --verify --threads 2 | FileCheck %s
// RUN: env TPP_STREAM_BYTES=0 %tppc run %s -k twice -D M=40 -D N=301 --in X=int:1 --verify --threads 5 | FileCheck %s
// RUN: env TPP_STREAM_BYTES=0 %tppc run %s -k twice -D M=40 -D N=301 --in X=int:1 --verify -march=x86-64-v3 | FileCheck %s
// RUN: env TPP_STREAM_BYTES=0 %tppc run %s -k packed -D U=3 -D N=300 --in X=int:1 --verify | FileCheck %s
// RUN: env TPP_STREAM_BYTES=0 %tppc run %s -k packed -D U=3 -D N=301 --in X=int:1 --verify -march=x86-64-v3 | FileCheck %s
// RUN: env TPP_STREAM_BYTES=0 %tppc run %s -k blocked -D M=3 -D N=320 --in X=int:1 --verify | FileCheck %s
// RUN: env TPP_STREAM_BYTES=0 %tppc run %s -k blocked -D M=3 -D N=331 --in X=int:1 --verify -march=x86-64-v3 | FileCheck %s
// RUN: %tppc explain %s -k twice | FileCheck %s --check-prefix=EXPLAIN
// CHECK: all bitwise equal
// EXPLAIN: pass {{.*}}X -> H {{.*}}when large, past the caches

kernel rows[M, N, L](X: f32[M, N], b: f32[N]) -> (Y: f32[M, N] ld(L), Z: bf16[M, N], Q: i8[M, N], D: f64[M, N])
{
  for m in M, n in N {
    Y[m, n] = relu(X[m, n] + b[n]);
    Z[m, n] = X[m, n] * 2;
    Q[m, n] = X[m, n];
    D[m, n] = X[m, n] - b[n];
  }
}
kernel means[M, N](X: f32[M, N]) -> (Y: f32[M, N], S: f32[M])
{
  for m in M, n in N {
    g[m] max= X[m, n];
    Y[m, n] = X[m, n] - g[m];
    S[m]   += X[m, n];
  }
}
kernel twice[M, N](X: f32[M, N]) -> Y: f32[M, N]
{
  H: f32[M, N];
  for m in M, n in N { H[m, n] = X[m, n] + 1; }
  for m in M, n in N { Y[m, n] = H[M - 1 - m, n] * 2; }
}
// Bits and blocks want vectors that begin where they do.
kernel packed[U, N](X: f32[N]) -> (W: f32[U], Y: f32[U, N + 5])
{
  for u in U, n in N {
    t[n] = X[n] >= 0;
    W[u] += X[0];
    Y[u, n + 1] = t[n];
  }
}
kernel blocked[M, N](X: f32[m: M, n: N] as [n/64][m][n%64]) -> Y: f32[M, N]
{
  for m in M, n in N { Y[m, n] = X[m, n] * 2; }
}
