// RUN: %tppc --emit=tpp -o - %s | FileCheck %s
// Elements of an output that nothing writes are zero.
kernel f[B, D, P](X: f32[B, D], z: f32[P]) -> (R: f32[B, D + P], Y: f32[D, 2], N: i8[B], S: f32[B + 1])
{
  for b in B, d in D, p in P {
    R[b, d] = X[b, d];
    R[b, D + p] = z[p];
    Y[d, 1] += X[b, d];
    S[b] += X[b, d];
  }
}

// CHECK: module level=tpp
// CHECK: kernel @f {
// CHECK-NEXT:   size @B origin=free
// CHECK-NEXT:   require status=size text="B >= 0" when=(B >= 0)
// CHECK-NEXT:   size @D origin=free
// CHECK-NEXT:   require status=size text="D >= 0" when=(D >= 0)
// CHECK-NEXT:   size @P origin=free
// CHECK-NEXT:   require status=size text="P >= 0" when=(P >= 0)
// CHECK-NEXT:   %X = param @X mode=in : f32[B, D]
// CHECK-NEXT:   %z = param @z mode=in : f32[P]
// CHECK-NEXT:   %R = param @R mode=out : f32[B, D + P]
// CHECK-NEXT:   %Y = param @Y mode=out : f32[D, 2]
// CHECK-NEXT:   %N = param @N mode=out : i8[B]
// CHECK-NEXT:   %S = param @S mode=out : f32[B + 1]
// CHECK-NEXT:   tpp.nest @zero_R0 [a: B, b: D + P] {
// CHECK-NEXT:     tpp.stmt [a: B, b: D + P] {
// CHECK-NEXT:       %1 = tpp.const value=0.0 : f32
// CHECK-NEXT:       tpp.store %1, %R[a, b] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:   }
// CHECK-NEXT:   tpp.nest @zero_Y0 [a: D, b: 2] {
// CHECK-NEXT:     tpp.stmt [a: D, b: 2] {
// CHECK-NEXT:       %4 = tpp.const value=0.0 : f32
// CHECK-NEXT:       tpp.store %4, %Y[a, b] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:   }
// CHECK-NEXT:   tpp.nest @zero_S0 [a: B + 1] {
// CHECK-NEXT:     tpp.stmt [a: B + 1] {
// CHECK-NEXT:       %6 = tpp.const value=0.0 : f32
// CHECK-NEXT:       tpp.store %6, %S[a] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:   }
// CHECK-NEXT:   tpp.nest @nest0 [b: B, d: D, p: P] {
// CHECK-NEXT:     tpp.stmt [b: B, d: D] {
// CHECK-NEXT:       %0 = tpp.load %X[b, d] : f32
// CHECK-NEXT:       tpp.store %0, %R[b, d] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [b: B, p: P] {
// CHECK-NEXT:       %2 = tpp.load %z[p] : f32
// CHECK-NEXT:       tpp.store %2, %R[b, D + p] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [b: B, d: D] {
// CHECK-NEXT:       %3 = tpp.load %X[b, d] : f32
// CHECK-NEXT:       tpp.store %3, %Y[d, 1] init=0 update=add
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [b: B, d: D] {
// CHECK-NEXT:       %5 = tpp.load %X[b, d] : f32
// CHECK-NEXT:       tpp.store %5, %S[b] init=0 update=add
// CHECK-NEXT:     }
// CHECK-NEXT:   }
// CHECK-NEXT:   tpp.nest @zero_N0 [a: B] {
// CHECK-NEXT:     tpp.stmt [a: B] {
// CHECK-NEXT:       %7 = tpp.const value=0 : i32
// CHECK-NEXT:       tpp.store %7, %N[a] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:   }
// CHECK-NEXT: }
