/* The runtime ABI: what generated headers include and what compiled objects call.
 *
 * Everything here is plain C11 (and C++17), position independent, and callable from several threads
 * at once. Structures that cross the boundary start with their size, so that they can grow.
 * tpp_rt_abi_1 is the versioned symbol that every compiled object references: an object and a
 * runtime that do not fit together fail at link time, not at run time.
 */
#ifndef TPP_RT_H
#define TPP_RT_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define TPP_API __attribute__((visibility("default")))
#else
#define TPP_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Bits of a bfloat16 and of an IEEE half. */
typedef uint16_t tpp_bf16;
typedef uint16_t tpp_f16;

enum tpp_dtype {
#define DTYPE(num, id, name, bits, kind, acc, ctype) TPP_##id = num,
#include <tpp/dtypes.def>
#undef DTYPE
  TPP_DTYPE_END
};

/* Status of a compiled function. Zero is success; nothing has been written unless it says so. */
enum tpp_status {
  TPP_OK = 0,
  TPP_ERR_NULL = 1,    /* a pointer is null although its tensor has elements */
  TPP_ERR_OVERLAP = 2, /* a written argument overlaps another argument */
  TPP_ERR_PROMISE = 3, /* a size breaks a promise of the kernel, such as M % 32 */
  TPP_ERR_SIZE = 4,    /* a size is negative, or a tensor exceeds the address space */
  TPP_ERR_INDEX = 5,   /* an element of an index tensor, or an affine index, is out of range */
  TPP_ERR_ISA = 6,     /* the CPU lacks an instruction set that the object was compiled for */
  TPP_ERR_NOMEM = 7,   /* scratch memory could not be had */
  TPP_ERR_RANGE = 8,   /* -fcheck-ranges: a value is outside its declared range */
  TPP_ERR_FORMAT =
      9,            /* a sparse or ternary argument, or a file, is malformed; or patterns differ */
  TPP_ERR_FILE = 10 /* a file cannot be read */
};

/* A static English sentence for a status; never NULL. */
TPP_API const char *tpp_strerror(int status);

/* The ABI version symbol; its value is the revision within the version. */
extern TPP_API const int tpp_rt_abi_1;

/* ---- structured operands: the caller owns every array ---- */

/* Compressed rows. ptr has rows + 1 entries; idx is sorted and unique within a row; val holds nnz
 * elements. */
typedef struct tpp_csr {
  int64_t nnz;
  const int64_t *ptr;
  const int32_t *idx;
  void *val;
} tpp_csr;

/* Block-compressed rows and columns: nnz counts blocks, idx holds block coordinates. A block of a
 * BCSR is row-major [BM][BN]; of a BCSC row-major [BK][BN]. Edge blocks are whole, filled with
 * zeros. */
typedef struct tpp_csr tpp_bcsr;
typedef struct tpp_csr tpp_bcsc;

/* Ternary weights [K, N], two bits each, in panels of 16 columns, and a scale for each group of
 * `group` weights along K, as a float or as a byte times a unit. The bytes are those of
 * tpp/ternary.h; planes follow each other in all arrays. */
typedef struct tpp_ternary {
  const uint8_t *codes;
  const void *scales; /* floats, or with units uint8_t */
  int32_t planes;     /* stored planes, 1 for plain ternary */
  const float *units; /* NULL: scales are floats; else of each column, finite */
} tpp_ternary;

/* ---- threads and memory ---- */

/* One thread's share of a parallel region: thread tid of nthreads, all of which run at the same
 * time. */
typedef void (*tpp_task)(void *ctx, int tid, int nthreads);

/* An application's own team. It must call task(ctx, t, n) once for every t in [0, n), concurrently,
 * for one n of its choice with 1 <= n <= max_threads, and return when all have returned. */
typedef void (*tpp_parallel_for_fn)(void *user, int max_threads, tpp_task task, void *ctx);
TPP_API void tpp_set_parallel_for(tpp_parallel_for_fn fn, void *user);

/* alloc returns bytes aligned to align (a power of two), or NULL. Pass NULLs for the default. */
typedef void *(*tpp_alloc_fn)(void *user, size_t bytes, size_t align);
typedef void (*tpp_free_fn)(void *user, void *p);
TPP_API void tpp_set_allocator(tpp_alloc_fn alloc, tpp_free_fn dealloc, void *user);

/* Threads that the next parallel region may use: TPP_NUM_THREADS, else what OpenMP says
 * (OMP_NUM_THREADS, the affinity mask); 1 inside a parallel region. */
