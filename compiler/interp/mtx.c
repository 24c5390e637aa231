/* The Matrix Market exchange format (Boisvert, Pozo, Remington, NISTIR 5935, 1996). */
#include "interp/mtx.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef enum Symmetry { GENERAL, SYMMETRIC, SKEW } Symmetry;

typedef struct Reader {
  TppcArena *arena;
  const char *at, *end;
  bool array, pattern;
  Symmetry symmetry;
} Reader;

/* The next word of the line, or "" at its end. */
static void take_word(Reader *r, char *word, size_t room) {
  size_t n = 0;
  while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r'))
    r->at++;
  while (r->at < r->end && !isspace((unsigned char)*r->at) && n + 1 < room)
    word[n++] = *r->at++;
  word[n] = 0;
}

static void skip_line(Reader *r) {
  while (r->at < r->end && *r->at != '\n')
    r->at++;
  r->at += r->at < r->end;
}

/* Skips blank lines and comments. */
static void skip_blank(Reader *r) {
  for (;;) {
    while (r->at < r->end && isspace((unsigned char)*r->at))
      r->at++;
    if (r->at >= r->end || *r->at != '%')
      return;
    skip_line(r);
  }
}

static bool take_int(Reader *r, int64_t *v) {
  char word[32], *end;
  take_word(r, word, sizeof word);
  errno = 0;
  *v = strtoll(word, &end, 10);
  return *word && !*end && !errno;
}

static bool take_number(Reader *r, double *v) {
  char word[64], *end;
  take_word(r, word, sizeof word);
  *v = strtod(word, &end);
  return *word && !*end;
}

static void lower(char *word) {
  for (; *word; word++)
    *word = (char)tolower((unsigned char)*word);
}

static const char *read_banner(Reader *r) {
  char word[5][32];
  for (int i = 0; i < 5; i++) {
    take_word(r, word[i], sizeof word[i]);
    lower(word[i]);
  }
  if (strcmp(word[0], "%%matrixmarket") != 0 || strcmp(word[1], "matrix") != 0)
    return "it is not a Matrix Market file";
  r->array = !strcmp(word[2], "array");
  if (!r->array && strcmp(word[2], "coordinate") != 0)
    return "its format is neither coordinate nor array";
  r->pattern = !strcmp(word[3], "pattern");
  if (!(r->pattern && !r->array) && strcmp(word[3], "real") != 0 && strcmp(word[3], "integer") != 0)
    return tppc_sprintf(r->arena, "its field '%s' is not supported; real, integer, and pattern are",
                        word[3]);
  if (!strcmp(word[4], "general"))
    r->symmetry = GENERAL;
  else if (!strcmp(word[4], "symmetric"))
    r->symmetry = SYMMETRIC;
  else if (!strcmp(word[4], "skew-symmetric"))
    r->symmetry = SKEW;
  else
    return tppc_sprintf(r->arena, "its symmetry '%s' is not supported", word[4]);
  skip_line(r);
  return NULL;
}

static int by_place(const void *a, const void *b) {
  const TppcMtxEntry *x = a, *y = b;
  if (x->row != y->row)
    return x->row < y->row ? -1 : 1;
  return (x->col > y->col) - (x->col < y->col);
}

static void push(const Reader *r, TppcMtx *m, int64_t row, int64_t col, double v) {
  m->entries[m->n++] = (TppcMtxEntry){row, col, v};
  if (r->symmetry != GENERAL && row != col)
    m->entries[m->n++] = (TppcMtxEntry){col, row, r->symmetry == SKEW ? -v : v};
}

static const char *read_coordinates(Reader *r, TppcMtx *m, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    int64_t row, col;
    double v = 1;
    skip_blank(r);
    if (!take_int(r, &row) || !take_int(r, &col) || (!r->pattern && !take_number(r, &v)))
      return tppc_sprintf(r->arena, "entry %" PRId64 " is malformed or missing", i + 1);
    if (row < 1 || col < 1 || row > m->rows || col > m->cols)
      return tppc_sprintf(r->arena, "entry %" PRId64 " is outside the matrix", i + 1);
    push(r, m, row - 1, col - 1, v);
  }
  return NULL;
}

/* Column by column; of symmetric matrices the lower triangle. */
static const char *read_array(Reader *r, TppcMtx *m) {
  for (int64_t col = 0; col < m->cols; col++)
    for (int64_t row = r->symmetry == GENERAL ? 0
                       : r->symmetry == SKEW  ? col + 1
                                              : col;
         row < m->rows; row++) {
      double v;
      skip_blank(r);
      if (!take_number(r, &v))
        return tppc_sprintf(
            r->arena, "the value of row %" PRId64 ", column %" PRId64 " is malformed or missing",
            row + 1, col + 1);
      if (!(v == 0))
        push(r, m, row, col, v);
    }
  return NULL;
}

