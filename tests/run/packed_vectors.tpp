// Bits and nibbles as vectors: whole, in tails that end inside of a byte, beside other threads' tiles.
// RUN: %tppc run %s -k bits -D M=7 -D N=7 --in th=0.25 --verify | FileCheck %s
// RUN: %tppc run %s -k bits -D M=9 -D N=2051 --in th=0.25 --verify -march=x86-64-v3 | FileCheck %s
// RUN: %tppc run %s -k bits -D M=9 -D N=131 --in th=0.25 --verify --threads 5 --schedule 'bits=MN; m: 2; n: 12' | FileCheck %s
// RUN: %tppc run %s -k bits -D M=9 -D N=131 --in th=0.25 --verify --threads 3 --schedule 'bits=NM; m: 2; n: 24' | FileCheck %s
// RUN: %tppc run %s -k doubles -D M=3 -D N=77 --in th=0.25 --verify -march=x86-64-v3 | FileCheck %s
// RUN: %tppc run %s -k doubles -D M=3 -D N=64 --in th=0.25 --verify -O0 | FileCheck %s
// RUN: %tppc run %s -k nibbles -D M=5 -D N=1029 --verify --threads 3 | FileCheck %s
// RUN: %tppc run %s -k nibbles -D M=5 -D N=33 --verify --threads 3 --schedule 'nibbles=MN; m: 1; n: 7' | FileCheck %s
// RUN: %tppc run %s -k flip -D M=5 -D N=1000 --verify -march=x86-64-v3 | FileCheck %s
// RUN: %tppc run %s -k flip -D M=1 -D N=1 --verify | FileCheck %s
// RUN: %tppc run %s -k quotients -D N=999 --verify -march=x86-64-v3 | FileCheck %s
// RUN: %tppc run %s -k quotients -D N=37 --in X=const:-2147483648 --in Z=const:-1 --verify | FileCheck %s
// CHECK: {{all bitwise equal|largest error}}

kernel bits[M, N](X: f32[M, N], A: bit[M, N], th: f32) -> (K: bit[M, N], Y: f32[M, N])
{
  for m in M, n in N {
    K[m, n] = X[m, n] > th;
    Y[m, n] = select(A[m, n], X[m, n], 0);
  }
}

kernel doubles[M, N](X: f64[M, N], A: bit[M, N], th: f64) -> (K: bit[M, N], Y: f64[M, N])
{
  for m in M, n in N {
    K[m, n] = X[m, n] > th;
    Y[m, n] = select(A[m, n], exp(X[m, n]), 0);
  }
}

kernel nibbles[M, N](X: f32[M, N], A: i4[M, N]) -> (K: i4[M, N], Y: f32[M, N], Z: i4[M, N], B: bit[M, N])
{
  for m in M, n in N {
    K[m, n] = X[m, n];
    Y[m, n] = A[m, n] * X[m, n];
    Z[m, n] = A[m, n] * 2;
    B[m, n] = A[m, n] < 0;
  }
}

kernel flip[M, N](A: bit[M, N], B: bit[M, N]) -> (Y: bit[M, N], W: i32[M])
{
  for m in M, n in N {
    Y[m, n] = A[m, n] != B[m, n];
    W[m]   += A[m, n];
  }
}

kernel quotients[N](X: i32[N], Z: i32[N]) -> Y: i32[N] { for n in N { Y[n] = X[n] / Z[n] + Z[n] / (X[n] - 1); } }
