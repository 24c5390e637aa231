/* Reference texts: the version, diagnostics explained, the tables of ops and passes. */
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
    return "f32, i32 to f32";
  case TPPC_TYPES_LOW:
    return "f32 to i32";
  }
  return "";
}

static void bound_name(char out[32], const TppcEltInfo *e) {
  if (e->traits & TPPC_TRAIT_EXACT)
    strcpy(out, "exact");
  else
    snprintf(out, 32, "%d ulp", e->ulp);
}

char *tppc_print_ops(const char *format) {
  bool text = !strcmp(format, "text"), markdown = !strcmp(format, "markdown"),
       json = !strcmp(format, "json");
  if (!text && !markdown && !json)
    return NULL;
  TppcBuf b = {0};
  if (markdown)
    tppc_buf_puts(
        &b,
        "| op | number | operands | types | result | definition |\n|---|---|---|---|---|---|\n");
  if (json)
    tppc_buf_puts(&b, "[");
  const TppcEltInfo *e;
  for (int i = 0; (e = tppc_elt_at(i)); i++) {
    char bound[32];
    bound_name(bound, e);
    if (text)
      tppc_buf_printf(&b, "%-16s %3d  %d operand%s  %-15s %-7s %s\n", e->mnemonic, e->elt, e->arity,
                      e->arity == 1 ? " " : "s", types_name(e->types), bound, e->definition);
    if (markdown)
      tppc_buf_printf(&b, "| `%s` | %d | %d | %s | %s | `%s` |\n", e->mnemonic, e->elt, e->arity,
                      types_name(e->types), bound, e->definition);
    if (json) {
      tppc_buf_printf(&b, "%s\n  {\"op\": ", i ? "," : "");
      tppc_json_string(&b, e->mnemonic);
      tppc_buf_printf(&b, ", \"number\": %d, \"operands\": %d, \"types\": ", e->elt, e->arity);
      tppc_json_string(&b, types_name(e->types));
      tppc_buf_puts(&b, ", \"result\": ");
      tppc_json_string(&b, bound);
      tppc_buf_puts(&b, ", \"definition\": ");
      tppc_json_string(&b, e->definition);
      tppc_buf_puts(&b, "}");
    }
  }
  if (json)
    tppc_buf_puts(&b, "\n]\n");
  return b.data;
}

char *tppc_print_passes(void) {
  TppcBuf b = {0};
  for (int i = 0; tppc_pass_at(i); i++)
    tppc_buf_printf(&b, "%-20s %s\n", tppc_pass_at(i)->name, tppc_pass_at(i)->doc);
  return b.data;
}
