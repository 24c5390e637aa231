// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel embed[M, V, D](E: bf16[V, D], ix: i64[M], f: f32[M], inout P: i32[V], inout Q: f32[V]) -> (Y: bf16[M, D], Z: f32[V])
{
  for m in M, d in D, v in V {
    // CHECK: [[#@LINE+1]]:17: error: 'f[m]' cannot be an index [L0069]
    Y[m, d] = E[f[m], d];
    // CHECK: note: the elements of 'f' are f32
    // CHECK: [[#@LINE+1]]:17: error: 'ix[m] / 2' cannot be an index [L0069]
    Y[m, d] = E[ix[m] / 2, d];
    // CHECK: [[#@LINE+1]]:17: error: 'ix[:]' cannot be an index [L0069]
    Y[m, d] = E[ix[:], d];
    // CHECK: [[#@LINE+1]]:5: error: cannot prove that '=' writes each element of 'Z[ix[m]]' once [L0039]
    Z[ix[m]] = f[m];
    // CHECK: help: two data indices may be equal: write +=, max=, or min=, or gather from the right side
    // CHECK: [[#@LINE+1]]:7: error: {{.*}}'P'{{.*}} [L0045]
    P[P[v]] += 1;
    // CHECK: [[#@LINE+1]]:24: error: {{.*}}'Q'{{.*}} [L0045]
    Q[ix[m]] += f[m] * Q[ix[m]];
  }
}
