// The products that the benchmark times: PARLOOPER's blocked GEMM, loops a (K), b (M), c (N), in F32 and BF16.
kernel gemm_f32[M % 32, N % 32, K % 64](
    A: f32[m: M, k: K] as [m/32][k/64][m%32][k%64],
    B: f32[k: K, n: N] as [n/32][k/64][k%64][n%32])
    -> C: f32[m: M, n: N] as [n/32][m/32][m%32][n%32]
{
  for a in K, b in M, c in N {
    acc[b, c] += brgemm(A[b, a], B[a, c]);
    C[b, c]    = acc[b, c];
  }
}

kernel gemm_bf16[M % 32, N % 32, K % 64](
    A: bf16[m: M, k: K] as [m/32][k/64][m%32][k%64],
    B: bf16[k: K, n: N] as [n/32][k/64][k%64/2][n%32][k%2])
    -> C: f32[m: M, n: N] as [n/32][m/32][m%32][n%32]
{
  for a in K, b in M, c in N {
    acc[b, c] += brgemm(A[b, a], B[a, c]);
    C[b, c]    = acc[b, c];
  }
}

// Row-major operands, and transposed as backward passes read them.
kernel gemm_nn[M, N, K](A: f32[M, K], B: f32[K, N]) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
kernel gemm_tn[M, N, K](A: f32[K, M], B: f32[K, N]) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[k, m], B[k, n]); }
}
kernel gemm_nt[M, N, K](A: f32[M, K], B: f32[N, K]) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[n, k]); }
}

schedule gemm_f32 "aBC" { a: 256; b: 32; c: 32; }
schedule gemm_bf16 "aBC" { a: 256; b: 32; c: 32; }
