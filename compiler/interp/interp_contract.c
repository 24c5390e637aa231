/* Contractions: C += A * B in double, with what the bound needs beside it.
 *
 * Three sums are carried, all of the same shape: of a * b, of |a| * |b|, and, where operands have
 * bounds of their own, of |a| * eb + ea * (|b| + eb). They are accumulated over the range of C's
 * elements that the statement touches, and finished together, so that products which meet in one
 * element (a strided write) round once. One loop serves them all: the letter whose strides suit it
 * best is innermost, and runs as an axpy, a dot product, or with general strides. Points at which a
 * padded operand is outside are skipped, as kernels may skip them.
 */
#include "interp/interp_internal.h"
#include "interp/number.h"
#include "support/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { C = 0, A = 1, B = 2, BLOCK = 1024 };

typedef struct Product {
  Frame *f;
  const TppcOp *op;
  int finite; /* all values of both operands: 1 yes, -1 no, 0 not looked at */
  Letters letters;
  Access a[3];
  TppcArena *arena;
  int order[MAX_LETTERS]; /* outer to inner */
  bool integer;           /* wrapping arithmetic that double cannot carry */
  bool checked;           /* some operand is padded: points outside are skipped */
  int64_t least, n;       /* range of C */
  double *sum, *mag, *error;
  int64_t *ints;
  bool *touched;
  int row, col; /* letters bound to the entries of the sparse operand */
  int64_t entry;
  int sparse; /* C, A, B, or -1 */
} Product;

/* ---- loops ---- */

/* n steps of one letter: c[j * sc] += a[j * sa] * b[j * sb]. */
static void multiply_add(double *c, int64_t sc, const double *a, int64_t sa, const double *b,
                         int64_t sb, int64_t n) {
  if (sc == 1 && sa == 0 && sb == 1) {
    double x = *a;
    for (int64_t j = 0; j < n; j++)
      c[j] += x * b[j];
  } else if (sc == 1 && sb == 0 && sa == 1) {
    double x = *b;
    for (int64_t j = 0; j < n; j++)
      c[j] += a[j] * x;
  } else if (sc == 0) {
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    int64_t j = 0;
    for (; j + 4 <= n; j += 4) {
      s0 += a[j * sa] * b[j * sb];
      s1 += a[(j + 1) * sa] * b[(j + 1) * sb];
      s2 += a[(j + 2) * sa] * b[(j + 2) * sb];
      s3 += a[(j + 3) * sa] * b[(j + 3) * sb];
    }
    for (; j < n; j++)
      s0 += a[j * sa] * b[j * sb];
    *c += (s0 + s1) + (s2 + s3);
  } else {
    for (int64_t j = 0; j < n; j++)
      c[j * sc] += a[j * sa] * b[j * sb];
  }
}

static void multiply_add_int(int64_t *c, int64_t sc, const int64_t *a, int64_t sa, const int64_t *b,
                             int64_t sb, int64_t n) {
  for (int64_t j = 0; j < n; j++)
    c[j * sc] = (int64_t)((uint64_t)c[j * sc] + (uint64_t)a[j * sa] * (uint64_t)b[j * sb]);
}

static const double *contents(const Store *s) {
  return s->is_int ? s->as_double : s->f;
}

static void run_inner(Product *p, const int64_t off[3], const int64_t step[3], int64_t n) {
  const Store *a = p->a[A].s, *b = p->a[B].s;
  int64_t c = off[C] - p->least;
  if (p->integer) {
    multiply_add_int(p->ints + c, step[C], a->i + off[A], step[A], b->i + off[B], step[B], n);
    return;
  }
  multiply_add(p->sum + c, step[C], contents(a) + off[A], step[A], contents(b) + off[B], step[B],
               n);
  multiply_add(p->mag + c, step[C], a->mag + off[A], step[A], b->mag + off[B], step[B], n);
  if (a->has_error)
    multiply_add(p->error + c, step[C], a->e + off[A], step[A], b->mag + off[B], step[B], n);
  if (b->has_error)
    multiply_add(p->error + c, step[C], a->mag + off[A], step[A], b->e + off[B], step[B], n);
  if (a->has_error && b->has_error)
    multiply_add(p->error + c, step[C], a->e + off[A], step[A], b->e + off[B], step[B], n);
}

