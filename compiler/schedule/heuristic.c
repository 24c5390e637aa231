/* The heuristic: whole schedules where there is none. Sizes are those of tile_sizes.c.
 *
 * Deterministic and plain, so that a reader can predict it.
 *
 * The string has the letters that may be parallel and that every large statement ranges over as one
 * group, then the others, in the order declared, but that n goes before m in a plain product: "NMk"
 * for a layer, "BHIjde" for attention, "M" for softmax.
 *
 * Where each of those letters is reduced over by some statement, one of them is parallel all the
 * same in two cases. When the sums are exact and their results few, each thread has a copy
 * (`private`), and the statements stay together. When all that is reduced over it are products, and
 * more than half of the large statements are then shared out, the sums are made in order in loops
 * of their own (`ordered`: the same bits for any number of threads, no scratch). A sum that is no
 * product is bound by memory and would read its operands once more when taken out of the others'
 * loops: a norm's gradient then took 2.2 times as long on one thread, and as long as before on two.
 * So one thread runs such a nest, and one of less work than the start of threads costs; W0204 says
 * so.
 *
 * Rows of a plain operand lie as far apart as it is wide: a block of it has a line in each of many
 * pages and, for sizes with factors of two, falls in a few sets of the caches, of the second level
 * too. A nest with one large product packs its plain operands, both as a whole: each element is
 * used at least PACKED_AT_LEAST times. Where sizes are free the nest has both schedules, and each
 * call takes one. An operand whose tile is scattered, as of a filter [k, c, r, s], is packed too.
 */
#include "schedule/tile_sizes.h"

enum {
  PACKED_M = 64,        /* of a product whose operands are packed: with short rows, */
  PACKED_N_BYTES = 128, /* a panel fills all sets of the first-level cache */
  PACKED_AT_LEAST = 128,
  SHARED_AT_LEAST = 16384, /* points of a nest whose sums are shared out: some microseconds */
  COPY_ELEMENTS = 4096     /* of the results that each thread has a copy of */
};

static int count_bits(uint32_t v) {
  int n = 0;
  for (; v; v &= v - 1)
    n++;
  return n;
}

/* Loops that every large statement ranges over. One over a single letter is small beside one over
 * three, and is left to one thread. */
static uint32_t common_loops(const TppcSched *s) {
  int most = 0;
  for (int i = 0; i < s->stmts.n; i++) {
    int n = count_bits(s->stmts.data[i]->loops);
    most = n > most ? n : most;
  }
  uint32_t common = s->loops.n ? UINT32_MAX >> (32 - s->loops.n) : 0;
  for (int i = 0; i < s->stmts.n; i++) {
    const TppcSchedStmt *stmt = s->stmts.data[i];
    bool small = stmt->identity || (count_bits(stmt->loops) <= 1 && most >= 3);
    if (!small || s->stmts.n == 1)
      common &= stmt->loops;
  }
  return common;
}

static bool is_walked(const TppcSched *s, int loop) {
  for (int i = 0; i < s->stmts.n; i++)
    if (s->stmts.data[i]->walk == loop)
      return true;
  return false;
}

/* The only letter of the group with the role in some product; -1 for none, -2 for several. */
static int only_of(const TppcSched *s, uint32_t group, TppcRole role) {
  int found = -1;
  for (int i = 0; i < s->loops.n; i++) {
    bool has = false;
    for (int k = 0; k < s->stmts.n; k++)
      has = has || tppc_role_in(s, s->stmts.data[k], i) == role;
    if (has && (group >> i & 1))
      found = found == -1 ? i : -2;
  }
  return found;
}

/* Of a plain product n goes before m: the right block of a tile stays in the cache while m runs. Of
 * a transposition the letter that is last where it is stored goes first, so that lines are read in
 * full. */
