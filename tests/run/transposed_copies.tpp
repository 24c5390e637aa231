// Accesses that are contiguous along different letters: blocks of both, whole ones, at the ends, and less than one.
// RUN: %tppc run %s -k turn -D M=77 -D N=101 --verify | FileCheck %s
// RUN: %tppc run %s -k turn -D M=77 -D N=101 --verify -march=x86-64-v3 | FileCheck %s
// RUN: %tppc run %s -k turn -D M=16 -D N=3 --verify -march=x86-64-v3 | FileCheck %s
// RUN: %tppc run %s -k turn -D M=1 -D N=17 --verify | FileCheck %s
// RUN: %tppc run %s -k turn -D M=0 -D N=17 --verify | FileCheck %s
// RUN: %tppc run %s -k turn -D M=300 -D N=19 --verify -O0 --threads 2 --schedule "turn.all=nm; n: 9; m: 13" | FileCheck %s
// RUN: %tppc run %s -k layout -D B=2 -D C=19 -D H=5 -D W=23 --verify | FileCheck %s
// RUN: %tppc run %s -k layout -D B=2 -D C=19 -D H=5 -D W=23 --verify -march=x86-64-v3 --threads 2 | FileCheck %s
// RUN: %tppc run %s -k mixed -D M=41 -D N=53 --in X=int:1 --in Z=int:2 --in b=int:3 --verify -march=x86-64-v3 | FileCheck %s
// RUN: %tppc run %s -k mixed -D M=41 -D N=53 --in X=int:1 --in Z=int:2 --in b=int:3 --verify | FileCheck %s
// Past the caches, where lines of all rows are whole ones of memory.
// RUN: env TPP_STREAM_BYTES=0 %tppc run %s -k mixed -D M=64 -D N=53 --in X=int:1 --in Z=int:2 --in b=int:3 --verify -march=x86-64-v3 | FileCheck %s
// RUN: env TPP_STREAM_BYTES=0 %tppc run %s -k mixed -D M=96 -D N=64 --in X=int:1 --in Z=int:2 --in b=int:3 --verify --threads 2 | FileCheck %s
// RUN: env TPP_STREAM_BYTES=0 %tppc run %s -k plain -D M=304 -D N=40 --verify -march=x86-64-v3 --threads 5 | FileCheck %s
// RUN: env TPP_STREAM_BYTES=0 %tppc run %s -k plain -D M=272 -D N=41 --verify -O0 --schedule "plain.all=nm; n: 17; m: 100" | FileCheck %s
// RUN: env TPP_STREAM_BYTES=0 %tppc run %s -k plain -D M=77 -D N=101 --verify | FileCheck %s
// RUN: %tppc %s -k plain --emit=llvm -o - | FileCheck %s --check-prefix=PAST
// RUN: %tppc check %s 2>&1 | FileCheck %s --check-prefix=QUIET --allow-empty
// CHECK: all bitwise equal
// PAST: store <8 x float> {{.*}} !nontemporal
// PAST: call void @llvm.x86.sse.sfence()
// QUIET-NOT: one element at a time
kernel turn[M, N](X: f32[M, N], A: bf16[M, N], B: i8[M, N], C: f64[M, N], D: f16[M, N])
    -> (Y: f32[N, M], E: bf16[N, M], F: i8[N, M], G: f64[N, M], H: f16[N, M])
{
  all: for m in M, n in N {
    Y[n, m] = X[m, n];
    E[n, m] = A[m, n];
    F[n, m] = B[m, n];
    G[n, m] = C[m, n];
    H[n, m] = D[m, n];
  }
}
kernel plain[M, N](X: f32[M, N]) -> Y: f32[N, M] { all: for m in M, n in N { Y[n, m] = X[m, n]; } }
kernel layout[B, C, H, W](X: f32[B, C, H, W], g: f32[C]) -> (Y: f32[B, H, W, C], Z: bf16[B, H, W, C])
{
  for b in B, c in C, h in H, w in W {
    Y[b, h, w, c] = X[b, c, h, w];
    Z[b, h, w, c] = max(X[b, c, h, w], 0) * g[c];
  }
}
// Loads and stores both ways, of different widths, and values of the letters.
kernel mixed[M, N](X: f32[M, N], Z: bf16[N, M], b: f32[N]) -> (Y: bf16[N, M], W: f32[M, N], I: i32[N, M])
{
  for m in M, n in N {
    t[m, n] = X[m, n] + Z[n, m] * b[n];
    Y[n, m] = t[m, n];
    W[m, n] = t[m, n] * 2;
    I[n, m] = X[m, n] * m + n;
  }
}