static bool all_finite(const Store *s) {
  for (int64_t i = 0; !s->is_int && i < s->n; i++)
    if (!isfinite(s->f[i]))
      return false;
  return true;
}

static bool operands_finite(Product *p) {
  if (!p->finite)
    p->finite = all_finite(p->a[A].s) && all_finite(p->a[B].s) ? 1 : -1;
  return p->finite > 0;
}

/* Cuts [0, n) to the steps at which every padded operand is inside. */
static void clip(Product *p, const int64_t at[], int inner, int64_t *from, int64_t *to) {
  for (int k = 0; k < 3; k++) {
    const Access *a = &p->a[k];
    for (int d = 0; a->s->padded && d < a->rank; d++) {
      int64_t v = a->idx[d].c0, step = inner >= 0 ? a->idx[d].coef[inner] : 0,
              extent = a->s->dim[d];
      for (int i = 0; i < p->letters.n; i++)
        v += a->idx[d].coef[i] * at[i];
      while (*from < *to && (v + step * *from < 0 || v + step * *from >= extent))
        ++*from;
      while (*from < *to && (v + step * (*to - 1) < 0 || v + step * (*to - 1) >= extent))
        --*to;
    }
  }
}

static void record(const Product *p, const int64_t off[3], const int64_t step[3], int64_t n) {
  Interp *in = p->f->in;
  race_write(in, p->a[C].s, off[C], step[C], n);
  race_read(in, p->a[A].s, off[A], step[A], n);
  race_read(in, p->a[B].s, off[B], step[B], n);
}

/* Whether operand k is inside at step j of the inner letter; *off is the element. */
static bool inside(const Product *p, int k, const int64_t at[], int inner, int64_t j,
                   int64_t *off) {
  const Access *a = &p->a[k];
  bool in = true;
  *off = a->c0 + (inner >= 0 ? a->coef[inner] * j : 0);
  for (int i = 0; i < p->letters.n; i++)
    *off += a->coef[i] * at[i];
  for (int d = 0; a->s->padded && d < a->rank; d++) {
    int64_t v = a->idx[d].c0 + (inner >= 0 ? a->idx[d].coef[inner] * j : 0);
    for (int i = 0; i < p->letters.n; i++)
      v += a->idx[d].coef[i] * at[i];
    in = in && v >= 0 && v < a->s->dim[d];
  }
  return in;
}

/* The product of a zero of the padding and a value that is not finite may be NaN or left out. */
static void skip(Product *p, const int64_t at[], int inner, int64_t from, int64_t to) {
  for (int64_t j = from; j < to; j++) {
    int64_t off[3];
    bool a = inside(p, A, at, inner, j, &off[A]), b = inside(p, B, at, inner, j, &off[B]);
    if (a == b || !inside(p, C, at, inner, j, &off[C]))
      continue;
    if (!isfinite(contents(p->a[a ? A : B].s)[off[a ? A : B]]))
      p->error[off[C] - p->least] = INFINITY;
  }
}

static void run_at(Product *p, const int64_t at[], int inner, int64_t n) {
  int64_t off[3], step[3], from = 0, to = n;
  if (p->checked)
    clip(p, at, inner, &from, &to);
  if (to - from < n && p->sparse < 0 && !operands_finite(p)) {
    skip(p, at, inner, 0, from);
    skip(p, at, inner, to, n);
  }
  if (from >= to)
    return;
  for (int k = 0; k < 3; k++) {
    off[k] = p->a[k].c0;
    for (int i = 0; i < p->letters.n; i++)
      off[k] += p->a[k].coef[i] * at[i];
    step[k] = inner >= 0 ? p->a[k].coef[inner] : 0;
    off[k] += step[k] * from;
    if (k == p->sparse) {
      off[k] = p->entry;
      step[k] = 0;
    }
  }
  if (p->f->in->race)
    record(p, off, step, to - from);
  run_inner(p, off, step, to - from);
}

