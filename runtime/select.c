/* Selection of a microkernel, derived from kernels.def.
 *
 * The rows in order of preference, best ISA and then rank first, are asked one after the other;
 * each refuses with a reason or takes the descriptor. Before that, the descriptor is put in the
 * simplest form that means the same, so that a contract sees a plain operand where one is spelled
 * as a packed one. */
#include "kernels.h"

#include <stdio.h>
#include <string.h>

#define TPP_ANY TPP_TYPE_ANY
#define EXACT   TPP_ROW_EXACT
#define SWAPS   TPP_ROW_SWAPS
#define FITS16  TPP_ROW_FITS16
#define ROW     TPP_FORM_ROW
#define COL     TPP_FORM_COL
#define VNNI2   TPP_FORM_VNNI2
#define FLAT    TPP_FORM_FLAT
#define ALL     TPP_FORM_ALL

const tpp_brgemm_row tpp_brgemm_rows[] = {
#define BRGEMM(name, isa, rank, a, b, c, af, bf, cf, flags, fn)                                    \
  {name, TPP_ISA_##isa, rank, TPP_PROVIDER_RUNTIME, TPP_##a, TPP_##b, TPP_##c, af, bf, cf, flags,  \
   fn,   NULL},
#define BRGEMM_JIT(name, isa, rank, a, b, c, af, bf, cf, flags, bind)                              \
  {name,  TPP_ISA_##isa, rank, TPP_PROVIDER_XSMM, TPP_##a, TPP_##b, TPP_##c, af, bf, cf,           \
   flags, NULL,          bind},
#define SGEMM(name, isa, rank, storage, a, b, c, cf, fn)
#include "kernels.def"
#undef BRGEMM
#undef BRGEMM_JIT
#undef SGEMM
};

