/* Statements: the scalar region is turned into steps once and run over chunks of points. */
#include "interp/interp_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Step {
  const TppcOp *op;
  Slot *out;
  const Slot *in[3];
  Access access;       /* load, store */
  Affine index;        /* tpp.index */
  Reduction reduction; /* store that combines */
  bool reduces;
  int64_t lo, hi; /* tpp.bind: the range of the index */
} Step;

typedef struct Plan {
  Frame *f;
  Interp *in;
  Letters letters;
  TppcMap slots; /* TppcValue -> Slot */
  TppcVec(Step) steps;
  int inner;
} Plan;

static double *take_doubles(Interp *in) {
  return TPPC_NEW_N(in->arena, double, CHUNK);
}

static Slot *new_slot(Interp *in, int elem, bool product) {
  Slot *s = TPPC_NEW(in->arena, Slot);
  s->elem = elem;
  s->is_int = !tppc_elem_is_float(elem);
  s->e = take_doubles(in);
  if (s->is_int)
    s->i = TPPC_NEW_N(in->arena, int64_t, CHUNK);
  else
    s->f = take_doubles(in);
  if (product && !s->is_int)
    s->x = take_doubles(in);
  return s;
}

/* A scalar parameter, the same at every point. */
static Slot *broadcast(Plan *p, const TppcValue *v) {
  Store *s = frame_store(p->f, v);
  Slot *slot = new_slot(p->in, tppc_elem_compute(v->type->elem), false);
  for (int j = 0; s && j < CHUNK; j++) {
    if (slot->is_int)
      slot->i[j] = s->i[0];
    else
      slot->f[j] = s->f[0];
    slot->e[j] = s->e ? s->e[0] : 0;
  }
  slot->inexact = s && s->e && s->e[0] != 0;
  return slot;
}

static const Slot *slot_of(Plan *p, const TppcValue *v) {
  Slot *s = tppc_map_get(&p->slots, v);
  if (s)
    return s;
  s = broadcast(p, v);
  tppc_map_set(&p->slots, v, s);
  return s;
}

static void fill_constant(const TppcOp *op, Slot *s) {
  const TppcAttr *a = tppc_attr(op, "value");
  for (int j = 0; a && j < CHUNK; j++) {
    if (s->is_int)
      s->i[j] = a->kind == TPPC_A_FLOAT ? (int64_t)a->f : a->i;
    else
      s->f[j] = number_convert((Number){.f = a->f, .i = a->i}, a->kind != TPPC_A_FLOAT, s->elem).f;
  }
}

static void plan_store(Plan *p, Step *s) {
  const TppcOp *op = s->op;
  Store *to = frame_store(p->f, op->uses[1].value);
  s->in[0] = slot_of(p, op->uses[0].value);
  access_make(p->in, &s->access, to, &op->uses[1], &p->letters, &p->f->env);
  s->reduces = tppc_op_update(op) != TPPC_SET;
}

static void plan_condition(Plan *p, Step *s) {
  const TppcExpr *e = tppc_attr_expr(s->op, "valid");
  if (!e)
    return;
  Affine *valid = TPPC_NEW(p->in->arena, Affine);
  *valid = affine_of(e, &p->letters, &p->f->env);
  s->access.valid = valid;
}

/* The symbol stands for the values of its operand from here on. */
static void plan_bind(Plan *p, Step *s) {
  Letters *l = &p->letters;
  const TppcDim *d = &s->op->dims[0];
  s->in[0] = slot_of(p, s->op->uses[0].value);
  if (l->n_bound == MAX_BOUND || !s->in[0]->is_int || !tppc_env_eval(&p->f->env, d->lo, &s->lo) ||
      !tppc_env_eval(&p->f->env, d->hi, &s->hi)) {
    p->in->status = TPP_ERR_SIZE;
    return;
  }
  l->bound_sym[l->n_bound] = d->sym;
  l->bound[l->n_bound++] = s->in[0];
}

