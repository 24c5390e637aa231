// RUN: not %tppc check %s 2>&1 | FileCheck %s
// Several errors are reported: the parser goes on at the next ';' or '}'.
kernel f[M](X: f32[M]) -> Y: f32[M]
{
  for m in M {
    t[m] = X[m] + 1
    // CHECK: [[#@LINE+2]]:5: error: unexpected identifier 'Y', expected ';' [L0003]
    // CHECK: help: insert ';'
    Y[m] = t[m];
    // CHECK: [[#@LINE+1]]:19: error: unexpected ';', expected an expression [L0003]
    u[m] = t[m] + ;
    // CHECK: [[#@LINE+1]]:5: error: a nest cannot stand inside a nest [L0003]
    for n in M { z[n] = 1; }
  }
}
// CHECK: [[#@LINE+1]]:11: error: unexpected ']', expected ':' [L0003]
kernel b(M](X: f32) -> Y: f32 { }
// CHECK: [[#@LINE+1]]:14: error: unexpected '3', expected ';' [L0003]
const H = 16 3;
// CHECK: [[#@LINE+1]]:26: error: unexpected ';', expected an expression [L0003]
schedule f "M" { m: 3; m:; }
const B = 1;
// CHECK: [[#@LINE+1]]:1: error: unexpected identifier 'kernal', expected {{.*}}'kernel'
kernal g(X: f32) -> Y: f32 { }
