/* The ceilings of this machine as `tppc targets --calibrate` stored them. */
#ifndef TPPC_API_PEAKS_H
#define TPPC_API_PEAKS_H

#include "api/session.h"
#include "tppc/measure.h"

typedef struct TppcPeakTable {
  int threads;                             /* of `all` */
  double one[TPPC_PEAKS], all[TPPC_PEAKS]; /* in the unit of the row; 0: there is none */
} TppcPeakTable;

/* False when nothing is stored, or it is of another machine or other instruction sets. */
bool tppc_peaks_load(TppcSession *s, TppcPeakTable *out);
void tppc_peaks_print(TppcBuf *b, const TppcPeakTable *t);

/* What the roofline (S. Williams et al., "Roofline", 2009) says of a call with so many operations
 * in products of these types and so many bytes: the time below which one thread does not come. */
void tppc_predict(TppcBuf *b, const TppcPeakTable *t, double flops, double bytes, int a_type,
                  int b_type);

#endif
