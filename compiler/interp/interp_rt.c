/* Microkernel calls: tensors addressed by one offset in the elements of their storage.
 *
 * Contents stay in logical order; a table from storage positions to elements, made from the
 * definition of the layout (layout.h), stands between them and the offsets of the module. So
 * offsets that a pass has computed wrongly meet a wrong element, or none: filling reads as zero,
 * and an offset outside is TPP_ERR_INDEX.
 */
#include "interp/interp_internal.h"
#include "interp/layout.h"
#include "interp/number.h"
#include "support/memory.h"

#include <math.h>
#include <string.h>

/* ---- storage positions ---- */

static void make_table(Store *s) {
  TppcTensor shape = {
      .type = s->type, .elem = s->type->elem, .rank = s->rank, .count = s->n, .ld = s->ld};
  memcpy(shape.dim, s->dim, sizeof s->dim);
  int bits = tppc_elem_bits(s->type->elem);
  int64_t bytes = tppc_layout_bytes(&shape);
  s->n_positions = bytes > 0 ? bytes * 8 / bits : 0;
  s->element_at = tppc_zeroed((size_t)s->n_positions + 1, sizeof *s->element_at);
  for (int64_t i = 0; i < s->n_positions; i++)
    s->element_at[i] = -1;
  for (int64_t i = 0; i < s->n; i++)
    s->element_at[tppc_layout_position(&shape, i) / bits] = i;
}

int64_t store_element_at(Interp *in, Store *s, int64_t position) {
  /* Sparse values are kept in the order of the storage, ternary elements are numbered by row. */
  if (s->sparse || s->type->storage == TPP_STORE_TERNARY) {
    if (position >= 0 && position < s->n)
      return position;
    in->status = TPP_ERR_INDEX;
    return -1;
  }
  if (!s->element_at)
    make_table(s);
  if (position < 0 || position >= s->n_positions) {
    in->status = TPP_ERR_INDEX;
    return -1;
  }
  return s->element_at[position];
}

/* ---- operands ---- */

/* A tile of numbers, rows x cols: value, absolute value, bound, or integers. */
typedef struct Tile {
  int64_t rows, cols;
  double *f, *mag, *e;
  int64_t *i;
  int low_bit;
} Tile;

static Tile tile_new(TppcArena *a, int64_t rows, int64_t cols) {
  Tile t = {.rows = rows, .cols = cols, .low_bit = TPPC_LOW_BIT_OF_ZERO};
  t.f = TPPC_NEW_N(a, double, rows *cols + 1);
  t.mag = TPPC_NEW_N(a, double, rows *cols + 1);
  t.e = TPPC_NEW_N(a, double, rows *cols + 1);
  t.i = TPPC_NEW_N(a, int64_t, rows * cols + 1);
  return t;
}

static void tile_set(Tile *t, int64_t at, const Store *s, int64_t element) {
  if (element < 0)
    return;
  t->i[at] = s->is_int ? s->i[element] : 0;
  t->f[at] = s->is_int ? (double)s->i[element] : s->f[element];
  t->mag[at] = s->ternary_mag ? s->ternary_mag[element] : fabs(t->f[at]);
  t->e[at] = s->e ? s->e[element] : 0;
  int low = tppc_low_bit(t->f[at]);
  t->low_bit = low < t->low_bit ? low : t->low_bit;
}

/* What a call and the kernel's descriptor say. */
typedef struct Call {
  Frame *f;
  const TppcOp *op, *select;
  int64_t m, n, k, br, beta;
} Call;

static int64_t attr(const Call *c, const TppcOp *op, const char *key, int64_t otherwise) {
  const TppcAttr *a = tppc_attr(op, key);
  int64_t v = otherwise;
  if (a && a->kind == TPPC_A_EXPR && !tppc_env_eval(&c->f->env, a->e, &v))
    c->f->in->status = TPP_ERR_SIZE;
  return a && a->kind == TPPC_A_INT ? a->i : v;
}

static int64_t field(const Call *c, const char *key, int64_t otherwise) {
  return attr(c, c->select, key, otherwise);
}

static int64_t offset_of(const Call *c, int use) {
  const TppcUse *u = &c->op->uses[use];
  int64_t v = 0;
  if (u->n_idx > 0 && !tppc_env_eval(&c->f->env, u->idx[0], &v))
    c->f->in->status = TPP_ERR_SIZE;
  return v;
}

