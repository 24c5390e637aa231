/* Reference texts: the version, diagnostics explained, the tables of ops and passes. */
#include "api/peaks.h"
#include "api/session.h"

#include "support/json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#ifndef TPPC_VERSION
#define TPPC_VERSION "0.1.0"
#endif

const char *tppc_version(void) {
  return TPPC_VERSION;
}

char *tppc_explain_diagnostic(const char *code) {
  char upper[16] = {0};
  for (size_t i = 0; code[i] && i + 1 < sizeof upper; i++)
    upper[i] = (char)toupper((unsigned char)code[i]);
  TppcDiagId id = tppc_diag_by_code(upper);
  if (id == TPPC_D_COUNT)
    return NULL;
  static const char *const severities[] = {"note", "help", "warning", "error", "fatal error"};
  TppcBuf b = {0};
  tppc_buf_printf(&b, "%s: %s (%s)\n\n%s\n", upper, tppc_diag_name(id),
                  severities[tppc_diag_severity(id)], tppc_diag_cause(id));
  return b.data;
}

/* ---- the table of TPPs ---- */

/* One row, whatever table it comes from. */
typedef struct OpRow {
  const char *mnemonic;
  int number, arity;
  const char *kind, *types, *result, *definition;
} OpRow;

static const char *types_name(TppcEltTypes t) {
  switch (t) {
  case TPPC_TYPES_FLT:
    return "floats";
  case TPPC_TYPES_NUM:
    return "numbers";
  case TPPC_TYPES_CMP:
    return "numbers to bit";
  case TPPC_TYPES_SEL:
    return "bit, numbers";
  case TPPC_TYPES_RNG:
    return "i64 to f32";
  case TPPC_TYPES_INT:
    return "integers";
  case TPPC_TYPES_ZIP:
    return "f32, integer to f32";
  case TPPC_TYPES_LOW:
    return "f32 to i32";
  }
  return "";
}

/* Products and reductions; `+=` and its like are reductions too. */
static const OpRow other_rows[] = {
#define ELTWISE(...)
#define CONTRACT(num, ID, mnemonic, definition)                                                    \
  {mnemonic, num, 2, "product", "numbers", "sum", definition},
#define REDUCE(num, ID, mnemonic, update, identity, definition)                                    \
  {mnemonic, num, 1, "reduction", "numbers", "as " update, #definition " from " #identity},
#include "tpp/ops.def"
#undef ELTWISE
#undef CONTRACT
#undef REDUCE
};

static bool op_row(int i, OpRow *row, char bound[32]) {
  int n = 0;
  const TppcEltInfo *e = tppc_elt_at(i);
  while (!e && tppc_elt_at(n))
    n++;
  if (!e) {
    i -= n;
    if (i >= (int)(sizeof other_rows / sizeof *other_rows))
      return false;
    *row = other_rows[i];
    return true;
  }
  if (e->traits & TPPC_TRAIT_EXACT)
    strcpy(bound, "exact");
  else
    snprintf(bound, 32, "%d ulp", e->ulp);
  *row = (OpRow){e->mnemonic,          (int)e->elt, e->arity,     "elementwise",
                 types_name(e->types), bound,       e->definition};
  return true;
}

static void put_text(TppcBuf *b, const OpRow *r) {
  tppc_buf_printf(b, "%-16s %3d  %-11s  %d operand%s  %-15s %-8s %s\n", r->mnemonic, r->number,
                  r->kind, r->arity, r->arity == 1 ? " " : "s", r->types, r->result, r->definition);
}

/* A bar in a definition (x || y) would end its cell. */
static void put_markdown(TppcBuf *b, const OpRow *r) {
  tppc_buf_printf(b, "| `%s` | %d | %s | %d | %s | %s | `", r->mnemonic, r->number, r->kind,
                  r->arity, r->types, r->result);
  for (const char *c = r->definition; *c; c++)
    tppc_buf_printf(b, "%s%c", *c == '|' ? "\\" : "", *c);
  tppc_buf_puts(b, "` |\n");
}

static void put_json(TppcBuf *b, const OpRow *r, bool first) {
  const char *const fields[][2] = {
      {"kind", r->kind}, {"types", r->types}, {"result", r->result}, {"definition", r->definition}};
  tppc_buf_printf(b, "%s\n  {\"op\": ", first ? "" : ",");
  tppc_json_string(b, r->mnemonic);
  tppc_buf_printf(b, ", \"number\": %d, \"operands\": %d", r->number, r->arity);
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    tppc_buf_printf(b, ", \"%s\": ", fields[i][0]);
    tppc_json_string(b, fields[i][1]);
  }
  tppc_buf_puts(b, "}");
}

char *tppc_print_ops(const char *format) {
  bool text = !*format || !strcmp(format, "text"), json = !strcmp(format, "json");
  bool markdown = !strcmp(format, "markdown") || !strcmp(format, "md");
  if (!text && !markdown && !json)
    return NULL;
  TppcBuf b = {0};
  if (markdown)
    tppc_buf_puts(&b, "| op | number | kind | operands | types | result | definition |\n"
                      "|---|---|---|---|---|---|---|\n");
  if (json)
    tppc_buf_puts(&b, "[");
  OpRow row;
  char bound[32];
  for (int i = 0; op_row(i, &row, bound); i++) {
    if (text)
      put_text(&b, &row);
    else if (markdown)
      put_markdown(&b, &row);
    else
      put_json(&b, &row, i == 0);
  }
  if (json)
    tppc_buf_puts(&b, "\n]\n");
  return b.data;
}

char *tppc_print_targets(void) {
  TppcBuf b = {0};
  tppc_list_targets(&b);
  TppcSession *s = tppc_session_new();
  TppcPeakTable peaks;
  if (tppc_peaks_load(s, &peaks))
    tppc_peaks_print(&b, &peaks);
  tppc_session_free(s);
  return b.data;
}

char *tppc_print_passes(void) {
  TppcBuf b = {0};
  for (int i = 0; tppc_pass_at(i); i++)
    tppc_buf_printf(&b, "%-20s %s\n", tppc_pass_at(i)->name, tppc_pass_at(i)->doc);
  return b.data;
}
