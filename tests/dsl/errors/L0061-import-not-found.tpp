// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: [[#@LINE+1]]:9: error: cannot read the import "nowhere.tpp" [L0061]
import "nowhere.tpp";
// A file called so, not standard input.
// CHECK: [[#@LINE+1]]:9: error: cannot read the import "-" [L0061]
import "-";
