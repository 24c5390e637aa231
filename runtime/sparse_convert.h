/* What the files that make sparse tensors share. */
#ifndef TPP_RUNTIME_SPARSE_CONVERT_H
#define TPP_RUNTIME_SPARSE_CONVERT_H

#include <tpp/rt.h>

/* A shape in terms of lines (rows, or for BCSC columns, of blocks) and of blocks along a line. */
typedef struct tpp_lines {
  int by_columns;
  int64_t block_r, block_c, block; /* sides, and elements of a block */
  int64_t majors, minors;
  int64_t element; /* bytes */
} tpp_lines;

/* TPP_OK, or what is wrong with the shape. */
int tpp_lines_make(tpp_lines *l, const tpp_sparse_shape *shape);
/* Zeroed arrays for nnz blocks, to be filled through casts; tpp_sparse_free gives them back. */
int tpp_sparse_reserve(tpp_csr *out, const tpp_lines *l, int64_t nnz);

#endif