static void plan_op(Plan *p, const TppcOp *op) {
  Step s = {.op = op};
  if (op->n_results) {
    s.out = new_slot(p->in, op->results[0]->type->elem,
                     op->kind == TPPC_OP_ELT && op->elt == TPPC_ELT_MUL);
    tppc_map_set(&p->slots, op->results[0], s.out);
  }
  switch (op->kind) {
  case TPPC_OP_LOAD:
    access_make(p->in, &s.access, frame_store(p->f, op->uses[0].value), &op->uses[0], &p->letters,
                &p->f->env);
    plan_condition(p, &s);
    break;
  case TPPC_OP_STORE:
    plan_store(p, &s);
    plan_condition(p, &s);
    break;
  case TPPC_OP_CONST:
    fill_constant(op, s.out);
    break;
  case TPPC_OP_INDEX:
    s.index = affine_of(tppc_attr_expr(op, "value"), &p->letters, &p->f->env);
    break;
  case TPPC_OP_BIND:
    plan_bind(p, &s);
    break;
  default:
    for (int k = 0; k < op->n_uses && k < 3; k++)
      s.in[k] = slot_of(p, op->uses[k].value);
    break;
  }
  TPPC_PUSH(p->in->arena, &p->steps, s);
}

/* ---- running ---- */

static void load(Step *s, const int64_t *off, int n) {
  const Store *from = s->access.s;
  s->out->inexact = from->e != NULL;
  for (int j = 0; j < n; j++) {
    bool inside = off[j] >= 0;
    if (s->out->is_int)
      s->out->i[j] = !inside ? 0 : from->is_int ? from->i[off[j]] : (int64_t)from->f[off[j]];
    else
      s->out->f[j] = !inside ? 0 : from->is_int ? (double)from->i[off[j]] : from->f[off[j]];
    s->out->e[j] = inside && from->e ? from->e[off[j]] : 0;
  }
}

static void store(Step *s, const int64_t *off, int n) {
  Store *to = s->access.s;
  const Slot *v = s->in[0];
  for (int j = 0; j < n; j++) {
    if (off[j] < 0)
      continue;
    Number x = {.e = v->inexact ? v->e[j] : 0};
    /* A later statement may be fused with this one, and add the product unrounded. */
    if (v->x && !to->is_arg)
      x.e += v->x[j];
    if (v->is_int)
      x.i = v->i[j];
    else
      x.f = v->f[j];
    Number r = number_convert(x, v->is_int, to->elem);
    if (to->is_int)
      to->i[off[j]] = r.i;
    else
      to->f[off[j]] = r.f;
    if (r.e != 0 || to->e)
      store_errors(to)[off[j]] = r.e;
  }
}

/* Where the data index of an access may be another one, nothing is known of what it reads, nor of
 * the tensor that it writes. */
static bool unsure(const Plan *p, const Step *s, int j) {
  for (int d = 0; d < s->access.rank; d++) {
    int bound = s->access.idx[d].bound;
    const Slot *v = bound >= 0 ? p->letters.bound[bound] : NULL;
    if (v && v->inexact && v->e[j] != 0)
      return true;
  }
  return false;
}

static void doubt(const Plan *p, Step *s, int n) {
  if (!p->letters.n_bound)
    return;
  for (int j = 0; j < n; j++) {
    if (!unsure(p, s, j))
      continue;
    if (s->op->kind == TPPC_OP_LOAD) {
      s->out->inexact = true;
      s->out->e[j] = (double)INFINITY;
      continue;
    }
    double *e = store_errors(s->access.s);
    for (int64_t i = 0; i < s->access.s->n; i++)
      e[i] = (double)INFINITY;
    return;
  }
}

/* A store that combines also reads, which its write covers. */
static void record(const Plan *p, const Step *s, const int64_t *off, int n) {
  bool writes = s->op->kind == TPPC_OP_STORE;
  for (int j = 0; p->in->race && j < n; j++) {
    if (off[j] >= 0 && writes)
      race_write(p->in, s->access.s, off[j], 1, 1);
    else if (off[j] >= 0)
      race_read(p->in, s->access.s, off[j], 1, 1);
  }
}

/* ---- values that stop being finite ---- */

static bool is_finite(const Slot *s, int j) {
  return s->is_int || isfinite(s->f[j]);
}

/* An operand that the value at point j depends on: of select the one taken. */
static bool is_taken(const Step *s, int k, int j) {
  if (s->op->kind != TPPC_OP_ELT || s->op->elt != TPPC_ELT_SELECT || k == 0)
    return true;
  return k == ((s->in[0]->is_int ? s->in[0]->i[j] != 0 : s->in[0]->f[j] != 0) ? 1 : 2);
}

