/* inline-calls: a tpp.call becomes the locals and nests of the kernel that it names.
 *
 *   tpp.call @up [M: T, K: 768] %X, %W, %H callee="dense" n_outputs=1
 *   -->  tpp.nest @up.nest0 [m: T, k: 768] { ... dense's nest over %X, %W, %H ... }
 *
 * A kernel is a unit of the program, not of the generated code: schedules cross calls (`fuse up
 * down over m`), and sizes that are constants at the call should be constants in the nest. So calls
 * are always expanded, innermost first; semantic analysis has refused cycles. Sizes of the callee
 * are replaced by the call's expressions, parameters by the arguments, and its promises are checked
 * at the caller's entry, where they are promises about the caller's own sizes.
 */
#include "passes/inline_scalars.h"
#include "passes/pass.h"
#include "passes/rename_letters.h"
#include "passes/rewrite.h"

#include <ctype.h>
#include <string.h>

typedef struct Scalar {
  TppcValue *param, *arg;
} Scalar;

typedef struct Inliner {
  TppcModule *m;
  TppcContext *cx;
  TppcOp *caller, *callee, *call;
  TppcFacts sizes;         /* callee's size -> expression of the caller */
  TppcMap values;          /* callee's value -> caller's */
  TppcVec(Scalar) scalars; /* scalar parameters that come as tensors of one element */
  TppcLetterMap letters;   /* of the callee's loops */
  const char *prefix;
  bool ok;
} Inliner;

/* A nest or seq of the callee has this letter. */
static bool has_letter(const TppcOp *callee, const char *sym) {
  for (const TppcOp *op = tppc_next_item(callee, NULL); op; op = tppc_next_item(callee, op))
    for (int i = 0; (op->kind == TPPC_OP_NEST || op->kind == TPPC_OP_SEQ) && i < op->n_dims; i++)
      if (op->dims[i].sym == sym)
        return true;
  return false;
}

static void rename_letter(Inliner *in, TppcOp *seq) {
  TppcFacts f = tppc_facts_new(in->cx);
  const char *name = tppc_fresh_name(in->cx, in->caller, seq->dims[0].sym);
  for (int i = 2; has_letter(in->callee, name); i++)
    name = tppc_fresh_name(in->cx, in->caller, tppc_internf(in->cx->names, "%s_%d", name, i));
  tppc_facts_with(&f, seq->dims[0].sym, tppc_e_sym(in->cx, name));
  tppc_subst_region(in->cx, &seq->regions[0], &f);
  seq->dims[0].sym = name;
}

/* Letters of the seqs around the call that mean something else in the callee get another name. */
static void free_letters(Inliner *in) {
  for (TppcOp *seq = in->call->in->parent; seq != in->caller; seq = seq->in->parent)
    if (has_letter(in->callee, seq->dims[0].sym))
      rename_letter(in, seq);
}

static bool is_size(const Inliner *in, const char *sym) {
  return tppc_e_only_sizes(tppc_e_sym(in->cx, sym), &in->caller->regions[0]);
}

/* A letter that means nothing in either kernel, or NULL. */
static const char *unused_letter(const Inliner *in) {
  for (char c = 'a'; c <= 'z'; c++) {
    const char *sym = tppc_internf(in->cx->names, "%c", c);
    bool taken = has_letter(in->callee, sym) || is_size(in, sym);
    for (int i = 0; i < 26; i++)
      taken = taken || in->letters.to[i] == c;
    for (const TppcOp *op = in->call->in->parent; op != in->caller; op = op->in->parent)
      taken = taken || op->dims[0].sym == sym;
    if (!taken)
      return sym;
  }
  return NULL;
}

/* Letters of the callee that are called like a size of the caller get another name. Returns one for
 * which there is none, or NULL. */
static const char *rename_letters(Inliner *in) {
  for (char c = 'a'; c <= 'z'; c++) {
    const char *sym = tppc_internf(in->cx->names, "%c", c);
    if (!has_letter(in->callee, sym) || !is_size(in, sym))
      continue;
    const char *to = unused_letter(in);
    if (!to)
      return sym;
    in->letters.to[c - 'a'] = to[0];
    tppc_facts_with(&in->sizes, sym, tppc_e_sym(in->cx, to));
  }
  return NULL;
}

