// RUN: %tppc --emit=tpp -o - %s | FileCheck %s
// Where an update starts: from the identity, from an earlier =, from the value of an inout.
kernel f[M, K](X: f32[M, K], inout C: f32[M]) -> (Y: f32[M], Z: f32[M], W: f32[M])
{
  L: f32[M];
  for m in M, k in K {
    C[m] += X[m, k];
    Y[m] += X[m, k];
    Y[m] += 2 * X[m, k];
    t[m] = C[m];
    t[m] max= X[m, k];
    Z[m] = t[m];
    L[m] = X[m, 0];
  }
  for m in M, k in K {
    Z[m] += X[m, k];
    L[m] *= X[m, k];
    W[m] = L[m];
    W[m] = W[m] + 1;
  }
}

// CHECK: module level=tpp
// CHECK: kernel @f {
// CHECK-NEXT:   size @M origin=free
// CHECK-NEXT:   require status=size text="M >= 0" when=(M >= 0)
// CHECK-NEXT:   size @K origin=free
// CHECK-NEXT:   require status=size text="K >= 0" when=(K >= 0)
// CHECK-NEXT:   require status=index text="index 0 of X" when=(K > 0 || M <= 0)
// CHECK-NEXT:   %X = param @X mode=in : f32[M, K]
// CHECK-NEXT:   %C = param @C mode=inout : f32[M]
// CHECK-NEXT:   %Y = param @Y mode=out : f32[M]
// CHECK-NEXT:   %Z = param @Z mode=out : f32[M]
// CHECK-NEXT:   %W = param @W mode=out : f32[M]
// CHECK-NEXT:   %L = local @L : f32[M]
// CHECK-NEXT:   tpp.nest @nest0 [m: M, k: K] {
// CHECK-NEXT:     %t = tpp.temp @t : f32[M]
// CHECK-NEXT:     tpp.stmt [m: M, k: K] {
// CHECK-NEXT:       %0 = tpp.load %X[m, k] : f32
// CHECK-NEXT:       tpp.store %0, %C[m] init=0 update=add
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M, k: K] {
// CHECK-NEXT:       %1 = tpp.load %X[m, k] : f32
// CHECK-NEXT:       tpp.store %1, %Y[m] init=1 update=add
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M, k: K] {
// CHECK-NEXT:       %2 = tpp.load %X[m, k] : f32
// CHECK-NEXT:       %3 = tpp.const value=2.0 : f32
// CHECK-NEXT:       %4 = tpp.mul %3, %2 : f32
// CHECK-NEXT:       tpp.store %4, %Y[m] init=0 update=add
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %5 = tpp.load %C[m] : f32
// CHECK-NEXT:       tpp.store %5, %t[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M, k: K] {
// CHECK-NEXT:       %6 = tpp.load %X[m, k] : f32
// CHECK-NEXT:       tpp.store %6, %t[m] init=0 update=max
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %7 = tpp.load %t[m] : f32
// CHECK-NEXT:       tpp.store %7, %Z[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %8 = tpp.load %X[m, 0] : f32
// CHECK-NEXT:       tpp.store %8, %L[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:   }
// CHECK-NEXT:   tpp.nest @nest1 [m: M, k: K] {
// CHECK-NEXT:     tpp.stmt [m: M, k: K] {
// CHECK-NEXT:       %9 = tpp.load %X[m, k] : f32
// CHECK-NEXT:       tpp.store %9, %Z[m] init=0 update=add
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M, k: K] {
// CHECK-NEXT:       %10 = tpp.load %X[m, k] : f32
// CHECK-NEXT:       tpp.store %10, %L[m] init=0 update=mul
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %11 = tpp.load %L[m] : f32
// CHECK-NEXT:       tpp.store %11, %W[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %12 = tpp.load %W[m] : f32
// CHECK-NEXT:       %13 = tpp.const value=1.0 : f32
// CHECK-NEXT:       %14 = tpp.add %12, %13 : f32
// CHECK-NEXT:       tpp.store %14, %W[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:   }
// CHECK-NEXT: }
