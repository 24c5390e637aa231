/* tppc explain: what becomes of a kernel, and who decided.
 *
 * Three modules tell it: that before apply-schedule has the nests with their schedules, from which
 * the tree in the notation of the language page is placed again; the lowered one has the loops,
 * tiles, and calls as they will run; the runtime says which microkernel it takes, on this machine
 * or on that which -march and --target name.
 */
#include "api/crossover.h"
#include "api/footprint.h"
#include "api/peaks.h"
#include "api/report.h"
#include "api/session.h"

#include "interp/interp.h"
#include "schedule/schedule.h"

#include <stdlib.h>
#include <string.h>

typedef struct Explain {
  TppcSession *s;
  TppcContext *cx;
  TppcReport *r;
  TppcModule *planned; /* nests with schedules, before apply-schedule */
  TppcPassOptions pass;
  const TppcOp *kernel; /* of level rt */
  uint32_t isas;        /* of the machine that -march and --target name, 0: this one */
  int passes, products; /* of the nest at hand */
} Explain;

static const char *text_of(Explain *x, TppcBuf *b) {
  const char *copy = tppc_strndup(x->cx->arena, b->data ? b->data : "", b->n);
  tppc_buf_free(b);
  return copy;
}

static const char *expr_text(Explain *x, const TppcExpr *e) {
  TppcBuf b = {0};
  tppc_e_print(&b, e);
  return text_of(x, &b);
}

static const char *bytes_text(Explain *x, int64_t bytes) {
  if (bytes < 1024)
    return tppc_sprintf(x->cx->arena, "%lld bytes", (long long)bytes);
  bool mega = bytes >= 1 << 20;
  return tppc_sprintf(x->cx->arena, "%.*f %s", mega ? 1 : 0,
                      (double)bytes / (mega ? 1 << 20 : 1 << 10), mega ? "MiB" : "KiB");
}

/* ---- the tree of loops ---- */

static const char *dim_text(Explain *x, const TppcDim *d) {
  TppcArena *a = x->cx->arena;
  const char *step = d->step ? tppc_sprintf(a, " step %s", expr_text(x, d->step)) : "";
  return tppc_sprintf(a, "%s = %s to %s%s", d->sym, d->lo ? expr_text(x, d->lo) : "0",
                      expr_text(x, d->hi), step);
}

static const char *footprint_text(Explain *x, const TppcOp *loop) {
  int64_t bytes = tppc_footprint(x->cx, loop);
  if (bytes < 0)
    return "";
  const char *where = bytes <= x->pass.l1_bytes   ? "fits L1"
                      : bytes <= x->pass.l2_bytes ? "fits L2"
                                                  : "beyond L2";
  return tppc_sprintf(x->cx->arena, "; %s each, %s", bytes_text(x, bytes), where);
}

static const char *trips_text(Explain *x, const TppcOp *op) {
  TppcBuf b = {0};
  for (int i = 0; i < op->n_dims; i++) {
    int64_t n = tppc_trips(x->cx, op, &op->dims[i]);
    tppc_buf_puts(&b, i ? " x " : "");
    if (n >= 0)
      tppc_buf_printf(&b, "%lld", (long long)n);
    else
      tppc_buf_puts(&b, "?");
  }
  return text_of(x, &b);
}

static void show_loop(Explain *x, const TppcOp *op, int depth) {
  TppcBuf b = {0};
  bool par = op->kind == TPPC_OP_PAR;
  tppc_buf_puts(&b, par ? "parallel" : "for");
  for (int i = 0; i < op->n_dims; i++)
    tppc_buf_printf(&b, "%s %s", i ? "," : "", dim_text(x, &op->dims[i]));
  const char *policy = tppc_attr_word(op, "policy");
  const char *note =
      tppc_sprintf(x->cx->arena, "%s %s%s%s", trips_text(x, op), par ? "iterations, " : "times",
                   par && policy ? policy : "", footprint_text(x, op));
  tppc_report_line(x->r, depth, text_of(x, &b), note);
}

