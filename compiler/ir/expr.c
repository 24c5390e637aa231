/* Interned expressions: nodes, sums, products.
 *
 * The normal form is that of polynomials: a sum of terms, each an integer times a product of atoms.
 * Equal sums then have equal nodes, so most questions (is a - b constant, does x cancel) are
 * answered by building the difference and looking at it. Division, minima, conditions are atoms
 * here; their own rules are in expr_rules.c.
 *
 * Order is by structure and name, so that output does not depend on addresses: in a sum terms of
 * higher degree come first, then larger coefficients, then names; the constant is last. Where
 * folding would overflow, two like terms or two constant factors stand side by side: such an
 * expression is not in normal form, but it means the same.
 */
#include "ir/expr_internal.h"

#include <string.h>

enum { EXPAND_LIMIT = 256 }; /* terms of a product of sums; a bigger one stays a product */

/* ---- interning ---- */

struct TppcExprTable {
  const TppcExpr **slots;
  size_t n, cap; /* cap is a power of two */
};

static uint64_t mix(uint64_t h, uint64_t v) {
  h = (h ^ v) * UINT64_C(0x9E3779B97F4A7C15);
  return h ^ h >> 29;
}

static uint64_t hash_node(const TppcExpr *e) {
  uint64_t h = mix((uint64_t)e->kind, (uint64_t)e->value);
  h = mix(h, (uint64_t)(uintptr_t)e->sym);
  for (int i = 0; i < e->n; i++)
    h = mix(h, (uint64_t)(uintptr_t)e->op[i]);
  return h;
}

static bool same_node(const TppcExpr *a, const TppcExpr *b) {
  if (a->kind != b->kind || a->n != b->n || a->value != b->value || a->sym != b->sym)
    return false;
  for (int i = 0; i < a->n; i++)
    if (a->op[i] != b->op[i])
      return false;
  return true;
}

static const TppcExpr **find_slot(const TppcExpr **slots, size_t cap, const TppcExpr *e) {
  size_t i = (size_t)hash_node(e) & (cap - 1);
  while (slots[i] && !same_node(slots[i], e))
    i = (i + 1) & (cap - 1);
  return &slots[i];
}

static void grow(TppcContext *cx, struct TppcExprTable *t) {
  size_t cap = t->cap ? t->cap * 2 : 256;
  const TppcExpr **slots = TPPC_NEW_N(cx->arena, const TppcExpr *, cap);
  for (size_t i = 0; i < t->cap; i++)
    if (t->slots[i])
      *find_slot(slots, cap, t->slots[i]) = t->slots[i];
  t->slots = slots;
  t->cap = cap;
}

/* The node equal to *proto; its operands are copied when it is new. */
static const TppcExpr *intern_node(TppcContext *cx, const TppcExpr *proto) {
  if (!cx->exprs)
    cx->exprs = TPPC_NEW(cx->arena, struct TppcExprTable);
  struct TppcExprTable *t = cx->exprs;
  if (t->n * 4 >= t->cap * 3)
    grow(cx, t);
  const TppcExpr **slot = find_slot(t->slots, t->cap, proto);
  if (*slot)
    return *slot;
  TppcExpr *e = TPPC_NEW(cx->arena, TppcExpr);
  *e = *proto;
  if (e->n) {
    e->op = TPPC_NEW_N(cx->arena, const TppcExpr *, e->n);
    memcpy(e->op, proto->op, (size_t)e->n * sizeof *e->op);
  }
  int64_t size = 1;
  for (int i = 0; i < e->n; i++)
    size += e->op[i]->size;
  e->size = size < INT32_MAX ? (int)size : INT32_MAX;
  t->n++;
  return *slot = e;
}

const TppcExpr *tppc_e_raw2(TppcContext *cx, TppcExprKind kind, const TppcExpr *a,
                            const TppcExpr *b) {
  const TppcExpr *op[2] = {a, b};
  TppcExpr e = {.kind = kind, .n = 2, .op = op};
  return intern_node(cx, &e);
}

const TppcExpr *tppc_e_int(TppcContext *cx, int64_t v) {
  TppcExpr e = {.kind = TPPC_E_CONST, .value = v};
  return intern_node(cx, &e);
}

const TppcExpr *tppc_e_sym(TppcContext *cx, const char *name) {
  TppcExpr e = {.kind = TPPC_E_SYM, .sym = tppc_intern(cx->names, name)};
  return intern_node(cx, &e);
}

/* ---- order ---- */

static int rank(TppcExprKind kind) {
  return kind == TPPC_E_SYM ? -1 : kind == TPPC_E_CONST ? 100 : (int)kind;
}

