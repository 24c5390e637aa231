/* Grids of threads: C{R:16} ... B{C:4}.
 *
 * Each axis (R rows, C columns, L layers) shares out one level. The team is a box of R x C x L
 * threads, numbered row-major; with fewer threads the box shrinks from the outermost axis on:
 *
 *   R' = min(R, max(1, P / (C*L)))   C' = min(C, max(1, P / (R'*L)))   L' = min(L, P / (R'*C'))
 *   l = tid % L'    c = tid / L' % C'    r = tid / (L'*C')
 *
 * These are plain expressions of nthreads and tid, so that every executor of the IR agrees. Along
 * the outermost axis that there is nothing wraps around: threads that the box leaves over stand
 * beyond it, and so have no share of anything: coordinate t of P' takes iterations [t*n/P',
 * (t+1)*n/P'). What lacks the letter of an axis is done at its coordinate 0. So all that touches
 * one element by the same letters has one owner, in every loop nest. Copies of parallel reductions
 * belong to threads, not to places in the grid: every thread starts its own, and the whole team
 * adds them up.
 */
#include "schedule/schedule.h"

#include <string.h>

static const char axes[] = "RCL";

static bool has_axis(const TppcSched *s, char axis) {
  for (int i = 0; i < s->levels.n; i++)
    if (s->levels.data[i].grid == axis)
      return true;
  return false;
}

static int64_t asked(const TppcSched *s, char axis) {
  for (int i = 0; i < s->levels.n; i++)
    if (s->levels.data[i].grid == axis)
      return s->levels.data[i].grid_threads;
  return 1;
}

int64_t tppc_grid_threads(const TppcSched *s) {
  return asked(s, 'R') * asked(s, 'C') * asked(s, 'L');
}

/* Threads along the first n axes, in size[]. */
static void shape(const TppcSched *s, const TppcExpr *size[3]) {
  TppcContext *cx = s->cx;
  const TppcExpr *one = tppc_e_int(cx, 1), *outer = one;
  const TppcExpr *p = tppc_e_sym(cx, "nthreads");
  for (int i = 0; i < 3; i++) {
    int64_t inner = (i < 1 ? asked(s, 'C') : 1) * (i < 2 ? asked(s, 'L') : 1);
    const TppcExpr *rest = tppc_e_div(cx, p, tppc_e_mul(cx, outer, tppc_e_int(cx, inner)));
    const TppcExpr *most = tppc_e_int(cx, asked(s, axes[i]));
    size[i] = asked(s, axes[i]) == 1 ? one : tppc_e_min(cx, most, tppc_e_max(cx, one, rest));
    outer = tppc_e_mul(cx, outer, size[i]);
  }
}

static int axis_of(const TppcSched *s, int level) {
  return (int)(strchr(axes, s->levels.data[level].grid) - axes);
}

const TppcExpr *tppc_grid_parts(const TppcSched *s, int level) {
  const TppcExpr *size[3];
  shape(s, size);
  return size[axis_of(s, level)];
}

const TppcExpr *tppc_grid_part(const TppcSched *s, int level) {
  TppcContext *cx = s->cx;
  const TppcExpr *size[3], *at = tppc_e_sym(cx, "tid");
  int axis = axis_of(s, level);
  shape(s, size);
  for (int i = 2; i > axis; i--)
    at = tppc_e_div(cx, at, size[i]);
  bool outermost = true;
  for (int i = 0; i < axis; i++)
    outermost = outermost && !has_axis(s, axes[i]);
  return outermost ? at : tppc_e_mod(cx, at, size[axis]);
}

static bool ranges_over(const TppcSched *s, const TppcSchedStmt *stmt, int level) {
  return stmt->loops >> s->levels.data[level].loop & 1;
}

bool tppc_access_same_owner(const TppcSched *s, const TppcSchedStmt *sa, const TppcAccess *a,
                            const TppcSchedStmt *sb, const TppcAccess *b) {
  if (a->own || b->own)
    return a->own && b->own;
  if (sa->by == TPPC_BY_ORDER || sb->by == TPPC_BY_ORDER)
    return false;
  for (int i = 0; i < s->levels.n; i++) {
    if (!s->levels.data[i].grid)
      continue;
    bool in_a = ranges_over(s, sa, i), in_b = ranges_over(s, sb, i);
    if (in_a != in_b ||
        (in_a && !tppc_access_same_at(s, a, b, s->loops.data[s->levels.data[i].loop].sym)))
      return false;
  }
  return true;
}
