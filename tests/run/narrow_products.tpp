// Products of four-bit and single-bit operands on either side: their blocks are widened for a microkernel.
// RUN: %tppc run %s -k grouped -D M=37 -D N=67 -D G=3 --in X=int:1 --in W=int:2 --in s=int:3 --verify --threads 2 | FileCheck %s
// RUN: %tppc run %s -k grouped -D M=1 -D N=1 -D G=1 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k grouped -D M=0 -D N=5 -D G=2 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k bytes -D M=33 -D N=17 -D K=65 --verify --threads 2 | FileCheck %s
// RUN: %tppc run %s -k bytes -D M=33 -D N=17 -D K=65 --verify -O0 --schedule 'bytes=knm; m: 7; n: 5; k: 13' | FileCheck %s
// RUN: %tppc run %s -k left -D M=13 -D N=40 -D K=19 --in X=int:1 --verify | FileCheck %s
// RUN: %tppc run %s -k signs -D M=9 -D N=31 -D K=129 --verify --threads 2 | FileCheck %s
// RUN: %tppc run %s -k signs -D M=9 -D N=31 -D K=129 --verify --schedule 'signs=NMk; m: 4; n: 8; k: 32' | FileCheck %s
// RUN: %tppc explain %s -k grouped -D M=64 -D N=128 -D G=3 2>&1 | FileCheck %s --check-prefix=WIDE
// CHECK: verify: {{.*}} all bitwise equal
// WIDE: W -> W_wide
// WIDE-NEXT: product {{.*}}: X, W_wide -> t
kernel grouped[M, N, G, K = 64 * G](X: bf16[M, K], W: i4[K, N], s: f32[G, N]) -> Y: f32[M, N]
{
  for m in M, n in N, g in G, k in 64 {
    t[m, n, g] += brgemm(X[m, g * 64 + k], W[g * 64 + k, n]);
    Y[m, n] += t[m, n, g] * s[g, n];
  }
}
kernel bytes[M, N, K](X: u8[M, K], W: i4[N, K]) -> Y: i32[M, N]
{
  for m in M, n in N, k in K { Y[m, n] += brgemm(X[m, k], W[n, k]); }
}
kernel left[M, N, K](W: i4[K, M], X: f32[K, N]) -> Y: f32[M, N]
{
  for m in M, n in N, k in K { Y[m, n] += brgemm(W[k, m], X[k, n]); }
}
kernel signs[M, N, K](A: bit[M, K], B: bit[K, N]) -> Y: i32[M, N]
{
  for m in M, n in N, k in K { Y[m, n] += brgemm(A[m, k], B[k, n]); }
}
