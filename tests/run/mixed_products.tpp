// Operands of a product that no microkernel takes together: one is converted block by block, and the
// sums are those of the interpreter to the bit.
// RUN: %tppc run %s -k wide -D M=37 -D N=67 -D K=70 --in A=int:1 --in B=int:2 --in C=int:3 --verify --threads 2 | FileCheck --check-prefix=EQUAL %s
// RUN: %tppc run %s -k byte -D M=37 -D N=67 -D K=70 --in A=int:1 --in B=int:2 --verify --threads 2 | FileCheck --check-prefix=EQUAL %s
// RUN: %tppc run %s -k half -D M=37 -D N=67 -D K=70 --in A=int:1 --in B=int:2 --verify | FileCheck --check-prefix=EQUAL %s
// RUN: %tppc run %s -k mask -D M=37 -D N=67 -D K=70 --in A=int:1 --in B=int:2 --verify | FileCheck --check-prefix=EQUAL %s
// RUN: %tppc run %s -k blocked -D M=37 -D N=67 -D K=70 --in A=int:1 --in B=int:2 --verify | FileCheck --check-prefix=EQUAL %s
// RUN: %tppc run %s -k padded -D B=2 -D H=5 -D W=7 -D C=9 -D K=17 --in I=int:1 --in F=int:2 --verify | FileCheck --check-prefix=EQUAL %s
// EQUAL: all bitwise equal

kernel wide[M, N, K](A: f64[M, K], B: f32[K, N], inout C: f64[M, N])
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}

kernel byte[M, N, K](A: u8[K, M], B: bf16[N, K]) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[k, m], B[n, k]); }
}

kernel half[M, N, K](A: f16[M, K], B: bf16[K, N]) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}

kernel mask[M, N, K](A: bit[M, K], B: bit[K, N]) -> C: i32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}

kernel blocked[M, N, K](A: bf16[m: M, k: K] as [m/32][k/32][m%32][k%32],
                        B: i8[k: K, n: N] as [n/16][k/4][n%16][k%4]) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}

kernel padded[B, H, W, C, K](I: i8[n: B, h: H, w: W, c: C] pad(h: 1, w: 1), F: bf16[3, 3, C, K]) -> O: f32[B, H, W, K]
{
  for n in B, h in H, w in W, k in K, r in 3, s in 3, c in C {
    O[n, h, w, k] += brgemm(I[n, h + r - 1, w + s - 1, c], F[r, s, c, k]);
  }
}
