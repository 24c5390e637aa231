kernel words[N](X: bf16[N]) -> (A: bf16[N], B: bf16[N], C: bf16[N], D: bf16[N], E: bf16[N])
{
  for n in N {
    A[n] = tanh(X[n]);
    B[n] = sigmoid(X[n]);
    C[n] = exp(X[n]);
    D[n] = gelu(X[n]);
    E[n] = silu(X[n]);
  }
}
kernel floats[N](X: bf16[N]) -> (A: f32[N], B: f32[N], C: f32[N])
{
  for n in N {
    A[n] = tanh(X[n]);
    B[n] = sigmoid(X[n]);
    C[n] = exp(X[n]);
  }
}
