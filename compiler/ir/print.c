/* The text form of a module. What is printed parses back to the same module. */
#include "ir/parse_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const op_texts[TPPC_OP_COUNT] = {
#define IROP(id, text, dialects, operands, results, regions, dims, doc) [TPPC_OP_##id] = text,
#include "ir/irops.def"
#undef IROP
};

const char *tppc_op_text(TppcContext *cx, const TppcOp *op) {
  if (op->kind != TPPC_OP_ELT)
    return op_texts[op->kind];
  const TppcEltInfo *info = tppc_elt_info(op->elt);
  return tppc_sprintf(cx->arena, "tpp.%s", info ? info->mnemonic : "elt");
}

bool tppc_op_by_text(const char *text, TppcOpKind *kind, TppcElt *elt) {
  *elt = TPPC_ELT_NONE;
  for (int i = 0; i < TPPC_OP_COUNT; i++)
    if (i != TPPC_OP_ELT && strcmp(op_texts[i], text) == 0) {
      *kind = (TppcOpKind)i;
      return true;
    }
  const TppcEltInfo *info = strncmp(text, "tpp.", 4) == 0 ? tppc_elt_by_name(text + 4) : NULL;
  if (info) {
    *kind = TPPC_OP_ELT;
    *elt = info->elt;
  }
  return info != NULL;
}

const char *tppc_level_name(TppcLevel level) {
  static const char *const names[] = {"tpp", "loop", "rt"};
  return names[level];
}

/* ---- parts of an op ---- */

static void print_string(TppcBuf *b, const char *s) {
  tppc_buf_putc(b, '"');
  for (; *s; s++) {
    unsigned char c = (unsigned char)*s;
    if (c == '"' || c == '\\')
      tppc_buf_printf(b, "\\%c", c);
    else if (c == '\n')
      tppc_buf_puts(b, "\\n");
    else if (c < 0x20 || c == 0x7F)
      tppc_buf_printf(b, "\\x%02x", c);
    else
      tppc_buf_putc(b, (char)c);
  }
  tppc_buf_putc(b, '"');
}

/* The shortest decimal that reads back as the same number, always with a point or an exponent. */
static void print_float(TppcBuf *b, double v) {
  if (isnan(v) || isinf(v)) {
    tppc_buf_puts(b, isnan(v) ? "nan" : v < 0 ? "-inf" : "inf");
    return;
  }
  char text[40];
  for (int digits = 1; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, v);
    if (strtod(text, NULL) == v)
      break;
  }
  bool integer = true;
  for (char *p = text; *p; p++) {
    if (!strchr("+-0123456789e", *p))
      *p = '.'; /* the locale's point */
    integer = integer && strchr("-0123456789", *p);
  }
  tppc_buf_puts(b, text);
  if (integer)
    tppc_buf_puts(b, ".0");
}

static void print_value(TppcBuf *b, const TppcAttr *a) {
  switch (a->kind) {
  case TPPC_A_INT:
    tppc_buf_printf(b, "%" PRId64, a->i);
    break;
  case TPPC_A_FLOAT:
    print_float(b, a->f);
    break;
  case TPPC_A_WORD:
    tppc_buf_puts(b, a->s);
    break;
  case TPPC_A_STRING:
    print_string(b, a->s);
    break;
  case TPPC_A_EXPR:
    tppc_buf_putc(b, '(');
    tppc_e_print(b, a->e);
    tppc_buf_putc(b, ')');
    break;
  case TPPC_A_LIST:
    tppc_buf_putc(b, '[');
    for (int i = 0; i < a->n; i++) {
      if (i > 0)
        tppc_buf_puts(b, ", ");
      print_value(b, &a->list[i]);
    }
    tppc_buf_putc(b, ']');
    break;
  }
}

static void print_dims(TppcBuf *b, const TppcOp *op) {
  if (op->n_dims)
    tppc_buf_puts(b, " [");
  for (int i = 0; i < op->n_dims; i++) {
    const TppcDim *d = &op->dims[i];
    if (i > 0)
      tppc_buf_puts(b, ", ");
    tppc_buf_puts(b, d->sym);
    if (tppc_e_is(d->lo, 0) && tppc_e_is(d->step, 1)) {
      tppc_buf_puts(b, ": ");
      tppc_e_print(b, d->hi);
      continue;
    }
    tppc_buf_puts(b, " = ");
    tppc_e_print(b, d->lo);
    tppc_buf_puts(b, " to ");
    tppc_e_print(b, d->hi);
    if (tppc_e_is(d->step, 1))
      continue;
    tppc_buf_puts(b, " step ");
    tppc_e_print(b, d->step);
  }
  if (op->n_dims)
    tppc_buf_putc(b, ']');
}

static void print_uses(TppcBuf *b, const TppcOp *op) {
  for (int i = 0; i < op->n_uses; i++) {
    const TppcUse *u = &op->uses[i];
    tppc_buf_printf(b, "%s %%%s", i ? "," : "", u->value ? u->value->name : "?");
    for (int j = 0; j < u->n_idx; j++) {
      tppc_buf_puts(b, j ? ", " : "[");
      tppc_e_print(b, u->idx[j]);
    }
    if (u->n_idx)
      tppc_buf_putc(b, ']');
  }
}

static void indent(TppcBuf *b, int depth) {
  for (int i = 0; i < depth; i++)
    tppc_buf_puts(b, "  ");
}

static void print_at(TppcBuf *b, const TppcOp *op, int depth) {
  indent(b, depth);
  for (int i = 0; i < op->n_results; i++)
    tppc_buf_printf(b, "%s%%%s", i ? ", " : "", op->results[i]->name);
  if (op->n_results)
    tppc_buf_puts(b, " = ");
  const TppcEltInfo *info = op->kind == TPPC_OP_ELT ? tppc_elt_info(op->elt) : NULL;
  tppc_buf_puts(b, info ? "tpp." : op_texts[op->kind]);
  if (info)
    tppc_buf_puts(b, info->mnemonic);
  if (op->name)
    tppc_buf_printf(b, " @%s", op->name);
  print_dims(b, op);
  print_uses(b, op);
  for (int i = 0; i < op->n_attrs; i++) {
    tppc_buf_printf(b, " %s=", op->attrs[i].key);
    print_value(b, &op->attrs[i]);
  }
  for (int i = 0; i < op->n_results; i++) {
    tppc_buf_puts(b, i ? ", " : " : ");
    tppc_t_print(b, op->results[i]->type);
  }
  for (int i = 0; i < op->n_regions; i++) {
    tppc_buf_puts(b, " {\n");
    for (const TppcOp *inner = op->regions[i].first; inner; inner = inner->next)
      print_at(b, inner, depth + 1);
    indent(b, depth);
    tppc_buf_putc(b, '}');
  }
  tppc_buf_putc(b, '\n');
}

void tppc_print_op(TppcBuf *b, const TppcOp *op) {
  print_at(b, op, 0);
}

void tppc_print_module(TppcBuf *b, const TppcModule *m) {
  tppc_buf_printf(b, "module level=%s\n", tppc_level_name(m->level));
  for (const TppcOp *op = m->body.first; op; op = op->next) {
    tppc_buf_putc(b, '\n');
    print_at(b, op, 0);
  }
}
