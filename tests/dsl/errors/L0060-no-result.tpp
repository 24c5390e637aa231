// RUN: not %tppc check %s 2>&1 | FileCheck %s
// CHECK: [[#@LINE+1]]:8: error: kernel 'f' computes nothing [L0060]
kernel f[M](X: f32[M]) { }