/* The last op of the caller's head (sizes and promises), after which another may stand. */
static TppcOp *head_end(TppcOp *kernel) {
  TppcOp *last = NULL;
  for (TppcOp *op = kernel->regions[0].first; op; op = op->next)
    if (op->kind == TPPC_OP_SIZE || op->kind == TPPC_OP_REQUIRE)
      last = op;
  return last;
}

static void add_to_head(TppcOp *kernel, TppcOp *op) {
  TppcOp *end = head_end(kernel);
  if (end)
    tppc_op_insert_after(end, op);
  else if (kernel->regions[0].first)
    tppc_op_insert_before(kernel->regions[0].first, op);
  else
    tppc_op_append(&kernel->regions[0], op);
}

static void bind_sizes(Inliner *in) {
  for (TppcOp *op = in->callee->regions[0].first; op; op = op->next) {
    if (op->kind != TPPC_OP_SIZE)
      continue;
    const TppcExpr *e = tppc_attr_expr(op, "value");
    e = e ? tppc_e_subst(in->cx, e, &in->sizes) : NULL;
    for (int i = 0; i < in->call->n_dims; i++)
      if (in->call->dims[i].sym == op->name)
        e = in->call->dims[i].hi;
    if (e)
      tppc_facts_with(&in->sizes, op->name, e);
  }
}

/* Padding is about reads outside, not about memory: the argument takes over what its parameter
 * allows. */
static void allow_padding(TppcContext *cx, TppcValue *arg, const TppcType *param) {
  if (!param->pad || param->rank != arg->type->rank)
    return;
  TppcType t = *arg->type;
  const TppcExpr **pad = TPPC_NEW_N(cx->arena, const TppcExpr *, t.rank);
  for (int i = 0; i < t.rank; i++)
    pad[i] = t.pad ? tppc_e_max(cx, t.pad[i], param->pad[i]) : param->pad[i];
  t.pad = pad;
  arg->type = tppc_t_intern(cx, &t);
}

static void bind_params(Inliner *in) {
  int i = 0;
  for (TppcOp *op = in->callee->regions[0].first; op; op = op->next) {
    if (op->kind != TPPC_OP_PARAM || i == in->call->n_uses)
      continue;
    TppcValue *arg = in->call->uses[i++].value, *param = op->results[0];
    if (param->type->kind == TPPC_T_SCALAR && arg->type->kind == TPPC_T_TENSOR) {
      TPPC_PUSH(in->cx->arena, &in->scalars, ((Scalar){param, arg}));
      continue;
    }
    tppc_map_set(&in->values, op->results[0], arg);
    allow_padding(in->cx, arg, tppc_t_subst(in->cx, op->results[0]->type, &in->sizes));
  }
}

static void inline_require(Inliner *in, const TppcOp *op) {
  TppcOp *r = tppc_op_clone(in->cx, op, &in->values, &in->sizes);
  const TppcExpr *when = tppc_attr_expr(r, "when");
  int64_t v;
  if (when && tppc_e_const(when, &v)) {
    if (!v) {
      const char *text = tppc_attr_word(op, "text");
      tppc_diag(in->cx->diags, TPPC_D_call_promise, in->call->span, text ? text : "a size",
                in->callee->name);
      tppc_diag_note(in->cx->diags, op->span, "promised here");
      in->ok = false;
    }
    return;
  }
  for (TppcOp *o = in->caller->regions[0].first; o; o = o->next)
    if (o->kind == TPPC_OP_REQUIRE && tppc_attr_expr(o, "when") == when)
      return;
  add_to_head(in->caller, r);
}

