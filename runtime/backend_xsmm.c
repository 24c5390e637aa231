/* F32 and F64 BRGEMM from libxsmm's JIT; the only file that knows libxsmm.
 *
 * libxsmm is column-major: a row-major C = A * B is its C^T = B^T * A^T, so its first operand is
 * our B. What it calls TRANS_B is then our A stored column by column; it has no transposed first
 * operand, hence none of ours on the right. Version 1.17 answers NULL for what it lacks, except
 * that asking for a strided batch with TRANS_A or alpha other than 1 crashes: the contract in
 * kernels.def admits neither, and alpha is 1.
 *
 * It compiles for the best instruction set it finds and keeps the code for the process; the same
 * request again is a lookup. TPP_ISA lowers its target once, when no AVX-512 may be used. */
#include "cache.h"
#include "kernels.h"

#include <limits.h>
#include <libxsmm.h>
#include <pthread.h>

static void lower_target(void) {
  if (!(tpp_cpu_isas() & TPP_ISA_AVX512) && libxsmm_get_target_archid() > LIBXSMM_X86_AVX2)
    libxsmm_set_target_archid(LIBXSMM_X86_AVX2);
}

static void init(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  libxsmm_init();
  pthread_once(&once, lower_target);
}

/* libxsmm's view of a descriptor: its operand "a" is our B. Strides of the batch are in bytes. */
typedef struct {
  libxsmm_blasint m, n, k, lda, ldb, ldc, stride_a, stride_b;
  int flags;
  int strided; /* a batch-reduce kernel rather than a plain one */
} request;

static int fits(int64_t x) {
  return x >= 0 && x <= INT_MAX;
}

/* libxsmm reads operands where they lie, and without AVX-512 has no masks: columns that do not fill
 * its vectors go one by one. Whether that is slow: the runtime's own kernels copy then. The bounds
 * are where those measured faster, by a tenth to three times. */
static const char *refuse_slow(const tpp_brgemm_desc *d, int64_t elem, int a_is_rows,
                               uint32_t isas) {
  int64_t lanes = 32 / elem;
  int has_masks = (isas & TPP_ISA_AVX512) != 0;
  if (has_masks ? d->n <= lanes : d->n % lanes != 0 || d->n < 3 * lanes)
    return "the columns do not fill its vectors";
  /* With AVX-512 its kernels read B half as often, and stayed ahead in whole products at every
   * stride. */
  if (has_masks)
    return NULL;
  if (d->m >= 12 && tpp_cache_conflicts(d->k, d->b_rs * elem, d->n * elem))
    return "rows of B fall in the same sets of the cache";
  if (a_is_rows && d->m > 2 && d->a_rs * elem % 4096 == 0)
    return "rows of A fall in the same sets of the cache";
  if (!a_is_rows && d->a_cs * elem >= 1024)
    return "columns of A are far apart";
  return NULL;
}

static const char *make_request(const tpp_brgemm_desc *d, int64_t elem, uint32_t isas, request *r) {
  /* Both forms may hold when an extent is 1; a plain A is simpler. */
  int a_is_rows = d->a_cs == 1 && d->a_rs >= d->k;
  int64_t lda = a_is_rows ? d->a_rs : d->a_cs;
  if (!a_is_rows && d->a_rs != 1)
    return "rows of A overlap";
  if (d->m <= 0 || d->n <= 0 || d->k <= 0)
    return "the product is empty";
  if (!fits(d->m) || !fits(d->n) || !fits(d->k) || !fits(lda) || !fits(d->b_rs) || !fits(d->c_rs))
    return "a size or stride does not fit the provider's 32 bits";
  if (d->b_rs < d->n || d->c_rs < d->n || (!a_is_rows && lda < d->m))
    return "rows overlap";
  const char *slow =
      d->provider == TPP_PROVIDER_XSMM ? NULL : refuse_slow(d, elem, a_is_rows, isas);
  if (slow)
    return slow;
  int64_t sa = d->br == 1 ? 0 : d->br_b * elem, sb = d->br == 1 ? 0 : d->br_a * elem;
  if (d->br != 1 && (sa <= 0 || sb <= 0 || !fits(sa) || !fits(sb)))
    return "the batch does not ascend within the provider's 32 bits";

  *r = (request){.m = (libxsmm_blasint)d->n,
                 .n = (libxsmm_blasint)d->m,
                 .k = (libxsmm_blasint)d->k,
                 .lda = (libxsmm_blasint)d->b_rs,
                 .ldb = (libxsmm_blasint)lda,
                 .ldc = (libxsmm_blasint)d->c_rs,
                 .stride_a = (libxsmm_blasint)sa,
                 .stride_b = (libxsmm_blasint)sb,
                 .flags = a_is_rows ? LIBXSMM_GEMM_FLAG_NONE : LIBXSMM_GEMM_FLAG_TRANS_B,
                 .strided = d->br != 1};
  return NULL;
}

