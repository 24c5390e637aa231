/* What an object says about itself: who made it, for which CPU, of which file, under which
 * schedules.
 *
 * One constant a module, kept by the linker, that starts with a mark; so it is found in an object,
 * a library, or a program by looking for the mark, whatever the file format. Nothing of the machine
 * that compiled is in it, and the same input gives the same bytes.
 */
#include "llvm/cg.h"
#include <string.h>

/* In two parts, so that the compiler itself does not seem to be an object. */
#define MARK_HEAD "\x7ftppc"
#define MARK_TAIL " provenance\n"

static void put_sizes(TppcBuf *b, const TppcOp *kernel) {
  int n = 0;
  for (const TppcOp *op = kernel->regions[0].first; op; op = op->next) {
    const char *origin = op->kind == TPPC_OP_SIZE ? tppc_attr_word(op, "origin") : NULL;
    const TppcExpr *value = origin && !strcmp(origin, "fixed") ? tppc_attr_expr(op, "value") : NULL;
    if (!value)
      continue;
    tppc_buf_printf(b, "%s%s=", n++ ? " " : "  fixed by -D: ", op->name);
    tppc_e_print(b, value);
  }
  if (n)
    tppc_buf_putc(b, '\n');
}

static void put_nest(TppcBuf *b, const TppcOp *nest) {
  const char *text = tppc_attr_word(nest, "schedule"), *origin = tppc_attr_word(nest, "origin");
  tppc_buf_printf(b, "  %s: schedule \"%s\" of the %s\n", nest->name ? nest->name : "nest",
                  text ? text : "", origin ? origin : "heuristic");
}

static void put_module(TppcBuf *b, const Cg *g, const TppcModule *m) {
  size_t length;
  tppc_buf_printf(b, "%s of %s\n", g->opt->producer, LLVMGetSourceFileName(g->mod, &length));
  tppc_buf_printf(b, "target %s, CPU %s, -O%d%s%s\n", g->target.triple, g->target.cpu,
                  g->opt->opt_level, g->opt->sanitize ? ", sanitizer " : "",
                  g->opt->sanitize ? g->opt->sanitize : "");
  for (const TppcOp *k = m->body.first; k; k = k->next) {
    if (k->kind != TPPC_OP_KERNEL)
      continue;
    tppc_buf_printf(b, "kernel %s\n", k->name);
    put_sizes(b, k);
    for (const TppcOp *op = k->regions[0].first; op; op = op->next)
      if (op->kind == TPPC_OP_LNEST)
        put_nest(b, op);
  }
}

Val cg_provenance(Cg *g, const TppcModule *m) {
  TppcBuf b = {0};
  tppc_buf_puts(&b, MARK_HEAD);
  tppc_buf_puts(&b, MARK_TAIL);
  put_module(&b, g, m);
  Val text = LLVMConstStringInContext2(g->lx, b.data, b.n, false);
  tppc_buf_free(&b);
  Val global = LLVMAddGlobal(g->mod, LLVMTypeOf(text), "tpp.provenance");
  LLVMSetInitializer(global, text);
  LLVMSetLinkage(global, LLVMInternalLinkage);
  LLVMSetGlobalConstant(global, true);
  return global;
}

int tppc_read_provenance(TppcBuf *out, const char *bytes, size_t size) {
  const size_t head = strlen(MARK_HEAD), tail = strlen(MARK_TAIL);
  int found = 0;
  for (size_t i = 0; i + head + tail < size; i++) {
    if (memcmp(bytes + i, MARK_HEAD, head) || memcmp(bytes + i + head, MARK_TAIL, tail))
      continue;
    const char *text = bytes + i + head + tail, *end = memchr(text, 0, size - i - head - tail);
    if (!end)
      break;
    tppc_buf_puts(out, found++ ? "\n" : "");
    tppc_buf_write(out, text, (size_t)(end - text));
    i = (size_t)(end - bytes);
  }
  return found;
}
