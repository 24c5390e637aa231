// Batches of eight products summed in a tile, operands k-major: T tiles, so that they come from the second-level cache.
kernel tiles[T, M, N, K](A: f32[T, 8, K, M], B: f32[T, 8, K, N]) -> C: f32[T, M, N]
{
  for t in T, b in 8, m in M, n in N, k in K { C[t, m, n] += brgemm(A[t, b, k, m], B[t, b, k, n]); }
}
