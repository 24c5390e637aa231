/* From which part of stored elements a product with a sparse factor is slower than with a dense
 * one.
 */
#ifndef TPPC_API_CROSSOVER_H
#define TPPC_API_CROSSOVER_H

#include "api/session.h"
#include "ir/ir.h"

/* The part in thousandths, 1000 where dense is never faster, as measured with vectors of so many
 * bytes; -1 where it was not measured: for other types, factors that are not sparse, other vectors.
 * `select` is an rt.select. */
int tppc_crossover(const TppcOp *select, int vector_bytes);

/* Warns of each product whose factor has more stored elements (W0209); the inputs are there. */
void tppc_run_warn_dense(TppcRun *r);

#endif