static const char *write_string(const TppcSched *s, uint32_t group) {
  int order[32], n = 0;
  for (int i = 0; i < s->loops.n; i++)
    if (group >> i & 1)
      order[n++] = i;
  int m = only_of(s, group, TPPC_LETTER_M), right = only_of(s, group, TPPC_LETTER_N);
  for (int i = 0; m >= 0 && right > m && i < n; i++)
    order[i] = order[i] == m ? right : order[i] == right ? m : order[i];
  int store, load;
  bool swap = tppc_find_transposed(s, &store, &load) && store > load && (group >> store & 1) &&
              (group >> load & 1);
  for (int i = 0; swap && i < n; i++)
    order[i] = order[i] == load ? store : order[i] == store ? load : order[i];
  char *text = tppc_alloc(s->cx->arena, (size_t)s->loops.n + 1);
  for (int i = 0; i < n; i++)
    text[i] = (char)(s->loops.data[order[i]].sym[0] - 'a' + 'A');
  for (int last = 0; last < 2; last++) /* stored blocks are walked inside their major letter */
    for (int i = 0; i < s->loops.n; i++) {
      bool compressed;
      tppc_structured_unit(s, i, &compressed);
      if (!(group >> i & 1) && compressed == last)
        text[n++] = s->loops.data[i].sym[0];
    }
  return text;
}

/* Behind the schedules that the nest has. */
static void insert(TppcOp *nest, TppcOp *op) {
  TppcOp *at = nest->regions[0].first;
  while (at && at->kind == TPPC_OP_SCHEDULE)
    at = at->next;
  if (at)
    tppc_op_insert_before(at, op);
  else
    tppc_op_append(&nest->regions[0], op);
}

static TppcOp *new_schedule(TppcContext *cx, TppcOp *nest, const char *text) {
  TppcOp *op = tppc_op_new(cx, TPPC_OP_SCHEDULE, nest->span);
  tppc_set_string(cx, op, "string", text, nest->span);
  tppc_set_word(cx, op, "origin", "heuristic");
  return op;
}

/* Of the loops that have no list yet. */
static void set_sizes(TppcContext *cx, TppcOp *op, const TppcSched *s) {
  TppcAttr *lists = tppc_set_list(cx, op, "sizes");
  for (int i = 0; i < s->levels.n; i++) {
    const TppcSchedLoop *loop = &s->loops.data[s->levels.data[i].loop];
    if (loop->sizes)
      continue;
    TppcAttr *list = tppc_list_add(cx, lists);
    list->kind = TPPC_A_LIST;
    TppcAttr *name = tppc_list_add(cx, list);
    name->kind = TPPC_A_WORD;
    name->s = loop->sym;
    TppcAttr *size = tppc_list_add(cx, list);
    size->kind = TPPC_A_INT;
    size->i = s->levels.data[i].step;
  }
}

/* Its knobs under a string of all letters in order. */
static TppcSched *trial(TppcContext *cx, TppcOp *nest, const TppcOp *knobs) {
  char *text = tppc_alloc(cx->arena, (size_t)nest->n_dims + 1);
  for (int i = 0; i < nest->n_dims; i++)
    text[i] = nest->dims[i].sym[0];
  TppcOp *op = new_schedule(cx, nest, text);
  for (int i = 0; knobs && i < knobs->n_attrs; i++)
    tppc_attr_copy(cx, op, &knobs->attrs[i]);
  return tppc_schedule_model_of(cx, nest, op);
}

/* ---- large products of plain operands ---- */

static bool is_written(const TppcSched *s, const TppcValue *tensor) {
  for (int i = 0; i < s->stmts.n; i++)
    for (int k = 0; k < s->stmts.data[i]->accesses.n; k++) {
      const TppcAccess *a = &s->stmts.data[i]->accesses.data[k];
      if (a->write && a->tensor == tensor)
        return true;
    }
  return false;
}

/* A matrix of floats in its own order, of which the product takes rectangles. */
static bool is_plain_matrix(const TppcSched *s, const TppcAccess *a) {
  const TppcType *t = a->tensor->type;
  return t->storage == TPP_STORE_DENSE && t->n_digits == 0 && a->n_idx == 2 &&
         a->idx[0]->kind == TPPC_E_SYM && a->idx[1]->kind == TPPC_E_SYM &&
         tppc_elem_is_float(t->elem) && !is_written(s, a->tensor);
}

/* The nest's only product, if it has one. */
static const TppcSchedStmt *only_product(const TppcSched *s) {
  const TppcSchedStmt *found = NULL;
  for (int i = 0; i < s->stmts.n; i++)
    if (s->stmts.data[i]->op->kind == TPPC_OP_CONTRACT) {
      if (found)
        return NULL;
      found = s->stmts.data[i];
    }
  return found;
}

