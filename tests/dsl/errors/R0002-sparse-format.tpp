// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel i[M, N](A: f32[M, N]) -> Y: f32[M]
{
  // CHECK: [[#@LINE+1]]:6: error: 'a ternary local tensor' is not supported yet [R0002]
  L: ternary[M, N] group(4);
}
