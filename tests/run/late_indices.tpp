// Data indices from what the kernel has written: they are checked in front of the nest that needs them, in a seq in every
// iteration, and a call that returns a status has written nothing.
// RUN: %tppc run %s -k next -D M=13 -D V=20 -D D=37 --in E=int:1 --in ix=const:7 --verify --threads 2 | FileCheck %s
// RUN: %tppc run %s -k next -D M=0 -D V=20 -D D=37 --in E=int:1 --in ix=const:7 --verify --threads 2 | FileCheck %s
// RUN: %tppc run %s -k next -D M=13 -D V=20 -D D=37 --in E=int:1 --in ix=const:18 --verify -O0 | FileCheck %s
// RUN: not %tppc run %s -k next -D M=13 -D V=20 -D D=37 --in E=int:1 --in ix=const:19 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: %tppc run %s -k moves -D M=17 -D V=40 --in ix=const:7 --in E=int:1 --verify --threads 2 | FileCheck %s
// RUN: not %tppc run %s -k moves -D M=17 -D V=7 --in ix=const:6 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: not %tppc run %s -k moves -D M=17 -D V=7 --in ix=const:9 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: %tppc run %s -k decode -D T=9 -D V=11 -D D=5 --in E=int:1 --in W=int:2 --in start=3 --verify --threads 2 | FileCheck %s
// RUN: %tppc run %s -k decode -D T=0 -D V=11 -D D=5 --in E=int:1 --in W=int:2 --in start=3 --verify | FileCheck %s
// RUN: not %tppc run %s -k decode -D T=3 -D V=11 -D D=5 --in start=11 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: %tppc run %s -k counts -D M=50 -D V=9 --in ix=int:1 --in C=int:2 --in P=int:3 --verify --threads 3 | FileCheck %s
// RUN: %tppc run %s -k twice -D M=50 -D V=9 --in ix=const:2 --verify --threads 3 | FileCheck %s
// RUN: %tppc run %s -k blocked -D M=29 -D V=40 --in ix=const:1 --in E=int:2 --verify --threads 2 | FileCheck %s
// RUN: %tppc run %s -k narrow -D M=29 -D V=40 -D K=3 --in E=int:1 --in W=int:2 --in ix=const:1 --in Z=int:5 --verify --threads 2 \
// RUN:   | FileCheck %s
// RUN: %tppc run %s -k narrow -D M=29 -D V=40 -D K=3 --in ix=const:1 --verify -O0 | FileCheck %s --check-prefix=NEAR
// RUN: %tppc run %s -k narrow -D M=0 -D V=40 -D K=0 --in ix=const:1 --verify | FileCheck %s
// NEAR: verify: {{[0-9]+}} elements,
// CHECK: verify: {{.*}} all bitwise equal
// RANGE: an index is out of range
kernel next[M, V, D](E: f32[V, D], ix: i64[M]) -> (Y: f32[M, D], A: i32[M], B: f32[D])
{
  for m in M, d in D {
    B[d]   += E[0, d] * m;
    A[m]    = ix[m] + 1;
    Y[m, d] = E[A[m], d];
  }
}
schedule next "Md" { m: 4; }
// Indices that the caller gave, and then others in their place
kernel moves[M, V](E: f32[V], inout ix: i32[M]) -> (Y: bf16[M], Z: f32[M])
{
  for m in M { Y[m] = E[ix[m]]; }
  for m in M { ix[m] = ix[m] + m; }
  for m in M { Z[m] = E[ix[m]]; }
}
// Greedy decoding: each step looks up what the one before has chosen
kernel decode[T, V, D](E: f32[V, D], W: f32[D, V], start: i32) -> (out: i32[T + 1], P: f32[T, V])
{
  for n in 1 { out[n] = start; }
  seq t in T {
    for v in V, d in D {
      P[t, v]    += brgemm(E[out[t], d], W[d, v]);
      b         max= P[t, v];
      a         min= select(P[t, v] == b, v, V);
      out[t + 1]   = a;
    }
  }
}
kernel counts[M, V](ix: i32[M], inout C: i64[V], inout P: f32[2 * V]) -> N: f64[V]
{
  for m in M { s[m] = max(0, min(ix[m], V - 1)); C[s[m]] += 1; }
  for v in V { c[v] = max(0, min(C[v], V - 1)); C[v] = c[v]; N[C[v]] += P[2 * C[v] + 1]; }
  for v in V { P[v] = P[v] + N[v]; }
}
kernel step[M, V](ix: i32[M]) -> (A: u8[M], C: i32[V]) { for m in M { A[m] = min(ix[m], V - 1); C[A[m]] += 1; } }
kernel twice[M, V](ix: i32[M]) -> (A: u8[M], C: i32[V], D: i32[V], B: u8[M]) { (A, C) = step(ix); H: i32[M]; for m in M { H[m] = A[m]; } (B, D) = step(H); }
kernel blocked[M, V](E: f32[V], ix: i32[m: M] as [m/8][m%8]) -> (A: i32[m: M] as [m/16][m%16], Y: f32[m: M] as [m/4][m%4])
{
  for m in M { A[m] = ix[m] + m; Y[m] = E[A[m]]; }
}
// Sums into narrow tensors on both sides of the check are rounded once.
kernel narrow[M, V, K](E: f32[V], W: bf16[M, K], ix: i64[M], inout Z: f16[M]) -> (Y: bf16[M], A: i32[M], C: i8[M], P: bf16[M])
{
  for m in M, k in K {
    Y[m]   += E[m] * 256.5;
    Z[m]   += E[m] * 0.125;
    C[m]   += 100 + k;
    P[m]   += brgemm(W[m, k], W[m, k]);
    A[m]    = ix[m] + 1;
    Y[m]   += E[A[m]];
    Z[m]   += E[A[m]] + k;
    C[m]   += 100 - k - A[m] * 0;
    P[m]   += brgemm(W[m, k], W[m, k]);
  }
}