int tppc_e_compare(const TppcExpr *a, const TppcExpr *b) {
  if (a == b)
    return 0;
  if (a->kind != b->kind)
    return rank(a->kind) < rank(b->kind) ? -1 : 1;
  if (a->kind == TPPC_E_SYM)
    return strcmp(a->sym, b->sym);
  if (a->kind == TPPC_E_CONST)
    return a->value < b->value ? -1 : 1;
  for (int i = 0; i < a->n && i < b->n; i++) {
    int c = tppc_e_compare(a->op[i], b->op[i]);
    if (c)
      return c;
  }
  return a->n < b->n ? -1 : 1;
}

static uint64_t magnitude(int64_t v) {
  return v < 0 ? -(uint64_t)v : (uint64_t)v;
}

static int compare_terms(TppcTerm a, TppcTerm b) {
  if (a.n != b.n)
    return a.n > b.n ? -1 : 1;
  if (magnitude(a.k) != magnitude(b.k))
    return magnitude(a.k) > magnitude(b.k) ? -1 : 1;
  for (int i = 0; i < a.n; i++) {
    int c = tppc_e_compare(a.atom[i], b.atom[i]);
    if (c)
      return c;
  }
  return a.k > b.k ? -1 : a.k < b.k;
}

/* ---- terms ---- */

int tppc_e_terms(const TppcExpr *e) {
  if (e->kind == TPPC_E_CONST)
    return e->value != 0;
  return e->kind == TPPC_E_ADD ? e->n : 1;
}

static TppcTerm term_of(const TppcExpr *const *slot) {
  const TppcExpr *e = *slot;
  if (e->kind == TPPC_E_CONST)
    return (TppcTerm){e->value, 0, NULL};
  if (e->kind != TPPC_E_MUL)
    return (TppcTerm){1, 1, slot};
  const TppcExpr *const *op = e->op;
  if (op[0]->kind == TPPC_E_CONST)
    return (TppcTerm){op[0]->value, e->n - 1, op + 1};
  return (TppcTerm){1, e->n, op};
}

TppcTerm tppc_e_term(const TppcExpr *const *slot, int i) {
  if ((*slot)->kind != TPPC_E_ADD)
    return term_of(slot);
  return term_of((const TppcExpr *const *)(*slot)->op + i);
}

bool tppc_term_same_atoms(TppcTerm a, TppcTerm b) {
  if (a.n != b.n)
    return false;
  for (int i = 0; i < a.n; i++)
    if (a.atom[i] != b.atom[i])
      return false;
  return true;
}

const TppcExpr *tppc_term_build(TppcContext *cx, TppcTerm t) {
  if (t.n == 0)
    return tppc_e_int(cx, t.k);
  if (t.k == 0)
    return tppc_e_int(cx, 0);
  if (t.k == 1 && t.n == 1)
    return t.atom[0];
  bool constant = t.k != 1;
  const TppcExpr **op = TPPC_NEW_N(cx->arena, const TppcExpr *, t.n + 1);
  if (constant)
    op[0] = tppc_e_int(cx, t.k);
  memcpy(op + constant, t.atom, (size_t)t.n * sizeof *op);
  TppcExpr e = {.kind = TPPC_E_MUL, .n = t.n + constant, .op = op};
  return intern_node(cx, &e);
}

/* ---- sums ---- */

static TppcTerm keep_atoms(TppcContext *cx, TppcTerm t) {
  const TppcExpr **atom = TPPC_NEW_N(cx->arena, const TppcExpr *, t.n ? t.n : 1);
  if (t.n)
    memcpy(atom, t.atom, (size_t)t.n * sizeof *atom);
  t.atom = atom;
  return t;
}

void tppc_sum_add_term(TppcSum *s, TppcTerm t) {
  if (t.k == 0)
    return;
  for (int i = 0; i < s->v.n; i++) {
    TppcTerm *u = &s->v.data[i];
    int64_t k;
    if (!tppc_term_same_atoms(*u, t))
      continue;
    if (!__builtin_add_overflow(u->k, t.k, &k)) {
      u->k = k;
      return;
    }
    s->crowded = true;
  }
  TPPC_PUSH(s->cx->arena, &s->v, keep_atoms(s->cx, t));
}

/* Takes constant atoms, which sort last, into the coefficient where they fit. */
static void fold_constants(TppcTerm *t, const TppcExpr **atom) {
  for (int i = t->n - 1; i >= 0 && atom[i]->kind == TPPC_E_CONST; i--) {
    int64_t k;
    if (__builtin_mul_overflow(t->k, atom[i]->value, &k))
      continue;
    t->k = k;
    t->n--;
    for (int j = i; j < t->n; j++)
      atom[j] = atom[j + 1];
  }
}

