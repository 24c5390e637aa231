// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> Y: f32[M]
{
  for m in M {
    // CHECK: [[#@LINE+1]]:12: error: wrong number of operands for 'exp': 1 wanted, 2 given [L0015]
    Y[m] = exp(X[m], 2);
    // CHECK: [[#@LINE+1]]:12: error: wrong number of operands for 'sum': 1 wanted, 2 given [L0015]
    Y[m] = sum(X[:], 2);
    // CHECK: [[#@LINE+1]]:12: error: wrong number of operands for 'convert': 1 wanted, 0 given [L0015]
    Y[m] = convert<bf16>();
    // CHECK: [[#@LINE+1]]:13: error: wrong number of operands for 'brgemm': 2 wanted, 1 given [L0015]
    Y[m] += brgemm(X[m]);
  }
}
