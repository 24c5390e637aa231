// A first update with max=, min=, or *= that leaves elements out: those are zero, the others start from the identity,
// and go on from it in later statements and nests, until somebody reads.
// RUN: %tppc run %s -k strided -D M=7 -D K=5 --in X=const:-3 --out Y=%t.npy && %python -c "import numpy as np; y = np.load('%t.npy'); assert (y[1:14:2] == -3).all() and (y[0::2] == 0).all() and y.shape == (17,), y"
// RUN: %tppc run %s -k strided -D M=67 -D K=5 --in X=int:3 --verify --threads 2 | FileCheck %s
// RUN: %tppc run %s -k strided -D M=3 -D K=0 --verify | FileCheck %s
// RUN: %tppc run %s -k nests -D M=9 --in X=int:3 --in Z=int:4 --verify | FileCheck %s
// RUN: %tppc run %s -k scattered -D M=29 -D V=50 -D D=18 --in X=int:1 --in s=int:2 --verify --threads 3 | FileCheck %s
// RUN: %tppc run %s -k scattered -D M=29 -D V=50 -D D=18 --in X=int:1 --in s=int:2 --verify -O0 | FileCheck %s
// RUN: %tppc run %s -k read_after -D M=11 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k called -D M=11 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k padded -D H=19 --in X=int:1 --verify | FileCheck %s
// CHECK: verify: {{.*}} all bitwise equal
kernel strided[M, K](X: f32[M, K]) -> Y: f32[2 * M + 3]
{
  for m in M, k in K { Y[2 * m + 1] max= X[m, k]; }
}
kernel nests[M](X: f32[M], Z: f32[M]) -> Y: bf16[2 * M + 2]
{
  for m in M { Y[2 * m] min= X[m]; Y[2 * m] min= Z[m]; }
  for m in M { Y[2 * m + 1] min= X[m] + 1; }
  for m in M { Y[m] min= Z[m]; }
}
kernel scattered[M, V, D](X: f32[M, D], ix: i32[M], s: i32[M]) -> (Y: f32[V, D], A: u8[V], P: f32[V], Q: i64[V])
{
  for m in M, d in D {
    Y[ix[m], d] max= X[m, d];
    A[ix[m]]    max= s[m];
    P[ix[m]]    *=   s[m];
    Q[ix[m]]    min= s[m];
  }
}
kernel read_after[M](X: f32[M]) -> (Y: f32[M + 1], S: f32)
{
  for m in M { Y[m] max= X[m] - 9; S += Y[m + 1]; }
  for m in M { Y[m] max= X[m]; }
}
kernel negated[N](T: f32[N]) -> Y: f32[N] { for n in N { Y[n] = -T[n]; } }
kernel called[M](X: f32[M]) -> Y: f32[M + 1]
{
  T: f32[M + 1];
  for m in M { T[m] max= X[m] - 9; }
  Y = negated(T);
}
kernel padded[H](X: f32[H]) -> (Y: f32[h: H + 4] pad(h: 2), Z: i32[H])
{
  for h in H, r in 3 { Y[h + r - 2] max= X[h] - 9; }
  for h in H { Z[h] = Y[h] == 0; }
}
