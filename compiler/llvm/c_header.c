/* The C header of compiled kernels: C11 and C++17, nothing included but <tpp/rt.h>. */
#include "llvm/cg.h"
#include "support/keywords.h"

#include <ctype.h>
#include <string.h>

static const char *c_type(int elem) {
  switch ((enum tpp_dtype)elem) {
#define DTYPE(num, id, name, bits, kind, acc, ctype)                                               \
  case TPP_##id:                                                                                   \
    return ctype;
#include "tpp/dtypes.def"
#undef DTYPE
  case TPP_DTYPE_END:
    break;
  }
  return "void";
}

static const char *structure(const TppcType *t) {
  switch ((enum tpp_storage)t->storage) {
  case TPP_STORE_CSR:
    return "tpp_csr";
  case TPP_STORE_BCSR:
    return "tpp_bcsr";
  case TPP_STORE_BCSC:
    return "tpp_bcsc";
  case TPP_STORE_TERNARY:
    return "tpp_ternary";
  case TPP_STORE_DENSE:
    break;
  }
  return NULL;
}

/* What follows a name that C, C++ up to 20, the types of the header, or the pack functions use
 * themselves: an underscore. */
static const char *suffix(const char *name) {
  static const char *const others[] = {"concept", "requires", "plain", "packed"};
  size_t n = strlen(name);
  bool used = tppc_is_c_keyword(name) || strncmp(name, "tpp_", 4) == 0 ||
              (n > 2 && strcmp(name + n - 2, "_t") == 0);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    used = used || strcmp(name, others[i]) == 0;
  return used ? "_" : "";
}

static bool is_mode(const TppcOp *param, const char *mode) {
  const char *m = tppc_attr_word(param, "mode");
  return !strcmp(m ? m : "in", mode);
}

static bool is_free_size(const TppcOp *op) {
  return op->kind == TPPC_OP_SIZE && !tppc_attr(op, "value");
}

static void comma(TppcBuf *b, bool *first) {
  tppc_buf_puts(b, *first ? "" : ", ");
  *first = false;
}

static void put_param(TppcBuf *b, const TppcOp *p) {
  const TppcType *t = p->results[0]->type;
  const char *type = t->kind == TPPC_T_TENSOR && structure(t) ? structure(t) : c_type(t->elem);
  if (t->kind == TPPC_T_SCALAR)
    tppc_buf_printf(b, "%s %s%s", type, p->name, suffix(p->name));
  else
    tppc_buf_printf(b, "%s%s *%s%s", is_mode(p, "in") || structure(t) ? "const " : "", type,
                    p->name, suffix(p->name));
}

static bool put_sizes(TppcBuf *b, const TppcOp *kernel) {
  bool first = true;
  for (const TppcOp *op = kernel->regions[0].first; op; op = op->next)
    if (is_free_size(op)) {
      comma(b, &first);
      tppc_buf_printf(b, "int64_t %s%s", op->name, suffix(op->name));
    }
  return !first;
}

static void put_prototype(TppcBuf *b, const TppcOp *kernel) {
  tppc_buf_printf(b, "int %s(", kernel->name);
  bool first = !put_sizes(b, kernel);
  for (int outputs = 0; outputs < 2; outputs++)
    for (const TppcOp *op = kernel->regions[0].first; op; op = op->next)
      if (op->kind == TPPC_OP_PARAM && is_mode(op, "out") == (outputs == 1)) {
        comma(b, &first);
        put_param(b, op);
      }
  tppc_buf_puts(b, first ? "void);\n" : ");\n");
}

/* ---- the comment ---- */

/* M >= 0 of a free size, which goes without saying. */
static bool is_sign(const TppcOp *require) {
  const TppcExpr *e = tppc_attr_expr(require, "when");
  return e->kind == TPPC_E_LE && tppc_e_is(e->op[0], 0) && e->op[1]->kind == TPPC_E_SYM;
}

