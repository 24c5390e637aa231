/* What the files of the runtime share: rows of kernels.def, their contracts, and the kernels
 * themselves. */
#ifndef TPP_RUNTIME_KERNELS_H
#define TPP_RUNTIME_KERNELS_H

#include <tpp/rt.h>

/* How an operand lies in memory; a contract is a set of these. For A, i is the row and p the
 * position in the sum; for B, p and the column j; for C, i and j. */
enum tpp_form {
  TPP_FORM_ROW = 1 << 0,     /* pack 1, the second index has stride 1 */
  TPP_FORM_COL = 1 << 1,     /* pack 1, the first index has stride 1 */
  TPP_FORM_STRIDED = 1 << 2, /* pack 1, neither */
  TPP_FORM_VNNI2 = 1 << 3,   /* pack 2, i (A) or j (B) has stride 2 */
  TPP_FORM_VNNI4 = 1 << 4,   /* pack 4, i (A) or j (B) has stride 4 */
  TPP_FORM_PACKED = 1 << 5   /* pack 2 or 4, neither of these */
};
#define TPP_FORM_FLAT (TPP_FORM_ROW | TPP_FORM_COL | TPP_FORM_STRIDED)
#define TPP_FORM_ALL  (TPP_FORM_FLAT | TPP_FORM_VNNI2 | TPP_FORM_VNNI4 | TPP_FORM_PACKED)

enum tpp_row_flag {
  TPP_ROW_EXACT = 1 << 0, /* only when calls pass exactly the shape of the descriptor */
  /* May compute C^T = B^T * A^T instead, when that is what its contract admits. */
  TPP_ROW_SWAPS = 1 << 1,
  TPP_ROW_FITS16 = 1 << 2 /* only when two products fit 16 bits */
};

/* Matches every element type that a strided operand can have. */
enum { TPP_TYPE_ANY = 0 };

/* Makes the function of a row that has none of its own: returns NULL and sets kernel->fn and
 * kernel->state, or a reason to refuse, static. */
typedef const char *(*tpp_brgemm_bind_fn)(tpp_brgemm *kernel);

/* A row of kernels.def. */
typedef struct tpp_brgemm_row {
  const char *name;
  uint32_t isa; /* enum tpp_isa */
  int rank;
  enum tpp_provider provider;
  uint8_t a_type, b_type, c_type;
  uint8_t a_forms, b_forms, c_forms;
  uint8_t flags;
  tpp_brgemm_fn fn; /* NULL in a row with bind */
  tpp_brgemm_bind_fn bind;
} tpp_brgemm_row;

typedef struct tpp_sgemm_row {
  const char *name;
  uint32_t isa;
  int rank;
  uint8_t storage;
  uint8_t a_type, b_type, c_type;
  uint8_t c_forms;
  tpp_sgemm_fn fn;
} tpp_sgemm_row;

extern const tpp_brgemm_row tpp_brgemm_rows[];
extern const int tpp_n_brgemm_rows;
extern const tpp_sgemm_row tpp_sgemm_rows[];
extern const int tpp_n_sgemm_rows;

enum { TPP_REASON_SIZE = 160 };

/* Selects row for kernel->desc, whatever its rank. Returns NULL, or the reason why it refuses,
 * which is static or written to buffer (TPP_REASON_SIZE bytes). */
const char *tpp_brgemm_row_select(const tpp_brgemm_row *row, tpp_brgemm *kernel, char *buffer);

/* Why libxsmm's rows refuse desc where there are these instruction sets, NULL if they do not;
 * nothing is compiled. */
const char *tpp_xsmm_refuse(const tpp_brgemm_desc *desc, uint32_t isas);

/* Rows with functions: those of this architecture. */
#if defined(__x86_64__)
#define TPP_ROWS_X86 1
#else
#define TPP_ROWS_X86 0
#endif
#if defined(__aarch64__)
#define TPP_ROWS_AARCH64 1
#else
#define TPP_ROWS_AARCH64 0
#endif

/* The functions that the rows name. */
#define BRGEMM(name, isa, rank, a, b, c, af, bf, cf, flags, fn)                                    \
  void fn(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C, int64_t m,       \
          int64_t n, int64_t k, int64_t br, int64_t beta);
#define BRGEMM_JIT(name, isa, rank, a, b, c, af, bf, cf, flags, bind)                              \
  const char *bind(tpp_brgemm *kernel);
#define SGEMM(name, isa, rank, storage, a, b, c, cf, fn)                                           \
  void fn(const struct tpp_sgemm *kernel, const void *A, const void *B, void *C, int64_t m,        \
          int64_t n, int64_t k, int64_t n0, int64_t k0, int64_t beta);
#include "kernels.def"
#undef BRGEMM
#undef BRGEMM_JIT
#undef SGEMM

#endif