/* All letters but the innermost, which is cut into blocks so that its rows stay in the cache. */
static void run_points(Product *p) {
  const Letters *l = &p->letters;
  int inner = l->n ? p->order[l->n - 1] : -1;
  int64_t at[MAX_LETTERS];
  for (int i = 0; i < l->n; i++)
    if (l->lo[i] >= l->hi[i])
      return;
  int64_t first = inner >= 0 ? l->lo[inner] : 0, last = inner >= 0 ? l->hi[inner] : 1;
  for (int64_t block = first; block < last; block += BLOCK) {
    for (int i = 0; i < l->n; i++)
      at[i] = l->lo[i];
    if (inner >= 0)
      at[inner] = block;
    int64_t n = last - block < BLOCK ? last - block : BLOCK;
    for (;;) {
      run_at(p, at, inner, n);
      int i = l->n - 2;
      for (; i >= 0; i--) {
        int letter = p->order[i];
        if (++at[letter] < l->hi[letter])
          break;
        at[letter] = l->lo[letter];
      }
      if (i < 0)
        break;
    }
  }
}

/* An axpy of consecutive elements is best, then a dot product of them; else the longest loop. */
static int64_t score(const Product *p, int i) {
  int64_t c = p->a[C].coef[i], a = p->a[A].coef[i], b = p->a[B].coef[i];
  int64_t n = p->letters.hi[i] - p->letters.lo[i];
  n = n > BLOCK ? BLOCK : n;
  bool axpy = c == 1 && ((a == 0 && b == 1) || (b == 0 && a == 1));
  bool dot = c == 0 && a == 1 && b == 1;
  return axpy ? 8 * n : dot ? 4 * n : n;
}

static void choose_order(Product *p) {
  int n = p->letters.n, best = n - 1;
  for (int i = n - 1; i >= 0; i--)
    if (score(p, i) > score(p, best))
      best = i;
  int k = 0;
  for (int i = 0; i < n; i++)
    if (i != best)
      p->order[k++] = i;
  if (n)
    p->order[k] = best;
}

/* ---- what a sum's bound needs ---- */

/* An upper limit of the terms of one element: letters that the index of C determines do not count.
 */
static int64_t terms_per_element(const Product *p) {
  bool determined[MAX_LETTERS] = {false};
  const Letters *l = &p->letters;
  for (int d = 0; d < p->a[C].rank; d++) {
    int best = -1;
    for (int i = 0; i < l->n; i++)
      if (p->a[C].idx[d].coef[i] && !determined[i] &&
          (best < 0 || l->hi[i] - l->lo[i] > l->hi[best] - l->lo[best]))
        best = i;
    if (best >= 0)
      determined[best] = true;
  }
  int64_t n = 1;
  for (int i = 0; i < l->n; i++)
    n *= determined[i] || l->hi[i] <= l->lo[i] ? 1 : l->hi[i] - l->lo[i];
  int64_t levels = 1;
  for (int k = A; k <= B; k++)
    if (p->a[k].s->ternary_mag)
      levels = p->a[k].s->type->planes > 1 ? 2 * p->a[k].s->type->planes : 2;
  return n * levels;
}

/* Elements that the index of C reaches get their start, with terms or without. */
static void touch(Product *p) {
  const Access *c = &p->a[C];
  const Letters *l = &p->letters;
  int64_t at[MAX_LETTERS];
  if (p->sparse == C) {
    for (int64_t k = 0; k < p->n; k++)
      p->touched[k] = true;
    return;
  }
  for (int i = 0; i < l->n; i++) {
    at[i] = l->lo[i];
    if (c->coef[i] && l->lo[i] >= l->hi[i])
      return;
  }
  for (;;) {
    int64_t from = 0, to = 1, off = c->c0;
    for (int d = 0; c->s->padded && d < c->rank; d++) {
      int64_t v = c->idx[d].c0;
      for (int i = 0; i < l->n; i++)
        v += c->idx[d].coef[i] * at[i];
      to = v < 0 || v >= c->s->dim[d] ? 0 : to;
    }
    for (int i = 0; i < l->n; i++)
      off += c->coef[i] * at[i];
    if (from < to)
      p->touched[off - p->least] = true;
    int i = l->n - 1;
    for (; i >= 0; i--) {
      if (!c->coef[i])
        continue;
      if (++at[i] < l->hi[i])
        break;
      at[i] = l->lo[i];
    }
    if (i < 0)
      return;
  }
}

/* ---- finishing ---- */

