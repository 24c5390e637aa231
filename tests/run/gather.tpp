// Data indices: gathers and scatters of every integer type, of several letters, in sums and products, in products,
// from temporaries, in place, in blocked and packed storage.
// RUN: %tppc run %s -k rows -D M=13 -D V=7 -D D=37 --in E=int:1 --in ix=int:2 --verify --threads 3 | FileCheck %s
// RUN: %tppc run %s -k rows -D M=0 -D V=0 -D D=5 --verify | FileCheck %s
// RUN: %tppc run %s -k rows -D M=5 -D V=3 -D D=0 --in ix=const:9 --verify | FileCheck %s
// RUN: %tppc run %s -k both -D M=29 -D V=11 -D W=5 -D D=19 --in X=int:1 --in G=int:5 --in s=int:3 --verify --threads 2 | FileCheck %s
// RUN: %tppc run %s -k both -D M=1 -D V=1 -D W=1 -D D=1 --in X=int:1 --in s=int:3 --verify | FileCheck %s
// RUN: %tppc run %s -k around -D M=17 -D V=40 -D D=9 --verify | FileCheck %s
// RUN: %tppc run %s -k vector -D M=67 -D V=23 --in X=int:1 --verify | FileCheck %s --check-prefix=CLOSE
// RUN: %tppc run %s -k vector -D M=67 -D V=23 --in X=int:1 --verify -O0 | FileCheck %s --check-prefix=CLOSE
// RUN: %tppc run %s -k product -D M=19 -D V=8 -D K=33 -D N=21 --in E=int:1 --in W=int:2 --verify --threads 2 | FileCheck %s
// RUN: %tppc run %s -k product_scattered -D M=19 -D V=8 -D K=33 -D N=21 --in X=int:1 --in W=int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k stored -D M=19 -D V=45 -D N=70 --verify | FileCheck %s
// RUN: %tppc run %s -k places -D B=9 -D F=6 -D D=20 -D P=11 --in T=int:1 --verify --threads 5 | FileCheck %s
// RUN: %tppc run %s -k scalar -D V=6 -D D=33 --verify | FileCheck %s
// RUN: %tppc run %s -k called -D M=6 -D V=6 -D D=33 --in E=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k looked_up -D M=15 -D V=4 -D W=9 -D D=33 --verify | FileCheck %s
// CHECK: verify: {{.*}} all bitwise equal
// CLOSE: verify: 90 elements
kernel rows[M, V, D](E: bf16[V, D], ix: i64[M]) -> Y: bf16[M, D]
{
  for m in M, d in D { Y[m, d] = E[ix[m], d]; }
}
kernel both[M, V, W, D](X: f32[M, D], ix: u8[M], jx: i4[M], s: f32[M], inout G: f32[V, W, D]) -> H: i32[V]
{
  for m in M, d in D {
    G[ix[m], jx[m], d] += X[m, d] * s[m];
    H[ix[m]]           += 1;
  }
}
kernel around[M, V, D](E: f32[V, D], ix: u16[M]) -> Y: f32[M, D]
{
  for m in M, r in 3, d in D { Y[m, d] += E[2 * ix[m] + r - 1, d]; }
}
kernel vector[M, V](E: f32[V], ix: i8[M], X: f32[M]) -> (Y: f32[M], Z: f32[V])
{
  for m in M { Y[m] = exp(E[ix[m]]) * gelu(X[m]); Z[ix[m]] += X[m]; }
}
kernel product[M, V, K, N](E: f32[V, K], ix: i32[M], W: f32[K, N], jx: i32[K]) -> Y: f32[M, N]
{
  for m in M, n in N, k in K { Y[m, n] += brgemm(E[ix[m], k], W[jx[k], n]); }
}
kernel product_scattered[M, V, K, N](X: f32[M, K], W: f32[K, N], ix: i32[M]) -> Y: f32[V, N]
{
  for m in M, n in N, k in K { Y[ix[m], n] += brgemm(X[m, k], W[k, n]); }
}
kernel stored[M, V, N](E: f32[v: V, n: N] as [v/8][n/16][v%8][n%16], Q: i4[V, N], ix: i32[M])
    -> (Y: f32[M, N], Z: i4[N, M])
{
  for m in M, n in N { Y[m, n] = E[ix[m], n]; Z[n, m] = Q[ix[m], n]; }
}
kernel places[B, F, D, P](T: f32[B, F, D], li: i32[P], lj: i32[P]) -> R: f32[B, D + P]
{
  for b in B, i in F, j in F, d in D, p in P {
    z[b, i, j] += brgemm(T[b, i, d], T[b, j, d]);
    R[b, d]     = T[b, 0, d];
    R[b, D + p] = z[b, li[p], lj[p]];
  }
}
kernel scalar[V, D](inout E: f32[V, D], i0: i32, i1: i64) -> Y: f32[D]
{
  for d in D { t[d] = E[i0, d]; E[i1, d] += t[d]; Y[d] = t[d]; }
}
kernel called[M, V, D](E: bf16[V, D], ix: i64[M], jx: i64[M]) -> Y: bf16[M, D]
{
  X: bf16[M, D];
  X = rows(E, ix);
  Y = rows[V = M](X, jx);
}
kernel looked_up[M, V, W, D](E: f32[W, D], ix: i32[M], table: i64[V]) -> Y: f32[M, D]
{
  for m in M, d in D { Y[m, d] = E[table[ix[m]], d]; }
}
