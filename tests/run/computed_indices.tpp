// Data indices that the kernel computes: they move in front of the nest, and are checked there.
// RUN: %tppc run %s -k halves -D M=13 -D V=20 -D D=37 --in ix=const:7 --verify --threads 2 | FileCheck %s
// RUN: not %tppc run %s -k halves -D M=13 -D V=20 -D D=37 --in ix=const:41 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: %tppc run %s -k nearest -D M=29 -D V=8 -D K=33 --in X=int:1 --in E=int:2 --verify --threads 3 | FileCheck %s
// RUN: %tppc run %s -k nearest -D M=1 -D V=1 -D K=1 --in X=int:1 --in E=int:2 --verify -O0 | FileCheck %s
// RUN: %tppc run %s -k nearest -D M=0 -D V=3 -D K=5 --verify | FileCheck %s
// RUN: not %tppc run %s -k nearest -D M=2 -D V=0 -D K=5 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: %tppc run %s -k from_local -D M=29 -D V=8 -D D=33 --in ix=const:8 --verify | FileCheck %s
// RUN: %tppc run %s -k floats -D M=100 -D V=8 --in X=rand:4 --verify | FileCheck %s
// RUN: %tppc run %s -k inner -D M=9 -D V=8 -D W=5 --verify | FileCheck %s
// CHECK: verify: {{.*}} all bitwise equal
// RANGE: an index is out of range
kernel halves[M, V, D](E: bf16[V, D], ix: i64[M]) -> (Y: bf16[M, D], S: f32)
{
  for m in M, d in D {
    S      += E[0, d];
    t[m]    = min(ix[m] / 2, 1000);
    u[m]    = t[m] - t[m] / 2;
    Y[m, d] = E[t[m], d] + E[u[m], d];
  }
}
// The row of E that is nearest to each row of X, and its number
kernel nearest[M, V, K](X: f32[M, K], E: f32[V, K]) -> (Y: f32[M, K], A: i32[M])
{
  for m in M, v in V, k in K {
    p[m, v] += brgemm(X[m, k], E[v, k]);
    q[v]    += E[v, k] * E[v, k];
    d[m, v]  = q[v] - 2 * p[m, v];
    b[m]  min= d[m, v];
    a[m]  min= select(d[m, v] == b[m], v, V);
    A[m]     = a[m];
    Y[m, k]  = E[a[m], k];
  }
}
kernel from_local[M, V, D](E: f32[V, D], ix: i32[M]) -> Y: f32[M, D]
{
  T: u8[M];
  for m in M { T[m] = max(ix[m] - 1, 0); }
  for m in M, d in D { t[m] = T[m]; Y[m, d] = E[t[m], d] + E[T[m], d]; }
}
kernel floats[M, V](X: f32[M], T: f32[V]) -> Y: f32[M]
{
  for m in M { i[m] = convert<i32>((X[m] + 1) * 0.499 * V - 0.5); j[m] = max(i[m], 0); Y[m] = T[j[m]]; }
}
kernel inner[M, V, W](ix: i8[M], T: i32[V], E: f32[W]) -> Y: f32[M]
{
  for m in M { t[m] = T[ix[m]] + 0; Y[m] = E[t[m]]; }
}
