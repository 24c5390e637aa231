// RUN: %tppc --emit=tpp -o - %s | FileCheck %s
// Types as written, with row-major digits left out.
kernel f[M, K, N, L](A: bf16[m: M, k: K] as [k/32][m][k%32/2][k%2], B: f32[m: M, k: K] as [m][k], C: f32[M, K] ld(L),
    D: f32[h: M] pad(h: K), E: u8[M] range(0, 127), W: bf16[K, N] bcsc(8, 16), T: ternary[K, N] group(64),
    U: ternary[K, N], b: bit[M, K], i: i4[M, K], h: f16[M]) -> (Y: f32, Z: f32[M])
{
  for m in M { Z[m] = D[m] + E[m]; Y += C[m, 0]; }
}

// CHECK:   require status=size text="M >= 0" when=(M >= 0)
// CHECK:   require status=size text="K >= 0" when=(K >= 0)
// CHECK:   require status=size text="N >= 0" when=(N >= 0)
// CHECK:   require status=size text="L >= 0" when=(L >= 0)
// CHECK:   require status=promise text="K <= L" when=(K <= L)
// CHECK:   require status=index text="index 0 of C" when=(K > 0 || M <= 0)
// CHECK:   %A = param @A mode=in : bf16[m: M, k: K] as [k/32][m][k%32/2][k%2]
// CHECK:   %B = param @B mode=in : f32[m: M, k: K]
// CHECK:   %C = param @C mode=in : f32[M, K] ld(L)
// CHECK:   %D = param @D mode=in : f32[h: M] pad(h: K)
// CHECK:   %E = param @E mode=in : u8[M] range(0, 127)
// CHECK:   %W = param @W mode=in : bf16[K, N] bcsc(8, 16)
// CHECK:   %T = param @T mode=in : ternary[K, N] group(64)
// CHECK:   %U = param @U mode=in : ternary[K, N]
// CHECK:   %b = param @b mode=in : bit[M, K]
// CHECK:   %i = param @i mode=in : i4[M, K]
// CHECK:   %h = param @h mode=in : f16[M]
// CHECK:   %Y = param @Y mode=out : f32[]
// CHECK:   %Z = param @Z mode=out : f32[M]
