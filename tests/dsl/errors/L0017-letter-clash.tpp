// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](x: f32[M]) -> Y: f32[M]
{
  // CHECK: [[#@LINE+2]]:7: error: the letter 'x' already means the tensor 'x' [L0017]
  // CHECK: note: declared here
  for x in M { Y[x] = 1; }
  // CHECK: [[#@LINE+1]]:15: error: the letter 'm' already means the loop letter 'm' [L0017]
  for m in M, m in M { Y[m] = 1; }
}
