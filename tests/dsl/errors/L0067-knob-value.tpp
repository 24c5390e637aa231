// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> Y: f32[M] { for m in M { Y[m] = X[m]; } }
// CHECK: [[#@LINE+3]]:40: error: 'mkl' is not a value here; wanted: xsmm, runtime, or generated [L0067]
// CHECK: [[#@LINE+2]]:52: error: 'gelu' is not a value here; wanted: brgemm [L0067]
// CHECK: [[#@LINE+1]]:73: error: '0' is not a value here; wanted: 1 to 65536 threads [L0067]
schedule f "M" { m: 4; kernel brgemm = mkl; kernel gelu = xsmm; threads 0; }