/* Names are given again one by one, since a fresh name is one that the caller does not have yet. */
static void rename_results(Inliner *in, TppcOp *root, TppcOp *op) {
  TppcVec(TppcValue *) named = {0};
  TppcVec(const char *) names = {0};
  for (;;) {
    if (op->kind == TPPC_OP_LOCAL || op->kind == TPPC_OP_TEMP)
      op->name = NULL;
    for (int i = 0; i < op->n_results; i++)
      if (op->results[i]->name) {
        TPPC_PUSH(in->cx->arena, &named, op->results[i]);
        TPPC_PUSH(in->cx->arena, &names, op->results[i]->name);
        op->results[i]->name = NULL;
      }
    TppcOp *next = root->n_regions ? tppc_next_op(&root->regions[0], op) : NULL;
    if (op == root)
      next = root->n_regions ? root->regions[0].first : NULL;
    if (!next)
      break;
    op = next;
  }
  for (int i = 0; i < named.n; i++) {
    if (isdigit((unsigned char)names.data[i][0]))
      continue;
    TppcValue *v = named.data[i];
    v->name = tppc_fresh_name(in->cx, in->caller, names.data[i]);
    if (v->def->kind == TPPC_OP_LOCAL || v->def->kind == TPPC_OP_TEMP)
      v->def->name = v->name;
  }
}

/* `pack W` of the callee's schedule names the caller's tensor. */
static void rename_packed(Inliner *in, TppcOp *schedule) {
  if (!tppc_attr(schedule, "pack"))
    return;
  TppcAttr *list = tppc_set_list(in->cx, schedule, "pack");
  for (TppcOp *op = in->callee->regions[0].first; op; op = op->next) {
    TppcValue *v = op->n_results ? tppc_map_get(&in->values, op->results[0]) : NULL;
    for (int i = 0; v && i < list->n; i++)
      if (!list->list[i].key && list->list[i].s &&
          strcmp(list->list[i].s, op->results[0]->name) == 0) {
        list->list[i].s = v->name;
        list->list[i].key = v->name;
      }
  }
  for (int i = 0; i < list->n; i++)
    list->list[i].key = NULL;
}

/* A schedule of the callee's calls, or of all its nests, means those of this call. */
static void rename_targets(Inliner *in, TppcOp *schedule) {
  const TppcAttr *target = tppc_attr(schedule, "target");
  const char *name =
      target ? tppc_internf(in->cx->names, "%s.%s", in->prefix, target->s) : in->prefix;
  tppc_set_string(in->cx, schedule, "target", name, target ? target->span : schedule->span);
  const TppcAttr *fuse = tppc_attr(schedule, "fuse");
  for (int i = 0; fuse && i < fuse->n; i++)
    for (int k = 0; k + 1 < fuse->list[i].n; k++)
      fuse->list[i].list[k].s =
          tppc_internf(in->cx->names, "%s.%s", in->prefix, fuse->list[i].list[k].s);
}

/* Nests and seqs of the callee are called after the call. */
static void label(Inliner *in, TppcOp *op) {
  if (op->kind != TPPC_OP_NEST && op->kind != TPPC_OP_SEQ)
    return;
  op->name = tppc_internf(in->cx->names, "%s.%s", in->prefix, op->name ? op->name : "nest");
  for (TppcOp *s = op->regions[0].first; s && s->kind == TPPC_OP_SCHEDULE; s = s->next)
    rename_packed(in, s);
  if (op->kind == TPPC_OP_SEQ)
    for (TppcOp *inner = op->regions[0].first; inner; inner = inner->next)
      label(in, inner);
}

static void inline_op(Inliner *in, const TppcOp *op) {
  TppcOp *copy = tppc_op_clone(in->cx, op, &in->values, &in->sizes);
  for (int i = 0; i < op->n_results; i++)
    tppc_map_set(&in->values, op->results[i], copy->results[i]);
  if (op->kind != TPPC_OP_SCHEDULE) /* those of the kernel keep the program's letters */
    tppc_rename_dims(in->cx, copy, &in->letters);
  bool wide = op->kind == TPPC_OP_SCHEDULE; /* stands in the kernel, not in a seq */
  tppc_op_insert_before(wide ? tppc_op_in_region(in->call, &in->caller->regions[0]) : in->call,
                        copy);
  rename_results(in, copy, copy);
  if (op->kind == TPPC_OP_SCHEDULE) {
    rename_packed(in, copy);
    rename_targets(in, copy);
  }
  label(in, copy);
  for (TppcUse *u = copy->uses; op->kind == TPPC_OP_LOCAL && copy->n_uses;) {
    const TppcOp *def = u->value->def; /* of a local, that local's */
    if (def->kind != TPPC_OP_LOCAL || !def->n_uses)
      break;
    u->value = def->uses[0].value;
  }
  for (int i = 0; i < in->scalars.n && copy->n_regions; i++)
    tppc_inline_scalar(in->cx, copy, in->call, in->scalars.data[i].param, in->scalars.data[i].arg);
}

