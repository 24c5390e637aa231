/* What the files of the verifier share. Nobody else includes this. */
#ifndef TPPC_IR_VERIFY_INTERNAL_H
#define TPPC_IR_VERIFY_INTERNAL_H

#include "ir/ir.h"

typedef struct TppcVerifier {
  TppcContext *cx;
  TppcModule *m;
  const char *pass; /* that ran last, or NULL */
  const TppcOp *kernel;
  TppcVec(const char *) symbols;     /* sizes and dims that are visible, interned */
  TppcVec(const TppcValue *) values; /* visible */
  TppcMap defined;                   /* names of the kernel: values, and labels with their prefix */
} TppcVerifier;

/* Each reports one message about op, with a note that shows it. */
void tppc_v_structure(TppcVerifier *v, const TppcOp *op, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void tppc_v_type(TppcVerifier *v, const TppcOp *op, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void tppc_v_attr(TppcVerifier *v, const TppcOp *op, const char *key, const char *problem);

/* verify_ops.c: types and attributes of one op whose counts are right. */
void tppc_verify_one(TppcVerifier *v, const TppcOp *op);
/* Where the op may stand. */
void tppc_verify_place(TppcVerifier *v, const TppcOp *op);

#endif
