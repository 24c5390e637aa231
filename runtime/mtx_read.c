/* The Matrix Market exchange format (Boisvert, Pozo, Remington, NISTIR 5935, 1996), coordinate
 * form.
 *
 * Entries are read into a list, with their mirror images where the matrix is symmetric, and sorted
 * into the order of the storage; a block exists where an entry does. */
#include "sparse_convert.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
  int64_t major, minor, inside; /* block coordinates, position within the block */
  double v;
} entry;

typedef struct reader {
  FILE *f;
  char *line; /* of getline */
  size_t room;
  int pattern, mirror; /* mirror: 1, -1 for skew-symmetric, 0 for general */
} reader;

/* The next line that is neither blank nor a comment; NULL at the end. */
static char *next_line(reader *r) {
  while (getline(&r->line, &r->room, r->f) >= 0) {
    char *at = r->line;
    while (isspace((unsigned char)*at))
      at++;
    if (*at && *at != '%')
      return at;
  }
  return NULL;
}

static int take_int(char **at, int64_t *v) {
  char *end;
  errno = 0;
  *v = strtoll(*at, &end, 10);
  int ok = end != *at && !errno;
  *at = end;
  return ok;
}

static int at_end(const char *at) {
  while (isspace((unsigned char)*at))
    at++;
  return !*at;
}

static int read_banner(reader *r) {
  char word[5][32] = {{0}};
  if (getline(&r->line, &r->room, r->f) < 0)
    return TPP_ERR_FORMAT;
  if (sscanf(r->line, "%31s %31s %31s %31s %31s", word[0], word[1], word[2], word[3], word[4]) != 5)
    return TPP_ERR_FORMAT;
  for (int i = 0; i < 5; i++)
    for (char *c = word[i]; *c; c++)
      *c = (char)tolower((unsigned char)*c);
  r->pattern = !strcmp(word[3], "pattern");
  r->mirror = !strcmp(word[4], "symmetric") ? 1 : !strcmp(word[4], "skew-symmetric") ? -1 : 0;
  int known = !strcmp(word[0], "%%matrixmarket") && !strcmp(word[1], "matrix") &&
              !strcmp(word[2], "coordinate") &&
              (r->pattern || !strcmp(word[3], "real") || !strcmp(word[3], "integer")) &&
              (r->mirror || !strcmp(word[4], "general"));
  return known ? TPP_OK : TPP_ERR_FORMAT;
}

/* ---- values ---- */

/* To f32 rounded to odd, from where rounding to a narrower type is right. */
static uint32_t odd_bits(double v) {
  float f = (float)v;
  uint32_t b;
  memcpy(&b, &f, sizeof b);
  if ((double)f == v || v != v)
    return b;
  double big = f < 0 ? -(double)f : (double)f;
  b -= big > (v < 0 ? -v : v);
  return b | 1;
}

static uint16_t bf16_bits(double v) {
  uint32_t b = odd_bits(v);
  if ((b & 0x7fffffff) > 0x7f800000)
    return (uint16_t)(b >> 16 | 0x40);
  return (uint16_t)((b + 0x7fff + (b >> 16 & 1)) >> 16);
}

static uint16_t f16_bits(double v) {
  uint32_t b = odd_bits(v), a = b & 0x7fffffff, sign = b >> 16 & 0x8000;
  if (a > 0x7f800000)
    return (uint16_t)(sign | 0x7e00);
  if (a >= 0x477ff000)
    return (uint16_t)(sign | 0x7c00);
  if (a >= 0x38800000) {
    uint32_t r = a - 0x38000000;
    return (uint16_t)(sign | (r + 0xfff + (r >> 13 & 1)) >> 13);
  }
  if (a <= 0x33000000)
    return (uint16_t)sign;
  uint32_t shift = 126 - (a >> 23), m = (a & 0x7fffff) | 0x800000;
  uint32_t q = m >> shift, rest = m & ((1u << shift) - 1), half = 1u << (shift - 1);
  q += rest > half || (rest == half && (q & 1));
  return (uint16_t)(sign | q);
}

/* To nearest even, within [lo, hi]; NaN is 0. */
static int64_t integer(double v, int64_t lo, int64_t hi) {
  if (v != v)
    return 0;
  if (v <= (double)lo)
    return lo;
  if (v >= (double)hi)
    return hi;
  int64_t n = (int64_t)v;
  double rest = v - (double)n;
  int64_t away = v < 0 ? -1 : 1;
  rest = rest < 0 ? -rest : rest;
  return rest > 0.5 || (rest == 0.5 && n % 2 != 0) ? n + away : n;
}

static void put(int dtype, void *val, int64_t i, double v) {
  switch (dtype) {
  case TPP_F64:
    ((double *)val)[i] = v;
    break;
  case TPP_F32:
    ((float *)val)[i] = (float)v;
    break;
  case TPP_BF16:
    ((uint16_t *)val)[i] = bf16_bits(v);
    break;
  case TPP_F16:
    ((uint16_t *)val)[i] = f16_bits(v);
    break;
  case TPP_I64:
    ((int64_t *)val)[i] = integer(v, INT64_MIN, INT64_MAX);
    break;
  case TPP_I32:
    ((int32_t *)val)[i] = (int32_t)integer(v, INT32_MIN, INT32_MAX);
    break;
  case TPP_U16:
    ((uint16_t *)val)[i] = (uint16_t)integer(v, 0, UINT16_MAX);
    break;
  case TPP_I8:
    ((int8_t *)val)[i] = (int8_t)integer(v, INT8_MIN, INT8_MAX);
    break;
  case TPP_U8:
    ((uint8_t *)val)[i] = (uint8_t)integer(v, 0, UINT8_MAX);
    break;
  default: /* tpp_lines_make lets no other type through */
    break;
  }
}

