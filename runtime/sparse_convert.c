/* Sparse tensors from dense ones and back.
 *
 * One array holds ptr, then the values, then idx, so that a matrix is freed as one. What is zero is
 * decided on the bits: an element of a float type is when all but its sign are. */
#include "sparse_convert.h"

#include <string.h>

enum { ALIGN = 64 };

static int64_t up(int64_t a, int64_t b) {
  return a / b + (a % b != 0);
}

/* -1 for types narrower than a byte. */
static int64_t element_bytes(int dtype) {
  switch (dtype) {
#define DTYPE(num, id, name, bits, kind, acc, ctype)                                               \
  case num:                                                                                        \
    return bits % 8 ? -1 : bits / 8;
#include <tpp/dtypes.def>
#undef DTYPE
  default:
    return -1;
  }
}

static int is_float(int dtype) {
  return dtype == TPP_F64 || dtype == TPP_F32 || dtype == TPP_F16 || dtype == TPP_BF16;
}

int tpp_lines_make(tpp_lines *l, const tpp_sparse_shape *s) {
  if (!s)
    return TPP_ERR_NULL;
  if (s->size < sizeof *s || s->rows < 0 || s->cols < 0 || element_bytes(s->dtype) < 0)
    return TPP_ERR_FORMAT;
  l->by_columns = s->storage == TPP_STORE_BCSC;
  l->block_r = s->storage == TPP_STORE_CSR ? 1 : s->block_r;
  l->block_c = s->storage == TPP_STORE_CSR ? 1 : s->block_c;
  if (s->storage < TPP_STORE_CSR || s->storage > TPP_STORE_BCSC || l->block_r < 1 ||
      l->block_c < 1 || l->block_r > INT32_MAX || l->block_c > INT32_MAX)
    return TPP_ERR_FORMAT;
  int64_t r = up(s->rows, l->block_r), c = up(s->cols, l->block_c);
  l->majors = l->by_columns ? c : r;
  l->minors = l->by_columns ? r : c;
  l->element = element_bytes(s->dtype);
  l->block = l->block_r * l->block_c;
  return l->minors > INT32_MAX ? TPP_ERR_SIZE : TPP_OK;
}

int tpp_sparse_reserve(tpp_csr *out, const tpp_lines *l, int64_t nnz) {
  int64_t ptr, val, idx, all;
  if (__builtin_mul_overflow(l->majors + 1, 8, &ptr) || ptr > INT64_MAX - ALIGN ||
      __builtin_mul_overflow(nnz, l->block * l->element, &val) ||
      __builtin_mul_overflow(nnz, 4, &idx) ||
      __builtin_add_overflow(up(ptr, ALIGN) * ALIGN, val, &all) || all > INT64_MAX - ALIGN ||
      __builtin_add_overflow(up(all, ALIGN) * ALIGN, idx, &all))
    return TPP_ERR_SIZE;
  char *at = tpp_scratch_alloc((size_t)all);
  if (!at)
    return TPP_ERR_NOMEM;
  memset(at, 0, (size_t)all);
  int64_t values = up(ptr, ALIGN) * ALIGN;
  *out = (tpp_csr){.nnz = nnz,
                   .ptr = (int64_t *)(void *)at,
                   .idx = (int32_t *)(void *)(at + values + up(val, ALIGN) * ALIGN),
                   .val = at + values};
  return TPP_OK;
}

void tpp_sparse_free(tpp_csr *s) {
  if (!s)
    return;
  union {
    const void *from;
    void *to;
  } ptr = {s->ptr};
  tpp_scratch_free(ptr.to);
  memset(s, 0, sizeof *s);
}

/* ---- dense ---- */

/* A block of the dense matrix: rows x cols elements from (row, col) on. */
typedef struct window {
  int64_t row, col, rows, cols;
} window;

static window window_at(const tpp_sparse_shape *s, const tpp_lines *l, int64_t major,
                        int64_t minor) {
  window w = {(l->by_columns ? minor : major) * l->block_r,
              (l->by_columns ? major : minor) * l->block_c, l->block_r, l->block_c};
  w.rows = s->rows - w.row < w.rows ? s->rows - w.row : w.rows;
  w.cols = s->cols - w.col < w.cols ? s->cols - w.col : w.cols;
  return w;
}

