// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> Y: f32[M]
{
  for m in M {
    // CHECK: [[#@LINE+1]]:10: error: the extent of this ':' is not known: nothing on the right has it [L0037]
    t[m, :] = X[m];
    Y[m] = sum(t[m, :]);
  }
}
