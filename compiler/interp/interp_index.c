/* Indices: affine where they are, with everything but the statement's letters evaluated once. */
#include "interp/interp_internal.h"

#include <string.h>

bool letters_of(Interp *in, const TppcOp *op, const TppcEnv *env, Letters *l) {
  l->n = op->n_dims;
  l->n_bound = 0;
  if (l->n > MAX_LETTERS) {
    in->status = TPP_ERR_SIZE;
    return false;
  }
  for (int i = 0; i < l->n; i++) {
    const TppcDim *d = &op->dims[i];
    l->sym[i] = d->sym;
    l->lo[i] = 0;
    if ((d->lo && !tppc_env_eval(env, d->lo, &l->lo[i])) || !tppc_env_eval(env, d->hi, &l->hi[i])) {
      in->status = TPP_ERR_SIZE;
      return false;
    }
  }
  return true;
}

static int letter_at(const Letters *l, const char *sym) {
  for (int i = 0; i < l->n; i++)
    if (l->sym[i] == sym)
      return i;
  return -1;
}

static bool is_constant(const Affine *a, int n) {
  for (int i = 0; i < n; i++)
    if (a->coef[i])
      return false;
  return a->ok;
}

static Affine constant(int64_t v) {
  Affine a = {.ok = true, .c0 = v};
  return a;
}

static void scale(Affine *a, int64_t by, int n) {
  a->ok = a->ok && !__builtin_mul_overflow(a->c0, by, &a->c0);
  for (int i = 0; i < n; i++)
    a->ok = a->ok && !__builtin_mul_overflow(a->coef[i], by, &a->coef[i]);
}

static void add(Affine *a, const Affine *b, int n) {
  a->ok = a->ok && b->ok && !__builtin_add_overflow(a->c0, b->c0, &a->c0);
  for (int i = 0; i < n; i++)
    a->ok = a->ok && !__builtin_add_overflow(a->coef[i], b->coef[i], &a->coef[i]);
}

static Affine convert(const TppcExpr *e, const Letters *l, const TppcEnv *env) {
  Affine none = {0};
  if (e->kind == TPPC_E_CONST)
    return constant(e->value);
  if (e->kind == TPPC_E_SYM) {
    int at = letter_at(l, e->sym);
    Affine r = constant(0);
    if (at >= 0)
      r.coef[at] = 1;
    else if (!tppc_env_get(env, e->sym, &r.c0))
      return none;
    return r;
  }
  if (e->kind == TPPC_E_ADD || e->kind == TPPC_E_MUL) {
    Affine r = constant(e->kind == TPPC_E_MUL);
    for (int i = 0; i < e->n; i++) {
      Affine t = convert(e->op[i], l, env);
      if (!t.ok)
        return none;
      if (e->kind == TPPC_E_ADD) {
        add(&r, &t, l->n);
      } else if (is_constant(&t, l->n)) {
        scale(&r, t.c0, l->n);
      } else {
        if (!is_constant(&r, l->n))
          return none;
        scale(&t, r.c0, l->n);
        r = t;
      }
    }
    return r;
  }
  int64_t v;
  for (int i = 0; i < l->n; i++)
    if (tppc_e_uses(e, l->sym[i]))
      return none;
  return tppc_env_eval(env, e, &v) ? constant(v) : none;
}

Affine affine_of(const TppcExpr *e, const Letters *l, const TppcEnv *env) {
  Affine a = convert(e, l, env);
  a.expr = e;
  a.bound = -1;
  for (int i = 0; e->kind == TPPC_E_SYM && i < l->n_bound; i++)
    if (l->bound_sym[i] == e->sym)
      a.bound = i;
  return a;
}

void access_make(Interp *in, Access *a, Store *s, const TppcUse *u, const Letters *l,
                 const TppcEnv *env) {
  memset(a, 0, sizeof *a);
  a->s = s;
  a->rank = u->n_idx;
  a->flat = in->m->level == TPPC_LEVEL_RT && u->n_idx == 1 &&
            (s->rank != 1 || (s->type->kind == TPPC_T_TENSOR && s->type->n_digits));
  a->idx = TPPC_NEW_N(in->arena, Affine, u->n_idx + 1);
  a->affine = true;
  for (int d = 0; d < u->n_idx; d++) {
    a->idx[d] = affine_of(u->idx[d], l, env);
    a->affine = a->affine && a->idx[d].ok;
    int64_t stride = a->flat ? 1 : s->stride[d];
    a->c0 += a->idx[d].c0 * stride;
    for (int i = 0; i < l->n; i++)
      a->coef[i] += a->idx[d].coef[i] * stride;
  }
}

void access_extremes(const Access *a, const Letters *l, int64_t *least, int64_t *most) {
  *least = 0;
  *most = a->s->n;
  if (!a->affine || a->flat || a->s->padded || a->s->sparse)
    return;
  int64_t lo = a->c0, hi = a->c0;
  for (int i = 0; i < l->n; i++) {
    int64_t first = a->coef[i] * l->lo[i], last = a->coef[i] * (l->hi[i] - 1);
    lo += first < last ? first : last;
    hi += first < last ? last : first;
  }
  if (lo < 0 || hi >= a->s->n || lo > hi)
    return;
  *least = lo;
  *most = hi + 1;
}

