// `fuse` belongs to the kernel, whose labels it names.
// RUN: not %tppc check %s 2>&1 | FileCheck %s
kernel f[M](X: f32[M]) -> Y: f32[M]
{
  H: f32[M];
  up:   for m in M { H[m] = X[m] + 1; }
  down: for m in M { Y[m] = H[m] * 2; }
}
// CHECK: [[#@LINE+1]]:17: error: 'fuse' belongs to the schedule of the kernel, which has no label and no string [L0081]
schedule f.up { fuse up down over m; }
// CHECK: [[#@LINE+1]]:25: error: 'fuse' names at least two neighbouring nests or calls [L0081]
schedule f when 1 < 2 { fuse up over m; }
