// Maxima and minima along rows: NaN anywhere gives NaN, +0 is above -0, nothing gives the identity.
// RUN: %tppc run %s -k zeros -D M=9 -D N=77 --in X=const:-3 --verify | FileCheck %s
// RUN: %tppc run %s -k zeros -D M=3 -D N=5 --in X=const:-3 --verify | FileCheck %s
// RUN: %tppc run %s -k zeros -D M=2 -D N=0 --in X=const:-3 --verify | FileCheck %s
// RUN: %tppc run %s -k zeros -D M=9 -D N=133 --in X=const:3 --verify | FileCheck %s
// RUN: %tppc run %s -k nans -D M=150 -D N=149 --in X=int:3 --verify | FileCheck %s
// RUN: %tppc run %s -k nans -D M=150 -D N=149 --in X=int:3 --verify -march=x86-64-v3 | FileCheck %s
// RUN: %tppc run %s -k infinite -D M=40 -D N=70 --in X=const:inf --verify | FileCheck %s
// RUN: %tppc run %s -k infinite -D M=40 -D N=70 --in X=const:-inf --verify | FileCheck %s
// RUN: %tppc run %s -k doubles -D M=40 -D N=70 --in X=int:5 --verify | FileCheck %s
// CHECK: verify: {{.*}}bitwise

// Row m has zeros of X's sign but for one at n = 7 m.
kernel zeros[M, N](X: f32[M, N]) -> (A: f32[M], B: f32[M])
{
  for m in M, n in N {
    z[m, n] = X[m, n] * select(n == 7 * m, -0.0, 0.0);
    A[m] max= z[m, n];
    B[m] min= z[m, n];
  }
}

kernel nans[M, N](X: f32[M, N]) -> (A: f32[M], B: f32[M])
{
  for m in M, n in N {
    z[m, n] = select(n == m, log(X[m, n] - 8), X[m, n]);
    A[m] max= z[m, n];
    B[m] min= z[m, n];
  }
}

kernel infinite[M, N](X: f32[M, N]) -> (A: f32[M], B: f32[M])
{
  for m in M, n in N {
    A[m] max= X[m, n];
    B[m] min= X[m, n];
  }
}

kernel doubles[M, N](X: f64[M, N]) -> (A: f64[M], B: f64[M])
{
  for m in M, n in N {
    z[m, n] = select(n == 60, X[m, n] * inf, X[m, n] * 0);
    A[m] max= z[m, n];
    B[m] min= z[m, n];
  }
}