/* Element of operand `use` at position off, recorded as read. */
static void take(const Call *c, Tile *t, int64_t at, Store *s, int64_t off) {
  int64_t element = store_element_at(c->f->in, s, off);
  tile_set(t, at, s, element);
  if (element >= 0)
    race_read(c->f->in, s, element, 1, 1);
}

/* ---- the product ---- */

static void put(const Call *c, Store *s, int64_t off, const Sum *sum, int64_t integer,
                bool is_integer) {
  int64_t at = store_element_at(c->f->in, s, off);
  if (at < 0)
    return;
  race_write(c->f->in, s, at, 1, 1);
  if (is_integer && s->is_int) {
    uint64_t start = c->beta ? (uint64_t)s->i[at] : 0;
    s->i[at] = tppc_wrap_int(s->elem, (int64_t)(start + (uint64_t)integer));
    return;
  }
  Sum total = *sum;
  double start = c->beta ? (s->is_int ? (double)s->i[at] : s->f[at]) : 0;
  int low = tppc_low_bit(start);
  total.value += start;
  total.mag += fabs(start);
  total.error += c->beta && s->e ? s->e[at] : 0;
  total.terms += c->beta != 0;
  total.low_bit = low < total.low_bit ? low : total.low_bit;
  Number r = sum_finish(s->elem == TPP_F64 ? TPP_F64 : TPP_F32, &total);
  r = s->is_int || s->elem == TPP_F64 || s->elem == TPP_F32 ? r : number_convert(r, false, s->elem);
  if (s->is_int)
    s->i[at] = tppc_round_int(s->elem, r.f);
  else
    s->f[at] = r.f;
  if (r.e != 0 || s->e)
    store_errors(s)[at] = r.e;
}

static int add_low_bits(int a, int b) {
  if (a == INT32_MIN || b == INT32_MIN)
    return INT32_MIN;
  return a == TPPC_LOW_BIT_OF_ZERO || b == TPPC_LOW_BIT_OF_ZERO ? TPPC_LOW_BIT_OF_ZERO : a + b;
}

/* C += A B with A m x terms and B terms x n. */
static void multiply(const Call *c, const Tile *a, const Tile *b, bool is_integer,
                     int64_t rounding) {
  Store *s = frame_store(c->f, c->op->uses[1].value);
  int64_t off = offset_of(c, 1), rs = field(c, "c_rs", 0), cs = field(c, "c_cs", 1);
  bool planes = store_has_planes(frame_store(c->f, c->op->uses[3].value));
  int low = add_low_bits(a->low_bit, b->low_bit);
  for (int64_t i = 0; i < c->m; i++)
    for (int64_t j = 0; j < c->n; j++) {
      Sum sum = {.terms = a->cols * rounding, .low_bit = low};
      uint64_t integer = 0;
      for (int64_t p = 0; p < a->cols; p++) {
        int64_t x = i * a->cols + p, y = p * b->cols + j;
        sum.value += a->f[x] * b->f[y];
        sum.mag += a->mag[x] * b->mag[y];
        if (a->e[x] != 0 || b->e[y] != 0)
          sum.error += a->e[x] * (b->mag[y] + b->e[y]) + a->mag[x] * b->e[y];
        integer += (uint64_t)a->i[x] * (uint64_t)b->i[y];
      }
      if (planes && !isfinite(sum.mag))
        sum.error = INFINITY;
      put(c, s, off + i * rs + j * cs, &sum, (int64_t)integer, is_integer);
    }
  store_written(s);
}

static bool begin(Call *c, Frame *f, TppcOp *op) {
  *c = (Call){.f = f, .op = op, .select = op->uses[0].value->def};
  c->m = attr(c, op, "m", 0);
  c->n = attr(c, op, "n", 0);
  c->k = attr(c, op, "k", 0);
  c->br = attr(c, op, "br", 1);
  c->beta = attr(c, op, "beta", 1);
  bool exact = c->select && field(c, "exact", 0) != 0;
  if (!c->select || c->m < 0 || c->n < 0 || c->k < 0 || c->br < 0 ||
      (exact && (c->m != field(c, "m", 0) || c->n != field(c, "n", 0) || c->k != field(c, "k", 0))))
    f->in->status = TPP_ERR_SIZE;
  return f->in->status == TPP_OK;
}

