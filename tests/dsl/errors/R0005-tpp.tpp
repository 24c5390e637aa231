// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[N](hi: bf16[N], lo: u16[N], seed: i64) -> (Y: f32[N], Z: bf16[N])
{
  for n in N {
    // CHECK: [[#@LINE+1]]:12: error: 'sign_grad' is not supported yet [R0005]
    Y[n] = sign_grad(hi[n]);
    // CHECK: [[#@LINE+1]]:12: error: 'sround<f16>' is not supported yet [R0005]
    Z[n] = sround<f16>(hi[n], uniform(seed, n));
    // CHECK: [[#@LINE+1]]:12: error: 'ktanh<fine>' is not supported yet [R0005]
    Z[n] = ktanh<fine>(hi[n]);
  }
}
