/* default-schedule: nests without a tpp.schedule get the heuristic's, with origin=heuristic, and so
 * do those whose schedules all have a condition. A schedule of knobs alone gets the heuristic's
 * string.
 *
 * Written into the IR instead of being decided inside apply-schedule, so that --print-ir-after
 * shows what was chosen and a test can pin it. The rules are in schedule/heuristic.c.
 */
#include "passes/pass.h"
#include "schedule/schedule.h"

static bool complete(TppcContext *cx, TppcOp *nest, const TppcSchedTarget *target) {
  bool ok = true, always = false;
  for (TppcOp *op = nest->regions[0].first; op && op->kind == TPPC_OP_SCHEDULE; op = op->next) {
    if (!tppc_attr(op, "string"))
      ok = tppc_schedule_choose(cx, nest, op, target) && ok;
    always = !tppc_attr(op, "when");
  }
  return ok && (always || tppc_schedule_choose(cx, nest, NULL, target));
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
    for (TppcOp *op = tppc_next_item(kernel, NULL); op; op = tppc_next_item(kernel, op))
      if (op->kind == TPPC_OP_NEST)
        ok = complete(m->cx, op, &target) && ok;
  }
  return ok;
}
