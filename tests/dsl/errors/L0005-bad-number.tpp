// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: [[#@LINE+1]]:11: error: '12abc' is not a number [L0005]
const H = 12abc;