const tpp_sgemm_row tpp_sgemm_rows[] = {
#define BRGEMM(name, isa, rank, a, b, c, af, bf, cf, flags, fn)
#define BRGEMM_JIT(name, isa, rank, a, b, c, af, bf, cf, flags, bind)
#define SGEMM(name, isa, rank, storage, a, b, c, cf, fn)                                           \
  {name, TPP_ISA_##isa, rank, TPP_STORE_##storage, TPP_##a, TPP_##b, TPP_##c, cf, fn},
#include "kernels.def"
#undef BRGEMM
#undef BRGEMM_JIT
#undef SGEMM
};

enum {
  N_BRGEMM = sizeof tpp_brgemm_rows / sizeof *tpp_brgemm_rows,
  N_SGEMM = sizeof tpp_sgemm_rows / sizeof *tpp_sgemm_rows
};
const int tpp_n_brgemm_rows = N_BRGEMM;
const int tpp_n_sgemm_rows = N_SGEMM;

/* ---- names ---- */

static const char *dtype_name(int dtype) {
  switch (dtype) {
#define DTYPE(num, id, name, bits, kind, acc, ctype)                                               \
  case TPP_##id:                                                                                   \
    return name;
#include <tpp/dtypes.def>
#undef DTYPE
  }
  return "any";
}

static const char *isa_name(uint32_t isa) {
  switch (isa) {
  case TPP_ISA_REF:
    return "C";
  case TPP_ISA_AVX2:
    return "AVX2";
  case TPP_ISA_AVX512:
    return "AVX-512";
  case TPP_ISA_AVX512_VNNI:
    return "AVX512_VNNI";
  case TPP_ISA_AVX512_BF16:
    return "AVX512_BF16";
  case TPP_ISA_AMX:
    return "AMX";
  case TPP_ISA_NEON:
    return "NEON";
  case TPP_ISA_NEON_DOT:
    return "NEON dot products";
  case TPP_ISA_NEON_BF16:
    return "NEON BF16";
  case TPP_ISA_NEON_I8MM:
    return "NEON I8MM";
  }
  return "an unknown instruction set";
}

static const char *form_name(unsigned form) {
  if (form & TPP_FORM_ROW)
    return "row-major";
  if (form & TPP_FORM_COL)
    return "column-major";
  if (form & TPP_FORM_STRIDED)
    return "strided";
  if (form & TPP_FORM_VNNI2)
    return "VNNI-2 packed";
  if (form & TPP_FORM_VNNI4)
    return "VNNI-4 packed";
  return "packed with strides of its own";
}

/* ---- descriptors ---- */

/* The forms that an operand has, several when an index cannot tell them apart. inner is the stride
 * of the index that VNNI packs next to the sum: i of A, j of B. */
static unsigned forms_of(int pack, int64_t first, int64_t second, int64_t inner) {
  if (pack == 1) {
    unsigned forms = (second == 1 ? TPP_FORM_ROW : 0u) | (first == 1 ? TPP_FORM_COL : 0u);
    return forms ? forms : TPP_FORM_STRIDED;
  }
  if (inner == pack)
    return pack == 2 ? TPP_FORM_VNNI2 : TPP_FORM_VNNI4;
  return TPP_FORM_PACKED;
}

static void normalize(tpp_brgemm_desc *d) {
  if (d->a_pack == 0)
    d->a_pack = 1;
  if (d->b_pack == 0)
    d->b_pack = 1;
  /* Groups of pack elements that follow each other along the sum are a plain operand. */
  if (d->a_pack > 1 && d->a_cs == d->a_pack)
    d->a_pack = 1, d->a_cs = 1;
  if (d->b_pack > 1 && d->b_rs == d->b_pack)
    d->b_pack = 1, d->b_rs = 1;
  if (!d->exact_shape)
    return;
  /* An index that has one value may have any stride. */
  if (d->n == 1) {
    d->c_cs = 1;
    if (d->b_pack == 1 && d->b_rs != 1)
      d->b_cs = 1;
  }
  if (d->m == 1 && d->c_cs != 1)
    d->c_rs = 1;
}

/* C^T = B^T * A^T. */
static tpp_brgemm_desc swapped(const tpp_brgemm_desc *d) {
  tpp_brgemm_desc s = *d;
  s.a_type = d->b_type, s.b_type = d->a_type;
  s.a_pack = d->b_pack, s.b_pack = d->a_pack;
  s.m = d->n, s.n = d->m;
  s.a_rs = d->b_cs, s.a_cs = d->b_rs;
  s.b_rs = d->a_cs, s.b_cs = d->a_rs;
  s.c_rs = d->c_cs, s.c_cs = d->c_rs;
  s.br_a = d->br_b, s.br_b = d->br_a;
  return s;
}

static int has_isa(uint32_t isa) {
  return (tpp_cpu_isas() & isa) != 0;
}

static const char *missing_isa(uint32_t isa, char *buffer) {
  int hidden = (tpp_cpu_isas_unmasked() & isa) != 0;
  snprintf(buffer, TPP_REASON_SIZE, hidden ? "TPP_ISA hides %s" : "the CPU lacks %s",
           isa_name(isa));
  return buffer;
}

static int type_fits(int wanted, int given) {
  return wanted == TPP_TYPE_ANY || wanted == given;
}

static int has_types(const tpp_brgemm_row *row, const tpp_brgemm_desc *d) {
  return type_fits(row->a_type, d->a_type) && type_fits(row->b_type, d->b_type) &&
         type_fits(row->c_type, d->c_type);
}

static const char *refuse_form(char operand, unsigned forms, unsigned admitted, char *buffer) {
  if (forms & admitted)
    return NULL;
  snprintf(buffer, TPP_REASON_SIZE, "%c is %s", operand, form_name(forms));
  return buffer;
}

static const char *refuse_contract(const tpp_brgemm_row *row, const tpp_brgemm_desc *d,
                                   char *buffer) {
  if (!has_types(row, d)) {
    snprintf(buffer, TPP_REASON_SIZE, "the types are %s x %s -> %s", dtype_name(d->a_type),
             dtype_name(d->b_type), dtype_name(d->c_type));
    return buffer;
  }
  if ((row->flags & TPP_ROW_EXACT) && !d->exact_shape)
    return "the shape is not known when it is selected";
  if ((row->flags & TPP_ROW_FITS16) && !d->fits16)
    return "no promise of ranges says that two products fit 16 bits";
  const char *reason =
      refuse_form('A', forms_of(d->a_pack, d->a_rs, d->a_cs, d->a_rs), row->a_forms, buffer);
  if (!reason)
    reason = refuse_form('B', forms_of(d->b_pack, d->b_rs, d->b_cs, d->b_cs), row->b_forms, buffer);
  if (!reason)
    reason = refuse_form('C', forms_of(1, d->c_rs, d->c_cs, 0), row->c_forms, buffer);
  return reason;
}

/* ---- BRGEMM ---- */

/* kernel->desc is that of the swapped product and state the row that computes it. */
static void call_swapped(const struct tpp_brgemm *kernel, const void *A, const void *B, void *C,
                         int64_t m, int64_t n, int64_t k, int64_t br, int64_t beta) {
  const tpp_brgemm_row *row = kernel->state;
  row->fn(kernel, B, A, C, n, m, k, br, beta);
}

static const char *take(const tpp_brgemm_row *row, tpp_brgemm *kernel) {
  kernel->fn = row->fn;
  kernel->state = NULL;
  kernel->name = row->name;
  return row->bind ? row->bind(kernel) : NULL;
}

const char *tpp_brgemm_row_select(const tpp_brgemm_row *row, tpp_brgemm *kernel, char *buffer) {
  if (!has_isa(row->isa))
    return missing_isa(row->isa, buffer);
  normalize(&kernel->desc);
  const tpp_brgemm_desc given = kernel->desc;
  if (given.provider != TPP_PROVIDER_ANY && given.provider != row->provider)
    return "another provider is asked for";

  const char *reason = refuse_contract(row, &given, buffer);
  if (!reason)
    return take(row, kernel);
  if (!(row->flags & TPP_ROW_SWAPS))
    return reason;
  char ignored[TPP_REASON_SIZE];
  kernel->desc = swapped(&given);
  if (refuse_contract(row, &kernel->desc, ignored) || take(row, kernel)) {
    kernel->desc = given;
    return reason;
  }
  kernel->fn = call_swapped;
  kernel->state = row;
  return NULL;
}

/* Numbers of n rows, most preferred first. */
static void order_rows(const tpp_brgemm_row *rows, int n, uint8_t *order) {
  for (int i = 0; i < n; i++) {
    const tpp_brgemm_row *row = &rows[i];
    int at = i;
    for (; at > 0; at--) {
      const tpp_brgemm_row *before = &rows[order[at - 1]];
      if (before->isa > row->isa || (before->isa == row->isa && before->rank >= row->rank))
        break;
      order[at] = order[at - 1];
    }
    order[at] = (uint8_t)i;
  }
}
_Static_assert(N_BRGEMM <= UINT8_MAX, "row numbers fit a byte");

/* Selects the first row that admits kernel->desc, and reports the others before it. */
static int select_in_order(tpp_brgemm *kernel, tpp_report_fn report, void *user) {
  uint8_t order[N_BRGEMM];
  order_rows(tpp_brgemm_rows, N_BRGEMM, order);
  for (int i = 0; i < N_BRGEMM; i++) {
    const tpp_brgemm_row *row = &tpp_brgemm_rows[order[i]];
    char buffer[TPP_REASON_SIZE];
    const char *reason = tpp_brgemm_row_select(row, kernel, buffer);
    if (!reason)
      return 1;
    if (report)
      report(user, row->name, reason);
  }
  return 0;
}

/* A provider that has no kernel for it gives way to all of them; the reference is nobody's wish. */
static void drop_idle_provider(tpp_brgemm_desc *desc) {
  tpp_brgemm trial = {.desc = *desc};
  if (desc->provider == TPP_PROVIDER_ANY)
    return;
  if (!select_in_order(&trial, NULL, NULL) || trial.name == tpp_brgemm_rows[0].name)
    desc->provider = TPP_PROVIDER_ANY;
}

void tpp_brgemm_select(tpp_brgemm *kernel) {
  drop_idle_provider(&kernel->desc);
  select_in_order(kernel, NULL, NULL);
}

/* ---- structured products ---- */

static const char *refuse_sgemm(const tpp_sgemm_row *row, const tpp_sgemm_desc *d, char *buffer) {
  if (!type_fits(row->a_type, d->a_type) || !type_fits(row->b_type, d->b_type) ||
      !type_fits(row->c_type, d->c_type)) {
    snprintf(buffer, TPP_REASON_SIZE, "the types are %s x %s -> %s", dtype_name(d->a_type),
             dtype_name(d->b_type), dtype_name(d->c_type));
    return buffer;
  }
  return refuse_form('C', forms_of(1, d->c_rs, d->c_cs, 0), row->c_forms, buffer);
}

static int is_better(const tpp_sgemm_row *row, const tpp_sgemm_row *than) {
  return !than || row->isa > than->isa || (row->isa == than->isa && row->rank > than->rank);
}

void tpp_sgemm_select(tpp_sgemm *kernel) {
  const tpp_sgemm_row *best = NULL;
  char buffer[TPP_REASON_SIZE];
  for (int i = 0; i < N_SGEMM; i++) {
    const tpp_sgemm_row *row = &tpp_sgemm_rows[i];
    if (row->storage == kernel->desc.storage && has_isa(row->isa) && is_better(row, best) &&
        !refuse_sgemm(row, &kernel->desc, buffer))
      best = row;
  }
  kernel->fn = best ? best->fn : NULL;
  kernel->state = NULL;
  kernel->name = best ? best->name : "none";
}

/* ---- what any machine would take ---- */

/* Rows of all architectures, without functions. */
#undef TPP_ROWS_X86
#undef TPP_ROWS_AARCH64
#define TPP_ROWS_X86     1
#define TPP_ROWS_AARCH64 1

static const tpp_brgemm_row all_brgemm_rows[] = {
#define BRGEMM(name, isa, rank, a, b, c, af, bf, cf, flags, fn)                                    \
  {name,  TPP_ISA_##isa, rank, TPP_PROVIDER_RUNTIME, TPP_##a, TPP_##b, TPP_##c, af, bf, cf,        \
   flags, NULL,          NULL},
#define BRGEMM_JIT(name, isa, rank, a, b, c, af, bf, cf, flags, bind)                              \
  {name,  TPP_ISA_##isa, rank, TPP_PROVIDER_XSMM, TPP_##a, TPP_##b, TPP_##c, af, bf, cf,           \
   flags, NULL,          NULL},
#define SGEMM(name, isa, rank, storage, a, b, c, cf, fn)
#include "kernels.def"
#undef BRGEMM
#undef BRGEMM_JIT
#undef SGEMM
};

static const tpp_sgemm_row all_sgemm_rows[] = {
#define BRGEMM(name, isa, rank, a, b, c, af, bf, cf, flags, fn)
#define BRGEMM_JIT(name, isa, rank, a, b, c, af, bf, cf, flags, bind)
#define SGEMM(name, isa, rank, storage, a, b, c, cf, fn)                                           \
  {name, TPP_ISA_##isa, rank, TPP_STORE_##storage, TPP_##a, TPP_##b, TPP_##c, cf, NULL},
#include "kernels.def"
#undef BRGEMM
#undef BRGEMM_JIT
#undef SGEMM
};

enum {
  N_ALL_BRGEMM = sizeof all_brgemm_rows / sizeof *all_brgemm_rows,
  N_ALL_SGEMM = sizeof all_sgemm_rows / sizeof *all_sgemm_rows,
  X86_ISAS =
      TPP_ISA_AVX2 | TPP_ISA_AVX512 | TPP_ISA_AVX512_VNNI | TPP_ISA_AVX512_BF16 | TPP_ISA_AMX,
  ARM_ISAS = TPP_ISA_NEON | TPP_ISA_NEON_DOT | TPP_ISA_NEON_BF16 | TPP_ISA_NEON_I8MM
};
_Static_assert(N_ALL_BRGEMM <= UINT8_MAX, "row numbers fit a byte");

/* Rows of another architecture are no alternatives. */
static int is_foreign(uint32_t row, uint32_t isas) {
  return (row & (X86_ISAS | ARM_ISAS)) != 0 && ((row & ARM_ISAS) != 0) != ((isas & ARM_ISAS) != 0);
}

static const char *lacks(uint32_t isa, char *buffer) {
  snprintf(buffer, TPP_REASON_SIZE, "the CPU lacks %s", isa_name(isa));
  return buffer;
}

static const char *refuse_on(const tpp_brgemm_row *row, const tpp_brgemm_desc *given, uint32_t isas,
                             char *buffer) {
  tpp_brgemm_desc d = *given;
  const char *reason = refuse_contract(row, &d, buffer);
  char ignored[TPP_REASON_SIZE];
  if (reason && (row->flags & TPP_ROW_SWAPS)) {
    d = swapped(given);
    reason = refuse_contract(row, &d, ignored) ? reason : NULL;
  }
  /* Other types are the first reason: what the CPU lacks says nothing about such a row. */
  if (row->a_type != TPP_TYPE_ANY && !has_types(row, &d) && !has_types(row, given))
    return reason;
  if (!(row->isa & (isas | TPP_ISA_REF)))
    return lacks(row->isa, buffer);
  if (given->provider != TPP_PROVIDER_ANY && given->provider != row->provider)
    return "another provider is asked for";
#if defined(TPP_HAVE_XSMM)
  if (!reason && row->provider == TPP_PROVIDER_XSMM)
    return tpp_xsmm_refuse(&d, isas);
#endif
  return reason;
}

static const char *explain_on(const tpp_brgemm_desc *desc, uint32_t isas, tpp_report_fn report,
                              void *user) {
  uint8_t order[N_ALL_BRGEMM];
  order_rows(all_brgemm_rows, N_ALL_BRGEMM, order);
  for (int i = 0; i < N_ALL_BRGEMM; i++) {
    const tpp_brgemm_row *row = &all_brgemm_rows[order[i]];
    char buffer[TPP_REASON_SIZE];
    if (is_foreign(row->isa, isas))
      continue;
    const char *reason = refuse_on(row, desc, isas, buffer);
    if (!reason)
      return row->name;
    if (report)
      report(user, row->name, reason);
  }
  return NULL; /* the reference is another provider's */
}

const char *tpp_brgemm_explain(const tpp_brgemm_desc *desc, uint32_t isas, tpp_report_fn report,
                               void *user) {
  tpp_brgemm kernel = {.desc = *desc};
  if (isas == 0) {
    drop_idle_provider(&kernel.desc);
    select_in_order(&kernel, report, user);
    return kernel.name;
  }
  normalize(&kernel.desc);
  const char *name = explain_on(&kernel.desc, isas, NULL, NULL);
  if (!name || name == all_brgemm_rows[0].name)
    kernel.desc.provider = TPP_PROVIDER_ANY;
  return explain_on(&kernel.desc, isas, report, user);
}

/* The best instruction sets may have no row for the storage at all. */
static void report_without_rows(const tpp_sgemm_desc *desc, uint32_t isas, uint32_t above,
                                tpp_report_fn report, void *user) {
  for (uint32_t isa = 1u << 31; isa > above; isa >>= 1) {
    int rows = 0;
    for (int i = 0; i < N_ALL_SGEMM; i++)
      rows += all_sgemm_rows[i].isa == isa && all_sgemm_rows[i].storage == desc->storage;
    if ((isas & isa) && rows == 0)
      report(user, isa_name(isa), "it has no kernel for this storage");
  }
}

const char *tpp_sgemm_explain(const tpp_sgemm_desc *desc, uint32_t isas, tpp_report_fn report,
                              void *user) {
  const tpp_sgemm_row *best = NULL;
  char buffer[TPP_REASON_SIZE];
  const int is_here = isas == 0;
  isas = (is_here ? tpp_cpu_isas() : isas) | TPP_ISA_REF;
  for (int i = 0; i < N_ALL_SGEMM; i++) {
    const tpp_sgemm_row *row = &all_sgemm_rows[i];
    if (row->storage == desc->storage && (row->isa & isas) && is_better(row, best) &&
        !refuse_sgemm(row, desc, buffer))
      best = row;
  }
  if (!best)
    return NULL;
  for (int i = N_ALL_SGEMM - 1; i >= 0 && report; i--) {
    const tpp_sgemm_row *row = &all_sgemm_rows[i];
    if (row->storage != desc->storage || is_foreign(row->isa, isas) || !is_better(row, best))
      continue;
    const char *reason = refuse_sgemm(row, desc, buffer);
    if (!reason)
      reason = is_here ? missing_isa(row->isa, buffer) : lacks(row->isa, buffer);
    report(user, row->name, reason);
  }
  if (report)
    report_without_rows(desc, isas, best->isa, report, user);
  return best->name;
}
