/* Types: interning, printing, substitution. Layouts are in type_layout.c. */
#include "ir/ir.h"

#include <inttypes.h>
#include <string.h>

/* ---- interning ---- */

enum { BUCKETS = 256 };

typedef struct Entry Entry;
struct Entry {
  TppcType type;
  Entry *next;
};
struct TppcTypeTable {
  Entry *bucket[BUCKETS];
};

static bool same_exprs(const TppcExpr *const *a, const TppcExpr *const *b, int n) {
  if (n == 0)
    return true;
  if (!a || !b)
    return !a && !b;
  for (int i = 0; i < n; i++)
    if (a[i] != b[i])
      return false;
  return true;
}

static bool same_letters(const TppcType *a, const TppcType *b) {
  if (!a->letters || !b->letters)
    return !a->letters && !b->letters;
  for (int i = 0; i < a->rank; i++) {
    const char *x = a->letters[i], *y = b->letters[i];
    if (x != y && (!x || !y || strcmp(x, y) != 0))
      return false;
  }
  return true;
}

static bool same_digits(const TppcType *a, const TppcType *b) {
  if (a->n_digits != b->n_digits)
    return false;
  for (int i = 0; i < a->n_digits; i++) {
    TppcDigit x = a->digits[i], y = b->digits[i];
    if (x.dim != y.dim || x.mod != y.mod || x.div != y.div)
      return false;
  }
  return true;
}

static bool same_type(const TppcType *a, const TppcType *b) {
  return a->kind == b->kind && a->elem == b->elem && a->storage == b->storage &&
         a->rank == b->rank && a->ld == b->ld && a->levels == b->levels &&
         a->has_range == b->has_range && a->range_lo == b->range_lo && a->range_hi == b->range_hi &&
         a->block_r == b->block_r && a->block_c == b->block_c && a->group == b->group &&
         a->planes == b->planes &&
         same_exprs((const TppcExpr *const *)a->dims, (const TppcExpr *const *)b->dims, a->rank) &&
         same_exprs((const TppcExpr *const *)a->pad, (const TppcExpr *const *)b->pad, a->rank) &&
         same_letters(a, b) && same_digits(a, b);
}

static unsigned hash_type(const TppcType *t) {
  uint64_t h = (uint64_t)t->kind * 31 + t->elem;
  for (int i = 0; i < t->rank; i++)
    h = h * 1000003 + (uint64_t)((uintptr_t)t->dims[i] >> 4);
  return (unsigned)(h ^ h >> 32) % BUCKETS;
}

static const TppcExpr **copy_exprs(TppcContext *cx, const TppcExpr *const *e, int n) {
  const TppcExpr **r = TPPC_NEW_N(cx->arena, const TppcExpr *, n + 1);
  for (int i = 0; i < n; i++)
    r[i] = e[i];
  return r;
}

/* One form for what can be written in two: a type without letters, pads of 0, the defaults of
 * ternary. */
static TppcType normal(const TppcType *proto) {
  TppcType t = *proto;
  bool letters = false, pad = false;
  for (int i = 0; i < t.rank; i++) {
    letters = letters || (t.letters && t.letters[i]);
    pad = pad || (t.pad && t.pad[i] && !tppc_e_is(t.pad[i], 0));
  }
  if (!letters)
    t.letters = NULL;
  if (!pad)
    t.pad = NULL;
  if (t.kind == TPPC_T_TENSOR && t.elem == TPP_TERNARY) {
    t.storage = TPP_STORE_TERNARY;
    t.group = t.group ? t.group : -1;
    t.planes = t.planes ? t.planes : 1;
  }
  return t;
}

const TppcType *tppc_t_intern(TppcContext *cx, const TppcType *proto) {
  if (!cx->types)
    cx->types = TPPC_NEW(cx->arena, struct TppcTypeTable);
  TppcType t = normal(proto);
  Entry **bucket = &cx->types->bucket[hash_type(&t)];
  for (Entry *e = *bucket; e; e = e->next)
    if (same_type(&e->type, &t))
      return &e->type;
  t.dims = copy_exprs(cx, (const TppcExpr *const *)t.dims, t.rank);
  if (t.pad) {
    t.pad = copy_exprs(cx, (const TppcExpr *const *)t.pad, t.rank);
    for (int i = 0; i < t.rank; i++)
      if (!t.pad[i])
        t.pad[i] = tppc_e_int(cx, 0);
  }
  if (t.letters) {
    const char **letters = TPPC_NEW_N(cx->arena, const char *, t.rank);
    for (int i = 0; i < t.rank; i++)
      letters[i] = t.letters[i] ? tppc_intern(cx->names, t.letters[i]) : NULL;
    t.letters = letters;
  }
  if (t.n_digits) {
    TppcDigit *digits = TPPC_NEW_N(cx->arena, TppcDigit, t.n_digits);
    memcpy(digits, t.digits, (size_t)t.n_digits * sizeof *digits);
    t.digits = digits;
  }
  Entry *e = TPPC_NEW(cx->arena, Entry);
  e->type = t;
  e->next = *bucket;
  *bucket = e;
  return &e->type;
}

const TppcType *tppc_t_scalar(TppcContext *cx, int elem) {
  TppcType t = {.kind = TPPC_T_SCALAR, .elem = (uint8_t)elem};
  return tppc_t_intern(cx, &t);
}

