// 8-bit mantissas with one exponent a tensor: the integers of the product shifted until the largest fits.
// RUN: %tppc run %s -k dfp_fc -D M=13 -D K=40 -D N=35 --in X=rand:1 --in W=rand:2 --in ex=-3 --in ew=2 --verify | FileCheck %s
// RUN: %tppc run %s -k dfp_fc -D M=3 -D K=0 -D N=5 --in ex=-3 --in ew=2 --verify | FileCheck %s
// RUN: %tppc run %s -k dfp_fc_static -D M=13 -D K=40 -D N=35 --in X=rand:1 --in W=rand:2 --in bias=rand:3 --in sh=7 --verify | FileCheck %s
// RUN: %tppc run %s -k dfp_fc_static -D M=6 -D K=9 -D N=70 --in X=int:1 --in W=int:2 --in bias=int:3 --in sh=0 --verify | FileCheck %s
// CHECK: verify: {{[0-9]+}} elements, all bitwise equal
kernel dfp_fc[M, K, N](X: i8[M, K], ex: i32, W: i8[K, N], ew: i32) -> (Y: i8[M, N], ey: i32)
{
  for m in M, n in N, k in K {
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    top     max= abs(acc[m, n]);
    sh         = max(bits(top) - 7, 0);
    Y[m, n]    = shr_rne(relu(acc[m, n]), sh);
    ey         = ex + ew + sh;
  }
}
kernel dfp_fc_static[M, K, N](X: u8[M, K], W: i8[K, N], bias: i32[N], sh: i32) -> Y: u8[M, N]
{
  for m in M, n in N, k in K {
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    Y[m, n]    = shr_rne(relu(acc[m, n] + bias[n]), sh);
  }
}
