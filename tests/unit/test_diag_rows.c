/* The table of messages itself: what every row of diags.def must be. */
#include "diag/diag.h"

#include "test.h"

#include <ctype.h>

typedef struct Row {
  const char *code, *name, *format, *cause;
} Row;

static const Row rows[] = {
#define DIAG(id, name, severity, group, format, help) {#id, #name, format, help},
#include "diag/diags.def"
#undef DIAG
};

/* Prints which row it was, since one line of code stands for all. */
static void check_row(Test *t, const Row *r, bool ok, const char *what) {
  if (!ok) {
    printf("     %s %s: ", r->code, r->name);
    CHECK(t, !"every row of diags.def keeps to this");
    printf("     %s\n", what);
  } else {
    CHECK(t, ok);
  }
}

static void rows_are_well_formed(Test *t) {
  for (int i = 0; i < TPPC_D_COUNT; i++) {
    const Row *r = &rows[i];
    size_t n = strlen(r->format), cause = strlen(r->cause);
    TppcSeverity severity = tppc_diag_severity((TppcDiagId)i);
    check_row(t, r, strlen(r->code) == 5 && strchr("LSDVWRB", r->code[0]),
              "codes: a letter of the table, NNNN");
    for (int d = 1; d < 5; d++)
      check_row(t, r, isdigit((unsigned char)r->code[d]), "codes end in four digits");
    check_row(t, r, (severity == TPPC_WARNING) == (r->code[0] == 'W'), "W is for warnings");
    check_row(t, r, n && !isspace((unsigned char)r->format[0]), "the message is not empty");
    check_row(t, r, n && r->format[n - 1] != '.' && r->format[n - 1] != '\n',
              "a message has no full stop");
    check_row(t, r, !strstr(r->format, "%n"), "no %n");
    check_row(t, r, cause > 20 && strchr(".?!)", r->cause[cause - 1]),
              "the cause is made of sentences");
  }
}

static void rows_are_unique(Test *t) {
  for (int i = 0; i < TPPC_D_COUNT; i++) {
    check_row(t, &rows[i], tppc_diag_by_code(rows[i].code) == (TppcDiagId)i, "the code is unique");
    for (int j = 0; j < i; j++)
      check_row(t, &rows[i], strcmp(rows[i].name, rows[j].name) != 0, "the name is unique");
  }
}

static void rows_names_are_options(Test *t) {
  for (int i = 0; i < TPPC_D_COUNT; i++) {
    const char *name = tppc_diag_name((TppcDiagId)i);
    bool fine = strlen(name) == strlen(rows[i].name);
    for (const char *c = name; *c; c++)
      fine &= islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '-';
    check_row(t, &rows[i], fine, "a name is lower case, digits, and underscores");
    TppcDiags *dx = tppc_diags_new();
    bool warning = tppc_diag_severity((TppcDiagId)i) == TPPC_WARNING;
    check_row(t, &rows[i], tppc_diags_set_warning(dx, name) == warning, "-W knows warnings only");
    tppc_diags_free(dx);
  }
}

TEST_MAIN({"rows.are-well-formed", rows_are_well_formed}, {"rows.are-unique", rows_are_unique},
          {"rows.names-are-options", rows_names_are_options})
