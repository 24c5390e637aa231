// Products of bytes are exact over the whole range of their types; a promise of narrower values admits kernels that
// pair products in 16 bits.
// RUN: %tppc run %s -k unsigned_signed -D M=33 -D N=41 -D K=67 --verify | FileCheck %s
// RUN: %tppc run %s -k both_signed -D M=33 -D N=41 -D K=67 --verify | FileCheck %s
// RUN: %tppc run %s -k both_unsigned -D M=33 -D N=41 -D K=67 --verify | FileCheck %s
// RUN: %tppc run %s -k signed_unsigned -D M=33 -D N=41 -D K=67 --verify | FileCheck %s
// RUN: %tppc run %s -k narrow -D M=33 -D N=41 -D K=67 --verify | FileCheck %s
// RUN: env TPP_ISA=avx2 %tppc run %s -k narrow -D M=33 -D N=41 -D K=67 --verify | FileCheck %s
// RUN: env TPP_ISA=avx2 %tppc run %s -k vnni -D M=33 -D N=41 -D K=68 --verify | FileCheck %s
// RUN: %tppc run %s -k vnni -D M=33 -D N=41 -D K=67 --verify | FileCheck %s
// RUN: %tppc %s --emit=rt -o - | FileCheck %s --check-prefix=SELECT
// CHECK: all bitwise equal
// SELECT: @unsigned_signed
// SELECT-NOT: fits16
// SELECT: @narrow
// SELECT: fits16=1
kernel unsigned_signed[M, K, N](X: u8[M, K], W: i8[K, N]) -> Y: i32[M, N]
{
  for m in M, n in N, k in K { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
kernel both_signed[M, K, N](X: i8[M, K], W: i8[K, N]) -> Y: i32[M, N]
{
  for m in M, n in N, k in K { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
kernel both_unsigned[M, K, N](X: u8[M, K], W: u8[K, N]) -> Y: i32[M, N]
{
  for m in M, n in N, k in K { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
kernel signed_unsigned[M, K, N](X: i8[M, K], W: u8[K, N]) -> Y: i32[M, N]
{
  for m in M, n in N, k in K { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
kernel narrow[M, K, N](X: u8[M, K] range(0, 127), W: i8[K, N]) -> Y: i32[M, N]
{
  for m in M, n in N, k in K { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
kernel vnni[M, K, N](X: u8[M, K] range(0, 127), W: i8[k: K, n: N] as [k/4][n][k%4]) -> Y: i32[M, N]
{
  for m in M, n in N, k in K { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