static const char *lengths(Explain *x, const TppcOp *op) {
  TppcBuf b = {0};
  for (int i = 0; i < op->n_dims; i++) {
    const TppcDim *d = &op->dims[i];
    int64_t n = tppc_trips(x->cx, op, d);
    tppc_buf_printf(&b, "%s%s ", i ? " x " : "", d->sym);
    if (n >= 0)
      tppc_buf_printf(&b, "%lld", (long long)n);
    else
      tppc_buf_puts(&b,
                    expr_text(x, tppc_e_sub(x->cx, d->hi, d->lo ? d->lo : tppc_e_int(x->cx, 0))));
  }
  return text_of(x, &b);
}

static bool listed(const TppcBuf *b, const char *name) {
  size_t n = strlen(name);
  for (const char *at = b->data; at && (at = strstr(at, name)); at += n)
    if ((at == b->data || at[-1] == ' ') && (!at[n] || at[n] == ','))
      return true;
  return false;
}

static void add_name(TppcBuf *b, const char *name) {
  if (!listed(b, name))
    tppc_buf_printf(b, "%s%s", b->n ? ", " : "", name);
}

/* A tile is one pass: whatever it computes, each point is visited once. The starts of reductions
 * only store constants. */
static void show_tile(Explain *x, const TppcOp *op, int depth) {
  TppcBuf from = {0}, to = {0}, ops = {0};
  int n = 0;
  bool past = false;
  for (const TppcOp *o = op->regions[0].first; o; o = o->next) {
    past = past || tppc_attr(o, "stream");
    if (o->kind == TPPC_OP_LOAD)
      add_name(&from, o->uses[0].value->name);
    else if (o->kind == TPPC_OP_STORE)
      add_name(&to, o->uses[o->n_uses - 1].value->name);
    else if (o->kind == TPPC_OP_ELT && ++n)
      add_name(&ops, tppc_elt_info(o->elt)->mnemonic);
  }
  bool start = !from.n && !n;
  x->passes += !start;
  const char *over = op->n_dims ? lengths(x, op) : "over one point";
  const char *line = start ? tppc_sprintf(x->cx->arena, "start %s: %s", over, to.data)
                           : tppc_sprintf(x->cx->arena, "pass %s: %s -> %s", over,
                                          from.n ? from.data : "indices", to.data);
  const char *note = tppc_sprintf(
      x->cx->arena, "%s%s%s%s", tppc_attr(op, "vector") ? "vectors" : "one point at a time",
      ops.n ? ": " : "", ops.n ? ops.data : "", past ? "; when large, past the caches" : "");
  tppc_report_line(x->r, depth, line, note);
  tppc_buf_free(&from);
  tppc_buf_free(&to);
  tppc_buf_free(&ops);
}

static const char *attr_text(Explain *x, const TppcOp *op, const char *key) {
  const TppcExpr *e = tppc_attr_expr(op, key);
  return e ? expr_text(x, e) : "1";
}

static void show_product(Explain *x, const TppcOp *op, int depth) {
  const TppcExpr *br = tppc_attr_expr(op, "br");
  TppcArena *a = x->cx->arena;
  const char *batch =
      br && !tppc_e_is(br, 1) ? tppc_sprintf(a, ", batch of %s", expr_text(x, br)) : "";
  const char *line =
      tppc_sprintf(a, "product %s x %s x %s%s: %s, %s -> %s", attr_text(x, op, "m"),
                   attr_text(x, op, "n"), attr_text(x, op, "k"), batch, op->uses[2].value->name,
                   op->uses[3].value->name, op->uses[1].value->name);
  x->products++;
  tppc_report_line(x->r, depth, line, tppc_sprintf(a, "microkernel '%s'", op->uses[0].value->name));
}

static void show_prefetch(Explain *x, const TppcOp *op, int depth) {
  TppcArena *a = x->cx->arena;
  const char *batch =
      tppc_attr(op, "br") ? tppc_sprintf(a, ", batch of %s", attr_text(x, op, "br")) : "";
  const char *line = tppc_sprintf(a, "prefetch %s %s x %s%s: for the next %s",
                                  op->uses[0].value->name, attr_text(x, op, "rows"),
                                  attr_text(x, op, "cols"), batch, tppc_attr_word(op, "of"));
  tppc_report_line(x->r, depth, line,
                   tppc_sprintf(a, "into the cache, at most %d lines of it", TPPC_PREFETCH_LINES));
}