/* The step that made v at point j of finite operands, NULL when it came in. */
static const Step *culprit(const Plan *p, const Slot *v, int j) {
  const Step *s = NULL;
  for (int i = 0; i < p->steps.n && !s; i++)
    s = p->steps.data[i].out == v ? &p->steps.data[i] : NULL;
  if (!s || !s->in[0])
    return NULL;
  bool finite = true;
  for (int k = 0; k < 3 && s->in[k]; k++) {
    if (!is_taken(s, k, j) || is_finite(s->in[k], j))
      continue;
    finite = false;
    const Step *before = culprit(p, s->in[k], j);
    if (before)
      return before;
  }
  return finite ? s : NULL;
}

static void describe_point(const Plan *p, const Chunk *c, int j, char *out, size_t room) {
  size_t n = 0;
  for (int i = 0; i < p->letters.n && n + 32 < room; i++) {
    int64_t at = c->row == i   ? c->rows[j]
                 : c->col == i ? c->cols[j]
                               : c->at[i] + (c->inner == i ? j : 0);
    n += (size_t)snprintf(out + n, room - n, "%s%s = %lld", n ? ", " : "", p->letters.sym[i],
                          (long long)at);
  }
  if (!n)
    snprintf(out, room, "its one point");
}

static void describe_op(const Step *s, int j, char *out, size_t room) {
  const char *name =
      s->op->kind == TPPC_OP_ELT ? tppc_elt_info(s->op->elt)->mnemonic : "rounding of ";
  size_t n = (size_t)snprintf(out, room, "%s(", name);
  for (int k = 0; k < 3 && s->in[k] && n + 40 < room; k++) {
    if (s->in[k]->is_int)
      n += (size_t)snprintf(out + n, room - n, "%s%lld", k ? ", " : "", (long long)s->in[k]->i[j]);
    else
      n += (size_t)snprintf(out + n, room - n, "%s%.9g", k ? ", " : "", s->in[k]->f[j]);
  }
  snprintf(out + n, room - n, ")");
}

static void trace_made(Plan *p, const Step *store, const Step *by, const Chunk *c, int j,
                       double value) {
  TppcNanTrace *t = p->in->trace;
  describe_point(p, c, j, t->where, sizeof t->where);
  describe_op(by, j, t->made_by, sizeof t->made_by);
  TppcSpan span = by->op->span.source ? by->op->span : store->op->span;
  trace_found(p->in, span, store->op->uses[1].value->name, value);
}

/* After the store of a chunk, or before its terms are added. */
static void trace_store(Plan *p, Step *s, const int64_t *off, const Chunk *c) {
  const Slot *v = s->in[0];
  const Store *to = s->access.s;
  for (int j = 0; p->in->trace && j < c->n; j++) {
    if (off[j] < 0 || v->is_int)
      continue;
    bool finite = isfinite(v->f[j]);
    const Step *by = finite ? NULL : culprit(p, v, j);
    s->reduction.spoiled |= s->reduces && !finite;
    if (s->reduces && !s->reduction.init && !to->is_int && !isfinite(to->f[off[j]]))
      s->reduction.spoiled = true;
    if (by)
      trace_made(p, s, by, c, j, v->f[j]);
    else if (!s->reduces && finite && !to->is_int && !isfinite(to->f[off[j]]))
      trace_made(p, s, s, c, j, to->f[off[j]]);
  }
}

static void check_bound(Plan *p, const Step *s, int n) {
  for (int j = 0; j < n && p->in->status == TPP_OK; j++)
    if (s->in[0]->i[j] < s->lo || s->in[0]->i[j] >= s->hi)
      p->in->status = TPP_ERR_INDEX;
}

