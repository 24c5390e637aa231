// The long form of a schedule: levels, outermost first, then which of them are parallel.
// RUN: not %tppc check %s -k f 2>&1 | FileCheck %s --strict-whitespace
kernel f[M, N](X: f32[M, N]) -> Y: f32[M, N]
{
  a: for m in M, n in N { T[m, n] = X[m, n]; Y[m, n] = T[m, n]; }
  b: for m in M, n in N { Y[m, n] = X[m, n] + 1; }
  c: for m in M, n in N { Y[m, n] = X[m, n] + 2; }
  d: for m in M, n in N { Y[m, n] = X[m, n] + 3; }
  e: for m in M, n in N { Y[m, n] = X[m, n] + 4; }
  g: for m in M, n in N { Y[m, n] = X[m, n] + 5; }
}
// CHECK: [[#@LINE+2]]:30: error: 'n1' stands where level 'n0' is next; 0 is the outermost [L0080]
// CHECK-NEXT: {{^ +}}[[#@LINE+1]] | schedule f.a { order         n1 m0 n0; }
schedule f.a { order         n1 m0 n0; }
// CHECK: [[#@LINE+1]]:25: error: 'Row' is no level; one is a loop's letter and a number, such as n0 [L0080]
schedule f.b { order m0 Row; }
// CHECK: [[#@LINE+1]]:38: error: level 'n1' does not occur in 'order' [L0080]
schedule f.c { order m0 n0; parallel n1; }
// CHECK: [[#@LINE+1]]:16: error: 'parallel' names levels of 'order', and there is none [L0080]
schedule f.d { parallel m0; }
// CHECK: [[#@LINE+1]]:21: error: a schedule has a string or 'order', not both [L0080]
schedule f.e "mn" { order m0 n0; }
// CHECK: [[#@LINE+1]]:29: error: 'order' is given twice [L0080]
schedule f.g { order m0 n0; order n0 m0; }
