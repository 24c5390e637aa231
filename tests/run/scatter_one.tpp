// A data index that does not vary along the innermost loop: every point of it updates the same element, those beyond
// the end of a vector do not.
// RUN: %python %S/Inputs/sweep.py %tppc %s one N=1,5,33 K=0,1,2,15,16,17,40
// RUN: %python %S/Inputs/sweep.py %tppc %s row N=1,9 K=1,3,19 M=1,4
kernel one[N, K](ix: u8[1] range(0, 0)) -> (Y: f32[N], Z: i64[N], W: f64[N])
{
  for k in K { Y[ix[0]] += k + 1; Z[ix[0]] max= 7 * k; W[ix[0]] += 0.5 * k; }
}
kernel row[N, K, M](ix: i32[M] range(0, 0), X: f32[K]) -> (Y: f32[N], t: f32)
{
  for m in M, k in K { Y[ix[m]] += X[k] * 2 + m; t += X[k]; }
}