static void run_step(Plan *p, Step *s, const Chunk *c) {
  int64_t off[CHUNK];
  switch (s->op->kind) {
  case TPPC_OP_LOAD:
    access_offsets(p->in, &s->access, c, &p->letters, &p->f->env, off);
    record(p, s, off, c->n);
    load(s, off, c->n);
    doubt(p, s, c->n);
    break;
  case TPPC_OP_STORE:
    access_offsets(p->in, &s->access, c, &p->letters, &p->f->env, off);
    record(p, s, off, c->n);
    if (s->reduces)
      reduction_add(&s->reduction, off, s->in[0], c->n);
    else
      store(s, off, c->n);
    if (p->in->trace)
      trace_store(p, s, off, c);
    doubt(p, s, c->n);
    break;
  case TPPC_OP_INDEX:
    affine_values(p->in, &s->index, c, &p->letters, &p->f->env, s->out->i);
    break;
  case TPPC_OP_BIND:
    check_bound(p, s, c->n);
    break;
  case TPPC_OP_CONVERT:
    convert_run(s->in[0], s->out, s->out->elem, c->n);
    break;
  case TPPC_OP_ROUND:
    convert_run(s->in[0], s->out, tppc_elem_by_name(tppc_attr_word(s->op, "to")), c->n);
    break;
  case TPPC_OP_ELT:
    elt_run(s->op->elt, s->in, s->out, c->n);
    break;
  default:
    break;
  }
}

static void run_chunk(Plan *p, const Chunk *c) {
  for (int i = 0; i < p->steps.n && p->in->status == TPP_OK; i++)
    run_step(p, &p->steps.data[i], c);
}

/* The longest loop, the last of equals, so that chunks are full. */
static int choose_inner(const Letters *l) {
  int best = -1;
  int64_t extent = 0;
  for (int i = 0; i < l->n; i++) {
    int64_t n = l->hi[i] - l->lo[i];
    n = n > CHUNK ? CHUNK : n;
    if (n >= extent) {
      best = i;
      extent = n;
    }
  }
  return best;
}

static void run_dense(Plan *p) {
  const Letters *l = &p->letters;
  Chunk c = {.inner = p->inner, .row = -1, .col = -1, .n = 1};
  for (int i = 0; i < l->n; i++) {
    c.at[i] = l->lo[i];
    if (l->lo[i] >= l->hi[i])
      return;
  }
  for (;;) {
    if (c.inner < 0) {
      run_chunk(p, &c);
    } else {
      for (int64_t at = l->lo[c.inner]; at < l->hi[c.inner]; at += CHUNK) {
        c.at[c.inner] = at;
        c.n = (int)(l->hi[c.inner] - at < CHUNK ? l->hi[c.inner] - at : CHUNK);
        run_chunk(p, &c);
      }
    }
    int i = l->n - 1;
    for (; i >= 0; i--) {
      if (i == c.inner)
        continue;
      if (++c.at[i] < l->hi[i])
        break;
      c.at[i] = l->lo[i];
    }
    if (i < 0)
      return;
  }
}

/* ---- statements over the entries of a sparse tensor ---- */

/* The tensor whose entries are walked: the operand of a statement; of a tile the one that it
 * accesses by row and column. */
static const Access *sparse_access(Plan *p, TppcOp *op) {
  if (op->n_uses) {
    Access *a = TPPC_NEW(p->in->arena, Access);
    access_make(p->in, a, frame_store(p->f, op->uses[0].value), &op->uses[0], &p->letters,
                &p->f->env);
    return a;
  }
  for (int i = 0; i < p->steps.n; i++) {
    const Access *a = &p->steps.data[i].access;
    if (a->s && a->s->sparse && !a->flat)
      return a;
  }
  return NULL;
}

static int plain_letter(const Affine *a, const Letters *l) {
  int found = -1;
  for (int i = 0; i < l->n; i++) {
    if (!a->ok || (a->coef[i] != 0 && (a->coef[i] != 1 || found >= 0)))
      return -1;
    if (a->coef[i] == 1)
      found = i;
  }
  return a->c0 == 0 ? found : -1;
}

bool same_pattern(const TppcTensor *a, const TppcTensor *b) {
  TppcBlocking x = tppc_tensor_blocking(a), y = tppc_tensor_blocking(b);
  if (a->nnz != b->nnz || x.by_columns != y.by_columns || x.side_r != y.side_r ||
      x.side_c != y.side_c || x.blocks_r != y.blocks_r || x.blocks_c != y.blocks_c)
    return false;
  int64_t majors = x.by_columns ? x.blocks_c : x.blocks_r;
  return !memcmp(a->ptr, b->ptr, (size_t)(majors + 1) * sizeof *a->ptr) &&
         !memcmp(a->idx, b->idx, (size_t)a->nnz * sizeof *a->idx);
}

