// A gather and a scatter in one nest behind another that writes; an index that is looked up by another; blocked output.
kernel g[M, V, D](E: f32[V, D], ix: i32[M], jx: i8[M], inout G: f32[V, D])
    -> (Y: f32[M, D], S: f32, B: f32[m: M, d: D] as [m][d/4][d%4])
{
  for m in M, d in D { S += E[0, d]; B[m, d] = E[jx[m], d]; }
  for m in M, d in D { Y[m, d] = E[ix[m], d]; G[jx[m], d] += Y[m, d]; }
}
kernel twice[M, V, W](T: f32[W], ix: i64[M], table: i32[V]) -> Y: f32[M]
{
  for m in M { Y[m] = T[table[ix[m]]]; }
}
kernel even[M, V](T: f32[V], ix: i64[2 * M], i0: i64) -> Y: f32[M]
{
  for m in M { Y[m] = T[ix[2 * m]] + T[i0]; }
}
