// RUN: %tppc --emit=tpp -o - %s | FileCheck %s
// A temporary has the type of all that is written to it.
kernel f[M, K](X: f32[M, K], Q: i8[M, K]) -> (Y: f32[M], Z: i32[M])
{
  for m in M, k in K {
    a[m] = 0;
    a[m] += X[m, k];
    b[m] = 0;
    b[m] += Q[m, k];
    Y[m] = a[m];
    Z[m] = b[m];
  }
}

// CHECK: module level=tpp
// CHECK: kernel @f {
// CHECK-NEXT:   size @M origin=free
// CHECK-NEXT:   require status=size text="M >= 0" when=(M >= 0)
// CHECK-NEXT:   size @K origin=free
// CHECK-NEXT:   require status=size text="K >= 0" when=(K >= 0)
// CHECK-NEXT:   %X = param @X mode=in : f32[M, K]
// CHECK-NEXT:   %Q = param @Q mode=in : i8[M, K]
// CHECK-NEXT:   %Y = param @Y mode=out : f32[M]
// CHECK-NEXT:   %Z = param @Z mode=out : i32[M]
// CHECK-NEXT:   tpp.nest @nest0 [m: M, k: K] {
// CHECK-NEXT:     %a = tpp.temp @a : f32[M]
// CHECK-NEXT:     %b = tpp.temp @b : i32[M]
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %0 = tpp.const value=0.0 : f32
// CHECK-NEXT:       tpp.store %0, %a[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M, k: K] {
// CHECK-NEXT:       %1 = tpp.load %X[m, k] : f32
// CHECK-NEXT:       tpp.store %1, %a[m] init=0 update=add
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %2 = tpp.const value=0 : i32
// CHECK-NEXT:       tpp.store %2, %b[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M, k: K] {
// CHECK-NEXT:       %3 = tpp.load %Q[m, k] : i32
// CHECK-NEXT:       tpp.store %3, %b[m] init=0 update=add
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %4 = tpp.load %a[m] : f32
// CHECK-NEXT:       tpp.store %4, %Y[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %5 = tpp.load %b[m] : i32
// CHECK-NEXT:       tpp.store %5, %Z[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:   }
// CHECK-NEXT: }
