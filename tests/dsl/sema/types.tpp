// RUN: %tppc --emit=tpp -o - %s | FileCheck %s
// Operands are joined, constants take the type they meet, conversions are explicit, a store rounds once.
kernel f[M, N](h: bf16[M], d: f64[M], i: i8[M], l: i64[M], b: bit[M], s: bf16)
    -> (A: f32[M], B: f32[M], C: i32[M], E: u8[M], F: bf16[M], G: f32[M], H: bit[M], I: f64[M], J: i8[M])
{
  for m in M {
    A[m] = h[m] * s + i[m];
    B[m] = d[m] + 1;
    C[m] = i[m] * 2 + b[m];
    E[m] = h[m];
    F[m] = d[m] + 1 / N;
    G[m] = m * N + (1 / N) * 0.5;
    H[m] = h[m] > 0;
    I[m] = select(b[m] * (m < 3), convert<i8>(h[m]), -inf);
    J[m] = l[m] + m;
  }
}

// CHECK: module level=tpp
// CHECK: kernel @f {
// CHECK-NEXT:   size @M origin=free
// CHECK-NEXT:   require status=size text="M >= 0" when=(M >= 0)
// CHECK-NEXT:   size @N origin=free
// CHECK-NEXT:   require status=size text="N >= 0" when=(N >= 0)
// CHECK-NEXT:   %h = param @h mode=in : bf16[M]
// CHECK-NEXT:   %d = param @d mode=in : f64[M]
// CHECK-NEXT:   %i = param @i mode=in : i8[M]
// CHECK-NEXT:   %l = param @l mode=in : i64[M]
// CHECK-NEXT:   %b = param @b mode=in : bit[M]
// CHECK-NEXT:   %s = param @s mode=in : bf16
// CHECK-NEXT:   %A = param @A mode=out : f32[M]
// CHECK-NEXT:   %B = param @B mode=out : f32[M]
// CHECK-NEXT:   %C = param @C mode=out : i32[M]
// CHECK-NEXT:   %E = param @E mode=out : u8[M]
// CHECK-NEXT:   %F = param @F mode=out : bf16[M]
// CHECK-NEXT:   %G = param @G mode=out : f32[M]
// CHECK-NEXT:   %H = param @H mode=out : bit[M]
// CHECK-NEXT:   %I = param @I mode=out : f64[M]
// CHECK-NEXT:   %J = param @J mode=out : i8[M]
// CHECK-NEXT:   tpp.nest @nest0 [m: M] {
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %0 = tpp.load %h[m] : f32
// CHECK-NEXT:       %1 = tpp.mul %0, %s : f32
// CHECK-NEXT:       %2 = tpp.load %i[m] : i32
// CHECK-NEXT:       %3 = tpp.convert %2 : f32
// CHECK-NEXT:       %4 = tpp.add %1, %3 : f32
// CHECK-NEXT:       tpp.store %4, %A[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %5 = tpp.load %d[m] : f64
// CHECK-NEXT:       %6 = tpp.const value=1.0 : f64
// CHECK-NEXT:       %7 = tpp.add %5, %6 : f64
// CHECK-NEXT:       %8 = tpp.convert %7 : f32
// CHECK-NEXT:       tpp.store %8, %B[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %9 = tpp.load %i[m] : i32
// CHECK-NEXT:       %10 = tpp.const value=2 : i32
// CHECK-NEXT:       %11 = tpp.mul %9, %10 : i32
// CHECK-NEXT:       %12 = tpp.load %b[m] : bit
// CHECK-NEXT:       %13 = tpp.convert %12 : i32
// CHECK-NEXT:       %14 = tpp.add %11, %13 : i32
// CHECK-NEXT:       tpp.store %14, %C[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %15 = tpp.load %h[m] : f32
// CHECK-NEXT:       %16 = tpp.convert %15 : i32
// CHECK-NEXT:       tpp.store %16, %E[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %17 = tpp.load %d[m] : f64
// CHECK-NEXT:       %18 = tpp.const value=1.0 : f64
// CHECK-NEXT:       %19 = tpp.index value=(N) : i64
// CHECK-NEXT:       %20 = tpp.convert %19 : f64
// CHECK-NEXT:       %21 = tpp.div %18, %20 : f64
// CHECK-NEXT:       %22 = tpp.add %17, %21 : f64
// CHECK-NEXT:       tpp.store %22, %F[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %23 = tpp.index value=(N*m) : i64
// CHECK-NEXT:       %24 = tpp.convert %23 : f32
// CHECK-NEXT:       %25 = tpp.const value=1.0 : f32
// CHECK-NEXT:       %26 = tpp.index value=(N) : i64
// CHECK-NEXT:       %27 = tpp.convert %26 : f32
// CHECK-NEXT:       %28 = tpp.div %25, %27 : f32
// CHECK-NEXT:       %29 = tpp.const value=0.5 : f32
// CHECK-NEXT:       %30 = tpp.mul %28, %29 : f32
// CHECK-NEXT:       %31 = tpp.add %24, %30 : f32
// CHECK-NEXT:       tpp.store %31, %G[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %32 = tpp.load %h[m] : f32
// CHECK-NEXT:       %33 = tpp.const value=0.0 : f32
// CHECK-NEXT:       %34 = tpp.gt %32, %33 : bit
// CHECK-NEXT:       tpp.store %34, %H[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %35 = tpp.load %b[m] : bit
// CHECK-NEXT:       %36 = tpp.index value=(m) : i64
// CHECK-NEXT:       %37 = tpp.const value=3 : i64
// CHECK-NEXT:       %38 = tpp.lt %36, %37 : bit
// CHECK-NEXT:       %39 = tpp.convert %35 : i32
// CHECK-NEXT:       %40 = tpp.convert %38 : i32
// CHECK-NEXT:       %41 = tpp.mul %39, %40 : i32
// CHECK-NEXT:       %42 = tpp.load %h[m] : f32
// CHECK-NEXT:       %43 = tpp.convert %42 : i32
// CHECK-NEXT:       %44 = tpp.round %43 to=i8 : i32
// CHECK-NEXT:       %45 = tpp.const value=0 : i32
// CHECK-NEXT:       %46 = tpp.ne %41, %45 : bit
// CHECK-NEXT:       %47 = tpp.convert %44 : f32
// CHECK-NEXT:       %48 = tpp.const value=-inf : f32
// CHECK-NEXT:       %49 = tpp.select %46, %47, %48 : f32
// CHECK-NEXT:       %50 = tpp.convert %49 : f64
// CHECK-NEXT:       tpp.store %50, %I[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:     tpp.stmt [m: M] {
// CHECK-NEXT:       %51 = tpp.load %l[m] : i64
// CHECK-NEXT:       %52 = tpp.index value=(m) : i64
// CHECK-NEXT:       %53 = tpp.add %51, %52 : i64
// CHECK-NEXT:       %54 = tpp.convert %53 : i32
// CHECK-NEXT:       tpp.store %54, %J[m] update=set
// CHECK-NEXT:     }
// CHECK-NEXT:   }
// CHECK-NEXT: }