/* The product; a coefficient that does not fit any more becomes an atom. */
static TppcTerm multiply_terms(TppcContext *cx, TppcTerm a, TppcTerm b) {
  const TppcExpr **atom = TPPC_NEW_N(cx->arena, const TppcExpr *, a.n + b.n + 1);
  const TppcExpr *kb = tppc_e_int(cx, b.k);
  TppcTerm r = {a.k, 0, atom};
  int i = 0, j = 0;
  while (i < a.n || j < b.n) {
    bool first = j == b.n || (i < a.n && tppc_e_compare(a.atom[i], b.atom[j]) <= 0);
    atom[r.n++] = first ? a.atom[i++] : b.atom[j++];
  }
  int at = r.n++;
  for (; at > 0 && tppc_e_compare(atom[at - 1], kb) > 0; at--)
    atom[at] = atom[at - 1];
  atom[at] = kb;
  fold_constants(&r, atom);
  return r;
}

void tppc_sum_add(TppcSum *s, int64_t k, const TppcExpr *e) {
  int n = tppc_e_terms(e);
  for (int i = 0; i < n; i++) {
    TppcTerm t = tppc_e_term(&e, i);
    tppc_sum_add_term(s, multiply_terms(s->cx, (TppcTerm){k, 0, NULL}, t));
  }
}

static void sort_terms(TppcTerm *t, int n) {
  for (int i = 1; i < n; i++)
    for (int j = i; j > 0 && compare_terms(t[j - 1], t[j]) > 0; j--) {
      TppcTerm x = t[j];
      t[j] = t[j - 1];
      t[j - 1] = x;
    }
}

/* What did not fit when it came may fit now. */
static void merge_crowded(TppcSum *s) {
  for (int i = 0; i < s->v.n; i++)
    for (int j = 0; j < s->v.n; j++) {
      TppcTerm *a = &s->v.data[i], *b = &s->v.data[j];
      int64_t k;
      if (i == j || !tppc_term_same_atoms(*a, *b) || __builtin_add_overflow(a->k, b->k, &k))
        continue;
      a->k = k;
      b->k = 0;
    }
}

static void drop_zeros(TppcSum *s) {
  int n = 0;
  if (s->crowded)
    merge_crowded(s);
  for (int i = 0; i < s->v.n; i++)
    if (s->v.data[i].k != 0)
      s->v.data[n++] = s->v.data[i];
  s->v.n = n;
}

/* k*c*(x / c) + k*(x % c) is k*x. True when it found such a pair. */
static bool join_quotient(TppcSum *s) {
  for (int i = 0; i < s->v.n; i++) {
    TppcTerm m = s->v.data[i];
    int64_t c, want;
    if (m.n != 1 || m.atom[0]->kind != TPPC_E_MOD || !tppc_e_const(m.atom[0]->op[1], &c) ||
        __builtin_mul_overflow(m.k, c, &want))
      continue;
    const TppcExpr *const *op = (const TppcExpr *const *)m.atom[0]->op;
    for (int j = 0; j < s->v.n; j++) {
      TppcTerm d = s->v.data[j];
      if (d.n != 1 || d.k != want || d.atom[0]->kind != TPPC_E_DIV || d.atom[0]->op[0] != op[0] ||
          d.atom[0]->op[1] != op[1])
        continue;
      s->v.data[i].k = s->v.data[j].k = 0;
      drop_zeros(s);
      tppc_sum_add(s, m.k, op[0]);
      return true;
    }
  }
  return false;
}

static int64_t coefficient_in(const TppcExpr *e, TppcTerm t) {
  int n = tppc_e_terms(e);
  for (int i = 0; i < n; i++) {
    TppcTerm u = tppc_e_term(&e, i);
    if (tppc_term_same_atoms(u, t))
      return u.k;
  }
  return 0;
}

/* Does the term t outside of a minimum with the operands v cancel in at least as many of them as it
 * is new to? */
static bool cancels(const TppcExprVec *v, TppcTerm t) {
  int gone = 0, added = 0;
  for (int i = 0; i < v->n; i++) {
    int64_t k = coefficient_in(v->data[i], t), sum;
    if (k == 0)
      added++;
    else if (!__builtin_add_overflow(k, t.k, &sum) && sum == 0)
      gone++;
  }
  return gone > 0 && gone >= added;
}

/* min(m0 + 32, M) - m0 is min(32, M - m0): terms other than the constant move into a minimum or
 * maximum when that makes the whole shorter. True when one moved. */
