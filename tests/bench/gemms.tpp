// Products of 1024 x 1024 x 1024 and the like, row-major, in every type.
kernel f32_gemm[M, N, K](A: f32[M, K], B: f32[K, N]) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
kernel bf16_gemm[M, N, K](A: bf16[M, K], B: bf16[K, N]) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
kernel u8i8_gemm[M, N, K](A: u8[M, K], B: i8[K, N]) -> C: i32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
// The promise that pairs of products fit 16 bits.
kernel u7i8_gemm[M, N, K](A: u8[M, K] range(0, 127), B: i8[K, N]) -> C: i32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}

// Bytes with what follows a product of them: scales and a bias to F32; a shift back to 8 bits that
// the caller gives; and one that the largest result decides.
kernel dequant_gemm[M, N, K](A: u8[M, K], B: i8[K, N], sa: f32, sb: f32[N], bias: f32[N]) -> C: f32[M, N]
{
  for m in M, n in N, k in K {
    acc[m, n] += brgemm(A[m, k], B[k, n]);
    C[m, n]    = relu(acc[m, n] * (sa * sb[n]) + bias[n]);
  }
}
kernel requant_gemm[M, N, K](A: u8[M, K], B: i8[K, N], bias: i32[N], sh: i32) -> C: i8[M, N]
{
  for m in M, n in N, k in K {
    acc[m, n] += brgemm(A[m, k], B[k, n]);
    C[m, n]    = shr_rne(relu(acc[m, n] + bias[n]), sh);
  }
}
kernel requant_dynamic_gemm[M, N, K](A: u8[M, K], B: i8[K, N], ea: i32, eb: i32) -> (C: i8[M, N], ec: i32)
{
  for m in M, n in N, k in K {
    acc[m, n] += brgemm(A[m, k], B[k, n]);
    top     max= abs(acc[m, n]);
    sh         = max(bits(top) - 7, 0);
    C[m, n]    = shr_rne(relu(acc[m, n]), sh);
    ec         = ea + eb + sh;
  }
}

// Ternary weights with one scale a column, and one for each 64 weights of a column.
kernel ternary_gemm[M, N, K](A: i8[M, K], B: ternary[K, N]) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
kernel ternary64_gemm[M, N, K](A: i8[M, K], B: ternary[K, N] group(64)) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
kernel ternary64_gemv[N, K](A: i8[K], B: ternary[K, N] group(64)) -> C: f32[N]
{
  for n in N, k in K { C[n] += brgemm(A[k], B[k, n]); }
}

// Sparse weights, by columns and, with csr, by rows.
kernel spmm_1x1[M, N, K](A: f32[M, K], B: f32[K, N] bcsc(1, 1)) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
kernel spmm_4x4[M, N, K](A: f32[M, K], B: f32[K, N] bcsc(4, 4)) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
kernel spmm_8x8[M, N, K](A: f32[M, K], B: f32[K, N] bcsc(8, 8)) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
kernel spmm_32x32[M, N, K](A: f32[M, K], B: f32[K, N] bcsc(32, 32)) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
kernel spmm_bf16_1x1[M, N, K](A: bf16[M, K], B: bf16[K, N] bcsc(1, 1)) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
kernel spmm_bf16_8x8[M, N, K](A: bf16[M, K], B: bf16[K, N] bcsc(8, 8)) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
kernel spmm_bf16_32x32[M, N, K](A: bf16[M, K], B: bf16[K, N] bcsc(32, 32)) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
kernel spmm_csr[M, N, K](A: f32[M, K], B: f32[K, N] csr) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}

// The sparse matrix on the left.
kernel left_1x1[M, N, K](A: f32[M, K] csr, B: f32[K, N]) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
kernel left_4x4[M, N, K](A: f32[M, K] bcsr(4, 4), B: f32[K, N]) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
kernel left_8x8[M, N, K](A: f32[M, K] bcsr(8, 8), B: f32[K, N]) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
kernel left_32x32[M, N, K](A: f32[M, K] bcsr(32, 32), B: f32[K, N]) -> C: f32[M, N]
{
  for m in M, n in N, k in K { C[m, n] += brgemm(A[m, k], B[k, n]); }
}