static void brgemm(Frame *f, TppcOp *op) {
  Call c;
  if (!begin(&c, f, op))
    return;
  Store *a = frame_store(f, op->uses[2].value), *b = frame_store(f, op->uses[3].value);
  int64_t terms = c.br * c.k, off_a = offset_of(&c, 2), off_b = offset_of(&c, 3);
  int64_t pack_a = field(&c, "a_pack", 1), pack_b = field(&c, "b_pack", 1);
  Tile x = tile_new(f->in->arena, c.m, terms), y = tile_new(f->in->arena, terms, c.n);
  for (int64_t t = 0; t < terms; t++) {
    int64_t batch = t / c.k, p = t % c.k;
    int64_t at_a =
        off_a + batch * field(&c, "br_a", 0) + p / pack_a * field(&c, "a_cs", 1) + p % pack_a;
    int64_t at_b =
        off_b + batch * field(&c, "br_b", 0) + p / pack_b * field(&c, "b_rs", 1) + p % pack_b;
    for (int64_t i = 0; i < c.m; i++)
      take(&c, &x, i * terms + t, a, at_a + i * field(&c, "a_rs", 0));
    for (int64_t j = 0; j < c.n; j++)
      take(&c, &y, t * c.n + j, b, at_b + j * field(&c, "b_cs", 1));
  }
  multiply(&c, &x, &y, a->is_int && b->is_int, 1);
}

/* The whole of a sparse matrix as a dense tile. */
static Tile spread(const Call *c, const Store *s) {
  Tile t = tile_new(c->f->in->arena, s->dim[0], s->dim[1]);
  if (!s->sparse) {
    for (int64_t i = 0; i < s->n; i++)
      tile_set(&t, i, s, i);
    return t;
  }
  TppcBlocking b = tppc_tensor_blocking(s->sparse);
  int64_t majors = b.by_columns ? b.blocks_c : b.blocks_r, size = b.side_r * b.side_c;
  for (int64_t i = 0; i < majors; i++)
    for (int64_t e = s->sparse->ptr[i]; e < s->sparse->ptr[i + 1]; e++)
      for (int64_t k = 0; k < size; k++) {
        int64_t row, col;
        tppc_sparse_entry(s->sparse, i, e, &row, &col);
        row += k / b.side_c;
        col += k % b.side_c;
        if (row < t.rows && col < t.cols)
          tile_set(&t, row * t.cols + col, s, e * size + k);
      }
  return t;
}

static void sgemm(Frame *f, TppcOp *op) {
  Call c;
  if (!begin(&c, f, op))
    return;
  Store *a = frame_store(f, op->uses[2].value), *b = frame_store(f, op->uses[3].value);
  int64_t off = offset_of(&c, 2), n0 = attr(&c, op, "n0", 0), k0 = attr(&c, op, "k0", 0);
  bool transposed = field(&c, "transposed", 0) != 0;
  Tile x = tile_new(f->in->arena, c.m, c.k), y = tile_new(f->in->arena, c.k, c.n),
       whole = spread(&c, b);
  for (int64_t p = 0; p < c.k; p++) {
    for (int64_t i = 0; i < c.m; i++)
      take(&c, &x, i * c.k + p, a, off + i * field(&c, "a_rs", 0) + p * field(&c, "a_cs", 1));
    for (int64_t j = 0; j < c.n; j++) {
      int64_t row = transposed ? n0 + j : k0 + p, col = transposed ? k0 + p : n0 + j;
      int64_t at = row * whole.cols + col, to = p * c.n + j;
      if (row >= whole.rows || col >= whole.cols)
        continue;
      y.f[to] = whole.f[at];
      y.mag[to] = whole.mag[at];
      y.e[to] = whole.e[at];
      y.i[to] = whole.i[at];
    }
  }
  y.low_bit = whole.low_bit;
  multiply(&c, &x, &y, a->is_int && b->is_int, b->ternary_mag ? 2 : 1);
}

void run_call_of_kernel(Frame *f, TppcOp *op) {
  TppcArena *outer = f->in->arena;
  f->in->arena = tppc_arena_new();
  if (op->kind == TPPC_OP_BRGEMM)
    brgemm(f, op);
  else
    sgemm(f, op);
  tppc_arena_free(f->in->arena);
  f->in->arena = outer;
}
