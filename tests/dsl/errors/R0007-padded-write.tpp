// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[P](dO: f32[P]) -> dI: f32[h: P] pad(h: 1)
{
  for p in P, r in 3 {
    // CHECK: [[#@LINE+1]]:8: error: writes that may fall into the padding of 'dI' are not supported yet [R0007]
    dI[p + r - 1] += dO[p];
  }
}
