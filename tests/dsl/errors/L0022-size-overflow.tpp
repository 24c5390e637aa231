// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: [[#@LINE+1]]:11: error: '9223372036854775807 * 2' is too large [L0022]
const H = 9223372036854775807 * 2;
// CHECK: [[#@LINE+1]]:37: error: {{.*}} is too large [L0022]
kernel f[K = 3000000000](X: f32, Y: f32[K, K]) -> Z: f32 { for m in K { Z = X; } }