static int is_zero(const unsigned char *e, int64_t bytes, int has_sign) {
  for (int64_t i = 0; i + 1 < bytes; i++)
    if (e[i])
      return 0;
  return (has_sign ? e[bytes - 1] & 0x7f : e[bytes - 1]) == 0; /* little endian */
}

static int has_entry(const tpp_sparse_shape *s, const tpp_lines *l, const window *w,
                     const char *dense, int64_t ld) {
  for (int64_t i = 0; i < w->rows; i++)
    for (int64_t j = 0; j < w->cols; j++) {
      const char *e = dense + ((w->row + i) * ld + w->col + j) * l->element;
      if (!is_zero((const unsigned char *)e, l->element, is_float(s->dtype)))
        return 1;
    }
  return 0;
}

static int64_t count(const tpp_sparse_shape *s, const tpp_lines *l, const char *dense, int64_t ld) {
  int64_t n = 0;
  for (int64_t i = 0; i < l->majors; i++)
    for (int64_t j = 0; j < l->minors; j++) {
      window w = window_at(s, l, i, j);
      n += has_entry(s, l, &w, dense, ld);
    }
  return n;
}

/* Rows of a block between the dense matrix and the stored one. */
static void copy(const tpp_lines *l, const window *w, char *dense, int64_t ld, char *block,
                 int to_dense) {
  for (int64_t i = 0; i < w->rows; i++) {
    char *d = dense + ((w->row + i) * ld + w->col) * l->element;
    char *b = block + i * l->block_c * l->element;
    memcpy(to_dense ? d : b, to_dense ? b : d, (size_t)(w->cols * l->element));
  }
}

static int check_dense(const tpp_sparse_shape *s, const void *dense, int64_t ld) {
  if (!dense && s->rows > 0 && s->cols > 0)
    return TPP_ERR_NULL;
  return ld < s->cols ? TPP_ERR_SIZE : TPP_OK;
}

int tpp_sparse_from_dense(tpp_csr *out, const tpp_sparse_shape *shape, const void *dense,
                          int64_t ld) {
  tpp_lines l;
  if (!out)
    return TPP_ERR_NULL;
  memset(out, 0, sizeof *out);
  int status = tpp_lines_make(&l, shape);
  status = status ? status : check_dense(shape, dense, ld);
  status = status ? status : tpp_sparse_reserve(out, &l, count(shape, &l, dense, ld));
  if (status)
    return status;
  int64_t *ptr = (int64_t *)(uintptr_t)out->ptr, n = 0;
  int32_t *idx = (int32_t *)(uintptr_t)out->idx;
  for (int64_t i = 0; i < l.majors; i++) {
    for (int64_t j = 0; j < l.minors; j++) {
      window w = window_at(shape, &l, i, j);
      if (!has_entry(shape, &l, &w, dense, ld))
        continue;
      char *block = (char *)out->val + n * l.block * l.element;
      copy(&l, &w, (char *)(uintptr_t)dense, ld, block, 0);
      idx[n++] = (int32_t)j;
    }
    ptr[i + 1] = n;
  }
  return TPP_OK;
}

int tpp_sparse_to_dense(const tpp_csr *s, const tpp_sparse_shape *shape, void *dense, int64_t ld) {
  tpp_lines l;
  int status = tpp_lines_make(&l, shape);
  status = status ? status : check_dense(shape, dense, ld);
  status =
      status ? status
             : tpp_check_sparse(s, shape->storage, shape->rows, shape->cols, l.block_r, l.block_c);
  if (status)
    return status;
  for (int64_t i = 0; i < shape->rows && shape->cols > 0; i++)
    memset((char *)dense + i * ld * l.element, 0, (size_t)(shape->cols * l.element));
  for (int64_t i = 0; i < l.majors; i++)
    for (int64_t e = s->ptr[i]; e < s->ptr[i + 1]; e++) {
      window w = window_at(shape, &l, i, s->idx[e]);
      copy(&l, &w, dense, ld, (char *)s->val + e * l.block * l.element, 1);
    }
  return TPP_OK;
}