/* Whether each letter is long enough, in terms of sizes of the kernel; NULL when that is not for
 * its entry to say. */
static const TppcExpr *are_long(const TppcSched *s, const TppcOp *kernel) {
  const TppcExpr *all = NULL;
  for (int i = 0; i < s->loops.n; i++) {
    const TppcExpr *extent = s->loops.data[i].extent;
    bool is_size = extent->kind == TPPC_E_CONST;
    for (const TppcOp *op = tppc_next_item(kernel, NULL); op; op = tppc_next_item(kernel, op))
      is_size = is_size ||
                (op->kind == TPPC_OP_SIZE && extent->kind == TPPC_E_SYM && op->name == extent->sym);
    if (!is_size)
      return NULL;
    const TppcExpr *one = tppc_e_bin(s->cx, TPPC_E_LE, tppc_e_int(s->cx, PACKED_AT_LEAST), extent);
    all = all ? tppc_e_and(s->cx, all, one) : one;
  }
  return all ? tppc_e_tidy(s->cx, all) : NULL;
}

static void add_pack(TppcSched *s, TppcOp *op, const TppcAccess *a) {
  TppcAttr *name = tppc_list_add(s->cx, tppc_set_list(s->cx, op, "pack"));
  name->kind = TPPC_A_WORD;
  name->s = a->tensor->name;
}

static void add_packed(TppcSched *s, TppcOp *op, const TppcAccess *a) {
  if (is_plain_matrix(s, a))
    add_pack(s, op, a);
}

static int64_t innermost_step(const TppcSched *s, const char *sym) {
  for (int i = s->levels.n - 1; i >= 0; i--)
    if (s->loops.data[s->levels.data[i].loop].sym == sym)
      return s->levels.data[i].step;
  return 1;
}

/* Elements of the tile lie apart, because the operand's last letter is a loop, as of a filter
 * [k, c, r, s]; each call would gather them. Some other letter has the copy used again. */
static bool is_scattered(const TppcSched *s, const TppcSchedStmt *stmt, const TppcAccess *a) {
  const TppcType *t = a->tensor->type;
  if (t->kind != TPPC_T_TENSOR || t->storage != TPP_STORE_DENSE || t->n_digits || t->pad ||
      a->n_idx < 3 || tppc_elem_bits(t->elem) < 8 || is_written(s, a->tensor))
    return false;
  int tiled = 0;
  for (int d = 0; d < a->n_idx; d++) {
    if (a->idx[d]->kind != TPPC_E_SYM)
      return false;
    for (int e = 0; e < d; e++)
      if (a->idx[e] == a->idx[d])
        return false;
    tiled += innermost_step(s, a->idx[d]->sym) > 1;
  }
  bool again = false;
  for (int i = 0; i < s->loops.n; i++)
    again = again || ((stmt->loops >> i & 1) && !tppc_access_uses(a, s->loops.data[i].sym) &&
                      innermost_step(s, s->loops.data[i].sym) == 1);
  return again && tiled > 1 && innermost_step(s, a->idx[a->n_idx - 1]->sym) == 1 &&
         !tppc_e_is(t->dims[a->n_idx - 1], 1);
}

static void pack_scattered(TppcSched *s, TppcOp *op) {
  for (int i = 0; i < s->stmts.n; i++) {
    const TppcSchedStmt *stmt = s->stmts.data[i];
    for (int k = 1; stmt->op->kind == TPPC_OP_CONTRACT && k < 3; k++)
      if (is_scattered(s, stmt, &stmt->accesses.data[k]))
        add_pack(s, op, &stmt->accesses.data[k]);
  }
}

/* Gives the nest a schedule that packs, if it should have one; returns whether that one is taken
 * whatever the sizes. */
