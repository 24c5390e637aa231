// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel dense[M, K, N](X: f32[M, K], W: f32[K, N]) -> Y: f32[M, N]
{
  for m in M, n in N, k in K { Y[m, n] += brgemm(X[m, k], W[k, n]); }
}
kernel f[M](X: f32[M, 784], W: f32[512, 10], V: bf16[784, 10], U: f32[k: 784, n: 10] as [n][k])
    -> Y: f32[M, 10]
{
  // CHECK: [[#@LINE+2]]:16: error: 'W' is f32[512, 10], but 'W' of 'dense' is f32[784, 10] [L0034]
  // CHECK: note: the parameter is declared here
  Y = dense(X, W);
  // CHECK: [[#@LINE+1]]:16: error: 'V' is bf16[784, 10], but 'W' of 'dense' is f32[784, 10] [L0034]
  Y = dense(X, V);
  // CHECK: [[#@LINE+1]]:16: error: 'U' is f32[k: 784, n: 10] as [n][k], but 'W' of 'dense' is f32[784, 10] [L0034]
  Y = dense(X, U);
}
