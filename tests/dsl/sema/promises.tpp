// RUN: %tppc --emit=tpp -o - %s | FileCheck %s
// Sizes: free, default, promised, derived, and what the entry point checks.
const T = 128;
kernel f[M % 32, N <= T, K = 2 * T, P = M / 4 + K, Q <= M](X: f32[M, N], Y: f32[K, P] ld(Q)) -> Z: f32[M]
{
  for m in M { Z[m] = sum(X[m, :]); }
}

// CHECK: module level=tpp
// CHECK: kernel @f {
// CHECK-NEXT:   size @M origin=free
// CHECK-NEXT:   require status=size text="M >= 0" when=(M >= 0)
// CHECK-NEXT:   require status=promise text="M % 32" when=(M % 32 == 0)
// CHECK-NEXT:   size @N origin=free
// CHECK-NEXT:   require status=size text="N >= 0" when=(N >= 0)
// CHECK-NEXT:   require status=promise text="N <= 128" when=(N <= 128)
// CHECK-NEXT:   size @K origin=default value=(256)
// CHECK-NEXT:   size @P origin=derived value=(K + M/4)
// CHECK-NEXT:   size @Q origin=free
// CHECK-NEXT:   require status=size text="Q >= 0" when=(Q >= 0)
// CHECK-NEXT:   require status=promise text="Q <= M" when=(Q <= M)
// CHECK-NEXT:   require status=promise text="P <= Q" when=(P <= Q)
// CHECK-NEXT:   %X = param @X mode=in : f32[M, N]
// CHECK-NEXT:   %Y = param @Y mode=in : f32[K, P] ld(Q)
// CHECK-NEXT:   %Z = param @Z mode=out : f32[M]
// CHECK-NEXT:   tpp.nest @nest0 [m: M] {
// CHECK-NEXT:     %$t0 = tpp.temp @$t0 : f32[M]
// CHECK-NEXT:     tpp.stmt [m: M, $1: N] {
// CHECK-NEXT:       %0 = tpp.load %X[m, $1] : f32
// CHECK-NEXT:       tpp.store %0, %$t0[m] init=1 update=add
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %1 = tpp.load %$t0[m] : f32
// CHECK-NEXT:       tpp.store %1, %Z[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:   }
// CHECK-NEXT: }
