// A dense layer whose weights are stored as the microkernel reads them: VNNI-2 blocks of 64 columns.
kernel layer[M, K = 512, N = 512](
    X: bf16[M, K],
    W: bf16[k: K, n: N] as [n/64][k/32][k%32/2][n%64][k%2],
    b: f32[N]) -> Y: bf16[M, N]
{
  for m in M, n in N, k in K {
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    Y[m, n]    = relu(acc[m, n] + b[n]);
  }
}

schedule layer "MNk" { m: 32; n: 64; k: 512; }
