// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M, K, N](X: f32[M, K], W: f32[K, N] bcsc(4, 4)) -> (Y: f32[M, N], Z: f32[K, N])
{
  for m in M, n in N, k in K {
    // CHECK: [[#@LINE+1]]:26: error: 'W' is not supported yet here: a sparse or ternary tensor is the second operand of brgemm, indexed by two letters [R0003]
    Y[m, n] += X[m, k] * W[k, n];
  }
  for n in N, k in K {
    // CHECK: [[#@LINE+2]]:15: error: 'W' is not supported yet here
    // CHECK: note: the tensor 'W' is f32[K, N] bcsc(4, 4)
    Z[k, n] = W[k, n];
  }
}
