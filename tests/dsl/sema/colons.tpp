// RUN: %tppc --emit=tpp -o - %s | FileCheck %s
// Colons become hidden letters, counted from the last; sum and max become statements of their own.
kernel f[M, N](X: f32[M, N], g: f32[N], T: f32[M, N, 4]) -> (Y: f32[M, N], Z: f32[N, 4], S: f32[M])
{
  for m in M {
    e[m, :] = exp(X[m, :] - max(X[m, :]));
    Y[m, :] = e[m, :] / sum(e[m, :]) * g[:];
    Z[:, :] += T[m, :, :];
    S[m] += X[m, :];
  }
}

// CHECK: module level=tpp
// CHECK: kernel @f {
// CHECK-NEXT:   size @M origin=free
// CHECK-NEXT:   require status=size text="M >= 0" when=(M >= 0)
// CHECK-NEXT:   size @N origin=free
// CHECK-NEXT:   require status=size text="N >= 0" when=(N >= 0)
// CHECK-NEXT:   %X = param @X mode=in : f32[M, N]
// CHECK-NEXT:   %g = param @g mode=in : f32[N]
// CHECK-NEXT:   %T = param @T mode=in : f32[M, N, 4]
// CHECK-NEXT:   %Y = param @Y mode=out : f32[M, N]
// CHECK-NEXT:   %Z = param @Z mode=out : f32[N, 4]
// CHECK-NEXT:   %S = param @S mode=out : f32[M]
// CHECK-NEXT:   tpp.nest @nest0 [m: M] {
// CHECK-NEXT:     %$t0 = tpp.temp @$t0 : f32[M]
// CHECK-NEXT:     %e = tpp.temp @e : f32[M, N]
// CHECK-NEXT:     %$t1 = tpp.temp @$t1 : f32[M]
// CHECK-NEXT:     tpp.stmt [m: M, $1: N] {
// CHECK-NEXT:       %1 = tpp.load %X[m, $1] : f32
// CHECK-NEXT:       tpp.store %1, %$t0[m] init=1 update=max
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M, $1: N] {
// CHECK-NEXT:       %0 = tpp.load %X[m, $1] : f32
// CHECK-NEXT:       %2 = tpp.load %$t0[m] : f32
// CHECK-NEXT:       %3 = tpp.sub %0, %2 : f32
// CHECK-NEXT:       %4 = tpp.exp %3 : f32
// CHECK-NEXT:       tpp.store %4, %e[m, $1] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M, $1: N] {
// CHECK-NEXT:       %6 = tpp.load %e[m, $1] : f32
// CHECK-NEXT:       tpp.store %6, %$t1[m] init=1 update=add
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M, $1: N] {
// CHECK-NEXT:       %5 = tpp.load %e[m, $1] : f32
// CHECK-NEXT:       %7 = tpp.load %$t1[m] : f32
// CHECK-NEXT:       %8 = tpp.div %5, %7 : f32
// CHECK-NEXT:       %9 = tpp.load %g[$1] : f32
// CHECK-NEXT:       %10 = tpp.mul %8, %9 : f32
// CHECK-NEXT:       tpp.store %10, %Y[m, $1] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M, $2: N, $1: 4] {
// CHECK-NEXT:       %11 = tpp.load %T[m, $2, $1] : f32
// CHECK-NEXT:       tpp.store %11, %Z[$2, $1] init=1 update=add
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M, $1: N] {
// CHECK-NEXT:       %12 = tpp.load %X[m, $1] : f32
// CHECK-NEXT:       tpp.store %12, %S[m] init=1 update=add
// CHECK-NEXT:     }
// CHECK-NEXT:   }
// CHECK-NEXT: }