static bool choose_packed(TppcContext *cx, TppcOp *nest, uint32_t group, const char *text) {
  TppcSched *s = trial(cx, nest, NULL);
  const TppcSchedStmt *product = s ? only_product(s) : NULL;
  if (!product || s->loops.n != 3 || count_bits(group) != 2)
    return false;
  int m = only_of(s, group, TPPC_LETTER_M), n = only_of(s, group, TPPC_LETTER_N);
  const TppcExpr *when = are_long(s, tppc_op_ancestor(nest, TPPC_OP_KERNEL));
  const TppcAccess *a = product->accesses.data;
  if (m < 0 || n < 0 || !when || tppc_e_is(when, 0) || !is_plain_matrix(s, &a[1]) ||
      a[2].tensor->type->storage != TPP_STORE_DENSE)
    return false;
  for (int i = 0; i < s->levels.n; i++) {
    int loop = s->levels.data[i].loop;
    if (tppc_block_of(s, loop) > 1)
      continue;
    if (loop == m)
      s->levels.data[i].step = PACKED_M;
    else if (loop == n && is_plain_matrix(s, &a[2]))
      s->levels.data[i].step = PACKED_N_BYTES / (tppc_elem_bits(a[2].tensor->type->elem) / 8);
  }
  TppcOp *op = new_schedule(cx, nest, text);
  set_sizes(cx, op, s);
  add_packed(s, op, &a[1]);
  if (a[2].tensor != a[1].tensor)
    add_packed(s, op, &a[2]);
  if (!tppc_e_is(when, 1))
    tppc_set_expr(cx, op, "when", when);
  insert(nest, op);
  return tppc_e_is(when, 1);
}

/* Knobs that join nests take their schedules together: they keep the plain ones. */
static bool is_joined(TppcOp *nest) {
  const TppcOp *kernel = tppc_op_ancestor(nest, TPPC_OP_KERNEL);
  for (const TppcOp *op = tppc_next_item(kernel, NULL); op; op = tppc_next_item(kernel, op))
    if (op->kind == TPPC_OP_SCHEDULE && tppc_attr(op, "fuse"))
      return true;
  return false;
}

/* ---- nests in which each letter is reduced over ---- */

static bool is_large(const TppcSched *s, const TppcSchedStmt *stmt) {
  int most = 0;
  for (int i = 0; i < s->stmts.n; i++) {
    int n = count_bits(s->stmts.data[i]->loops);
    most = n > most ? n : most;
  }
  return !stmt->identity && count_bits(stmt->loops) == most;
}

/* Its extents are constants, and few. */
static bool is_tiny(const TppcSched *s) {
  int64_t points = 1, extent;
  for (int i = 0; i < s->loops.n; i++) {
    if (!tppc_e_const(s->loops.data[i].extent, &extent))
      return false;
    if (extent >= SHARED_AT_LEAST)
      return false;
    points *= extent;
    if (points >= SHARED_AT_LEAST)
      return false;
  }
  return true;
}

/* Iterations of a loop over the letter may run at the same time. */
static bool is_free_over(const TppcSched *s, const TppcSchedStmt *stmt, int loop) {
  return !(stmt->loops >> loop & 1) || tppc_stmt_determined(s, stmt, s->loops.data[loop].sym);
}

/* Some letter, a colon's too, has its elements shared out. */
static bool is_shared_out(const TppcSched *s, const TppcSchedStmt *stmt) {
  for (int d = 0; !stmt->pattern && d < stmt->op->n_dims; d++)
    if (tppc_stmt_determined(s, stmt, stmt->op->dims[d].sym))
      return true;
  return false;
}

/* The value does not depend on the order of its terms. */
static bool is_exact(const TppcSchedStmt *stmt, const TppcAccess *a) {
  if (!tppc_elem_is_float(a->tensor->type->elem))
    return true;
  TppcRegion *r = stmt->op->n_regions ? &stmt->op->regions[0] : NULL;
  if (!r)
    return false;
  for (const TppcOp *op = r->first; op; op = op->next)
    if (op->kind == TPPC_OP_STORE && op->uses[1].value == a->tensor) {
      TppcUpdate update = tppc_op_update(op);
      if (update == TPPC_ADD || update == TPPC_MUL)
        return false;
    }
  return true;
}