static void finish_int(Product *p, int64_t k, int elem, bool init) {
  Store *c = p->a[C].s;
  int64_t v = tppc_wrap_int(elem, p->integer ? p->ints[k] : (int64_t)p->sum[k]), at = p->least + k;
  double e = p->integer ? 0 : p->error[k];
  if (c->is_int) {
    c->i[at] = tppc_wrap_int(c->elem, (int64_t)((uint64_t)(init ? 0 : c->i[at]) + (uint64_t)v));
    c->i[at] = tppc_saturate(c->elem, c->i[at]);
  }
  if (!init && c->e)
    e += c->e[at];
  if (!c->is_int) {
    double start = init ? 0 : c->f[at];
    Sum s = {
        .value = start + (double)v, .mag = fabs(start) + fabs((double)v), .error = e, .terms = 2};
    int x = tppc_low_bit(start), y = tppc_low_bit((double)v);
    s.low_bit = x < y ? x : y;
    Number r = sum_finish(c->elem, &s);
    c->f[at] = r.f;
    e = r.e;
  }
  if (e != 0 || c->e)
    store_errors(c)[at] = e;
}

static void trace(Product *p, int64_t at, double start, double mag) {
  const Store *c = p->a[C].s;
  if (p->f->in->trace && !c->is_int && !isfinite(c->f[at]) && isfinite(start) &&
      (isfinite(mag) || operands_finite(p)))
    trace_result(p->f->in, p->a[C].s, at, p->op, &p->op->uses[0]);
}

static void finish_float(Product *p, int64_t k, bool init, int64_t terms, int low_bit) {
  Store *c = p->a[C].s;
  int64_t at = p->least + k;
  double start = init ? 0 : c->is_int ? (double)c->i[at] : c->f[at];
  int x = tppc_low_bit(start);
  Sum s = {.value = start + p->sum[k],
           .mag = fabs(start) + p->mag[k],
           .error = p->error[k] + (!init && c->e ? c->e[at] : 0),
           .terms = terms + !init,
           .low_bit = p->mag[k] == 0 ? x
                      : x < low_bit  ? x
                                     : low_bit};
  if (!isfinite(p->mag[k]) && (store_has_planes(p->a[A].s) || store_has_planes(p->a[B].s)))
    s.error = INFINITY;
  int elem = tppc_elem_is_float(c->elem) && c->elem == TPP_F64 ? TPP_F64 : TPP_F32;
  Number r = sum_finish(elem, &s);
  if (c->is_int || c->elem != elem)
    r = number_convert(r, false, c->elem);
  if (c->is_int)
    c->i[at] = r.i;
  else
    c->f[at] = r.f;
  if (r.e != 0 || c->e)
    store_errors(c)[at] = r.e;
  trace(p, at, start, p->mag[k]);
}

static int add_low_bits(int a, int b) {
  if (a == INT32_MIN || b == INT32_MIN)
    return INT32_MIN;
  return a == TPPC_LOW_BIT_OF_ZERO || b == TPPC_LOW_BIT_OF_ZERO ? TPPC_LOW_BIT_OF_ZERO : a + b;
}

static void finish(Product *p, bool init) {
  const Store *a = p->a[A].s, *b = p->a[B].s;
  int elem = product_elem(a->type->elem, b->type->elem);
  int64_t terms = terms_per_element(p);
  int low = p->integer ? 0 : add_low_bits(a->low_bit, b->low_bit);
  for (int64_t k = 0; k < p->n; k++) {
    if (!p->touched[k])
      continue;
    if (p->f->in->race)
      race_write(p->f->in, p->a[C].s, p->least + k, 0, 1);
    if (elem == TPP_I32 || elem == TPP_I64)
      finish_int(p, k, elem, init);
    else
      finish_float(p, k, init, terms, low);
  }
  store_written(p->a[C].s);
}

/* ---- sparse operands ---- */

static int letter_of(const Affine *a, int n) {
  int found = -1;
  for (int i = 0; i < n; i++)
    if (a->ok && a->coef[i] == 1 && found < 0)
      found = i;
  return found;
}

