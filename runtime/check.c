/* Checks of structured arguments, run at the entry of a compiled function: after them a kernel may
 * follow ptr and idx without looking. */
#include <tpp/rt.h>

#include <stdbool.h>
#include <string.h>

static int64_t blocks_of(int64_t extent, int64_t block) {
  return extent / block + (extent % block != 0);
}

/* The entries of one row (column) of blocks: in [0, minor), ascending. */
static int is_sorted_in(const int32_t *idx, int64_t first, int64_t last, int64_t minor) {
  int64_t before = -1;
  for (int64_t e = first; e < last; e++) {
    if (idx[e] <= before || idx[e] >= minor)
      return 0;
    before = idx[e];
  }
  return 1;
}

int tpp_check_sparse(const tpp_csr *s, int storage, int64_t rows, int64_t cols, int64_t block_r,
                     int64_t block_c) {
  if (!s)
    return TPP_ERR_NULL;
  if (rows < 0 || cols < 0 || block_r <= 0 || block_c <= 0 || s->nnz < 0)
    return TPP_ERR_FORMAT;
  if (storage == TPP_STORE_CSR ? block_r != 1 || block_c != 1
                               : storage != TPP_STORE_BCSR && storage != TPP_STORE_BCSC)
    return TPP_ERR_FORMAT;
  if (!s->ptr || (s->nnz > 0 && (!s->idx || !s->val)))
    return TPP_ERR_NULL;

  int64_t r = blocks_of(rows, block_r), c = blocks_of(cols, block_c);
  int64_t major = storage == TPP_STORE_BCSC ? c : r, minor = storage == TPP_STORE_BCSC ? r : c;
  if (s->ptr[0] != 0 || s->ptr[major] != s->nnz)
    return TPP_ERR_FORMAT;
  for (int64_t i = 0; i < major; i++) {
    int64_t first = s->ptr[i], last = s->ptr[i + 1];
    if (last < first || last > s->nnz || !is_sorted_in(s->idx, first, last, minor))
      return TPP_ERR_FORMAT;
  }
  return TPP_OK;
}

int tpp_check_pattern(const tpp_csr *a, const tpp_csr *b, int64_t lines) {
  if (a->nnz != b->nnz)
    return TPP_ERR_FORMAT;
  bool ptr = a->ptr == b->ptr || memcmp(a->ptr, b->ptr, (size_t)(lines + 1) * sizeof *a->ptr) == 0;
  bool idx = a->nnz == 0 || a->idx == b->idx ||
             memcmp(a->idx, b->idx, (size_t)a->nnz * sizeof *a->idx) == 0;
  return ptr && idx ? TPP_OK : TPP_ERR_FORMAT;
}

int tpp_check_ternary(const tpp_ternary *t, int64_t planes) {
  if (!t)
    return TPP_ERR_NULL;
  if (planes < 0 || planes > t->planes)
    return TPP_ERR_FORMAT;
  if (planes > 0 && (!t->codes || !t->scales))
    return TPP_ERR_NULL;
  return TPP_OK;
}