const char *tppc_mtx_parse(TppcArena *arena, const char *text, size_t size, TppcMtx *out) {
  Reader r = {.arena = arena, .at = text, .end = text + size};
  int64_t n = 0;
  memset(out, 0, sizeof *out);
  const char *why = read_banner(&r);
  if (why)
    return why;
  skip_blank(&r);
  if (!take_int(&r, &out->rows) || !take_int(&r, &out->cols) || (!r.array && !take_int(&r, &n)))
    return "its size line is malformed";
  /* An entry takes at least two bytes, so a count beyond the file's size is wrong before memory is
   * taken. */
  int64_t cells;
  if (out->rows < 0 || out->cols < 0 || n < 0 ||
      __builtin_mul_overflow(out->rows, out->cols, &cells))
    return "its size line is malformed";
  if (r.symmetry != GENERAL && out->rows != out->cols)
    return "it is symmetric, but not square";
  if ((uint64_t)(r.array ? cells : n) > 2 * (uint64_t)size + 1)
    return "it is truncated: it has fewer entries than its size line says";
  out->entries = TPPC_NEW_N(arena, TppcMtxEntry, 2 * (r.array ? cells : n) + 1);
  why = r.array ? read_array(&r, out) : read_coordinates(&r, out, n);
  skip_blank(&r);
  if (!why && r.at < r.end)
    why = "it has more entries than its size line says";
  if (why)
    return why;
  qsort(out->entries, (size_t)out->n, sizeof *out->entries, by_place);
  for (int64_t i = 1; i < out->n; i++)
    if (by_place(&out->entries[i - 1], &out->entries[i]) == 0)
      return tppc_sprintf(arena, "row %" PRId64 ", column %" PRId64 " occurs twice",
                          out->entries[i].row + 1, out->entries[i].col + 1);
  return NULL;
}

/* ---- into tensors ---- */

typedef struct Block {
  int64_t major, minor;
} Block;

static int by_block(const void *a, const void *b) {
  const Block *x = a, *y = b;
  if (x->major != y->major)
    return x->major < y->major ? -1 : 1;
  return (x->minor > y->minor) - (x->minor < y->minor);
}

static Block block_of(const TppcBlocking *b, const TppcMtxEntry *e) {
  int64_t r = e->row / b->side_r, c = e->col / b->side_c;
  return b->by_columns ? (Block){c, r} : (Block){r, c};
}

const char *tppc_mtx_to_tensor(TppcArena *arena, const TppcMtx *m, TppcTensor *t) {
  if (t->rank != 2 || t->dim[0] != m->rows || t->dim[1] != m->cols)
    return "its shape is not that of the parameter";
  if (!t->ptr)
    return "the parameter is not sparse; give it a .npy file";
  TppcBlocking b = tppc_tensor_blocking(t);
  Block *blocks = TPPC_NEW_N(arena, Block, m->n + 1);
  int64_t n = 0;
  for (int64_t i = 0; i < m->n; i++)
    blocks[i] = block_of(&b, &m->entries[i]);
  qsort(blocks, (size_t)m->n, sizeof *blocks, by_block);
  for (int64_t i = 0; i < m->n; i++)
    if (n == 0 || by_block(&blocks[n - 1], &blocks[i]) != 0)
      blocks[n++] = blocks[i];
  if (!tppc_tensor_reserve(t, n))
    return "memory is out";
  int64_t majors = b.by_columns ? b.blocks_c : b.blocks_r;
  for (int64_t i = 0; i < n; i++) {
    t->idx[i] = (int32_t)blocks[i].minor;
    t->ptr[blocks[i].major + 1]++;
  }
  for (int64_t i = 0; i < majors; i++)
    t->ptr[i + 1] += t->ptr[i];
  for (int64_t i = 0; i < m->n; i++) {
    const TppcMtxEntry *e = &m->entries[i];
    Block at = block_of(&b, e);
    const Block *found = bsearch(&at, blocks, (size_t)n, sizeof *blocks, by_block);
    int64_t inside = e->row % b.side_r * b.side_c + e->col % b.side_c;
    tppc_tensor_set(t, (found - blocks) * b.side_r * b.side_c + inside, e->value);
  }
  return NULL;
}