/* The function for one beta, or NULL. */
static libxsmm_xmmfunction dispatch(const request *r, int is_f64, int with_beta) {
  libxsmm_xmmfunction f = {NULL};
  const int prefetch = LIBXSMM_GEMM_PREFETCH_NONE;
  const float alpha_s = 1, beta_s = with_beta ? 1 : 0;
  const double alpha_d = 1, beta_d = with_beta ? 1 : 0;
  if (is_f64 && r->strided)
    f.dmrs = libxsmm_dmmdispatch_reducebatch_strd(r->m, r->n, r->k, r->stride_a, r->stride_b,
                                                  &r->lda, &r->ldb, &r->ldc, &alpha_d, &beta_d,
                                                  &r->flags, &prefetch);
  else if (is_f64)
    f.dmm = libxsmm_dmmdispatch(r->m, r->n, r->k, &r->lda, &r->ldb, &r->ldc, &alpha_d, &beta_d,
                                &r->flags, &prefetch);
  else if (r->strided)
    f.smrs = libxsmm_smmdispatch_reducebatch_strd(r->m, r->n, r->k, r->stride_a, r->stride_b,
                                                  &r->lda, &r->ldb, &r->ldc, &alpha_s, &beta_s,
                                                  &r->flags, &prefetch);
  else
    f.smm = libxsmm_smmdispatch(r->m, r->n, r->k, &r->lda, &r->ldb, &r->ldc, &alpha_s, &beta_s,
                                &r->flags, &prefetch);
  return f;
}

/* ---- calls ---- */

static libxsmm_xmmfunction function_of(const void *state) {
  union {
    const void *state;
    libxsmm_xmmfunction fn;
  } u = {.state = state};
  return u.fn;
}

static const void *state_of(libxsmm_xmmfunction fn) {
  union {
    libxsmm_xmmfunction fn;
    const void *state;
  } u = {.fn = fn};
  return u.state;
}

#define CALLS(T, name, plain, strided)                                                             \
  /* Nothing to multiply: libxsmm is not asked. */                                                 \
  static void clear_##name(const struct tpp_brgemm *kernel, T *C, int64_t m, int64_t n) {          \
    for (int64_t i = 0; i < m; i++)                                                                \
      for (int64_t j = 0; j < n; j++)                                                              \
        C[i * kernel->desc.c_rs + j] = 0;                                                          \
  }                                                                                                \
                                                                                                   \
  static void call_##name(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C,  \
                          int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta) {             \
    (void)k;                                                                                       \
    if (br <= 0 && beta == 0)                                                                      \
      clear_##name(kernel, C, m, n);                                                               \
    for (int64_t b = 0; b < br; b++) {                                                             \
      const void *state = beta == 0 && b == 0 ? kernel->state_beta0 : kernel->state;               \
      function_of(state).plain((const T *)B + b * kernel->desc.br_b,                               \
                               (const T *)A + b * kernel->desc.br_a, C);                           \
    }                                                                                              \
  }                                                                                                \
                                                                                                   \
  static void call_##name##_batch(const struct tpp_brgemm *kernel, const void *A, const void *B,   \
                                  void *C, int64_t m, int64_t n, int64_t k, int64_t br,            \
                                  int64_t beta) {                                                  \
    (void)k;                                                                                       \
    unsigned long long count = br > 0 ? (unsigned long long)br : 0;                                \
    if (count == 0 && beta == 0)                                                                   \
      clear_##name(kernel, C, m, n);                                                               \
    else if (count > 0)                                                                            \
      function_of(beta == 0 ? kernel->state_beta0 : kernel->state).strided(B, A, C, &count);       \
  }

CALLS(float, f32, smm, smrs)
CALLS(double, f64, dmm, dmrs)

const char *tpp_xsmm_bind(tpp_brgemm *kernel) {
  int is_f64 = kernel->desc.c_type == TPP_F64;
  request r;
  const char *reason = make_request(&kernel->desc, is_f64 ? 8 : 4, tpp_cpu_isas(), &r);
  if (reason)
    return reason;
  init();
  libxsmm_xmmfunction with = dispatch(&r, is_f64, 1), without = dispatch(&r, is_f64, 0);
  if (!with.xmm || !without.xmm)
    return "libxsmm has no kernel for it";
  kernel->state = state_of(with);
  kernel->state_beta0 = state_of(without);
  if (is_f64)
    kernel->fn = r.strided ? call_f64_batch : call_f64;
  else
    kernel->fn = r.strided ? call_f32_batch : call_f32;
  return NULL;
}

const char *tpp_xsmm_refuse(const tpp_brgemm_desc *desc, uint32_t isas) {
  request r;
  return make_request(desc, desc->c_type == TPP_F64 ? 8 : 4, isas, &r);
}
