// RUN: not %tppc check %s 2>&1 | FileCheck %s
const H = 3;
kernel g[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
kernel f[M](X: f32[M], s: f32) -> Y: f32[M]
{
  for m in M {
    // CHECK: [[#@LINE+2]]:5: error: the tensor 'X' cannot be written [L0046]
    // CHECK: help: 'inout X: ...' is read and written
    X[m] = 1;
    // CHECK: [[#@LINE+1]]:5: error: the scalar 's' cannot be written [L0046]
    s = 1;
    // CHECK: [[#@LINE+1]]:5: error: the size 'M' cannot be written [L0046]
    M = 1;
    // CHECK: [[#@LINE+1]]:5: error: the loop letter 'm' cannot be written [L0046]
    m = 1;
    // CHECK: [[#@LINE+1]]:5: error: the constant 'H' cannot be written [L0046]
    H = 1;
  }
  // CHECK: [[#@LINE+1]]:3: error: the tensor 'X' cannot be written [L0046]
  X = g(Y);
}