const TppcType *tppc_t_handle(TppcContext *cx) {
  TppcType t = {.kind = TPPC_T_HANDLE};
  return tppc_t_intern(cx, &t);
}

const TppcType *tppc_t_tensor(TppcContext *cx, int elem, int rank, const TppcExpr *const *dims) {
  TppcType t = {.kind = TPPC_T_TENSOR, .elem = (uint8_t)elem, .rank = rank};
  t.dims = copy_exprs(cx, dims, rank);
  return tppc_t_intern(cx, &t);
}

bool tppc_t_is_plain(const TppcType *t) {
  return t->kind == TPPC_T_TENSOR && t->storage == TPP_STORE_DENSE && t->n_digits == 0 && !t->ld;
}

const TppcType *tppc_t_subst(TppcContext *cx, const TppcType *t, const TppcFacts *f) {
  if (t->kind != TPPC_T_TENSOR || !f)
    return t;
  TppcType r = *t;
  r.dims = copy_exprs(cx, (const TppcExpr *const *)t->dims, t->rank);
  r.pad = t->pad ? copy_exprs(cx, (const TppcExpr *const *)t->pad, t->rank) : NULL;
  for (int i = 0; i < t->rank; i++) {
    r.dims[i] = tppc_e_subst(cx, t->dims[i], f);
    if (r.pad)
      r.pad[i] = tppc_e_subst(cx, t->pad[i], f);
  }
  r.ld = tppc_e_subst(cx, t->ld, f);
  r.levels = tppc_e_subst(cx, t->levels, f);
  /* All of them, which has one form. */
  if (r.levels == tppc_e_int(cx, t->planes))
    r.levels = NULL;
  return tppc_t_intern(cx, &r);
}

/* ---- printing ---- */

static void print_letter(TppcBuf *b, const TppcType *t, int dim) {
  if (t->letters && t->letters[dim])
    tppc_buf_puts(b, t->letters[dim]);
  else
    tppc_buf_printf(b, "%d", dim);
}

static void print_dims(TppcBuf *b, const TppcType *t) {
  tppc_buf_putc(b, '[');
  for (int i = 0; i < t->rank; i++) {
    if (i > 0)
      tppc_buf_puts(b, ", ");
    if (t->letters && t->letters[i])
      tppc_buf_printf(b, "%s: ", t->letters[i]);
    tppc_e_print(b, t->dims[i]);
  }
  tppc_buf_putc(b, ']');
}

static void print_digits(TppcBuf *b, const TppcType *t) {
  if (t->n_digits)
    tppc_buf_puts(b, " as ");
  for (int i = 0; i < t->n_digits; i++) {
    TppcDigit d = t->digits[i];
    tppc_buf_putc(b, '[');
    print_letter(b, t, d.dim);
    if (d.mod)
      tppc_buf_printf(b, "%%%" PRId64, d.mod);
    if (d.div > 1)
      tppc_buf_printf(b, "/%" PRId64, d.div);
    tppc_buf_putc(b, ']');
  }
}

static void print_pad(TppcBuf *b, const TppcType *t) {
  const char *comma = "";
  tppc_buf_puts(b, " pad(");
  for (int i = 0; i < t->rank; i++) {
    if (tppc_e_is(t->pad[i], 0))
      continue;
    tppc_buf_puts(b, comma);
    print_letter(b, t, i);
    tppc_buf_puts(b, ": ");
    tppc_e_print(b, t->pad[i]);
    comma = ", ";
  }
  tppc_buf_putc(b, ')');
}

static void print_storage(TppcBuf *b, const TppcType *t) {
  if (t->storage == TPP_STORE_CSR)
    tppc_buf_puts(b, " csr");
  if (t->storage == TPP_STORE_BCSR || t->storage == TPP_STORE_BCSC)
    tppc_buf_printf(b, " %s(%" PRId64 ", %" PRId64 ")",
                    t->storage == TPP_STORE_BCSR ? "bcsr" : "bcsc", t->block_r, t->block_c);
  if (t->storage != TPP_STORE_TERNARY)
    return;
  if (t->group > 0)
    tppc_buf_printf(b, " group(%" PRId64 ")", t->group);
  if (t->planes == 1 && !t->levels)
    return;
  tppc_buf_printf(b, " planes(%" PRId64, t->planes);
  if (t->levels) {
    tppc_buf_puts(b, ", ");
    tppc_e_print(b, t->levels);
  }
  tppc_buf_putc(b, ')');
}

void tppc_t_print(TppcBuf *b, const TppcType *t) {
  if (t->kind == TPPC_T_HANDLE) {
    tppc_buf_puts(b, "handle");
    return;
  }
  tppc_buf_puts(b, tppc_elem_name(t->elem));
  if (t->kind == TPPC_T_TENSOR) {
    print_dims(b, t);
    print_digits(b, t);
    if (t->ld) {
      tppc_buf_puts(b, " ld(");
      tppc_e_print(b, t->ld);
      tppc_buf_putc(b, ')');
    }
    if (t->pad)
      print_pad(b, t);
    print_storage(b, t);
  }
  if (t->has_range)
    tppc_buf_printf(b, " range(%" PRId64 ", %" PRId64 ")", t->range_lo, t->range_hi);
}
