// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[T, M](X: f32[T, M]) -> (Y: f32[2 * M + 1], S: f32[T])
{
  seq t in T {
    for m in M {
      // CHECK: [[#@LINE+1]]:7: error: updates of 'Y' that do not meet all its elements, and reads of it in the same seq, are not supported yet with max=, min=, or *= [R0008]
      Y[2 * m] max= X[t, m];
      S[t]      += Y[m];
    }
  }
}
