// A first update with max=, min=, or *= in a seq that leaves elements out: they keep the identity until the seq has ended,
// since a later iteration may meet them, and are zero then. What a call may write is met.
// RUN: %tppc run %s -k reads -D T=3 -D M=4 --in X=const:-3 --out Y=%t.npy && %python -c "import numpy as np; y = np.load('%t.npy'); assert (y[0:8:2] == -3).all() and (y[1::2] == 0).all() and y[8] == 0, y"
// RUN: %tppc run %s -k reads -D T=5 -D M=17 --in X=int:1 --verify --threads 2 | FileCheck %s
// RUN: %tppc run %s -k reads -D T=0 -D M=3 --verify | FileCheck %s
// RUN: %tppc run %s -k overwrites -D T=7 -D M=13 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k overwrites -D T=7 -D M=0 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k called -D T=4 -D M=11 --in X=int:1 --verify --threads 3 | FileCheck %s
// RUN: %tppc run %s -k products -D T=4 -D M=11 -D K=3 --in X=int:1 --in W=int:2 --verify -O0 | FileCheck %s
// CHECK: verify: {{.*}} all bitwise equal
kernel reads[T, M](X: f32[T, M]) -> (Y: f32[2 * M + 1], S: f32[T])
{
  seq t in T {
    for m in M {
      Y[2 * m] max= X[t, m];
      S[t]     max= Y[2 * m];
    }
  }
}
kernel overwrites[T, M](X: f32[T, M]) -> (Y: f32[2 * M + 1], Z: f32[T, M])
{
  seq t in T {
    for m in M { Y[m + t] max= X[t, m]; }
    for m in M { Z[t, m] = max(Y[m], 0 - 99); }
    for m in M { Y[m] = Z[t, m]; }
  }
}
kernel step[N](inout Y: f32[N]) -> S: f32 { for n in N { S += Y[n]; Y[n] = Y[n] + 1; } }
kernel called[T, M](X: f32[T, M]) -> (Y: f32[2 * M + 1], S: f32)
{
  seq t in T {
    for m in M { Y[m] *= X[t, m] + 1; }
    S = step(Y);
  }
}
kernel products[T, M, K](X: f32[M, K], W: f32[K]) -> Y: f32[2 * M + 1]
{
  for m in M, k in K { Y[2 * m] max= X[m, k]; }
  seq t in T { for m in M, k in K { Y[m + t] += brgemm(X[m, k], W[k]); } }
}
