// A sparse left factor is the right one of the product transposed, whether it is written as a product or as a sum.
// RUN: %tppc %s --emit=rt -o - | FileCheck %s --check-prefix=RT
// RUN: %tppc run %s -k rows -D M=37 -D N=19 --in A=int:1 --in X=int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k blocks -D M=37 -D N=19 --in A=int:1 --in X=int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k sum -D M=5 -D N=301 --in A=int:1 --in X=int:2 --verify | FileCheck %s
// RUN: %tppc run %s -k back -D M=37 -D N=19 --in A=int:1 --in Y=int:2 --verify | FileCheck %s
// CHECK: all bitwise equal
// RT: kernel @rows
// RT: storage=csr transposed=1
// RT: rt.sgemm
// RT: kernel @blocks
// RT: block_k=3 block_n=4
// RT-SAME: storage=bcsr transposed=1
// RT: kernel @sum
// RT: rt.sgemm
// RT: kernel @back
// RT-NOT: transposed
// RT: rt.sgemm
kernel rows[M, N](A: f32[M, 40] csr, X: f32[40, N]) -> Y: f32[M, N]
{
  for m in M, n in N, k in 40 { Y[m, n] += brgemm(A[m, k], X[k, n]); }
}
kernel blocks[M, N](A: bf16[M, 40] bcsr(4, 3), X: f32[40, N]) -> Y: f32[M, N]
{
  for m in M, n in N, k in 40 { Y[m, n] += brgemm(A[m, k], X[k, n]); }
}
kernel sum[M, N](A: f32[M, 40] csr, X: f32[40, N]) -> Y: f32[M, N]
{
  for m in M, n in N, k in 40 { Y[m, n] += A[m, k] * X[k, n]; }
}
kernel back[M, N](A: f32[M, 40] csr, Y: f32[M, N]) -> Z: f32[40, N]
{
  for m in M, n in N, k in 40 { Z[k, n] += A[m, k] * Y[m, n]; }
}