TPP_API int tpp_max_threads(void);

/* ---- for compiled code ---- */

typedef struct tpp_team tpp_team;

/* Body of a nest: thread tid of nthreads. ctx is the nest's own argument block. */
typedef void (*tpp_body)(void *ctx, int64_t tid, int64_t nthreads, tpp_team *team);

/* Runs body on at most max_threads threads (fewer inside a parallel region, or when the machine has
 * fewer); max_threads <= 0 means tpp_max_threads(). Returns when all are done. */
TPP_API void tpp_parallel(tpp_body body, void *ctx, int64_t max_threads);

/* All threads of the team wait here for each other. */
TPP_API void tpp_team_barrier(tpp_team *team);

/* Work shared out on demand, chunk iterations at a time, in ascending order: every thread of the
 * team calls begin(total, chunk), then next() until it returns 0, then end(), which is a barrier.
 */
TPP_API void tpp_dynamic_begin(tpp_team *team, int64_t total, int64_t chunk);
TPP_API int tpp_dynamic_next(tpp_team *team, int64_t *first, int64_t *last);
TPP_API void tpp_dynamic_end(tpp_team *team);

/* Scratch, aligned to 64 bytes. NULL when there is none, or when bytes is 0. */
TPP_API void *tpp_scratch_alloc(size_t bytes);
TPP_API void tpp_scratch_free(void *p);

/* Tensors of at least so many bytes are written past the caches: as many as the last cache of the
 * machine has, or what TPP_STREAM_BYTES in the environment (read once) says. On machines other than
 * x86-64 no tensor is so large. */
TPP_API int64_t tpp_stream_bytes(void);

/* Instruction sets, as bits of tpp_cpu_isas(). TPP_ISA=avx2 in the environment (read once) hides
 * what is above; TPP_ISA=ref hides all but the C reference kernels. */
enum tpp_isa {
  TPP_ISA_REF = 1 << 0,
  TPP_ISA_AVX2 = 1 << 1,   /* AVX2, FMA, F16C, BMI2: x86-64-v3 */
  TPP_ISA_AVX512 = 1 << 2, /* F, BW, DQ, VL: x86-64-v4 */
  TPP_ISA_AVX512_VNNI = 1 << 3,
  TPP_ISA_AVX512_BF16 = 1 << 4,
  TPP_ISA_AMX = 1 << 5, /* tile, INT8, BF16 */
  TPP_ISA_NEON = 1 << 8,
  TPP_ISA_NEON_DOT = 1 << 9,
  TPP_ISA_NEON_BF16 = 1 << 10,
  TPP_ISA_NEON_I8MM = 1 << 11
};
TPP_API uint32_t tpp_cpu_isas(void);
/* What the CPU has, the mask left out: compiled objects ask this at entry. */
TPP_API uint32_t tpp_cpu_isas_unmasked(void);

/* Batch-reduce GEMM on one tile (TPP paper, section on BRGEMM):
 *
 *   C(i, j) = beta * C(i, j) + sum over b < br, p < k of A_b(i, p) * B_b(p, j),   0 <= i < m, 0 <=
 * j < n
 *
 * A_b starts br_a elements after A_{b-1}; likewise B. Strides are in elements:
 *
 *   C(i, j) = C[i * c_rs + j * c_cs]
 *   A(i, p) = A[(p / a_pack) * a_cs + i * a_rs + p % a_pack]       a_pack 1: A[i * a_rs + p * a_cs]
 *   B(p, j) = B[(p / b_pack) * b_rs + j * b_cs + p % b_pack]       b_pack 1: B[p * b_rs + j * b_cs]
 *
 * so row-major A has a_cs = 1, a transposed one a_rs = 1, and VNNI-2 B [k/2][n][2] has b_pack 2,
 * b_cs 2, b_rs 2n. C is the accumulator type of A and B (F32, F64, I32). beta is 0 or 1; with beta
 * 0, C is not read. k may be odd with a_pack or b_pack 2: the missing element is not read. k = 0 or
 * br = 0 gives beta * C. Elements need the alignment of their type only. A and B do not overlap C.
 */