static void show_region(Explain *x, const TppcRegion *r, int depth) {
  for (const TppcOp *op = r->first; op; op = op->next) {
    int inside = depth + 1;
    if (op->kind == TPPC_OP_FOR || op->kind == TPPC_OP_PAR)
      show_loop(x, op, depth);
    else if (op->kind == TPPC_OP_IF)
      tppc_report_line(x->r, depth, tppc_sprintf(x->cx->arena, "when %s", attr_text(x, op, "when")),
                       NULL);
    else if (op->kind == TPPC_OP_BARRIER)
      tppc_report_line(x->r, depth, "barrier", "all threads wait for each other");
    else if (op->kind == TPPC_OP_BRGEMM || op->kind == TPPC_OP_SGEMM)
      show_product(x, op, depth);
    else if (op->kind == TPPC_OP_PREFETCH)
      show_prefetch(x, op, depth);
    if (op->kind == TPPC_OP_TILE) {
      show_tile(x, op, depth);
      continue;
    }
    for (int i = 0; i < op->n_regions; i++)
      show_region(x, &op->regions[i], inside);
  }
}

/* ---- schedules ---- */

static const char *origin_text(const char *origin) {
  static const char *const texts[][2] = {{"program", "from the program"},
                                         {"option", "from the command line"},
                                         {"file", "from the schedule file"},
                                         {"database", "from the tuning database"},
                                         {"heuristic", "chosen by the compiler"}};
  for (size_t i = 0; origin && i < sizeof texts / sizeof *texts; i++)
    if (!strcmp(origin, texts[i][0]))
      return texts[i][1];
  return "chosen by the compiler";
}

static void list_text(Explain *x, TppcBuf *b, const TppcAttr *a) {
  if (a->kind == TPPC_A_INT)
    tppc_buf_printf(b, "%lld", (long long)a->i);
  else if (a->kind == TPPC_A_EXPR)
    tppc_buf_puts(b, expr_text(x, a->e));
  else if (a->kind != TPPC_A_LIST)
    tppc_buf_puts(b, a->s ? a->s : "");
  for (int i = 0; a->kind == TPPC_A_LIST && i < a->n; i++) {
    tppc_buf_puts(b, i ? ", " : "");
    list_text(x, b, &a->list[i]);
  }
}

/* The schedule's other attributes, as the knobs that they were. */
static void show_knobs(Explain *x, const TppcOp *op, const char *origin) {
  static const char *const others[] = {"string", "sizes", "origin", "order"};
  for (int i = 0; op && i < op->n_attrs; i++) {
    const TppcAttr *a = &op->attrs[i];
    bool other = false;
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
      other |= !strcmp(a->key, others[k]);
    if (other)
      continue;
    TppcBuf b = {0};
    tppc_buf_puts(&b, a->key);
    if (strcmp(a->key, "prefetch") != 0) {
      tppc_buf_puts(&b, " ");
      list_text(x, &b, a);
    }
    tppc_report_line(x->r, 0, text_of(x, &b), origin);
  }
}

static void show_schedule(Explain *x, TppcOp *nest) {
  TppcSched *s = tppc_schedule_model(x->cx, nest);
  if (!s)
    return;
  TppcBuf tree = {0};
  const char *origin = origin_text(s->op ? tppc_attr_word(s->op, "origin") : NULL);
  tppc_tree_print(&tree, s, tppc_schedule_place(s));
  const char *text = text_of(x, &tree);
  if (*text)
    tppc_report_line(x->r, 0, text, "the tree");
  tppc_report_line(x->r, 0, tppc_sprintf(x->cx->arena, "\"%s\"", s->text), origin);
  for (int i = 0; i < s->loops.n; i++) {
    const TppcSchedLoop *loop = &s->loops.data[i];
    TppcBuf b = {0};
    tppc_buf_printf(&b, "%s:", loop->sym);
    int n = 0;
    for (int k = 0; k < s->levels.n; k++)
      if (s->levels.data[k].loop == i)
        tppc_buf_printf(&b, "%s %lld", n++ ? "," : "", (long long)s->levels.data[k].step);
    tppc_report_line(x->r, 0, text_of(x, &b), loop->sizes ? origin : "chosen by the compiler");
  }
  show_knobs(x, s->op, origin);
}

