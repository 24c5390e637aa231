// Elementwise and row kernels that the benchmark times.
kernel copy[N](X: f32[N]) -> Y: f32[N] { for n in N { Y[n] = X[n]; } }
kernel bias_relu[M, N](X: f32[M, N], b: f32[N]) -> Y: f32[M, N]
{
  for m in M, n in N { Y[m, n] = relu(X[m, n] + b[n]); }
}
kernel bn_infer[M, N](X: f32[M, N], gamma: f32[N], beta: f32[N], rm: f32[N], rv: f32[N], eps: f32) -> Y: f32[M, N]
{
  for m in M, n in N {
    a[n]    = gamma[n] * rsqrt(rv[n] + eps);
    Y[m, n] = (X[m, n] - rm[n]) * a[n] + beta[n];
  }
}
kernel adam[N](g: f32[N], lr: f32, b1: f32, b2: f32, c1: f32, c2: f32, eps: f32, wd: f32, inout w: f32[N], inout m: f32[N],
               inout v: f32[N]) -> w16: bf16[N]
{
  for n in N {
    m[n]   = b1 * m[n] + (1 - b1) * g[n];
    v[n]   = b2 * v[n] + (1 - b2) * g[n] * g[n];
    w[n]   = w[n] - lr * (m[n] * c1 / (sqrt(v[n] * c2) + eps) + wd * w[n]);
    w16[n] = w[n];
  }
}
kernel dropout[M, N](X: bf16[M, N], rate: f32, seed: i64) -> (Y: bf16[M, N], K: bit[M, N])
{
  for m in M, n in N {
    K[m, n] = uniform(seed, m * N + n) >= rate;
    Y[m, n] = select(K[m, n], X[m, n] / (1 - rate), 0);
  }
}
kernel soften[M, N](W: f32[M, N], th: f32) -> (S: f32[M, N], A: bit[M, N])
{
  for m in M, n in N {
    A[m, n] = abs(W[m, n]) > th;
    S[m, n] = select(A[m, n], W[m, n] - sign(W[m, n]) * th, 0);
  }
}
kernel quant_sr[N](X: f32[N], seed: i64) -> Y: bf16[N] { for n in N { Y[n] = sround<bf16>(X[n], uniform(seed, n)); } }
kernel transpose[M, N](X: f32[M, N]) -> Y: f32[N, M] { for m in M, n in N { Y[n, m] = X[m, n]; } }
kernel tanh_k[N](X: bf16[N]) -> Y: bf16[N] { for n in N { Y[n] = ktanh(X[n]); } }
kernel gelus[N](X: f32[N]) -> Y: f32[N] { for n in N { Y[n] = gelu(X[n]); } }
kernel softmax[M, N](X: f32[M, N]) -> Y: f32[M, N]
{
  for m in M {
    e[m, :] = exp(X[m, :] - max(X[m, :]));
    Y[m, :] = e[m, :] / sum(e[m, :]);
  }
}
kernel softmax_bwd[M, N](dY: f32[M, N], Y: f32[M, N]) -> dX: f32[M, N]
{
  for m in M { dX[m, :] = Y[m, :] * (dY[m, :] - sum(dY[m, :] * Y[m, :])); }
}
kernel layernorm[M, N](X: f32[M, N], gamma: f32[N], beta: f32[N], eps: f32) -> Y: f32[M, N]
{
  for m in M {
    mu[m]   = sum(X[m, :]) / N;
    c[m, :] = X[m, :] - mu[m];
    Y[m, :] = c[m, :] * rsqrt(sum(c[m, :] * c[m, :]) / N + eps) * gamma[:] + beta[:];
  }
}

// The same op on BF16, which is computed in F32 and rounded once.
kernel tanh_bf16[N](X: bf16[N]) -> Y: bf16[N] { for n in N { Y[n] = tanh(X[n]); } }
kernel sigmoid_bf16[N](X: bf16[N]) -> Y: bf16[N] { for n in N { Y[n] = sigmoid(X[n]); } }
kernel exp_bf16[N](X: bf16[N]) -> Y: bf16[N] { for n in N { Y[n] = exp(X[n]); } }
kernel transpose_bf16[M, N](X: bf16[M, N]) -> Y: bf16[N, M] { for m in M, n in N { Y[n, m] = X[m, n]; } }
