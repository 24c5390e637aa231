/* Contexts, modules, ops: making, linking, attributes. */
#include "ir/ir.h"

#include <string.h>

TppcContext *tppc_context_create(void) {
  TppcArena *arena = tppc_arena_new();
  TppcContext *cx = TPPC_NEW(arena, TppcContext);
  cx->arena = arena;
  cx->names = tppc_interner_new(arena);
  cx->diags = tppc_diags_new();
  return cx;
}

void tppc_context_destroy(TppcContext *cx) {
  if (!cx)
    return;
  tppc_diags_free(cx->diags);
  tppc_arena_free(cx->arena);
}

TppcModule *tppc_module_new(TppcContext *cx) {
  TppcModule *m = TPPC_NEW(cx->arena, TppcModule);
  m->cx = cx;
  return m;
}

/* ---- ops ---- */

static int declared_regions(TppcOpKind kind) {
  static const unsigned char regions[TPPC_OP_COUNT] = {
#define IROP(id, text, dialects, operands, results, n, dims, doc) [TPPC_OP_##id] = n,
#include "ir/irops.def"
#undef IROP
  };
  return regions[kind];
}

TppcOp *tppc_op_new(TppcContext *cx, TppcOpKind kind, TppcSpan span) {
  TppcOp *op = TPPC_NEW(cx->arena, TppcOp);
  op->kind = kind;
  op->span = span;
  for (int i = declared_regions(kind); i > 0; i--)
    tppc_op_add_region(cx, op);
  return op;
}

void tppc_op_append(TppcRegion *r, TppcOp *op) {
  op->in = r;
  op->prev = r->last;
  op->next = NULL;
  if (r->last)
    r->last->next = op;
  else
    r->first = op;
  r->last = op;
}

void tppc_op_insert_before(TppcOp *at, TppcOp *op) {
  op->in = at->in;
  op->prev = at->prev;
  op->next = at;
  if (at->prev)
    at->prev->next = op;
  else
    at->in->first = op;
  at->prev = op;
}

void tppc_op_insert_after(TppcOp *at, TppcOp *op) {
  if (at->next)
    tppc_op_insert_before(at->next, op);
  else
    tppc_op_append(at->in, op);
}

void tppc_op_unlink(TppcOp *op) {
  if (!op->in)
    return;
  if (op->prev)
    op->prev->next = op->next;
  else
    op->in->first = op->next;
  if (op->next)
    op->next->prev = op->prev;
  else
    op->in->last = op->prev;
  op->in = NULL;
  op->prev = op->next = NULL;
}

/* ---- arrays of an op: they are short and grow rarely, so they have no spare room ---- */

/* A copy of the n elements of data with room for one more, which is zero. */
static void *one_more(TppcContext *cx, const void *data, int n, size_t size) {
  char *r = tppc_alloc_n(cx->arena, (size_t)n + 1, size);
  if (n)
    memcpy(r, data, (size_t)n * size);
  return r;
}

TppcValue *tppc_op_add_result(TppcContext *cx, TppcOp *op, const TppcType *type, const char *name) {
  TppcValue *v = TPPC_NEW(cx->arena, TppcValue);
  v->type = type;
  v->name = name ? tppc_intern(cx->names, name) : NULL;
  v->def = op;
  op->results = one_more(cx, op->results, op->n_results, sizeof *op->results);
  op->results[op->n_results++] = v;
  return v;
}

void tppc_op_add_use(TppcContext *cx, TppcOp *op, TppcValue *v, int n_idx,
                     const TppcExpr *const *idx, TppcSpan span) {
  TppcUse use = {.value = v, .n_idx = n_idx, .span = span};
  use.idx = TPPC_NEW_N(cx->arena, const TppcExpr *, n_idx + 1);
  for (int i = 0; i < n_idx; i++)
    use.idx[i] = idx[i];
  op->uses = one_more(cx, op->uses, op->n_uses, sizeof *op->uses);
  op->uses[op->n_uses++] = use;
}

void tppc_op_add_dim(TppcContext *cx, TppcOp *op, const char *sym, const TppcExpr *lo,
                     const TppcExpr *hi, const TppcExpr *step, TppcSpan span) {
  op->dims = one_more(cx, op->dims, op->n_dims, sizeof *op->dims);
  op->dims[op->n_dims++] = (TppcDim){.sym = tppc_intern(cx->names, sym),
                                     .lo = lo ? lo : tppc_e_int(cx, 0),
                                     .hi = hi,
                                     .step = step ? step : tppc_e_int(cx, 1),
                                     .span = span};
}

TppcDim *tppc_op_dim(const TppcOp *op, const char *sym) {
  for (int i = 0; i < op->n_dims; i++)
    if (op->dims[i].sym == sym)
      return &op->dims[i];
  return NULL;
}

TppcRegion *tppc_op_add_region(TppcContext *cx, TppcOp *op) {
  TppcRegion *old = op->regions;
  op->regions = one_more(cx, old, op->n_regions, sizeof *op->regions);
  for (int i = 0; i < op->n_regions; i++)
    for (TppcOp *inner = op->regions[i].first; inner; inner = inner->next)
      inner->in = &op->regions[i];
  TppcRegion *r = &op->regions[op->n_regions++];
  r->parent = op;
  return r;
}

/* ---- attributes ---- */

