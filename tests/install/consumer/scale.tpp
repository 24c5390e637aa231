// In place, with a scalar parameter.
kernel scale[M](inout Y: f32[M], alpha: f32)
{
  for m in M {
    Y[m] = alpha * Y[m];
  }
}
