const Tmax = 128;
kernel twice[M, N, S = 1, T = 1](X: f32[M, N], s: f32) -> (Y: f32[M, N], z: f32)
{
  for m in M, n in N { Y[m, n] = X[m, n] * (s + S + T); z += X[m, n]; }
}
kernel sums[M, N](X: f32[M, N]) -> Y: f32[M] { for m in M { Y[m] = sum(X[m, :]); } }
