// W is not declared.
kernel wrong[M](X: f32[M]) -> Y: f32[M]
{
  for m in M {
    Y[m] = X[m] * W[m];
  }
}
