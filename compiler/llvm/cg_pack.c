/* Size, pack, and unpack functions of parameters that are not plain row-major:
 *
 *   size_t name_W_elems(sizes)                              elements of the storage, filling
 * included void name_pack_W(sizes, const T *plain, T *packed)      filling becomes zero void
 * name_unpack_W(sizes, const T *packed, T *plain)
 *
 * Plain loops over the logical indices; both sides compute their offsets from the types. They run
 * once a weight, not once a call.
 */
#include "llvm/cg.h"
#include <string.h>

enum { MAX_RANK = 16, MAX_ARGS = 64 };

bool cg_has_pack(const TppcOp *param) {
  const TppcType *t = param->results[0]->type;
  return t->kind == TPPC_T_TENSOR && t->storage == TPP_STORE_DENSE && t->rank > 0 &&
         !tppc_t_is_plain(t);
}

/* The free sizes of the kernel as leading arguments. */
static unsigned size_types(Cg *g, LLVMTypeRef *types) {
  unsigned n = 0;
  for (int i = 0; i < g->slots.n && n < MAX_ARGS - 2; i++)
    if (g->slots.data[i].kind == CG_SIZE && !tppc_attr(g->slots.data[i].op, "value"))
      types[n++] = g->t_i64;
  return n;
}

/* Free sizes are arguments, derived ones are computed from them. */
static void bind_sizes(Cg *g) {
  unsigned arg = 0;
  for (int i = 0; i < g->slots.n; i++) {
    CgSlot *s = &g->slots.data[i];
    if (s->kind != CG_SIZE)
      continue;
    const TppcExpr *value = tppc_attr_expr(s->op, "value");
    cg_sym_push(g, s->sym, value ? cg_expr(g, value) : LLVMGetParam(g->fn, arg++));
  }
}

static Val start(Cg *g, const CgSlot *s, const char *format, LLVMTypeRef ret, bool pointers) {
  LLVMTypeRef types[MAX_ARGS];
  unsigned n = size_types(g, types);
  if (pointers)
    types[n] = types[n + 1] = g->t_ptr;
  const char *name = tppc_sprintf(g->arena, "%s%s%s", g->kernel_name, format, s->value->name);
  if (!pointers)
    name = tppc_sprintf(g->arena, "%s_%s_elems", g->kernel_name, s->value->name);
  Val fn =
      LLVMAddFunction(g->mod, name, LLVMFunctionType(ret, types, n + (pointers ? 2 : 0), false));
  cg_function_begin(g, fn);
  cg_debug_function(g, fn, name, s->op->span);
  bind_sizes(g);
  return fn;
}

static void copy_element(Cg *g, CgSlot *to, Val to_at, CgSlot *from, Val from_at) {
  Val v = cg_load_element(g, from, from_at);
  cg_store_element(g, to, to_at, v, tppc_elem_compute(from->type->elem));
}

/* Bits are copied as they are: a NaN keeps its payload. */
static int bits_elem(int elem) {
  return elem == TPP_BF16 || elem == TPP_F16 ? TPP_U16 : elem;
}

static const TppcType *as_bits(Cg *g, const TppcType *t, bool plain) {
  TppcType copy = *t;
  copy.elem = (uint8_t)bits_elem(t->elem);
  if (plain) {
    copy.n_digits = 0;
    copy.ld = NULL;
  }
  return tppc_t_intern(g->cx, &copy);
}

static void copy_function(Cg *g, const CgSlot *s, bool pack) {
  if (s->type->rank > MAX_RANK) {
    cg_unsupported(g, s->op->span, "pack functions of a tensor of more than 16 dimensions");
    return;
  }
  Val fn = start(g, s, pack ? "_pack_" : "_unpack_", g->t_void, true);
  unsigned n = LLVMCountParams(fn);
  CgSlot plain = {.kind = CG_POINTER, .type = as_bits(g, s->type, true)};
  CgSlot packed = {.kind = CG_POINTER, .type = as_bits(g, s->type, false)};
  CgSlot *from = pack ? &plain : &packed, *to = pack ? &packed : &plain;
  tppc_map_set(&g->slot_values, from, LLVMGetParam(fn, n - 2));
  tppc_map_set(&g->slot_values, to, LLVMGetParam(fn, n - 1));
  if (pack && s->type->n_digits)
    LLVMBuildMemSet(g->b, LLVMGetParam(fn, n - 1), LLVMConstInt(g->t_i8, 0, false),
                    cg_expr(g, cg_bytes(g, s->type)), 1);
  CgLoop loops[MAX_RANK];
  const TppcExpr *idx[MAX_RANK];
  for (int d = 0; d < s->type->rank; d++) {
    const char *name = tppc_internf(g->cx->names, "$pack%d", d);
    loops[d] = cg_loop_begin(g, cg_i64(g, 0), cg_expr(g, s->type->dims[d]), cg_i64(g, 1), "copy");
    cg_sym_push(g, name, loops[d].iv);
    idx[d] = tppc_e_sym(g->cx, name);
  }
  copy_element(g, to, cg_expr(g, tppc_t_offset(g->cx, to->type, idx)), from,
               cg_expr(g, tppc_t_offset(g->cx, from->type, idx)));
  for (int d = s->type->rank; d-- > 0;)
    cg_loop_end(g, &loops[d]);
  LLVMBuildRetVoid(g->b);
  cg_function_end(g);
}

static void elems_function(Cg *g, const CgSlot *s) {
  start(g, s, "", g->t_i64, false);
  LLVMBuildRet(g->b, cg_expr(g, tppc_t_elements(g->cx, s->type)));
  cg_function_end(g);
}

void cg_pack_functions(Cg *g) {
  for (int i = 0; i < g->slots.n && !g->fail; i++) {
    const CgSlot *s = &g->slots.data[i];
    if (s->op->kind != TPPC_OP_PARAM || !cg_has_pack(s->op))
      continue;
    elems_function(g, s);
    copy_function(g, s, true);
    copy_function(g, s, false);
  }
}
