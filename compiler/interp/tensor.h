/* Tensors of the host: the arguments of a kernel as their mathematical content, whatever their
 * storage is.
 *
 * A dense tensor is its logical elements in row-major order. A sparse one is its stored entries, a
 * ternary one its codes and scales. Layout (layout.h) turns them into the bytes that a compiled
 * function takes, and back.
 */
#ifndef TPPC_INTERP_TENSOR_H
#define TPPC_INTERP_TENSOR_H

#include "ir/ir.h"

enum { TPPC_MAX_RANK = 32 };

/* Values of symbols: sizes, and loop variables while the interpreter runs. Names are interned. */
typedef struct TppcBinding {
  const char *sym;
  int64_t value;
} TppcBinding;
typedef struct TppcEnv {
  TppcArena *arena;
  TppcVec(TppcBinding) v;
} TppcEnv;
/* Replaces the value of a name that is there. */
void tppc_env_set(TppcEnv *env, const char *sym, int64_t value);
bool tppc_env_get(const TppcEnv *env, const char *sym, int64_t *value);
/* False when a name is unknown, on division by zero, and on overflow. */
bool tppc_env_eval(const TppcEnv *env, const TppcExpr *e, int64_t *value);

/* Completes env, which has the free sizes, with the kernel's derived ones, and checks them and the
 * promises in the order that the entry of a compiled function does. A tpp_status; TPP_ERR_SIZE also
 * for what overflows. Of a free size that env lacks, *unknown is the name. */
int tppc_env_sizes(TppcEnv *env, const TppcOp *kernel, const char **unknown);

typedef struct TppcTensor {
  const TppcType *type; /* TENSOR, or SCALAR: one element of rank 0 */
  int elem;
  int rank;
  int64_t dim[TPPC_MAX_RANK];
  int64_t count; /* product of the extents */
  int64_t
      n_values; /* dense: count; sparse: entries with all their blocks; ternary: planes * count */
  /* Values: C's type of the element; i4, bit, and ternary codes (-1, 0, 1) as int8_t. */
  void *data;
  int64_t ld; /* of ld(...), else 0 */
  /* sparse: ptr has major + 1 entries */
  int64_t nnz;
  int64_t *ptr;
  int32_t *idx;
  /* ternary */
  int64_t group, groups, planes;
  int64_t levels; /* planes in use */
  float *scales;  /* [planes][groups][N] */
  float *units;   /* [planes][N]: scales are their multiples by 0..255, kept as bytes; or NULL */
} TppcTensor;

/* A zeroed tensor of the type, sizes by env; sparse ones have no entry. Own memory: free with
 * tppc_tensor_free. NULL with *why set to a static text when the shape is too large or a size is
 * unknown. */
TppcTensor *tppc_tensor_new(const TppcType *type, const TppcEnv *env, const char **why);
void tppc_tensor_free(TppcTensor *t);
/* Copies contents between tensors of one type and shape; false when memory is out. */
bool tppc_tensor_copy(TppcTensor *to, const TppcTensor *from);

/* Value i of data. set rounds and saturates as a store does. Integers beyond 2^53 need the int
 * forms. */
double tppc_tensor_get(const TppcTensor *t, int64_t i);
int64_t tppc_tensor_get_int(const TppcTensor *t, int64_t i);
void tppc_tensor_set(TppcTensor *t, int64_t i, double v);
void tppc_tensor_set_int(TppcTensor *t, int64_t i, int64_t v);
/* Values first .. first + n - 1. */
void tppc_tensor_read(const TppcTensor *t, int64_t first, int64_t n, double *out);
void tppc_tensor_read_int(const TppcTensor *t, int64_t first, int64_t n, int64_t *out);

/* ---- sparse (sparse.c) ---- */

/* Blocks of the major and minor direction and their sides: 1 x 1 for csr. */
typedef struct TppcBlocking {
  int64_t side_r, side_c;
  int64_t blocks_r, blocks_c;
  bool by_columns; /* bcsc */
} TppcBlocking;
TppcBlocking tppc_tensor_blocking(const TppcTensor *t);
/* Makes room for a pattern of nnz entries, all zero; false when memory is out. */
bool tppc_tensor_reserve(TppcTensor *t, int64_t nnz);
/* Takes the entries (blocks) of a dense row-major matrix that are not all zero. */
bool tppc_sparse_from_dense(TppcTensor *t, const double *values);
/* Coordinates of the first element of entry e, found by the owner of its major index. */
void tppc_sparse_entry(const TppcTensor *t, int64_t major, int64_t e, int64_t *row, int64_t *col);
/* Entries at their places in a zeroed dense row-major matrix. */
void tppc_sparse_to_dense(const TppcTensor *t, double *values);

/* ---- ternary (ternary.c) ---- */

/* The exact fit of tpp/ternary.h, with bytes for scales where t has units. */
void tppc_ternary_from_dense(TppcTensor *t, const double *values);
/* Scales are to be bytes; to be called before t has contents. False when memory is out. */
bool tppc_ternary_use_bytes(TppcTensor *t);
/* Rounds scales to multiples of units of their own, where t has units. */
void tppc_ternary_round_scales(TppcTensor *t);
/* Logical values over the planes in use, count of them; mag (may be NULL) gets the sums of absolute
 * terms. */
void tppc_ternary_to_dense(const TppcTensor *t, double *values, double *mag);

/* ---- generated contents (generate.c): the same on every machine ---- */

typedef enum TppcGenerator { TPPC_GEN_RAND, TPPC_GEN_INT, TPPC_GEN_CONST } TppcGenerator;
/* rand: floats uniform in [-1, 1), integers in -100..100 within their type, a scalar in (0, 1].
 * int: integers in -4..4, a scalar is a power of two. Both keep to a declared range. const: the
 * value everywhere. Sparse tensors get a pattern too, ternary ones codes and scales (powers of two
 * for int). share is the part of its
 * blocks that a sparse tensor stores, 0 for the usual one. `stream` tells tensors of one seed
 * apart. False when memory is out. */
bool tppc_tensor_generate(TppcTensor *t, TppcGenerator kind, uint64_t seed, const char *stream,
                          double value, double share);
/* rand and int of a dense tensor or scalar of integers, uniform over least..most as far as the
 * element and a declared range have them. */
void tppc_tensor_generate_between(TppcTensor *t, uint64_t seed, const char *stream, int64_t least,
                                  int64_t most);

/* ---- index_range.c ---- */

/* The values of an integer parameter that are valid wherever the kernel, with these sizes, uses its
 * elements as indices; INT64_MIN and INT64_MAX where it does not. */
void tppc_index_range(TppcModule *m, const TppcOp *kernel, const TppcValue *param,
                      const TppcEnv *sizes, int64_t *least, int64_t *most);

#endif