static void doc_sizes(TppcBuf *b, const TppcOp *kernel) {
  for (const TppcOp *op = kernel->regions[0].first; op; op = op->next) {
    if (op->kind == TPPC_OP_SIZE && !tppc_attr(op, "value"))
      tppc_buf_printf(b, " *   %s: a size, at least 0\n", op->name);
    if (op->kind == TPPC_OP_SIZE && tppc_attr(op, "value")) {
      tppc_buf_printf(b, " *   %s = ", op->name);
      tppc_e_print(b, tppc_attr_expr(op, "value"));
      tppc_buf_putc(b, '\n');
    }
    if (op->kind == TPPC_OP_REQUIRE && tppc_attr_expr(op, "when") && !is_sign(op)) {
      const char *status = tppc_attr_word(op, "status");
      tppc_buf_puts(b, " *   requires ");
      tppc_e_print(b, tppc_attr_expr(op, "when"));
      tppc_buf_printf(b, ", else %s\n",
                      status && !strcmp(status, "size") ? "TPP_ERR_SIZE" : "TPP_ERR_PROMISE");
    }
  }
}

static void doc_params(TppcBuf *b, const TppcOp *kernel) {
  for (const TppcOp *op = kernel->regions[0].first; op; op = op->next) {
    if (op->kind != TPPC_OP_PARAM)
      continue;
    const char *mode = tppc_attr_word(op, "mode");
    tppc_buf_printf(b, " *   %s, %s: ", op->name, mode ? mode : "in");
    tppc_t_print(b, op->results[0]->type);
    tppc_buf_putc(b, '\n');
  }
}

static void put_pack(TppcBuf *b, const TppcOp *kernel, const TppcOp *p) {
  const char *k = kernel->name, *n = p->name, *t = c_type(p->results[0]->type->elem);
  tppc_buf_printf(b, "\n/* Elements of %s as stored; plain row-major to storage and back. */\n", n);
  tppc_buf_printf(b, "size_t %s_%s_elems(", k, n);
  if (!put_sizes(b, kernel))
    tppc_buf_puts(b, "void");
  for (int pack = 1; pack >= 0; pack--) {
    tppc_buf_printf(b, ");\nvoid %s_%s_%s(", k, pack ? "pack" : "unpack", n);
    tppc_buf_puts(b, put_sizes(b, kernel) ? ", " : "");
    tppc_buf_printf(b, "const %s *%s, %s *%s", t, pack ? "plain" : "packed", t,
                    pack ? "packed" : "plain");
  }
  tppc_buf_puts(b, ");\n");
}

static void put_kernel(TppcBuf *b, const TppcOp *kernel) {
  tppc_buf_printf(b, "\n/* %s\n *\n", kernel->name);
  doc_sizes(b, kernel);
  doc_params(b, kernel);
  tppc_buf_puts(b, " *\n * Returns TPP_OK or a status (tpp_strerror). Written arguments overlap no "
                   "others.\n */\n");
  put_prototype(b, kernel);
  for (const TppcOp *op = kernel->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_PARAM && cg_has_pack(op))
      put_pack(b, kernel, op);
}

static void put_guard(TppcBuf *b, const char *stem) {
  tppc_buf_puts(b, "TPPC_");
  for (const char *p = stem; *p; p++)
    tppc_buf_putc(b, isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_');
  tppc_buf_puts(b, "_H");
}

/* A name inside a comment must not end it. */
static void put_source(TppcBuf *b, const char *source) {
  for (const char *p = source; *p; p++)
    if ((unsigned char)*p >= ' ')
      tppc_buf_putc(b, *p == '*' && p[1] == '/' ? '_' : *p);
}

void tppc_emit_header(TppcBuf *out, const TppcModule *m, const char *guard, const char *source) {
  tppc_buf_puts(out, "/* Generated by tppc from ");
  put_source(out, source);
  tppc_buf_puts(out, ". */\n#ifndef ");
  put_guard(out, guard);
  tppc_buf_puts(out, "\n#define ");
  put_guard(out, guard);
  tppc_buf_puts(out, "\n\n#include <tpp/rt.h>\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
  for (const TppcOp *op = m->body.first; op; op = op->next)
    if (op->kind == TPPC_OP_KERNEL)
      put_kernel(out, op);
  tppc_buf_puts(out, "\n#ifdef __cplusplus\n}\n#endif\n#endif\n");
}
