// One kernel of each family, for a machine that is not this one.
kernel fc[M, K, N](X: f32[M, K], W: f32[K, N], b: f32[N]) -> Y: f32[M, N]
{
  for m in M, n in N, k in K {
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    Y[m, n] = relu(acc[m, n] + b[n]);
  }
}
schedule fc "nkMN" { m: 8; n: 32, 16; k: 32; }

kernel doubles[M, K, N](X: f64[M, K], W: f64[K, N]) -> Y: f64[M, N]
{
  for m in M, n in N, k in K { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
kernel halves[M, K, N](X: f16[M, K], W: f16[N, K]) -> Y: f32[M, N]
{
  for m in M, n in N, k in K { Y[m, n] += brgemm(X[m, k], W[n, k]); }
}
kernel narrow[M, K, N](X: bf16[M, K], W: bf16[k: K, n: N] as [n/32][k/2][n%32][k%2]) -> Y: bf16[M, N]
{
  for m in M, n in N, k in K {
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    Y[m, n] = acc[m, n];
  }
}
kernel bytes[M, K, N](X: u8[M, K], W: i8[K, N], s: f32[N]) -> Y: f32[M, N]
{
  for m in M, n in N, k in K {
    acc[m, n] += brgemm(X[m, k], W[k, n]);
    Y[m, n] = acc[m, n] * s[n];
  }
}
kernel signed_bytes[M, K, N](X: i8[M, K], W: i8[K, N]) -> Y: i32[M, N]
{
  for m in M, n in N, k in K { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
kernel weights[M, K, N](X: i8[M, K], W: ternary[K, N] group(16)) -> Y: f32[M, N]
{
  for m in M, n in N, k in K { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
kernel stored[M, K, N](X: f32[M, K], W: f32[K, N] csr) -> Y: f32[M, N]
{
  for m in M, k in K, n in N { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
kernel softmax[M, N](X: f32[M, N]) -> Y: f32[M, N]
{
  for m in M {
    e[m, :] = exp(X[m, :] - max(X[m, :]));
    Y[m, :] = e[m, :] / sum(e[m, :]);
  }
}
kernel dropout[M, N](X: bf16[M, N], rate: f32, seed: i64) -> (Y: bf16[M, N], K: bit[M, N])
{
  for m in M, n in N {
    K[m, n] = uniform(seed, m * N + n) >= rate;
    Y[m, n] = select(K[m, n], X[m, n] / (1 - rate), 0);
  }
}
kernel approximate[N](X: bf16[N]) -> Y: bf16[N] { for n in N { Y[n] = ktanh(X[n]); } }
