// Sums over outer letters keep vectors of the result in registers: parts of the sum, the edges of
// vectors, several results, windows, empty loops, and types whose sums are exact.
// RUN: %tppc run %s -k columns -D M=70 -D N=83 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k columns -D M=70 -D N=83 --in X=int:1 --verify -march=x86-64-v3 | FileCheck %s
// RUN: %tppc run %s -k columns -D M=17 -D N=7 --in X=int:1 --verify -O0 | FileCheck %s
// RUN: %tppc run %s -k columns -D M=0 -D N=40 --verify | FileCheck %s
// RUN: %tppc run %s -k columns -D M=1 -D N=1 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k window -D C=3 -D H=9 -D W=39 --in X=int:1 --in F=int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k window -D C=3 -D H=9 -D W=39 --in X=int:1 --in F=int:2 --verify --threads 5 -march=x86-64-v3 | FileCheck %s
// RUN: %tppc run %s -k filter -D N=200 -D T=67 --in x=int:1 --in h=int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k filter -D N=200 -D T=67 --in x=int:1 --in h=int:2 --verify --schedule 'filter=iTt; i: 24; t: 40,1; reduce t = private;' | FileCheck %s
// RUN: %tppc run %s -k bytes -D M=70 -D N=83 --verify | FileCheck %s
// CHECK: all bitwise equal

kernel columns[M, N](X: f32[M, N]) -> (s: f32[N], q: f64[N], top: f32[N])
{
  for m in M, n in N {
    s[n] += X[m, n];
    q[n] += X[m, n] * X[m, n];
    top[n] max= X[m, n];
  }
}

kernel window[C, H, W, P = H - 2, Q = W - 2](X: f32[C, H, W], F: f32[C, 3, 3]) -> Y: f32[C, P, Q]
{
  for c in C, p in P, q in Q, r in 3, s in 3 {
    Y[c, p, q] += X[c, p + r, q + s] * F[c, r, s];
  }
}

kernel filter[N, T, P = N - T + 1](x: f32[N], h: f32[T]) -> y: f32[P]
{
  for i in P, t in T { y[i] += x[i + t] * h[t]; }
}

kernel bytes[M, N](X: i8[M, N], w: i8[M]) -> Y: i32[N]
{
  for m in M, n in N { Y[n] += X[m, n] * w[m]; }
}
