// Free sizes inside expressions; the default kernel is the last.
kernel clip[N](X: u8[N] range(0, 5)) -> Y: u8[N]
{
  for n in N { Y[n] = X[n]; }
}

kernel even[M % 2, N](X: f32[M, N]) -> Y: f32[M, N]
{
  for m in M, n in N { Y[m, n] = X[m, n]; }
}

kernel scaled[P, Q](X: f32[P + 1, 2 * Q], s: f32) -> Y: f32[P + 1, 2 * Q]
{
  for p in P + 1, q in 2 * Q { Y[p, q] = X[p, q] * s; }
}