/* ---- values ---- */

static const char *type_text(Explain *x, const TppcType *t) {
  TppcBuf b = {0};
  tppc_t_print(&b, t);
  return text_of(x, &b);
}

static const char *size_text(Explain *x, const TppcType *t) {
  const TppcExpr *bytes = tppc_t_bytes(x->cx, t);
  int64_t n;
  return tppc_e_const(bytes, &n) ? bytes_text(x, n)
                                 : tppc_sprintf(x->cx->arena, "%s bytes", expr_text(x, bytes));
}

static void show_place(Explain *x, const TppcOp *op, int64_t *stack) {
  static const char *const places[] = {[TPPC_PLACE_SHARED] = "scratch, shared by the threads",
                                       [TPPC_PLACE_THREAD] = "scratch of each thread",
                                       [TPPC_PLACE_STACK] = "stack of each thread"};
  TppcArena *a = x->cx->arena;
  const TppcType *t = op->results[0]->type;
  const char *place = places[tppc_buffer_place(x->cx, op, stack)];
  tppc_report_line(x->r, 0, tppc_sprintf(a, "%s: %s", op->results[0]->name, type_text(x, t)),
                   tppc_sprintf(a, "%s, %s", place, size_text(x, t)));
}

static bool has_buffer(const TppcOp *nest, const char *name) {
  for (const TppcOp *op = nest->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_BUFFER && op->name && name && !strcmp(op->name, name))
      return true;
  return false;
}

static void show_values(Explain *x, const TppcOp *lowered, const TppcOp *planned) {
  int64_t stack = 0;
  for (const TppcOp *op = lowered->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_BUFFER)
      show_place(x, op, &stack);
  for (const TppcOp *op = planned ? planned->regions[0].first : NULL; op; op = op->next)
    if (op->kind == TPPC_OP_TEMP && !has_buffer(lowered, op->name))
      tppc_report_line(x->r, 0,
                       tppc_sprintf(x->cx->arena, "%s: %s", op->results[0]->name,
                                    type_text(x, op->results[0]->type)),
                       "registers, or the result itself: never stored by itself");
}

/* ---- microkernels ---- */

/* Rows for other types are no alternatives, and there are many. */
static void report_refusal(void *user, const char *row, const char *reason) {
  Explain *x = user;
  if (!strncmp(reason, "the types are", strlen("the types are")))
    return;
  tppc_report_line(x->r, 1, tppc_sprintf(x->cx->arena, "not %s", row),
                   tppc_strdup(x->cx->arena, reason));
}

static void show_crossover(Explain *x, const TppcOp *op) {
  int part = tppc_crossover(op, x->pass.vector_bytes);
  if (part >= 1000)
    tppc_report_line(x->r, 1, "sparse", "measured: a dense factor is never faster");
  else if (part >= 0)
    tppc_report_line(x->r, 1, "sparse",
                     tppc_sprintf(x->cx->arena,
                                  "measured: a dense factor is faster from %d %% stored on",
                                  (part + 5) / 10));
}

static void show_select(Explain *x, const TppcOp *op) {
  TppcArena *a = x->cx->arena;
  const char *line =
      tppc_sprintf(a, "%s: %s x %s -> %s, %s x %s x %s", op->results[0]->name,
                   tppc_attr_word(op, "a"), tppc_attr_word(op, "b"), tppc_attr_word(op, "c"),
                   attr_text(x, op, "m"), attr_text(x, op, "n"), attr_text(x, op, "k"));
  const char *name = tppc_select_choice(op, x->isas, NULL, NULL);
  if (name && !strcmp(name, "generated"))
    name = tppc_sprintf(a, "generated %s x %s", attr_text(x, op, "m"), attr_text(x, op, "n"));
  tppc_report_line(x->r, 0, line, name ? name : "chosen at the call, when its sizes are known");
  if (name)
    tppc_select_choice(op, x->isas, report_refusal, x);
  const char *kind = tppc_attr_word(op, "kind");
  if (kind && strcmp(kind, "brgemm") != 0)
    show_crossover(x, op);
}