/* Every stored entry fixes two letters; the others run. */
static void run_entries(Product *p) {
  const Store *s = p->a[p->sparse].s;
  const TppcTensor *t = s->sparse;
  TppcBlocking b = tppc_tensor_blocking(t);
  Letters whole = p->letters;
  int row = letter_of(&p->a[p->sparse].idx[0], whole.n),
      col = letter_of(&p->a[p->sparse].idx[1], whole.n);
  if (row < 0 || col < 0) {
    p->f->in->status = TPP_ERR_FORMAT;
    return;
  }
  int64_t majors = b.by_columns ? b.blocks_c : b.blocks_r, size = b.side_r * b.side_c;
  for (int64_t i = 0; i < majors; i++)
    for (int64_t e = t->ptr[i]; e < t->ptr[i + 1]; e++)
      for (int64_t k = 0; k < size; k++) {
        int64_t r, c;
        tppc_sparse_entry(t, i, e, &r, &c);
        r += k / b.side_c;
        c += k % b.side_c;
        if (r < whole.lo[row] || c < whole.lo[col] || r >= whole.hi[row] || c >= whole.hi[col])
          continue;
        p->letters.lo[row] = r;
        p->letters.hi[row] = r + 1;
        p->letters.lo[col] = c;
        p->letters.hi[col] = c + 1;
        p->entry = e * size + k;
        run_points(p);
      }
  p->letters = whole;
}

/* ---- set-up ---- */

static bool in_bounds(const Access *a, const Letters *l) {
  for (int d = 0; d < a->rank; d++) {
    int64_t lo = a->idx[d].c0, hi = a->idx[d].c0;
    for (int i = 0; i < l->n; i++) {
      int64_t first = a->idx[d].coef[i] * l->lo[i], last = a->idx[d].coef[i] * (l->hi[i] - 1);
      lo += first < last ? first : last;
      hi += first < last ? last : first;
    }
    if (lo < -a->s->pad[d] || hi >= a->s->dim[d] + a->s->pad[d])
      return false;
  }
  return true;
}

static bool prepare(Product *p, TppcOp *op) {
  Interp *in = p->f->in;
  bool empty = false;
  p->sparse = -1;
  if (!letters_of(in, op, &p->f->env, &p->letters))
    return false;
  for (int i = 0; i < p->letters.n; i++)
    empty = empty || p->letters.lo[i] >= p->letters.hi[i];
  for (int k = 0; k < 3; k++) {
    Store *s = frame_store(p->f, op->uses[k].value);
    access_make(in, &p->a[k], s, &op->uses[k], &p->letters, &p->f->env);
    if (!p->a[k].affine || (s->sparse && p->sparse >= 0)) {
      in->status = TPP_ERR_FORMAT;
      return false;
    }
    p->checked = p->checked || s->padded;
    if (s->sparse)
      p->sparse = k;
    else if (!empty && !in_bounds(&p->a[k], &p->letters)) {
      in->status = TPP_ERR_INDEX;
      return false;
    }
  }
  store_summarise(p->a[A].s);
  store_summarise(p->a[B].s);
  access_extremes(&p->a[C], &p->letters, &p->least, &p->n);
  p->n -= p->least;
  return true;
}

static void *take(int64_t n, size_t size) {
  return tppc_zeroed((size_t)n + 1, size);
}

static void run_product(Product *p, bool init) {
  const Store *a = p->a[A].s, *b = p->a[B].s;
  double terms = (double)terms_per_element(p);
  p->integer = a->is_int && b->is_int && !(a->most * b->most * terms < 0x1p52);
  p->touched = take(p->n, sizeof *p->touched);
  p->sum = take(p->n, sizeof *p->sum);
  p->mag = take(p->n, sizeof *p->mag);
  p->error = take(p->n, sizeof *p->error);
  p->ints = take(p->integer ? p->n : 0, sizeof *p->ints);
  choose_order(p);
  touch(p);
  if (p->sparse >= 0)
    run_entries(p);
  else
    run_points(p);
  finish(p, init);
  free(p->touched);
  free(p->sum);
  free(p->mag);
  free(p->error);
  free(p->ints);
}

static bool starts_at_zero(const Frame *f, const TppcOp *op) {
  const TppcAttr *a = tppc_attr(op, "init");
  int64_t v = 0;
  if (a && a->kind == TPPC_A_EXPR)
    return tppc_env_eval(&f->env, a->e, &v) && v;
  return tppc_attr_int(op, "init", 0) != 0;
}

void run_contract(Frame *f, TppcOp *op) {
  TppcArena *outer = f->in->arena;
  f->in->arena = tppc_arena_new();
  Product p = {.f = f, .op = op};
  if (prepare(&p, op))
    run_product(&p, starts_at_zero(f, op));
  tppc_arena_free(f->in->arena);
  f->in->arena = outer;
}