static bool absorb(TppcSum *s) {
  for (int i = 0; i < s->v.n; i++) {
    TppcTerm m = s->v.data[i];
    TppcExprKind kind = m.n == 1 ? m.atom[0]->kind : TPPC_E_CONST;
    if ((kind != TPPC_E_MIN && kind != TPPC_E_MAX) || (m.k != 1 && m.k != -1))
      continue;
    TppcExprVec v = {0}, moved = {0};
    tppc_e_flatten(s->cx, kind, m.atom[0], &v);
    for (int j = 0; j < s->v.n; j++) {
      TppcTerm t = s->v.data[j];
      if (j == i || t.n == 0 || t.k == INT64_MIN)
        continue;
      t.k *= m.k;
      if (!cancels(&v, t))
        continue;
      for (int b = 0; b < v.n; b++) {
        TppcSum part = {.cx = s->cx};
        tppc_sum_add(&part, 1, v.data[b]);
        tppc_sum_add_term(&part, t);
        TPPC_PUSH(s->cx->arena, &moved, tppc_sum_build(&part));
      }
      s->v.data[i].k = s->v.data[j].k = 0;
      drop_zeros(s);
      tppc_sum_add(s, m.k, tppc_e_extremum(s->cx, kind, &moved));
      return true;
    }
  }
  return false;
}

const TppcExpr *tppc_sum_build(TppcSum *s) {
  do
    drop_zeros(s);
  while (s->v.n > 1 && (join_quotient(s) || absorb(s)));
  int n = s->v.n;
  if (n == 0)
    return tppc_e_int(s->cx, 0);
  if (n == 1)
    return tppc_term_build(s->cx, s->v.data[0]);
  sort_terms(s->v.data, n);
  const TppcExpr **op = TPPC_NEW_N(s->cx->arena, const TppcExpr *, n);
  for (int i = 0; i < n; i++)
    op[i] = tppc_term_build(s->cx, s->v.data[i]);
  TppcExpr e = {.kind = TPPC_E_ADD, .n = n, .op = op};
  return intern_node(s->cx, &e);
}

/* ---- arithmetic ---- */

const TppcExpr *tppc_e_add(TppcContext *cx, const TppcExpr *a, const TppcExpr *b) {
  TppcSum s = {.cx = cx};
  tppc_sum_add(&s, 1, a);
  tppc_sum_add(&s, 1, b);
  return tppc_sum_build(&s);
}

const TppcExpr *tppc_e_sub(TppcContext *cx, const TppcExpr *a, const TppcExpr *b) {
  TppcSum s = {.cx = cx};
  tppc_sum_add(&s, 1, a);
  tppc_sum_add(&s, -1, b);
  return tppc_sum_build(&s);
}

/* May the product be written out as a sum? An integer always goes into the terms. */
static bool may_expand(const TppcExpr *a, const TppcExpr *b) {
  if (a->kind == TPPC_E_CONST || b->kind == TPPC_E_CONST)
    return true;
  int na = tppc_e_terms(a), nb = tppc_e_terms(b);
  if (na == 1 && nb == 1)
    return true;
  return na * nb <= EXPAND_LIMIT &&
         (int64_t)na * b->size + (int64_t)nb * a->size <= TPPC_SIZE_LIMIT;
}

const TppcExpr *tppc_e_mul(TppcContext *cx, const TppcExpr *a, const TppcExpr *b) {
  int na = tppc_e_terms(a), nb = tppc_e_terms(b);
  TppcSum s = {.cx = cx};
  if (!may_expand(a, b)) {
    TppcTerm ta = na == 1 ? tppc_e_term(&a, 0) : (TppcTerm){1, 1, &a};
    TppcTerm tb = nb == 1 ? tppc_e_term(&b, 0) : (TppcTerm){1, 1, &b};
    tppc_sum_add_term(&s, multiply_terms(cx, ta, tb));
    return tppc_sum_build(&s);
  }
  for (int i = 0; i < na; i++)
    for (int j = 0; j < nb; j++)
      tppc_sum_add_term(&s, multiply_terms(cx, tppc_e_term(&a, i), tppc_e_term(&b, j)));
  return tppc_sum_build(&s);
}

bool tppc_floor_div(int64_t a, int64_t b, int64_t *q) {
  if (a == INT64_MIN && b == -1)
    return false;
  *q = a / b - (a % b != 0 && (a < 0) != (b < 0));
  return true;
}

int64_t tppc_floor_mod(int64_t a, int64_t b) {
  if (b == -1)
    return 0;
  int64_t r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

int64_t tppc_gcd(int64_t a, int64_t b) {
  uint64_t x = magnitude(a), y = magnitude(b);
  while (y) {
    uint64_t t = x % y;
    x = y;
    y = t;
  }
  return x > INT64_MAX ? 1 : (int64_t)x;
}

bool tppc_e_const(const TppcExpr *e, int64_t *value) {
  if (e->kind == TPPC_E_CONST)
    *value = e->value;
  return e->kind == TPPC_E_CONST;
}

bool tppc_e_is(const TppcExpr *e, int64_t value) {
  return e->kind == TPPC_E_CONST && e->value == value;
}