/* ---- kernels ---- */

/* The nest of a region, or of a seq in it, that became the loop.nest called `name`. */
static TppcOp *nest_called(const Explain *x, TppcRegion *r, const char *name) {
  for (TppcOp *op = r->first; op; op = op->next) {
    if (op->kind == TPPC_OP_SEQ) {
      TppcOp *inside = nest_called(x, &op->regions[0], name);
      if (inside)
        return inside;
    }
    const char *label = op->name ? op->name : "nest";
    if (op->kind == TPPC_OP_NEST &&
        !strcmp(name, tppc_sprintf(x->cx->arena, "%s.%s", x->kernel->name, label)))
      return op;
  }
  return NULL;
}

static TppcOp *planned_nest(const Explain *x, const TppcOp *lowered) {
  TppcOp *k = tppc_module_kernel(x->planned, x->kernel->name);
  return k && lowered->name ? nest_called(x, &k->regions[0], lowered->name) : NULL;
}

static void show_nest(Explain *x, const TppcOp *lowered) {
  TppcOp *planned = planned_nest(x, lowered);
  x->passes = x->products = 0;
  tppc_report_heading(x->r, 2, "%s", lowered->name ? lowered->name : "a nest");
  if (planned)
    show_schedule(x, planned);
  tppc_report_space(x->r);
  show_region(x, &lowered->regions[0], 0);
  tppc_report_linef(x->r, 0, "%d pass%s over tiles, %d product%s", x->passes,
                    x->passes == 1 ? "" : "es", x->products, x->products == 1 ? "" : "s");
  tppc_report_space(x->r);
  show_values(x, lowered, planned);
}

static void show_sizes(Explain *x) {
  static const char *const origins[][2] = {{"free", "an argument of the function"},
                                           {"default", "its default"},
                                           {"fixed", "given by -D"},
                                           {"derived", "computed from other sizes"}};
  for (const TppcOp *op = x->kernel->regions[0].first; op; op = op->next) {
    if (op->kind != TPPC_OP_SIZE)
      continue;
    const char *origin = tppc_attr_word(op, "origin"), *note = NULL;
    for (size_t i = 0; origin && i < sizeof origins / sizeof *origins; i++)
      note = strcmp(origin, origins[i][0]) ? note : origins[i][1];
    const TppcExpr *value = tppc_attr_expr(op, "value");
    tppc_report_line(x->r, 0,
                     tppc_sprintf(x->cx->arena, "%s%s%s", op->name, value ? " = " : "",
                                  value ? expr_text(x, value) : ""),
                     note);
  }
}

/* The kernel of the first product; NULL when there is none. */
static const TppcOp *first_select(const TppcOp *kernel) {
  for (const TppcOp *op = kernel->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_SELECT)
      return op;
  return NULL;
}

static void show_prediction(Explain *x, double flops, double bytes) {
  TppcPeakTable peaks;
  const TppcOp *op = first_select(x->kernel);
  if (x->isas) {
    tppc_report_line(x->r, 0, "no prediction of the time: only this machine's peaks are known",
                     NULL);
    return;
  }
  if (!tppc_peaks_load(x->s, &peaks)) {
    tppc_report_line(x->r, 0, "no prediction of the time: run tppc targets --calibrate", NULL);
    return;
  }
  TppcBuf b = {0};
  tppc_predict(&b, &peaks, flops, bytes, op ? tppc_elem_by_name(tppc_attr_word(op, "a")) : TPP_F32,
               op ? tppc_elem_by_name(tppc_attr_word(op, "b")) : TPP_F32);
  tppc_report_line(x->r, 0, text_of(x, &b), NULL);
}

