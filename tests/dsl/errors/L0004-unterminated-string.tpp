// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: [[#@LINE+1]]:12: error: this string has no closing quote [L0004]
schedule f "M { m: 3; }
