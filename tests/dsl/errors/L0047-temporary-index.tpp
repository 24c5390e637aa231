// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M], ix: i32[M]) -> Y: f32[M]
{
  for m in M {
    // CHECK: [[#@LINE+1]]:7: error: the temporary 't' is indexed by plain letters, each once, or ':' [L0047]
    t[m + 1] = X[m];
    // CHECK: [[#@LINE+1]]:10: error: the temporary 'u' is indexed by plain letters, each once, or ':' [L0047]
    u[m, m] = X[m];
    // CHECK: [[#@LINE+1]]:7: error: the temporary 'v' is indexed by plain letters, each once, or ':' [L0047]
    v[ix[m]] += brgemm(X[m], X[m]);
    Y[m] = t[m] + u[m, m] + v[m];
  }
}