/* Operations and bytes of a call, where all sizes are known. */
static void show_work(Explain *x) {
  TppcEnv env = {.arena = x->cx->arena};
  const char *unknown;
  if (tppc_env_sizes(&env, x->kernel, &unknown) != TPP_OK)
    return;
  double flops = tppc_interp_flops(x->s->source, x->kernel->name, &env, NULL, 0), bytes = 0;
  for (const TppcOp *op = x->kernel->regions[0].first; op; op = op->next) {
    int64_t n;
    if (op->kind == TPPC_OP_PARAM && op->results[0]->type->kind == TPPC_T_TENSOR &&
        op->results[0]->type->storage == TPP_STORE_DENSE &&
        tppc_e_const(tppc_t_bytes(x->cx, op->results[0]->type), &n))
      bytes += (double)n;
  }
  if (flops > 0)
    tppc_report_linef(x->r, 0, "%.3g GFLOP of products a call, %s of arguments: %.3g FLOP a byte",
                      flops * 1e-9, bytes_text(x, (int64_t)bytes), flops / (bytes > 0 ? bytes : 1));
  else
    tppc_report_linef(x->r, 0, "%s of arguments a call, no products",
                      bytes_text(x, (int64_t)bytes));
  show_prediction(x, flops, bytes);
}

static void show_nests(Explain *x, const TppcRegion *r) {
  for (const TppcOp *op = r->first; op; op = op->next) {
    if (op->kind == TPPC_OP_LNEST)
      show_nest(x, op);
    if (op->kind != TPPC_OP_SEQ)
      continue;
    tppc_report_heading(x->r, 2, "seq %s: what follows, %s times, one after the other",
                        op->n_dims ? dim_text(x, &op->dims[0]) : "", trips_text(x, op));
    show_nests(x, &op->regions[0]);
    tppc_report_heading(x->r, 2, "end of seq");
  }
}

static void show_kernel(Explain *x, const TppcOp *kernel, const TppcTargetInfo *target) {
  x->kernel = kernel;
  tppc_report_heading(x->r, 1, "kernel %s, for %s", kernel->name, target->cpu);
  show_sizes(x);
  show_work(x);
  show_nests(x, &kernel->regions[0]);
  int64_t stack = 0;
  bool any = false;
  for (const TppcOp *op = kernel->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_LOCAL) {
      if (!any)
        tppc_report_heading(x->r, 2, "local tensors");
      any = true;
      show_place(x, op, &stack);
    }
  any = false;
  for (const TppcOp *op = kernel->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_SELECT) {
      if (!any)
        tppc_report_heading(x->r, 2, "microkernels, chosen by each call; on %s:",
                            x->isas ? target->cpu : "this machine");
      any = true;
      show_select(x, op);
    }
}

/* The pass before the one that makes loops. */
static const char *last_plan(void) {
  const char *name = NULL;
  for (int i = 0; tppc_pass_at(i) && tppc_pass_at(i)->leaves == TPPC_LEVEL_TPP; i++)
    name = tppc_pass_at(i)->name;
  return name;
}

TppcResult tppc_session_explain(TppcSession *s, int html, char **text, size_t *n) {
  TppcResult result = tppc_session_lower(s);
  if (result != TPPC_DONE)
    return result;
  TppcBuf out = {0};
  TppcReport r = {.out = &out, .html = html != 0};
  Explain x = {.s = s, .cx = s->cx, .r = &r, .planned = tppc_session_lower_to(s, last_plan())};
  TppcTargetInfo target;
  if (!x.planned || !tppc_target_info(s->cx, &s->emit, &target))
    return TPPC_BAD_PROGRAM;
  if ((s->emit.cpu || s->emit.triple) && target.cpu_isas != tpp_cpu_isas_unmasked())
    x.isas = target.cpu_isas;
  tppc_session_pass_options(s, &x.pass);
  tppc_report_begin(&r, s->path);
  for (const TppcOp *op = s->lowered->body.first; op; op = op->next)
    if (op->kind == TPPC_OP_KERNEL)
      show_kernel(&x, op, &target);
  tppc_report_end(&r);
  tppc_buf_puts(&out, "");
  *text = out.data;
  *n = out.n;
  return TPPC_DONE;
}
