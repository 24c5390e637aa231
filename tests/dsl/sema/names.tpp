// RUN: %tppc --emit=tpp -o - %s | FileCheck %s
// Names of sizes and letters become symbols; statements keep their order; temporaries stand first.
kernel f[M, K = 768, N = 3072](X: bf16[M, K], W: bf16[K, N], b: f32[N]) -> Y: bf16[M, N]
{
  for m in M, n in N, k in K {
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    Y[m, n]    = gelu(acc[m, n] + b[n]);
  }
}
schedule f "nkMN" { m: 32; n: 256, 64; k: 256; }

// CHECK: module level=tpp
// CHECK: kernel @f {
// CHECK-NEXT:   size @M origin=free
// CHECK-NEXT:   require status=size text="M >= 0" when=(M >= 0)
// CHECK-NEXT:   size @K origin=default value=(768)
// CHECK-NEXT:   size @N origin=default value=(3072)
// CHECK-NEXT:   %X = param @X mode=in : bf16[M, K]
// CHECK-NEXT:   %W = param @W mode=in : bf16[K, N]
// CHECK-NEXT:   %b = param @b mode=in : f32[N]
// CHECK-NEXT:   %Y = param @Y mode=out : bf16[M, N]
// CHECK-NEXT:   tpp.nest @nest0 [m: M, n: N, k: K] {
// CHECK-NEXT:     tpp.schedule origin=program sizes={{[[]}}[m, 32], [n, 256, 64], [k, 256]] string="nkMN"
// CHECK-NEXT:     %acc = tpp.temp @acc : f32[M, N]
// CHECK-NEXT:     tpp.contract [m: M, n: N, k: K] %acc[m, n], %X[m, k], %W[k, n] init=1
// CHECK-NEXT:     tpp.stmt [m: M, n: N] {
// CHECK-NEXT:       %0 = tpp.load %acc[m, n] : f32
// CHECK-NEXT:       %1 = tpp.load %b[n] : f32
// CHECK-NEXT:       %2 = tpp.add %0, %1 : f32
// CHECK-NEXT:       %3 = tpp.gelu %2 : f32
// CHECK-NEXT:       tpp.store %3, %Y[m, n] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:   }
// CHECK-NEXT: }
