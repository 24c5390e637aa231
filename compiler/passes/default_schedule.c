/* default-schedule: nests without a tpp.schedule get the heuristic's, with origin=heuristic.
 *
 * Written into the IR instead of being decided inside apply-schedule, so that --print-ir-after
 * shows what was chosen and a test can pin it. The rules are in schedule/heuristic.c.
 */
#include "passes/pass.h"
#include "schedule/schedule.h"

static bool has_schedule(const TppcOp *nest) {
  for (const TppcOp *op = nest->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_SCHEDULE)
      return true;
  return false;
}

bool tppc_pass_default_schedule(TppcModule *m, const TppcPassOptions *opt) {
  TppcSchedTarget target = {.threads = opt->threads,
                            .vector_bytes = opt->vector_bytes,
                            .l1_bytes = opt->l1_bytes,
                            .l2_bytes = opt->l2_bytes};
  bool ok = true;
  for (TppcOp *kernel = m->body.first; kernel; kernel = kernel->next) {
    if (kernel->kind != TPPC_OP_KERNEL)
      continue;
    for (TppcOp *op = kernel->regions[0].first; op; op = op->next)
      if (op->kind == TPPC_OP_NEST && !has_schedule(op))
        ok = tppc_schedule_choose(m->cx, op, &target) && ok;
  }
  return ok;
}
