kernel tree[M, N](X: f32[M, N], a: f32[N], b: f32[M]) -> (Y: bf16[M, N], S: f32[M])
{
  for m in M, n in N {
    t[m, n] = sigmoid(X[m, n] + a[n]);
    u[m, n] = max(t[m, n] * b[m], 0.25);
    v[m, n] = sqrt(abs(u[m, n])) - t[m, n];
    Y[m, n] = v[m, n];
    S[m]   += v[m, n] * u[m, n];
  }
}
kernel softmax[M, N](X: f32[M, N]) -> Y: f32[M, N]
{
  for m in M, n in N {
    g[m]  max= X[m, n];
    e[m, n]  = exp(X[m, n] - g[m]);
    l[m]    += e[m, n];
    Y[m, n]  = e[m, n] / l[m];
  }
}
kernel softmax_colons[M, N](X: f32[M, N]) -> Y: f32[M, N]
{
  for m in M {
    e[m, :] = exp(X[m, :] - max(X[m, :]));
    Y[m, :] = e[m, :] / sum(e[m, :]);
  }
}
kernel layernorm[M, N](X: f32[M, N], gamma: f32[N], beta: f32[N], eps: f32) -> Y: f32[M, N]
{
  for m in M, n in N {
    mu[m]  += X[m, n] / N;
    v[m]   += (X[m, n] - mu[m]) * (X[m, n] - mu[m]) / N;
    Y[m, n] = (X[m, n] - mu[m]) * rsqrt(v[m] + eps) * gamma[n] + beta[n];
  }
}
kernel both_ways[M, N](X: f32[M, N]) -> (R: f32[M], C: f32[N])
{
  for m in M, n in N {
    R[m] += X[m, n] * X[m, n];
    C[n] += X[m, n];
  }
}
