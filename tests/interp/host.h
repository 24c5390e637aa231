/* Host tensors from types in text, for the tests of this folder. */
#ifndef TPPC_TESTS_INTERP_HOST_H
#define TPPC_TESTS_INTERP_HOST_H

#include "interp/tensor.h"

#include <stdio.h>
#include <string.h>

typedef struct Host {
  TppcContext *cx;
  TppcEnv env;
} Host;

static inline Host host_new(void) {
  Host h = {.cx = tppc_context_create()};
  h.env.arena = h.cx->arena;
  return h;
}

/* A tensor of the type as the language writes it, such as "bf16[k: 4, n: 3] as [k/2][n][k%2]". */
static inline TppcTensor *host_tensor(Host *h, const char *type) {
  char *text = tppc_sprintf(
      h->cx->arena, "module level=tpp\nkernel @f {\n  %%X = param @X mode=inout : %s\n}\n", type);
  TppcModule *m = tppc_parse_tir(h->cx, tppc_source_add(h->cx->diags, "type", text, strlen(text)));
  const char *why = "the type does not parse";
  TppcTensor *t = NULL;
  if (m)
    t = tppc_tensor_new(m->body.first->regions[0].first->results[0]->type, &h->env, &why);
  if (!t)
    printf("not ok %s: %s\n", type, why);
  return t;
}

#endif
