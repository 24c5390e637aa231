// Messages show data indices as the program has them.
// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: error: loop 'm' is a reduction; running it in parallel races on 'G' [S0103]
// CHECK: note: 'G[table[ix[m]], d]' is summed over 'm' here
kernel f[M, V, D](X: f32[M, D], ix: i32[M], table: i64[V]) -> G: f32[V, D]
{
  for m in M, d in D { G[table[ix[m]], d] += X[m, d]; }
}
schedule f "Md" { m: 4; }