static bool prefix_taken(const TppcOp *kernel, const char *prefix) {
  size_t n = strlen(prefix);
  for (const TppcOp *op = tppc_next_item(kernel, NULL); op; op = tppc_next_item(kernel, op))
    if ((op->kind == TPPC_OP_NEST || op->kind == TPPC_OP_SEQ) && op->name &&
        strncmp(op->name, prefix, n) == 0 && (op->name[n] == '.' || !op->name[n]))
      return true;
  return false;
}

static const char *unique_prefix(TppcContext *cx, const TppcOp *kernel, const TppcOp *call,
                                 const char *callee) {
  const char *stem = call->name ? call->name : callee, *prefix = stem;
  for (int i = 2; prefix_taken(kernel, prefix); i++)
    prefix = tppc_internf(cx->names, "%s%d", stem, i);
  return prefix;
}

static bool inline_call(TppcModule *m, TppcOp *caller, TppcOp *call, TppcOp *callee) {
  TppcContext *cx = m->cx;
  Inliner in = {.m = m, .cx = cx, .caller = caller, .callee = callee, .call = call, .ok = true};
  in.sizes = tppc_facts_new(cx);
  in.values.arena = cx->arena;
  in.prefix = unique_prefix(cx, caller, call, callee->name);
  free_letters(&in);
  const char *letter = rename_letters(&in);
  if (letter) {
    tppc_diag(cx->diags, TPPC_D_call_letter, call->span, callee->name, letter);
    return false;
  }
  bind_sizes(&in);
  bind_params(&in);
  for (TppcOp *op = callee->regions[0].first; op; op = op->next) {
    if (op->kind == TPPC_OP_REQUIRE)
      inline_require(&in, op);
    else if (op->kind != TPPC_OP_SIZE && op->kind != TPPC_OP_PARAM)
      inline_op(&in, op);
  }
  tppc_op_unlink(call);
  return in.ok;
}

/* `state` has the kernels that are done, and with another value those that are being expanded. */
static bool inline_kernel(TppcModule *m, TppcOp *kernel, TppcMap *state) {
  if (tppc_map_get(state, kernel) == kernel)
    return true;
  tppc_map_set(state, kernel, m);
  bool ok = true;
  for (TppcOp *op = tppc_next_item(kernel, NULL), *next; op; op = next) {
    next = tppc_next_item(kernel, op);
    if (op->kind != TPPC_OP_CALL)
      continue;
    TppcOp *callee = tppc_module_kernel(m, tppc_attr_word(op, "callee"));
    if (tppc_map_get(state, callee) == m) {
      tppc_diag(m->cx->diags, TPPC_D_call_cycle, op->span, callee->name);
      return false;
    }
    ok = inline_kernel(m, callee, state) && inline_call(m, kernel, op, callee) && ok;
  }
  tppc_map_set(state, kernel, kernel);
  return ok;
}

bool tppc_pass_inline_calls(TppcModule *m, const TppcPassOptions *opt) {
  (void)opt;
  TppcMap state = {.arena = m->cx->arena};
  bool ok = true;
  for (TppcOp *k = m->body.first; k; k = k->next)
    if (k->kind == TPPC_OP_KERNEL)
      ok = inline_kernel(m, k, &state) && ok;
  for (TppcOp *k = m->body.first; k; k = k->next)
    if (k->kind == TPPC_OP_KERNEL)
      tppc_number_values(m->cx, k);
  return ok;
}
