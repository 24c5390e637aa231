// Kernels that other programs import.
const WIDTH = 16;
kernel conv[B, H, W, C, K, R = 3, S = 1, Z = 1, P = (H + 2 * Z - R) / S + 1, Q = (W + 2 * Z - R) / S + 1](
    I: f32[n: B, h: H, w: W, c: C] pad(h: Z, w: Z), F: f32[R, R, C, K], bias: f32[K]) -> O: f32[B, P, Q, K]
{
  for n in B, p in P, q in Q, k in K, r in R, s in R, c in C {
    acc[n, p, q, k] += brgemm(I[n, p * S + r - Z, q * S + s - Z, c], F[r, s, c, k]);
    O[n, p, q, k]    = relu(acc[n, p, q, k] + bias[k]);
  }
}
schedule conv "NPkrscq" { k: 32; }
kernel stats[N, M](X: f32[M, N]) -> (total: f32[M], big: f32)
{
  for m in M, n in N { total[m] += X[m, n]; big max= abs(X[m, n]); }
}
kernel bump[N](inout X: f32[N], s: f32) { for n in N { X[n] = X[n] + s; } }
kernel to_vnni[N % WIDTH, K % 32](W: bf16[K, N]) -> V: bf16[k: K, n: N] as [n/16][k/32][k%32/2][n%16][k%2]
{
  for k in K, n in N { V[k, n] = W[k, n]; }
}
kernel product[M, N % WIDTH, K % 32](A: bf16[M, K], W: bf16[k: K, n: N] as [n/16][k/32][k%32/2][n%16][k%2])
    -> Y: f32[M, N]
{
  for m in M, n in N, k in K { Y[m, n] += brgemm(A[m, k], W[k, n]); }
}
kernel square[N](A: f32[N, N], B: f32[N, N]) -> C: f32[N, N]
{
  for i in N, j in N, k in N { C[i, j] += brgemm(A[i, k], B[k, j]); }
}