/* Each thread may have a copy of what the statement updates. */
static bool may_copy(const TppcSchedStmt *stmt) {
  if (stmt->pattern)
    return false;
  for (int i = 0; i < stmt->accesses.n; i++) {
    const TppcAccess *a = &stmt->accesses.data[i];
    if (!a->write)
      continue;
    const TppcType *t = a->tensor->type;
    int64_t elements = 1, extent;
    for (int d = 0; d < t->rank; d++) {
      if (!tppc_e_const(t->dims[d], &extent) || extent > COPY_ELEMENTS)
        return false;
      elements *= extent;
    }
    if (a->set || t->storage != TPP_STORE_DENSE || elements > COPY_ELEMENTS || !is_exact(stmt, a))
      return false;
    for (int k = 0; k < stmt->accesses.n; k++)
      if (k != i && stmt->accesses.data[k].tensor == a->tensor)
        return false;
  }
  return true;
}

/* A definition at places that the letter does not determine has no strategy. */
static bool is_update(const TppcSchedStmt *stmt) {
  for (int i = 0; i < stmt->accesses.n; i++)
    if (stmt->accesses.data[i].write && stmt->accesses.data[i].set)
      return false;
  return true;
}

typedef struct Share {
  int loop, kept; /* statements that the letter shares out */
  const char *how;
} Share;

/* What making the letter parallel comes to; how is NULL when it does not pay. */
static Share share_over(const TppcSched *s, int loop) {
  Share share = {.loop = loop};
  int large = 0, ordered = 0;
  bool copies = true, passes = false;
  for (int i = 0; i < s->stmts.n; i++) {
    const TppcSchedStmt *stmt = s->stmts.data[i];
    bool is_free = is_free_over(s, stmt, loop);
    if (!is_free && !is_update(stmt))
      return share;
    copies = copies && (is_free || stmt->identity || may_copy(stmt));
    if (!is_large(s, stmt))
      continue;
    large++;
    share.kept += is_free;
    ordered += !is_free && is_shared_out(s, stmt);
    passes = passes || (!is_free && stmt->op->kind != TPPC_OP_CONTRACT);
  }
  if (copies)
    share.how = "private";
  else if (!passes && 2 * (share.kept + ordered) > large)
    share.how = "ordered";
  return share;
}

/* The letter that most statements keep. */
static Share find_share(const TppcSched *s, uint32_t letters) {
  Share best = {.loop = -1};
  for (int i = 0; i < s->loops.n && !is_tiny(s); i++) {
    if (!(letters >> i & 1) || is_walked(s, i))
      continue;
    Share one = share_over(s, i);
    if (one.how && (!best.how || one.kept > best.kept))
      best = one;
  }
  return best;
}

static void add_reduce(TppcContext *cx, TppcOp *op, const TppcSched *s, const Share *share) {
  TppcAttr *one = tppc_list_add(cx, tppc_set_list(cx, op, "reduce"));
  one->kind = TPPC_A_LIST;
  TppcAttr *letter = tppc_list_add(cx, one);
  letter->kind = TPPC_A_WORD;
  letter->s = s->loops.data[share->loop].sym;
  TppcAttr *how = tppc_list_add(cx, one);
  how->kind = TPPC_A_WORD;
  how->s = share->how;
}

bool tppc_schedule_choose(TppcContext *cx, TppcOp *nest, TppcOp *knobs,
                          const TppcSchedTarget *target) {
  TppcSched *s = trial(cx, nest, knobs);
  if (!s)
    return false;
  uint32_t common = common_loops(s), group = common;
  for (int i = 0; i < s->loops.n; i++)
    if (tppc_schedule_race(s, i) || is_walked(s, i))
      group &= ~(UINT32_C(1) << i);
  Share share = {.loop = -1};
  if (!group && !is_joined(nest) && !(knobs && tppc_attr(knobs, "reduce")))
    share = find_share(s, common);
  if (share.how)
    group = UINT32_C(1) << share.loop;
  const char *chosen = write_string(s, group);
  if (!group && s->loops.n > 0 && target->threads != 1)
    tppc_diag(cx->diags, TPPC_D_serial_nest, nest->span, tppc_schedule_nest_name(nest));
  if (!share.how && !knobs && !is_joined(nest) && choose_packed(cx, nest, group, chosen))
    return true;
  TppcOp *op = knobs ? knobs : new_schedule(cx, nest, chosen);
  tppc_set_string(cx, op, "string", chosen, op->span);
  if (share.how)
    add_reduce(cx, op, s, &share);
  set_sizes(cx, op, s);
  if (!knobs && !is_joined(nest))
    pack_scattered(s, op);
  if (!knobs)
    insert(nest, op);
  return true;
}
