kernel words[N](X: bf16[N]) -> (A: bf16[N], B: bf16[N], C: bf16[N], D: bf16[N], E: bf16[N], F: bf16[N], G: bf16[N], H: bf16[N])
{
  for n in N {
    A[n] = ktanh(X[n]);
    B[n] = ksigmoid(X[n]);
    C[n] = kswish(X[n]);
    D[n] = kgelu(X[n]);
    E[n] = ktanh<fine>(X[n]);
    F[n] = ksigmoid<fine>(X[n]);
    G[n] = kswish<fine>(X[n]);
    H[n] = kgelu<fine>(X[n]);
  }
}
kernel floats[N](X: f32[N]) -> (A: f32[N], B: f32[N], E: f32[N], F: f32[N])
{
  for n in N {
    A[n] = ktanh(X[n]);
    B[n] = ksigmoid(X[n]);
    E[n] = ktanh<fine>(X[n]);
    F[n] = ksigmoid<fine>(X[n]);
  }
}
