/* Sparse tensors: patterns and their coordinates. */
#include "interp/tensor.h"

TppcBlocking tppc_tensor_blocking(const TppcTensor *t) {
  const TppcType *type = t->type;
  TppcBlocking b = {.side_r = 1, .side_c = 1, .by_columns = type->storage == TPP_STORE_BCSC};
  if (type->storage == TPP_STORE_BCSR || type->storage == TPP_STORE_BCSC) {
    b.side_r = type->block_r > 0 ? type->block_r : 1;
    b.side_c = type->block_c > 0 ? type->block_c : 1;
  }
  b.blocks_r = t->dim[0] / b.side_r + (t->dim[0] % b.side_r != 0);
  b.blocks_c = t->dim[1] / b.side_c + (t->dim[1] % b.side_c != 0);
  return b;
}

void tppc_sparse_entry(const TppcTensor *t, int64_t major, int64_t e, int64_t *row, int64_t *col) {
  TppcBlocking b = tppc_tensor_blocking(t);
  int64_t minor = t->idx[e];
  *row = (b.by_columns ? minor : major) * b.side_r;
  *col = (b.by_columns ? major : minor) * b.side_c;
}

void tppc_sparse_to_dense(const TppcTensor *t, double *values) {
  TppcBlocking b = tppc_tensor_blocking(t);
  int64_t majors = b.by_columns ? b.blocks_c : b.blocks_r, size = b.side_r * b.side_c;
  for (int64_t i = 0; i < majors; i++)
    for (int64_t e = t->ptr[i]; e < t->ptr[i + 1]; e++)
      for (int64_t k = 0; k < size; k++) {
        int64_t row, col;
        tppc_sparse_entry(t, i, e, &row, &col);
        row += k / b.side_c;
        col += k % b.side_c;
        if (row < t->dim[0] && col < t->dim[1])
          values[row * t->dim[1] + col] = tppc_tensor_get(t, e * size + k);
      }
}

static bool any_nonzero(const TppcTensor *t, const TppcBlocking *b, const double *v, int64_t row,
                        int64_t col) {
  for (int64_t r = row; r < row + b->side_r && r < t->dim[0]; r++)
    for (int64_t c = col; c < col + b->side_c && c < t->dim[1]; c++)
      if (!(v[r * t->dim[1] + c] == 0))
        return true;
  return false;
}

static void fill_block(TppcTensor *t, const TppcBlocking *b, const double *v, int64_t e,
                       int64_t row, int64_t col) {
  for (int64_t r = 0; r < b->side_r && row + r < t->dim[0]; r++)
    for (int64_t c = 0; c < b->side_c && col + c < t->dim[1]; c++)
      tppc_tensor_set(t, (e * b->side_r + r) * b->side_c + c, v[(row + r) * t->dim[1] + col + c]);
}

/* Counts the entries, or stores them when `fill`. */
static int64_t scan(TppcTensor *t, const double *v, bool fill) {
  TppcBlocking b = tppc_tensor_blocking(t);
  int64_t majors = b.by_columns ? b.blocks_c : b.blocks_r;
  int64_t minors = b.by_columns ? b.blocks_r : b.blocks_c, e = 0;
  for (int64_t i = 0; i < majors; i++) {
    for (int64_t j = 0; j < minors; j++) {
      int64_t row = (b.by_columns ? j : i) * b.side_r, col = (b.by_columns ? i : j) * b.side_c;
      if (!any_nonzero(t, &b, v, row, col))
        continue;
      if (fill) {
        t->idx[e] = (int32_t)j;
        fill_block(t, &b, v, e, row, col);
      }
      e++;
    }
    if (fill)
      t->ptr[i + 1] = e;
  }
  return e;
}

bool tppc_sparse_from_dense(TppcTensor *t, const double *values) {
  if (!tppc_tensor_reserve(t, scan(t, values, false)))
    return false;
  scan(t, values, true);
  return true;
}