static void run_other_letters(Plan *p, Chunk *c) {
  const Letters *l = &p->letters;
  for (int i = 0; i < l->n; i++) {
    c->at[i] = l->lo[i];
    if (i != c->row && i != c->col && l->lo[i] >= l->hi[i])
      return;
  }
  for (;;) {
    run_chunk(p, c);
    int i = l->n - 1;
    for (; i >= 0; i--) {
      if (i == c->row || i == c->col)
        continue;
      if (++c->at[i] < l->hi[i])
        break;
      c->at[i] = l->lo[i];
    }
    if (i < 0)
      return;
  }
}

static void run_sparse(Plan *p, const Access *a) {
  const TppcTensor *t = a->s->sparse;
  TppcBlocking b = tppc_tensor_blocking(t);
  int64_t rows[CHUNK], cols[CHUNK], entry[CHUNK], majors = b.by_columns ? b.blocks_c : b.blocks_r;
  const Letters *l = &p->letters;
  Chunk c = {.inner = -1, .rows = rows, .cols = cols, .entry = entry};
  c.row = plain_letter(&a->idx[0], &p->letters);
  c.col = plain_letter(&a->idx[1], &p->letters);
  for (int i = 0; i < p->steps.n; i++) {
    const Store *s = p->steps.data[i].access.s;
    if (s && s->sparse && !same_pattern(s->sparse, t))
      p->in->status = TPP_ERR_FORMAT;
  }
  if (c.row < 0 || c.col < 0 || c.row == c.col)
    p->in->status = TPP_ERR_FORMAT;
  for (int64_t i = 0; i < majors && p->in->status == TPP_OK; i++)
    for (int64_t e = t->ptr[i]; e < t->ptr[i + 1]; e++)
      for (int64_t k = 0; k < b.side_r * b.side_c; k++) {
        int64_t row, col;
        tppc_sparse_entry(t, i, e, &row, &col);
        row += k / b.side_c;
        col += k % b.side_c;
        if (row < l->lo[c.row] || row >= l->hi[c.row] || col < l->lo[c.col] || col >= l->hi[c.col])
          continue;
        rows[c.n] = row;
        cols[c.n] = col;
        entry[c.n++] = e * b.side_r * b.side_c + k;
        if (c.n == CHUNK) {
          run_other_letters(p, &c);
          c.n = 0;
        }
      }
  if (c.n)
    run_other_letters(p, &c);
}

static void run_plan(Frame *f, TppcOp *op) {
  Plan p = {.f = f, .in = f->in, .slots = {.arena = f->in->arena}};
  if (!letters_of(f->in, op, &f->env, &p.letters))
    return;
  for (const TppcOp *o = op->regions[0].first; o; o = o->next)
    plan_op(&p, o);
  if (f->in->status != TPP_OK)
    return;
  p.inner = choose_inner(&p.letters);
  for (int i = 0; i < p.steps.n; i++) {
    Step *s = &p.steps.data[i];
    if (s->reduces)
      reduction_begin(f->in, &s->reduction, &s->access, &p.letters, &f->env, tppc_op_update(s->op),
                      tppc_attr_int(s->op, "init", 0) == 1);
    s->reduction.op = s->op;
  }
  const Access *sparse = sparse_access(&p, op);
  if (sparse)
    run_sparse(&p, sparse);
  else
    run_dense(&p);
  for (int i = 0; i < p.steps.n; i++) {
    Step *s = &p.steps.data[i];
    if (s->reduces)
      reduction_end(&s->reduction);
    else if (s->op->kind == TPPC_OP_STORE)
      store_written(s->access.s);
  }
}

/* Plans are short-lived: a tile of a scheduled nest is planned every time it is reached. */
void run_stmt(Frame *f, TppcOp *op) {
  TppcArena *outer = f->in->arena;
  f->in->arena = tppc_arena_new();
  run_plan(f, op);
  tppc_arena_free(f->in->arena);
  f->in->arena = outer;
}
