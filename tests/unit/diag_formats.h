/* Put in front of a source by diag_formats.py: every call of tppc_diag() becomes one of a function
 * that is given the row's format too, and that the compiler checks as it does printf(). A call that
 * takes its row from a variable or from ?: cannot be checked so and does not compile here; where
 * that is meant, (tppc_diag)(...) is no use of the macro. */
#include "diag/diag.h"

/* A structure cannot stand in ?: beside an id. */
typedef struct DiagRowIsNamed {
  int unused;
} DiagRowIsNamed;

#define DIAG(id, name, severity, group, format, help)                                              \
  static const DiagRowIsNamed TPPC_D_##name##_named __attribute__((unused));                       \
  static const char TPPC_D_##name##_format[] __attribute__((unused)) = format;
#include "diag/diags.def"
#undef DIAG

void tppc_diag_checked(const char *format, TppcDiags *dx, TppcDiagId id, TppcSpan span, ...)
    __attribute__((format(printf, 1, 5)));

/* The span is left among the other arguments, as it may be a compound literal with commas in it. */
#define tppc_diag(dx, id, ...)                                                                     \
  ((void)sizeof(id##_named), tppc_diag_checked(id##_format, (dx), id, __VA_ARGS__))