/* ---- entries ---- */

typedef struct entries {
  entry *at;
  int64_t n, room;
} entries;

static int push(entries *e, const tpp_lines *l, int64_t row, int64_t col, double v) {
  if (e->n == e->room) {
    int64_t room = e->room ? 2 * e->room : 1024;
    entry *more = realloc(e->at, (size_t)room * sizeof *more);
    if (!more)
      return TPP_ERR_NOMEM;
    e->at = more;
    e->room = room;
  }
  int64_t r = row / l->block_r, c = col / l->block_c;
  e->at[e->n++] = (entry){l->by_columns ? c : r, l->by_columns ? r : c,
                          row % l->block_r * l->block_c + col % l->block_c, v};
  return TPP_OK;
}

static int read_entries(reader *r, const tpp_sparse_shape *s, const tpp_lines *l, int64_t n,
                        entries *out) {
  for (int64_t i = 0; i < n; i++) {
    int64_t row, col;
    double v = 1;
    char *at = next_line(r), *end = NULL;
    if (!at || !take_int(&at, &row) || !take_int(&at, &col))
      return TPP_ERR_FORMAT;
    if (!r->pattern) {
      v = strtod(at, &end);
      if (end == at)
        return TPP_ERR_FORMAT;
      at = end;
    }
    if (!at_end(at) || row < 1 || col < 1 || row > s->rows || col > s->cols)
      return TPP_ERR_FORMAT;
    int status = push(out, l, row - 1, col - 1, v);
    if (!status && r->mirror && row != col)
      status = push(out, l, col - 1, row - 1, v * r->mirror);
    if (status)
      return status;
  }
  return next_line(r) ? TPP_ERR_FORMAT : TPP_OK;
}

static int by_place(const void *a, const void *b) {
  const entry *x = a, *y = b;
  if (x->major != y->major)
    return x->major < y->major ? -1 : 1;
  if (x->minor != y->minor)
    return x->minor < y->minor ? -1 : 1;
  return (x->inside > y->inside) - (x->inside < y->inside);
}

static int starts_block(const entries *e, int64_t i) {
  return i == 0 || e->at[i].major != e->at[i - 1].major || e->at[i].minor != e->at[i - 1].minor;
}

static int build(tpp_csr *out, const tpp_sparse_shape *s, const tpp_lines *l, entries *e) {
  int64_t blocks = 0;
  if (e->n)
    qsort(e->at, (size_t)e->n, sizeof *e->at, by_place);
  for (int64_t i = 0; i < e->n; i++) {
    if (i && by_place(&e->at[i - 1], &e->at[i]) == 0)
      return TPP_ERR_FORMAT;
    blocks += starts_block(e, i);
  }
  int status = tpp_sparse_reserve(out, l, blocks);
  if (status)
    return status;
  int64_t *ptr = (int64_t *)(uintptr_t)out->ptr, block = -1;
  int32_t *idx = (int32_t *)(uintptr_t)out->idx;
  for (int64_t i = 0; i < e->n; i++) {
    if (starts_block(e, i)) {
      idx[++block] = (int32_t)e->at[i].minor;
      ptr[e->at[i].major + 1]++;
    }
    put(s->dtype, out->val, block * l->block + e->at[i].inside, e->at[i].v);
  }
  for (int64_t i = 0; i < l->majors; i++)
    ptr[i + 1] += ptr[i];
  return TPP_OK;
}

static int read_matrix(reader *r, tpp_csr *out, tpp_sparse_shape *shape) {
  tpp_lines l;
  entries e = {NULL, 0, 0};
  int64_t n;
  int status = read_banner(r);
  char *at = status ? NULL : next_line(r);
  if (!at || !take_int(&at, &shape->rows) || !take_int(&at, &shape->cols) || !take_int(&at, &n) ||
      !at_end(at) || n < 0 || (r->mirror && shape->rows != shape->cols))
    return TPP_ERR_FORMAT;
  status = tpp_lines_make(&l, shape);
  status = status ? status : read_entries(r, shape, &l, n, &e);
  status = status ? status : build(out, shape, &l, &e);
  free(e.at);
  return status;
}

int tpp_sparse_read_mtx(tpp_csr *out, tpp_sparse_shape *shape, const char *path) {
  if (!out || !shape || !path)
    return TPP_ERR_NULL;
  memset(out, 0, sizeof *out);
  reader r = {.f = fopen(path, "r")};
  if (!r.f)
    return TPP_ERR_FILE;
  int status = read_matrix(&r, out, shape);
  if (ferror(r.f))
    status = TPP_ERR_FILE;
  free(r.line);
  fclose(r.f);
  if (status)
    tpp_sparse_free(out);
  return status;
}