typedef struct tpp_brgemm_desc {
  uint32_t size;                  /* sizeof(tpp_brgemm_desc) */
  uint8_t a_type, b_type, c_type; /* enum tpp_dtype */
  uint8_t a_pack, b_pack;         /* 1, 2, or 4 */
  uint8_t provider;               /* enum tpp_provider: whose kernel, if it has one; 0 for any */
  uint8_t exact_shape; /* calls will pass exactly m, n, k: a kernel for that shape may be chosen */
  uint8_t fits16;      /* a * b + a' * b' always fits a signed 16-bit integer (bytes) */
  int64_t m, n, k, br; /* the usual shape; a call may pass any unless exact_shape */
  int64_t a_rs, a_cs, b_rs, b_cs, c_rs, c_cs;
  int64_t br_a, br_b;
} tpp_brgemm_desc;

enum tpp_provider { TPP_PROVIDER_ANY = 0, TPP_PROVIDER_RUNTIME = 1, TPP_PROVIDER_XSMM = 2 };

struct tpp_brgemm;
typedef void (*tpp_brgemm_fn)(const struct tpp_brgemm *kernel, const void *A, const void *B,
                              void *C, int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta);

/* A selected kernel. Compiled code keeps it on the stack of the entry point and calls fn in the
 * nest. */
typedef struct tpp_brgemm {
  tpp_brgemm_fn fn;
  const void *state; /* the provider's: a JIT-compiled function, or NULL */
  const char *name;  /* the row of kernels.def, static */
  tpp_brgemm_desc desc;
  const void *state_beta0; /* likewise, for calls with beta 0 */
} tpp_brgemm;

/* Fills the rest from desc: the best row of kernels.def that admits it. There always is one. desc
 * is the provider's afterwards: it may come back in another form of the same product. */
TPP_API void tpp_brgemm_select(tpp_brgemm *kernel);

/* Calls report(user, row name, reason) for each better-ranked row that refuses desc, best first,
 * and returns the name of the row that takes it. isas: the instruction sets (enum tpp_isa) of a
 * machine of any architecture, 0 for this one as TPP_ISA shows it. report may be NULL. */
typedef void (*tpp_report_fn)(void *user, const char *row, const char *reason);
TPP_API const char *tpp_brgemm_explain(const tpp_brgemm_desc *desc, uint32_t isas,
                                       tpp_report_fn report, void *user);

/* The same product where B is stored by structure: a sparse or ternary matrix, of which the tile is
 * rows k0 .. k0 + k and columns n0 .. n0 + n. A and C as in tpp_brgemm_desc (pointing at the tile).
 * transposed: what is stored is B^T, [cols][rows], in blocks of [block_n][block_k] elements; so CSR
 * has an entry in ptr for each column of B. With that, a sparse left factor S is the product C^T =
 * X^T * S^T: A is X with its strides exchanged, and so is C. */
typedef struct tpp_sgemm_desc {
  uint32_t size;
  uint8_t a_type, b_type, c_type;
  uint8_t storage; /* enum tpp_storage */
  int64_t a_rs, a_cs, c_rs, c_cs;
  int64_t rows, cols;       /* K and N of the whole matrix */
  int64_t block_k, block_n; /* BCSC, BCSR blocks, as B has them */
  int64_t group, planes;    /* ternary: group length along K, planes to use */
  uint8_t transposed;       /* sparse: B^T is stored */
} tpp_sgemm_desc;

enum tpp_storage {
  TPP_STORE_DENSE = 0,
  TPP_STORE_CSR = 1,
  TPP_STORE_BCSR = 2,
  TPP_STORE_BCSC = 3,
  TPP_STORE_TERNARY = 4
};

struct tpp_sgemm;
typedef void (*tpp_sgemm_fn)(const struct tpp_sgemm *kernel, const void *A, const void *B, void *C,
                             int64_t m, int64_t n, int64_t k, int64_t n0, int64_t k0, int64_t beta);
typedef struct tpp_sgemm {
  tpp_sgemm_fn fn;
  const void *state;
  const char *name;
  tpp_sgemm_desc desc;
} tpp_sgemm;
TPP_API void tpp_sgemm_select(tpp_sgemm *kernel);
/* As tpp_brgemm_explain; an instruction set without any kernel for the storage is reported by its
 * name in the place of a row. */
TPP_API const char *tpp_sgemm_explain(const tpp_sgemm_desc *desc, uint32_t isas,
                                      tpp_report_fn report, void *user);

/* Checks a structured argument against its logical shape: monotone ptr, idx in range, sorted,
 * unique. block_r and block_c are 1 for CSR. By columns for BCSC. TPP_OK or TPP_ERR_FORMAT or
 * TPP_ERR_NULL. */
TPP_API int tpp_check_sparse(const tpp_csr *s, int storage, int64_t rows, int64_t cols,
                             int64_t block_r, int64_t block_c);
