// RUN: %tppc --emit=tpp -o - %s | FileCheck %s
// The first schedule that matches wins; sizes may be constants; knobs keep their order.
const T = 64;
kernel f[M, K = 256](A: f32[M, K], B: f32[K, M], inout C: f32[M, M])
{
  for m in M, n in M, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
schedule f for "amx" "mnk" { }
schedule f when K > 1000 "mnk" { }
schedule f for "avx2" when (K >= T) * (K == 256) "mkN@schedule(dynamic,1)" {
  m: T; n: 32; k: K; pack A, B; kernel brgemm = xsmm; threads 8; prefetch;
}
schedule f "nmk" { }

// CHECK:     tpp.schedule kernel=xsmm origin=program pack=[A, B] prefetch=1 sizes={{[[]}}[m, 64], [n, 32], [k, 256]] string="mkN@schedule(dynamic,1)" threads=8
