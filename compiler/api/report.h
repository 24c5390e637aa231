/* A report of headings and indented lines with notes, as text or as one page of HTML. */
#ifndef TPPC_API_REPORT_H
#define TPPC_API_REPORT_H

#include "support/str.h"
#include <stdbool.h>

typedef struct TppcReport {
  TppcBuf *out;
  bool html;
} TppcReport;

/* A page of HTML needs no other file. */
void tppc_report_begin(TppcReport *r, const char *title);
void tppc_report_end(TppcReport *r);
/* level 1 or 2. */
void tppc_report_heading(TppcReport *r, int level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A line indented by `indent` steps; note is what is said about it, or NULL. */
void tppc_report_line(TppcReport *r, int indent, const char *text, const char *note);
void tppc_report_linef(TppcReport *r, int indent, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

void tppc_report_space(TppcReport *r);

#endif
