// RUN: %tppc --emit=tpp -o - %s | FileCheck %s
// Integers are summed as integers before they enter a tensor of floats, f64 before f32.
kernel f[M, K](Q: i8[M, K], D: f64[M, K], b: bit[M, K], R: i8[K, M])
    -> (Y: f32[M], Z: f32[M], C: i32, P: f32[M, M], T: bf16[M])
{
  for m in M, n in M, k in K {
    Y[m] += Q[m, k];
    Z[m] += D[m, k];
    C += b[m, k];
    P[m, n] += brgemm(Q[m, k], R[k, n]);
    T[m] += D[m, k];
    T[m] += D[m, k];
  }
}

// CHECK: module level=tpp
// CHECK: kernel @f {
// CHECK-NEXT:   size @M origin=free
// CHECK-NEXT:   require status=size text="M >= 0" when=(M >= 0)
// CHECK-NEXT:   size @K origin=free
// CHECK-NEXT:   require status=size text="K >= 0" when=(K >= 0)
// CHECK-NEXT:   %Q = param @Q mode=in : i8[M, K]
// CHECK-NEXT:   %D = param @D mode=in : f64[M, K]
// CHECK-NEXT:   %b = param @b mode=in : bit[M, K]
// CHECK-NEXT:   %R = param @R mode=in : i8[K, M]
// CHECK-NEXT:   %Y = param @Y mode=out : f32[M]
// CHECK-NEXT:   %Z = param @Z mode=out : f32[M]
// CHECK-NEXT:   %C = param @C mode=out : i32[]
// CHECK-NEXT:   %P = param @P mode=out : f32[M, M]
// CHECK-NEXT:   %T = param @T mode=out : bf16[M]
// CHECK-NEXT:   tpp.nest @nest0 [m: M, n: M, k: K] {
// CHECK-NEXT:     %$t0 = tpp.temp @$t0 : i32[M]
// CHECK-NEXT:     %$t1 = tpp.temp @$t1 : f64[M]
// CHECK-NEXT:     %$t2 = tpp.temp @$t2 : i32[M, M]
// CHECK-NEXT:     %$t3 = tpp.temp @$t3 : f64[M]
// CHECK-NEXT:     %$t4 = tpp.temp @$t4 : f64[M]
// CHECK-NEXT:     tpp.stmt [m: M, k: K] {
// CHECK-NEXT:       %0 = tpp.load %Q[m, k] : i32
// CHECK-NEXT:       tpp.store %0, %$t0[m] init=1 update=add
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %1 = tpp.load %$t0[m] : i32
// CHECK-NEXT:       %2 = tpp.convert %1 : f32
// CHECK-NEXT:       tpp.store %2, %Y[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M, k: K] {
// CHECK-NEXT:       %3 = tpp.load %D[m, k] : f64
// CHECK-NEXT:       tpp.store %3, %$t1[m] init=1 update=add
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %4 = tpp.load %$t1[m] : f64
// CHECK-NEXT:       %5 = tpp.convert %4 : f32
// CHECK-NEXT:       tpp.store %5, %Z[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M, k: K] {
// CHECK-NEXT:       %6 = tpp.load %b[m, k] : bit
// CHECK-NEXT:       %7 = tpp.convert %6 : i32
// CHECK-NEXT:       tpp.store %7, %C init=1 update=add
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.contract [m: M, n: M, k: K] %$t2[m, n], %Q[m, k], %R[k, n] init=1
// CHECK-NEXT:     tpp.stmt [m: M, n: M] {
// CHECK-NEXT:       %8 = tpp.load %$t2[m, n] : i32
// CHECK-NEXT:       %9 = tpp.convert %8 : f32
// CHECK-NEXT:       tpp.store %9, %P[m, n] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M, k: K] {
// CHECK-NEXT:       %10 = tpp.load %D[m, k] : f64
// CHECK-NEXT:       tpp.store %10, %$t3[m] init=1 update=add
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %11 = tpp.load %$t3[m] : f64
// CHECK-NEXT:       tpp.store %11, %T[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M, k: K] {
// CHECK-NEXT:       %12 = tpp.load %D[m, k] : f64
// CHECK-NEXT:       tpp.store %12, %$t4[m] init=1 update=add
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %13 = tpp.load %$t4[m] : f64
// CHECK-NEXT:       %14 = tpp.convert %13 : f32
// CHECK-NEXT:       tpp.store %14, %T[m] init=0 update=add
// CHECK-NEXT:     }
// CHECK-NEXT:   }
// CHECK-NEXT: }
