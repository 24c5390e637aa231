// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M], seed: i64) -> Y: f32[M]
{
  for m in M {
    // CHECK: [[#@LINE+1]]:26: error: 'uniform' takes integers [L0053]
    Y[m] = uniform(seed, X[m]);
  }
}
kernel g[M](X: f32[M], I: i32[M]) -> (Y: i32[M], Z: f32[M])
{
  for m in M {
    // CHECK: [[#@LINE+1]]:17: error: 'bits' takes integers [L0053]
    Y[m] = bits(X[m]);
    // CHECK: [[#@LINE+1]]:26: error: 'shr_rne' takes integers [L0053]
    Y[m] = shr_rne(I[m], X[m]);
    // CHECK: [[#@LINE+1]]:22: error: 'zip' takes integers [L0053]
    Z[m] = zip(X[m], X[m]);
  }
}
