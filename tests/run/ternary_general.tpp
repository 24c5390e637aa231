// Ternary weights outside of their kernel: products in f64, on the left, read by columns, in statements, in planes.
// RUN: %tppc run %s -k all_planes -D K=10 -D N=19 --in W=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k wide -D M=9 -D N=13 --in X=int:1 --in W=int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k left -D M=9 -D N=13 --in X=int:1 --in W=int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k turned -D M=9 -D N=13 --in X=int:1 --in W=int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k wide -D M=9 -D N=13 --in X=int:1 --in W=u8:int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k expand -D M=9 -D N=37 -D L=2 --in W=u8:rand:2 --verify | FileCheck --check-prefix=CLOSE %s
// RUN: %tppc run %s -k layer -D M=9 -D N=37 -D L=3 --in X=int:1 --in W=u8:int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k bytes -D M=1 -D N=37 -D L=2 --in X=int:1 --in W=u8:int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k bytes -D M=1 -D N=37 -D L=2 --in X=int:1 --in W=int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k bytes -D M=21 -D N=37 -D L=3 --in X=int:1 --in W=u8:int:2 --verify --threads 3 | FileCheck %s
// RUN: %tppc run %s -k bytes -D M=21 -D N=37 -D L=3 --in X=rand:1 --in W=u8:const:0.7 --verify | FileCheck --check-prefix=CLOSE %s
// RUN: %tppc run %s -k bytes -D M=3 -D N=0 -D L=1 --in W=u8:int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k expand -D M=9 -D N=13 -D L=0 --in W=int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k expand -D M=9 -D N=13 -D L=3 --in W=int:2 --verify --threads 3 | FileCheck %s
// RUN: %tppc run %s -k expand -D M=9 -D N=37 -D L=2 --in W=rand:2 --verify | FileCheck --check-prefix=CLOSE %s
// RUN: %tppc run %s -k layer -D M=9 -D N=37 -D L=2 --in W=rand:2 --verify | FileCheck --check-prefix=CLOSE %s
// RUN: %tppc run %s -k layer -D M=9 -D N=37 -D L=3 --in X=int:1 --in W=int:2 --verify | FileCheck %s
// RUN: not %tppc run %s -k layer -D M=9 -D N=37 -D L=4 --verify 2>&1 | FileCheck --check-prefix=PROMISE %s
// Infinity meets the planes one by one, or their sum.
// RUN: %tppc run %s -k layer -D M=9 -D N=37 -D L=0 --in X=const:inf --in W=rand:2 --verify | FileCheck --check-prefix=OPEN %s
// RUN: %tppc run %s -k layer -D M=1 -D N=37 -D L=2 --in X=const:inf --in W=const:1 --verify | FileCheck --check-prefix=OPEN %s
// CHECK: verify: {{.*}} all bitwise equal
// OPEN: verify: [[N:[0-9]+]] elements, [[N]] without a finite bound
// CLOSE: verify: {{.*}} elements
// PROMISE: planes are stored, 4 are to be used
kernel wide[M, N](X: f64[M, 8], W: ternary[8, N] group(4)) -> Y: f64[M, N]
{
  for m in M, n in N, k in 8 { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
kernel left[M, N](W: ternary[M, 16] group(3), X: f32[16, N]) -> Y: f32[M, N]
{
  for m in M, n in N, k in 16 { Y[m, n] += brgemm(W[m, k], X[k, n]); }
}
kernel turned[M, N](X: i8[M, 16], W: ternary[N, 16]) -> Y: f32[M, N]
{
  for m in M, n in N, k in 16 { Y[m, n] += brgemm(X[m, k], W[n, k]); }
}
kernel expand[M, N, L](W: ternary[M, N] group(4) planes(3, L)) -> (Y: f32[M, N], z: f32[N])
{
  for m in M, n in N {
    Y[m, n] = W[m, n];
    z[n]    = sum(W[:, n]);
  }
}
kernel bytes[M, N, L](X: i8[M, 70], W: ternary[70, N] group(16) planes(3, L)) -> Y: f32[M, N]
{
  for m in M, n in N, k in 70 { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
kernel layer[M, N, L](X: bf16[M, 70], W: ternary[70, N] group(16) planes(3, L)) -> Y: f32[M, N]
{
  for m in M, n in N, k in 70 { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}

// A size that uses all planes is the same storage as planes(3, 3).
kernel some_planes[K, N, L <= 3](W: ternary[K, N] group(4) planes(3, L)) -> y: f32[N]
{
  for k in K, n in N { y[n] += W[k, n]; }
}
kernel all_planes[K, N](W: ternary[K, N] group(4) planes(3, 3)) -> y: f32[N]
{
  y = some_planes[L = 3](W);
}
