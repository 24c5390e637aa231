// A pass that runs one element at a time says so, and which access is the reason.
// RUN: %tppc check %s 2>&1 | FileCheck %s
// RUN: %tppc %s -o %t.o 2>&1 | FileCheck %s
// RUN: not %tppc %s -o %t.o -Werror 2>&1 | FileCheck %s --check-prefix=ERROR
// RUN: %tppc %s -o %t.o -Wno-perf 2>&1 | FileCheck %s --check-prefix=NONE --allow-empty
// Names are those of the program, not of what passes add.
// RUN: %tppc check %S/../run/late_indices.tpp 2>&1 | FileCheck %s --check-prefix=NAMES --implicit-check-not=_later
// RUN: %tppc check %S/../run/gathered_turned.tpp 2>&1 | FileCheck %s --check-prefix=ADDED
// NAMES: warning: 'Y' is computed one element at a time: 'E' is not
// ADDED: warning: a temporary is computed one element at a time: 'X' is not
// ERROR: error: {{.*}}one element at a time
// NONE-NOT: warning
kernel every_ninth[N](X: f32[9 * N]) -> Y: f32[N]
{
  for n in N {
    // CHECK: [[#@LINE+1]]:5: warning: 'Y' is computed one element at a time: 'X' is not contiguous along 'n' [W0208]
    Y[n] = X[9 * n];
  }
}
