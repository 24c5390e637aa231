// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> Y: f32[M]
{
  for m in M {
    t[m] = X[m];
    // CHECK: [[#@LINE+2]]:5: error: the temporary 't' gets a second '=' [L0042]
    // CHECK: [[#@LINE-2]]:5: note: written here before
    t[m] = X[m] + 1;
    Y[m] = t[m];
    // A declared tensor may be overwritten.
    // CHECK-NOT: 'Y'
    Y[m] = X[m];
  }
}