static int64_t letter_value(const Chunk *c, int letter, int j) {
  if (letter == c->row)
    return c->rows[j];
  if (letter == c->col)
    return c->cols[j];
  return letter == c->inner ? c->at[letter] + j : c->at[letter];
}

static bool evaluate(const Affine *a, const Chunk *c, const Letters *l, const TppcEnv *env, int j,
                     int64_t *v) {
  if (a->ok) {
    *v = a->c0;
    for (int i = 0; i < l->n; i++)
      if (a->coef[i])
        *v += a->coef[i] * letter_value(c, i, j);
    return true;
  }
  if (a->bound >= 0) {
    *v = l->bound[a->bound]->i[j];
    return true;
  }
  TppcBinding room[MAX_LETTERS + MAX_BOUND + 64];
  TppcEnv here = {.v = {.data = room, .n = 0, .cap = 0}};
  if (env->v.n > 64)
    return false;
  memcpy(room, env->v.data, (size_t)env->v.n * sizeof *room);
  here.v.n = env->v.n;
  for (int i = 0; i < l->n; i++)
    room[here.v.n++] = (TppcBinding){l->sym[i], letter_value(c, i, j)};
  for (int i = 0; i < l->n_bound; i++)
    room[here.v.n++] = (TppcBinding){l->bound_sym[i], l->bound[i]->i[j]};
  return tppc_env_eval(&here, a->expr, v);
}

void affine_values(Interp *in, const Affine *a, const Chunk *c, const Letters *l,
                   const TppcEnv *env, int64_t *out) {
  if (a->ok && c->row < 0) {
    int64_t v = 0;
    evaluate(a, c, l, env, 0, &v);
    for (int j = 0; j < c->n; j++)
      out[j] = v + j * (c->inner >= 0 ? a->coef[c->inner] : 0);
    return;
  }
  for (int j = 0; j < c->n; j++)
    if (!evaluate(a, c, l, env, j, &out[j])) {
      in->status = TPP_ERR_SIZE;
      out[j] = 0;
    }
}

/* Whether the whole chunk is inside, from its two ends. */
static bool linear_offsets(const Access *a, const Chunk *c, const Letters *l, int64_t *first,
                           int64_t *step) {
  if (!a->affine || a->flat || a->valid || c->row >= 0)
    return false;
  *first = a->c0;
  for (int i = 0; i < l->n; i++)
    *first += a->coef[i] * c->at[i];
  *step = c->inner >= 0 ? a->coef[c->inner] : 0;
  for (int d = 0; d < a->rank; d++) {
    const Affine *x = &a->idx[d];
    int64_t v = x->c0;
    for (int i = 0; i < l->n; i++)
      v += x->coef[i] * c->at[i];
    int64_t w = v + (c->inner >= 0 ? x->coef[c->inner] : 0) * (c->n - 1);
    if (v < 0 || w < 0 || v >= a->s->dim[d] || w >= a->s->dim[d])
      return false;
  }
  return true;
}

static int64_t one_offset(Interp *in, const Access *a, const Chunk *c, const Letters *l,
                          const TppcEnv *env, int j) {
  int64_t off = 0;
  bool inside = true, allowed = true;
  if (a->flat) {
    if (!evaluate(&a->idx[0], c, l, env, j, &off))
      in->status = TPP_ERR_SIZE;
    return store_element_at(in, a->s, off);
  }
  for (int d = 0; d < a->rank; d++) {
    int64_t v = 0, most = a->s->dim[d];
    if (!evaluate(&a->idx[d], c, l, env, j, &v))
      in->status = TPP_ERR_SIZE;
    inside = inside && v >= 0 && v < most;
    allowed = allowed && v >= -a->s->pad[d] && v < most + a->s->pad[d];
    off += v * a->s->stride[d];
  }
  if (!allowed)
    in->status = TPP_ERR_INDEX;
  return inside ? off : -1;
}

void access_offsets(Interp *in, const Access *a, const Chunk *c, const Letters *l,
                    const TppcEnv *env, int64_t *off) {
  int64_t first, step;
  if (a->s->sparse && !a->flat) {
    for (int j = 0; j < c->n; j++)
      off[j] = c->entry ? c->entry[j] : -1;
    return;
  }
  if (linear_offsets(a, c, l, &first, &step)) {
    for (int j = 0; j < c->n; j++)
      off[j] = first + j * step;
    return;
  }
  for (int j = 0; j < c->n; j++) {
    int64_t valid = 1;
    if (a->valid && !evaluate(a->valid, c, l, env, j, &valid))
      in->status = TPP_ERR_SIZE;
    off[j] = valid ? one_offset(in, a, c, l, env, j) : -1;
  }
}