static int attr_at(const TppcOp *op, const char *key, bool *found) {
  int i = 0;
  int order = 1;
  while (i < op->n_attrs && (order = strcmp(op->attrs[i].key, key)) < 0)
    i++;
  *found = i < op->n_attrs && order == 0;
  return i;
}

/* The attribute called key, emptied. */
static TppcAttr *attr_slot(TppcContext *cx, TppcOp *op, const char *key, TppcAttrKind kind) {
  bool found;
  int at = attr_at(op, key, &found);
  if (!found) {
    op->attrs = one_more(cx, op->attrs, op->n_attrs, sizeof *op->attrs);
    memmove(op->attrs + at + 1, op->attrs + at, (size_t)(op->n_attrs - at) * sizeof *op->attrs);
    op->n_attrs++;
  }
  op->attrs[at] = (TppcAttr){.key = tppc_intern(cx->names, key), .kind = kind, .span = op->span};
  return &op->attrs[at];
}

void tppc_set_int(TppcContext *cx, TppcOp *op, const char *key, int64_t v) {
  attr_slot(cx, op, key, TPPC_A_INT)->i = v;
}

void tppc_set_word(TppcContext *cx, TppcOp *op, const char *key, const char *word) {
  attr_slot(cx, op, key, TPPC_A_WORD)->s = tppc_intern(cx->names, word);
}

void tppc_set_string(TppcContext *cx, TppcOp *op, const char *key, const char *text,
                     TppcSpan span) {
  TppcAttr *a = attr_slot(cx, op, key, TPPC_A_STRING);
  a->s = tppc_strdup(cx->arena, text);
  a->span = span;
}

void tppc_set_expr(TppcContext *cx, TppcOp *op, const char *key, const TppcExpr *e) {
  attr_slot(cx, op, key, TPPC_A_EXPR)->e = e;
}

TppcAttr *tppc_set_list(TppcContext *cx, TppcOp *op, const char *key) {
  bool found;
  int at = attr_at(op, key, &found);
  if (found && op->attrs[at].kind == TPPC_A_LIST)
    return &op->attrs[at];
  return attr_slot(cx, op, key, TPPC_A_LIST);
}

TppcAttr *tppc_list_add(TppcContext *cx, TppcAttr *list) {
  list->list = one_more(cx, list->list, list->n, sizeof *list->list);
  return &list->list[list->n++];
}

const TppcAttr *tppc_attr(const TppcOp *op, const char *key) {
  bool found;
  int at = attr_at(op, key, &found);
  return found ? &op->attrs[at] : NULL;
}

int64_t tppc_attr_int(const TppcOp *op, const char *key, int64_t otherwise) {
  const TppcAttr *a = tppc_attr(op, key);
  if (!a)
    return otherwise;
  if (a->kind == TPPC_A_EXPR && a->e->kind == TPPC_E_CONST)
    return a->e->value;
  return a->kind == TPPC_A_INT ? a->i : otherwise;
}

const char *tppc_attr_word(const TppcOp *op, const char *key) {
  const TppcAttr *a = tppc_attr(op, key);
  return a && (a->kind == TPPC_A_WORD || a->kind == TPPC_A_STRING) ? a->s : NULL;
}

const TppcExpr *tppc_attr_expr(const TppcOp *op, const char *key) {
  const TppcAttr *a = tppc_attr(op, key);
  return a && a->kind == TPPC_A_EXPR ? a->e : NULL;
}

void tppc_attr_copy(TppcContext *cx, TppcOp *to, const TppcAttr *a) {
  switch (a->kind) {
  case TPPC_A_INT:
    tppc_set_int(cx, to, a->key, a->i);
    break;
  case TPPC_A_WORD:
    tppc_set_word(cx, to, a->key, a->s);
    break;
  case TPPC_A_STRING:
    tppc_set_string(cx, to, a->key, a->s, a->span);
    break;
  case TPPC_A_EXPR:
    tppc_set_expr(cx, to, a->key, a->e);
    break;
  case TPPC_A_LIST: {
    TppcAttr *list = tppc_set_list(cx, to, a->key);
    for (int i = 0; i < a->n; i++)
      *tppc_list_add(cx, list) = a->list[i];
    break;
  }
  case TPPC_A_FLOAT:
    return;
  }
  bool found;
  to->attrs[attr_at(to, a->key, &found)].span = a->span;
}

void tppc_attr_remove(TppcOp *op, const char *key) {
  bool found;
  int at = attr_at(op, key, &found);
  if (!found)
    return;
  op->n_attrs--;
  memmove(op->attrs + at, op->attrs + at + 1, (size_t)(op->n_attrs - at) * sizeof *op->attrs);
}

/* ---- update= ---- */

static const char *const updates[] = {"set", "add", "max", "min", "mul"};

static bool update_by_name(const char *name, TppcUpdate *update) {
  for (int i = 0; i < (int)(sizeof updates / sizeof *updates); i++)
    if (strcmp(updates[i], name) == 0) {
      *update = (TppcUpdate)i;
      return true;
    }
  return false;
}

TppcUpdate tppc_op_update(const TppcOp *store) {
  const char *name = tppc_attr_word(store, "update");
  TppcUpdate update = TPPC_SET;
  if (name)
    update_by_name(name, &update);
  return update;
}