/* Whether two well-formed arguments with the same number of lines (rows, columns, or blocks of
 * them) have the same entries. TPP_OK or TPP_ERR_FORMAT. */
TPP_API int tpp_check_pattern(const tpp_csr *a, const tpp_csr *b, int64_t lines);
TPP_API int tpp_check_ternary(const tpp_ternary *t, int64_t planes);

/* Element i, numbered row by row, of rows x cols weights: the first `planes` planes added up in
 * order. group > 0. */
TPP_API float tpp_ternary_at(const tpp_ternary *t, int64_t rows, int64_t cols, int64_t group,
                             int64_t planes, int64_t i);

/* ---- making structured operands ----
 *
 * These functions fill a structure with arrays of their own, from the allocator of
 * tpp_set_allocator; the matching _free gives them back and clears the structure. After an error it
 * is empty. A structure may as well point at arrays that the caller has. */

typedef struct tpp_sparse_shape {
  uint32_t size;            /* sizeof(tpp_sparse_shape) */
  uint8_t dtype;            /* enum tpp_dtype, of at least a byte */
  uint8_t storage;          /* enum tpp_storage: CSR, BCSR, BCSC */
  int64_t rows, cols;       /* of the whole matrix */
  int64_t block_r, block_c; /* sides of a block; not read for CSR */
} tpp_sparse_shape;

/* Stores what is not zero (blocks of which some element is not) of a row-major matrix of
 * shape->dtype whose rows are ld elements apart. TPP_OK; TPP_ERR_NULL; TPP_ERR_FORMAT for a shape
 * that has no meaning; TPP_ERR_SIZE for ld < cols and for more than 2^31 - 1 blocks a line;
 * TPP_ERR_NOMEM. */
TPP_API int tpp_sparse_from_dense(tpp_csr *out, const tpp_sparse_shape *shape, const void *dense,
                                  int64_t ld);
/* Writes all elements of the row-major matrix, zeros included. Errors as above, and those of
 * tpp_check_sparse. */
TPP_API int tpp_sparse_to_dense(const tpp_csr *s, const tpp_sparse_shape *shape, void *dense,
                                int64_t ld);
/* Reads a Matrix Market file: coordinate, real, integer, or pattern (ones), general, symmetric, or
 * skew-symmetric. Takes dtype, storage, and blocks from shape, and sets its rows and cols. Values
 * round to the nearest. TPP_ERR_FILE when the file cannot be read, TPP_ERR_FORMAT when it is
 * something else or malformed, or has an entry twice. */
TPP_API int tpp_sparse_read_mtx(tpp_csr *out, tpp_sparse_shape *shape, const char *path);
TPP_API void tpp_sparse_free(tpp_csr *s);

enum tpp_ternary_method {
  TPP_FIT_EXACT = 0, /* the least squared error of each plane: FGQ, arXiv 1705.01462 */
  TPP_FIT_RMS = 1    /* clusters of filters with RMS scales: arXiv 1701.08978 */
};

typedef struct tpp_ternary_shape {
  uint32_t size;  /* sizeof(tpp_ternary_shape) */
  uint8_t scales; /* TPP_F32, or TPP_U8 for bytes with a power of two as the unit of a column */
  uint8_t method; /* enum tpp_ternary_method */
  int32_t planes; /* each fits what the ones before leave: arXiv 1707.04679 */
  int64_t rows, cols;
  int64_t group;   /* weights along the rows that share a scale; 0: all */
  int64_t filter;  /* TPP_FIT_RMS: weights of a filter; a group is a cluster of group / filter */
  float tolerance; /* a group has no further plane once ||w - fit|| <= tolerance * ||w||; 0: all */
} tpp_ternary_shape;

/* Fits row-major weights whose rows are ld elements apart. Infinities and NaN count as 0.
 * TPP_ERR_NULL; TPP_ERR_FORMAT for a shape that has no meaning; TPP_ERR_SIZE; TPP_ERR_NOMEM. */
TPP_API int tpp_ternary_quantize(tpp_ternary *out, const tpp_ternary_shape *shape,
                                 const float *dense, int64_t ld);
/* The weights that the first shape->planes planes mean; of the shape it reads rows, cols, group,
 * and planes. */
TPP_API int tpp_ternary_to_dense(const tpp_ternary *t, const tpp_ternary_shape *shape, float *dense,
                                 int64_t ld);
TPP_API void tpp_ternary_free(tpp_ternary *t);

#ifdef __cplusplus
}
#endif
#endif
