// RUN: not %tppc check --schedule-file %s %S/../programs/fc.tpp 2>&1 | FileCheck %s
// CHECK: [[#@LINE+1]]:1: error: only schedules stand here [L0068]
const H = 3;
