/* Results of a run: files, the summary, operations and bytes. */
#include "api/run_internal.h"

#include "interp/layout.h"
#include "support/file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const TppcTensor *result_of(const TppcRun *r, const RunParam *p) {
  return r->native_done ? p->native : r->interp_done ? p->expected : NULL;
}

TppcResult tppc_run_output(TppcRun *r, const char *text) {
  const char *eq = strchr(text, '=');
  if (!eq || eq == text || !eq[1])
    return RUN_FAIL(r, TPPC_BAD_PROGRAM, TPPC_D_bad_input, TPPC_NO_SPAN, text,
                    "it is not of the form NAME=FILE");
  const char *name = tppc_strndup(r->arena, text, (size_t)(eq - text)), *path = eq + 1;
  const RunParam *p = NULL;
  for (int i = 0; i < r->n; i++)
    if (r->params[i].writes && !strcmp(r->params[i].name, name))
      p = &r->params[i];
  if (!p)
    return RUN_FAIL(r, TPPC_BAD_PROGRAM, TPPC_D_no_such_parameter, TPPC_NO_SPAN, r->kernel->name,
                    "output", name);
  const TppcTensor *t = result_of(r, p);
  if (!t)
    return RUN_FAIL(r, TPPC_BAD_PROGRAM, TPPC_D_bad_input, TPPC_NO_SPAN, text,
                    "the kernel has not run");
  TppcBuf out = {0};
  tppc_npy_write(&out, t);
  bool ok = tppc_file_write(path, out.data, out.n);
  int error = errno;
  tppc_buf_free(&out);
  return ok ? TPPC_DONE
            : RUN_FAIL(r, TPPC_BAD_FILE, TPPC_D_cannot_write, TPPC_NO_SPAN, path, strerror(error));
}

static void put_value(TppcBuf *b, const TppcTensor *t, int64_t i) {
  if (tppc_elem_is_float(t->elem))
    tppc_buf_printf(b, "%.6g", tppc_tensor_get(t, i));
  else
    tppc_buf_printf(b, "%" PRId64, tppc_tensor_get_int(t, i));
}

static void put_line(TppcBuf *b, const RunParam *p, const TppcTensor *t) {
  enum { SHOWN = 6 };
  tppc_buf_printf(b, "%s: %s", p->name, tppc_elem_name(p->type->elem));
  for (int d = 0; d < t->rank; d++)
    tppc_buf_printf(b, "%s%" PRId64 "%s", d ? ", " : "[", t->dim[d], d + 1 == t->rank ? "]" : "");
  if (t->ptr)
    tppc_buf_printf(b, " with %" PRId64 " stored", t->n_values);
  tppc_buf_puts(b, t->n_values ? " =" : ", empty");
  for (int64_t i = 0; i < t->n_values && i < SHOWN; i++) {
    tppc_buf_putc(b, ' ');
    put_value(b, t, i);
  }
  tppc_buf_puts(b, t->n_values > SHOWN ? " ...\n" : "\n");
}

char *tppc_run_summary(TppcRun *r) {
  TppcBuf b = {0};
  tppc_buf_puts(&b, "");
  for (int i = 0; i < r->n; i++) {
    const TppcTensor *t = r->params[i].writes ? result_of(r, &r->params[i]) : NULL;
    if (t)
      put_line(&b, &r->params[i], t);
  }
  return b.data;
}

double tppc_run_flops(const TppcRun *r) {
  TppcInterpArg args[64] = {{0}};
  int n = r->n < 64 ? r->n : 64;
  for (int i = 0; i < n; i++)
    args[i].tensor = r->params[i].input;
  return r->prepared ? tppc_interp_flops(r->s->source, r->kernel->name, &r->sizes, args, n) : 0;
}

static double bytes_of(const RunParam *p) {
  const TppcTensor *t = p->input;
  if (t->scales)
    return (double)tppc_ternary_code_bytes(t) + (double)tppc_ternary_scale_bytes(t) +
           (double)tppc_ternary_unit_bytes(t);
  if (!t->ptr)
    return (double)tppc_layout_bytes(t);
  TppcBlocking b = tppc_tensor_blocking(t);
  double majors = (double)(b.by_columns ? b.blocks_c : b.blocks_r);
  return (double)t->n_values * (tppc_elem_bits(t->elem) / 8.0) + (double)t->nnz * sizeof(int32_t) +
         (majors + 1) * sizeof(int64_t);
}

double tppc_run_bytes(const TppcRun *r) {
  double n = 0;
  for (int i = 0; i < r->n && r->prepared; i++)
    n += bytes_of(&r->params[i]) * (r->params[i].reads && r->params[i].writes ? 2 : 1);
  return n;
}
