kernel f[M, N % 8, P = M - 3](A: f32[M, N], inout B: f32[M, N]) -> (C: f32[N, M], s: f32)
{
  D: f32[M, N];
  for m in M, n in N {
    D[m, n] = A[m, n] + B[m, n];
    B[m, n] = D[m, n] * 2.0;
    s      += D[m, n];
  }
  turn: for m in M, n in N { C[n, m] = D[m, n]; }
}
kernel derived[M, P = M - 3](A: f32[M]) -> B: f32[P]
{
  for p in P { B[p] = A[p]; }
}
