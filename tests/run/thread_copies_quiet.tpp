// The sum over the copies of the threads is no statement of the program: -Wperf says nothing of it.
// RUN: %tppc run %s -D M=300 -D N=9 --in X=int:1 --threads 3 --verify -Werror | FileCheck %s
// CHECK: all bitwise equal
kernel total[M, N](X: f32[M, N]) -> S: f32
{
  for m in M, n in N { S += X[m, n]; }
}
schedule total "Mn" { m: 16; n: 64; reduce m = private; }
