// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: [[#@LINE+1]]:27: error: the digits of dimension 'k' do not add up to its index [L0031]
kernel f[K](X: bf16[k: K] as [k/32][k%16]) -> Y: f32[K] { for k in K { Y[k] = X[k]; } }
// CHECK: [[#@LINE+1]]:33: error: the digits of dimension 'k' do not add up to its index [L0031]
kernel g[K](X: bf16[m: K, k: K] as [m][k/2]) -> Y: f32[K] { for k in K { Y[k] = X[k, k]; } }
// CHECK: [[#@LINE+1]]:27: error: the digits of dimension 'k' do not add up to its index [L0031]
kernel h[K](X: bf16[k: K] as [k][k]) -> Y: f32[K] { for k in K { Y[k] = X[k]; } }
