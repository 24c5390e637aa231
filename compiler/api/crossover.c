/* Where a sparse factor does not pay.
 *
 * A product with a sparse factor takes time by its stored elements, a dense one by all of them, but
 * runs closer to the peak; from some part of stored elements on it is faster. That part depends on
 * the blocks, the types, the vectors, and on what lies along a line of blocks: the sum, so that
 * results stay in registers, or the result. crossover.def has it as measured by
 * tests/bench/crossover.py; a block takes the row of the largest one that is no larger.
 */
#include "api/crossover.h"

#include "api/run_internal.h"

#include <string.h>

enum { CROSSOVER_GATHERS, CROSSOVER_SCATTERS };

/* What is smaller is another matter, and takes no time. */
enum { LEAST_ELEMENTS = 64 * 64 };

static const struct Row {
  int way, elements, elem, vector_bytes, part;
} rows[] = {
#define CROSSOVER_ELEM_f32     TPP_F32
#define CROSSOVER_ELEM_bf16    TPP_BF16
#define CROSSOVER_WAY_gathers  CROSSOVER_GATHERS
#define CROSSOVER_WAY_scatters CROSSOVER_SCATTERS
#define ROW(way, elements, elem, bytes, part)                                                      \
  {CROSSOVER_WAY_##way, elements, CROSSOVER_ELEM_##elem, bytes, part},
#include "api/crossover.def"
#undef ROW
};

int tppc_crossover(const TppcOp *select, int vector_bytes) {
  const char *storage = tppc_attr_word(select, "storage"), *a = tppc_attr_word(select, "a"),
             *b = tppc_attr_word(select, "b");
  bool by_columns = storage && !strcmp(storage, "bcsc");
  if (!a || !b || !(by_columns || (storage && strstr(storage, "csr"))))
    return -1;
  bool turned = tppc_attr_int(select, "transposed", 0) != 0;
  int way = by_columns != turned ? CROSSOVER_GATHERS : CROSSOVER_SCATTERS;
  int64_t elements = tppc_attr_int(select, "block_k", 1) * tppc_attr_int(select, "block_n", 1);
  const struct Row *best = NULL;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct Row *r = &rows[i];
    if (r->way == way && r->elem == tppc_elem_by_name(a) && r->elem == tppc_elem_by_name(b) &&
        r->vector_bytes == vector_bytes && r->elements <= elements &&
        (!best || r->elements > best->elements))
      best = r;
  }
  return best ? best->part : -1;
}

/* Stored elements in thousandths of all; -1 where the value is no input, or
 * a small one. */
static int stored_part(const TppcRun *r, const char *name) {
  for (int i = 0; i < r->n; i++) {
    const TppcTensor *t = r->params[i].input;
    if (strcmp(r->params[i].name, name) || !t || !t->ptr || t->rank != 2)
      continue;
    double all = (double)t->dim[0] * (double)t->dim[1];
    return all >= LEAST_ELEMENTS ? (int)(1000 * (double)t->n_values / all) : -1;
  }
  return -1;
}

typedef struct Warner {
  TppcRun *r;
  int vector_bytes;
  const TppcOp *last;
} Warner;

static bool warn(void *user, TppcOp *op) {
  Warner *w = user;
  const TppcOp *select = op->kind == TPPC_OP_SGEMM ? op->uses[0].value->def : NULL;
  if (!select || select == w->last)
    return true;
  w->last = select;
  int part = tppc_crossover(select, w->vector_bytes);
  int stored = stored_part(w->r, op->uses[3].value->name);
  if (part >= 0 && part < 1000 && stored > part)
    tppc_diag(w->r->s->cx->diags, TPPC_D_dense_is_faster, op->span, (stored + 5) / 10,
              op->uses[3].value->name, (part + 5) / 10);
  return true;
}

void tppc_run_warn_dense(TppcRun *r) {
  TppcTargetInfo target;
  TppcOp *kernel = tppc_module_kernel(r->s->lowered, r->kernel->name);
  if (!kernel || !tppc_target_info(r->s->cx, &r->s->emit, &target))
    return;
  Warner w = {.r = r, .vector_bytes = target.vector_bytes};
  tppc_walk(&kernel->regions[0], warn, &w);
  tppc_diag_flush(r->s->cx->diags);
}
