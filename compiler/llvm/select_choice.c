/* Which microkernel the runtime takes for an rt.select, told without a call: from the descriptor
 * that the entry function will fill, and the instruction sets of the machine. */
#include "llvm/cg.h"

#include <string.h>

int cg_select_type(const TppcOp *op, const char *key) {
  const char *name = tppc_attr_word(op, key);
  return name ? tppc_elem_by_name(name) : 0;
}

int cg_select_provider(const TppcOp *op) {
  const char *name = tppc_attr_word(op, "provider");
  return !name                      ? TPP_PROVIDER_ANY
         : !strcmp(name, "runtime") ? TPP_PROVIDER_RUNTIME
         : !strcmp(name, "xsmm")    ? TPP_PROVIDER_XSMM
                                    : TPP_PROVIDER_ANY;
}

int cg_select_storage(const TppcOp *op) {
  static const char *const names[] = {"dense", "csr", "bcsr", "bcsc", "ternary"};
  const char *name = tppc_attr_word(op, "storage");
  for (int i = 0; name && i < 5; i++)
    if (!strcmp(name, names[i]))
      return i;
  return 0;
}

typedef struct Number {
  const char *key;
  int64_t otherwise, *to;
} Number;

/* False when one of them is known to a call only. */
static bool numbers_of(const TppcOp *op, const Number *numbers, size_t n) {
  for (size_t i = 0; i < n; i++) {
    const TppcExpr *e = tppc_attr_expr(op, numbers[i].key);
    if (!e)
      *numbers[i].to = tppc_attr_int(op, numbers[i].key, numbers[i].otherwise);
    else if (!tppc_e_const(e, numbers[i].to))
      return false;
  }
  return true;
}

static bool fill_brgemm(const TppcOp *op, tpp_brgemm_desc *d) {
  *d = (tpp_brgemm_desc){.size = sizeof *d,
                         .a_type = (uint8_t)cg_select_type(op, "a"),
                         .b_type = (uint8_t)cg_select_type(op, "b"),
                         .c_type = (uint8_t)cg_select_type(op, "c"),
                         .a_pack = (uint8_t)tppc_attr_int(op, "a_pack", 1),
                         .b_pack = (uint8_t)tppc_attr_int(op, "b_pack", 1),
                         .provider = (uint8_t)cg_select_provider(op),
                         .exact_shape = (uint8_t)tppc_attr_int(op, "exact", 0),
                         .fits16 = (uint8_t)tppc_attr_int(op, "fits16", 0)};
  const Number numbers[] = {{"m", 0, &d->m},       {"n", 0, &d->n},       {"k", 0, &d->k},
                            {"br", 1, &d->br},     {"a_rs", 0, &d->a_rs}, {"a_cs", 0, &d->a_cs},
                            {"b_rs", 0, &d->b_rs}, {"b_cs", 0, &d->b_cs}, {"c_rs", 0, &d->c_rs},
                            {"c_cs", 0, &d->c_cs}, {"br_a", 0, &d->br_a}, {"br_b", 0, &d->br_b}};
  return numbers_of(op, numbers, sizeof numbers / sizeof *numbers);
}

static bool fill_sgemm(const TppcOp *op, tpp_sgemm_desc *d) {
  *d = (tpp_sgemm_desc){.size = sizeof *d,
                        .a_type = (uint8_t)cg_select_type(op, "a"),
                        .b_type = (uint8_t)cg_select_type(op, "b"),
                        .c_type = (uint8_t)cg_select_type(op, "c"),
                        .storage = (uint8_t)cg_select_storage(op),
                        .transposed = (uint8_t)tppc_attr_int(op, "transposed", 0)};
  /* No row asks for other numbers. */
  const Number numbers[] = {{"c_rs", 0, &d->c_rs}, {"c_cs", 0, &d->c_cs}};
  return numbers_of(op, numbers, sizeof numbers / sizeof *numbers);
}

const char *tppc_select_choice(const TppcOp *op, uint32_t isas, tpp_report_fn report, void *user) {
  const char *kind = tppc_attr_word(op, "kind");
  tpp_brgemm_desc dense;
  tpp_sgemm_desc structured;
  if (cg_is_generated(op))
    return "generated";
  if (!kind || !strcmp(kind, "brgemm"))
    return fill_brgemm(op, &dense) ? tpp_brgemm_explain(&dense, isas, report, user) : NULL;
  return fill_sgemm(op, &structured) ? tpp_sgemm_explain(&structured, isas, report, user) : NULL;
}
