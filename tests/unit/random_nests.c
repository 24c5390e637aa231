/* Random nests under random schedules.
 *
 * Problem: a schedule's rules meet in more ways than written tests can name. Method: a nest of one
 * to four letters of extent 0 to 6, known or free, and of a few statements and contractions over
 * tensors that have some of the letters; most indices are the tensor's own letters, some are
 * shifted by one, some are foreign. Then a schedule of shuffled letters with capitals, barriers,
 * grids, curves, or parallel reductions. Many are refused: what is drawn need not be legal, only
 * well formed. One seed always gives the same program.
 */
#include "random_nests.h"

#include <stdio.h>
#include <string.h>

/* ---- random numbers ---- */

typedef struct Rng {
  uint64_t state;
} Rng;

static uint32_t draw(Rng *r, uint32_t n) {
  r->state = r->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(r->state >> 33) % n;
}

/* ---- the nest ---- */

static TppcRegion *body_of(TppcContext *cx, TppcOp *op) {
  return op->n_regions ? &op->regions[0] : tppc_op_add_region(cx, op);
}

static TppcOp *add_op(Program *p, TppcRegion *r, TppcOpKind kind) {
  TppcOp *op = tppc_op_new(p->cx, kind, TPPC_NO_SPAN);
  tppc_op_append(r, op);
  return op;
}

static void make_letters(Program *p, Rng *rng) {
  static const char *const names[] = {"i", "j", "k", "l"}, *const sizes[] = {"I", "J", "K", "L"};
  p->n_letters = 1 + (int)draw(rng, MAX_LETTERS);
  int64_t common = (int64_t)draw(rng, 7);
  for (int i = 0; i < p->n_letters; i++) {
    p->letter[i] = tppc_intern(p->cx->names, names[i]);
    p->size[i] = tppc_intern(p->cx->names, sizes[i]);
    p->extent[i] = draw(rng, 3) ? common : (int64_t)draw(rng, 7);
    bool constant = draw(rng, 2);
    p->bound[i] = constant ? tppc_e_int(p->cx, p->extent[i]) : tppc_e_sym(p->cx, sizes[i]);
    add_op(p, body_of(p->cx, p->kernel), TPPC_OP_SIZE)->name = p->size[i];
    if (!constant && draw(rng, 3) == 0 && p->extent[i] % 2 == 0) {
      TppcOp *promise = add_op(p, body_of(p->cx, p->kernel), TPPC_OP_REQUIRE);
      const TppcExpr *rest = tppc_e_mod(p->cx, p->bound[i], tppc_e_int(p->cx, 2));
      tppc_set_expr(p->cx, promise, "when",
                    tppc_e_bin(p->cx, TPPC_E_EQ, rest, tppc_e_int(p->cx, 0)));
    }
  }
}

/* Every dimension has room for an index of letter + 1 and for any other letter. */
static void make_tensors(Program *p, Rng *rng) {
  p->n_tensors = 3 + (int)draw(rng, MAX_TENSORS - 3);
  for (int t = 0; t < p->n_tensors; t++) {
    const TppcExpr *dims[MAX_RANK];
    int rank = 0;
    p->letters_of[t] = t == 0 ? (1u << p->n_letters) - 1 : draw(rng, 1u << p->n_letters);
    for (int i = 0; i < p->n_letters; i++)
      if (p->letters_of[t] >> i & 1)
        dims[rank++] = tppc_e_int(p->cx, 8);
    bool temp = t > 0 && draw(rng, 2);
    TppcOp *op = add_op(p, temp ? body_of(p->cx, p->nest) : body_of(p->cx, p->kernel),
                        temp ? TPPC_OP_TEMP : TPPC_OP_PARAM);
    op->name = tppc_internf(p->cx->names, "t%d", t);
    p->tensor[t] =
        tppc_op_add_result(p->cx, op, tppc_t_tensor(p->cx, TPP_F32, rank, dims), op->name);
  }
}

/* The tensor's own letters; shifted: one index is letter + 1; foreign: one index is another letter
 * of the dims. */
static void add_index(Program *p, Rng *rng, TppcOp *op, int t, uint32_t dims, bool vary) {
  const TppcExpr *idx[MAX_RANK];
  int n = 0;
  for (int i = 0; i < p->n_letters; i++) {
    if (!(p->letters_of[t] >> i & 1))
      continue;
    int use = i;
    int kind = vary ? (int)draw(rng, 8) : 7;
    if (!(dims >> i & 1) || kind == 0)
      use = (int)draw(rng, (uint32_t)p->n_letters);
    const TppcExpr *e = dims >> use & 1 ? tppc_e_sym(p->cx, p->letter[use]) : tppc_e_int(p->cx, 0);
    idx[n++] = kind == 1 ? tppc_e_add(p->cx, e, tppc_e_int(p->cx, 1)) : e;
  }
  tppc_op_add_use(p->cx, op, p->tensor[t], n, idx, TPPC_NO_SPAN);
}

static void add_dims(Program *p, TppcOp *op, uint32_t dims) {
  for (int i = 0; i < p->n_letters; i++)
    if (dims >> i & 1)
      tppc_op_add_dim(p->cx, op, p->letter[i], NULL, p->bound[i], NULL, TPPC_NO_SPAN);
}

static void add_stmt(Program *p, Rng *rng, int to, uint32_t dims, bool set, bool identity) {
  TppcOp *stmt = add_op(p, body_of(p->cx, p->nest), TPPC_OP_STMT);
  add_dims(p, stmt, dims);
  TppcRegion *r = body_of(p->cx, stmt);
  TppcValue *v = NULL;
  const TppcType *f32 = tppc_t_scalar(p->cx, TPP_F32);
  for (int i = identity ? 0 : 1 + (int)draw(rng, 2); i > 0; i--) {
    int from = (int)draw(rng, (uint32_t)p->n_tensors);
    if (from == to || (from > 0 && !p->defined[from]))
      from = to == 0 ? 1 : 0;
    TppcOp *load = add_op(p, r, TPPC_OP_LOAD);
    add_index(p, rng, load, from, dims, true);
    v = tppc_op_add_result(p->cx, load, f32, tppc_internf(p->cx->names, "v%d", i));
  }
  if (!v) {
    TppcOp *zero = add_op(p, r, TPPC_OP_CONST);
    v = tppc_op_add_result(p->cx, zero, f32, tppc_intern(p->cx->names, "zero"));
  }
  TppcOp *store = add_op(p, r, TPPC_OP_STORE);
  tppc_op_add_use(p->cx, store, v, 0, NULL, TPPC_NO_SPAN);
  add_index(p, rng, store, to, dims, false);
  tppc_set_word(p->cx, store, "update", set ? "set" : "add");
  if (!set)
    tppc_set_int(p->cx, store, "init", 0);
}

static void add_contract(Program *p, Rng *rng, int to, uint32_t dims, bool init) {
  TppcOp *op = add_op(p, body_of(p->cx, p->nest), TPPC_OP_CONTRACT);
  add_dims(p, op, dims);
  add_index(p, rng, op, to, dims, false);
  for (int i = 0; i < 2; i++) {
    int from = (int)draw(rng, (uint32_t)p->n_tensors);
    if (from == to || (from > 0 && !p->defined[from]))
      from = 0;
    add_index(p, rng, op, from, dims, true);
  }
  tppc_set_int(p->cx, op, "init", init);
}

static void make_statements(Program *p, Rng *rng) {
  uint32_t all = (1u << p->n_letters) - 1;
  for (int n = 2 + (int)draw(rng, 4); n > 0; n--) {
    int to = 1 + (int)draw(rng, (uint32_t)p->n_tensors - 1);
    uint32_t own = p->letters_of[to], dims = own | (draw(rng, all + 1) & all);
    switch (draw(rng, 3)) {
    case 0:
      add_stmt(p, rng, to, own, true, false);
      break;
    case 1:
      if (!p->defined[to])
        add_stmt(p, rng, to, own, true, true);
      add_stmt(p, rng, to, dims, false, false);
      break;
    default:
      add_contract(p, rng, to, dims, !p->defined[to]);
      break;
    }
    p->defined[to] = true;
  }
}

/* ---- the schedule ---- */

static void write_group(Program *p, Rng *rng, const char *letters, int n) {
  int first = (int)draw(rng, (uint32_t)n + 1), last = first + (int)draw(rng, 3);
  int at = 0;
  for (int i = 0; i < n; i++) {
    bool capital = i >= first && i < last;
    p->text[at++] = (char)(capital ? letters[i] - 'a' + 'A' : letters[i]);
    if (i < last && draw(rng, 8) == 0)
      p->text[at++] = '|';
  }
  p->text[at] = '\0';
}

/* One to three axes anywhere, of one to three threads each. */
static void write_grids(Program *p, Rng *rng, const char *letters, int n) {
  int place[3], axes = 1 + (int)draw(rng, 3), at = 0;
  for (int i = 0; i < 3; i++)
    place[i] = i < axes ? (int)draw(rng, (uint32_t)n) : -1;
  for (int i = 0; i < n; i++) {
    int axis = -1;
    for (int k = 0; k < 3; k++)
      axis = place[k] == i ? k : axis;
    if (axis < 0)
      p->text[at++] = letters[i];
    else
      at +=
          sprintf(p->text + at, "%c{%c:%u}", letters[i] - 'a' + 'A', "RCL"[axis], 1 + draw(rng, 3));
    if (draw(rng, 16) == 0)
      p->text[at++] = '|';
  }
  p->text[at] = '\0';
}

/* Strategies for some of the capitals, most often all. */
static void make_reduce(Program *p, Rng *rng, TppcOp *op, bool grid) {
  static const char *const how[] = {"private", "ordered"};
  bool all = draw(rng, 3) > 0;
  uint32_t one = draw(rng, 4);
  for (int i = 0; i < p->n_letters; i++) {
    if (!strchr(p->text, p->letter[i][0] - 'a' + 'A') || !(all || draw(rng, 2)))
      continue;
    p->reduces = true;
    p->grid = grid;
    TppcAttr *entry = tppc_list_add(p->cx, tppc_set_list(p->cx, op, "reduce"));
    entry->kind = TPPC_A_LIST;
    const char *words[] = {p->letter[i], how[one < 2 ? one : draw(rng, 2)]};
    for (int k = 0; k < 2; k++) {
      TppcAttr *word = tppc_list_add(p->cx, entry);
      word->kind = TPPC_A_WORD;
      word->s = words[k];
    }
  }
}

/* Each letter one to three times, shuffled; then perhaps a run of capitals, barriers, the dynamic
 * policy. */
static void make_schedule(Program *p, Rng *rng) {
  char letters[16];
  int n = 0;
  TppcOp *op = tppc_op_new(p->cx, TPPC_OP_SCHEDULE, TPPC_NO_SPAN);
  TppcAttr *sizes = tppc_set_list(p->cx, op, "sizes");
  for (int i = 0; i < p->n_letters; i++) {
    TppcAttr *list = tppc_list_add(p->cx, sizes);
    list->kind = TPPC_A_LIST;
    TppcAttr *name = tppc_list_add(p->cx, list);
    name->kind = TPPC_A_WORD;
    name->s = p->letter[i];
    for (int k = 1 + (int)draw(rng, 3); k > 0; k--) {
      letters[n++] = p->letter[i][0];
      TppcAttr *size = tppc_list_add(p->cx, list);
      size->kind = TPPC_A_INT;
      size->i = 1 + (int64_t)draw(rng, 4);
    }
  }
  for (int i = n - 1; i > 0; i--) {
    int k = (int)draw(rng, (uint32_t)i + 1);
    char c = letters[i];
    letters[i] = letters[k];
    letters[k] = c;
  }
  if (p->n_letters > 1 && draw(rng, 4) == 0) {
    int i = (int)draw(rng, (uint32_t)p->n_letters);
    int k = (int)draw(rng, (uint32_t)p->n_letters - 1);
    TppcAttr *curve = tppc_set_list(p->cx, op, "curve");
    for (int j = 0; j < 2; j++) {
      TppcAttr *word = tppc_list_add(p->cx, curve);
      word->kind = TPPC_A_WORD;
      word->s = p->letter[j ? k + (k >= i) : i];
    }
  }
  bool grid = draw(rng, 3) == 0;
  if (grid)
    write_grids(p, rng, letters, n);
  else
    write_group(p, rng, letters, n);
  bool dynamic = !grid && draw(rng, 4) == 0;
  tppc_set_string(
      p->cx, op, "string",
      tppc_sprintf(p->cx->arena, "%s%s", p->text, dynamic ? "@schedule(dynamic,1)" : ""),
      TPPC_NO_SPAN);
  if (draw(rng, grid ? 2 : 3) == 0)
    make_reduce(p, rng, op, grid);
  TppcRegion *r = body_of(p->cx, p->nest);
  if (r->first)
    tppc_op_insert_before(r->first, op);
  else
    tppc_op_append(r, op);
}

/* ---- both ---- */

void make_program(Program *p, uint64_t seed) {
  Rng start = {seed * UINT64_C(0x9e3779b97f4a7c15) + 1}, *rng = &start;
  for (int i = 0; i < 4; i++)
    draw(rng, 2);
  *p = (Program){0};
  p->cx = tppc_context_create();
  p->module = tppc_module_new(p->cx);
  p->kernel = tppc_op_new(p->cx, TPPC_OP_KERNEL, TPPC_NO_SPAN);
  p->kernel->name = tppc_intern(p->cx->names, "f");
  tppc_op_append(&p->module->body, p->kernel);
  p->nest = tppc_op_new(p->cx, TPPC_OP_NEST, TPPC_NO_SPAN);
  p->nest->name = tppc_intern(p->cx->names, "nest0");
  make_letters(p, rng);
  make_tensors(p, rng);
  tppc_op_append(body_of(p->cx, p->kernel), p->nest);
  for (int i = 0; i < p->n_letters; i++)
    tppc_op_add_dim(p->cx, p->nest, p->letter[i], NULL, p->bound[i], NULL, TPPC_NO_SPAN);
  make_statements(p, rng);
  make_schedule(p, rng);
  for (int i = 0; i < p->n_letters; i++)
    p->sym[i] = p->letter[i];
  for (int i = 0; i < MAX_RANK; i++)
    p->sym[p->n_letters + i] = tppc_internf(p->cx->names, "$%d", i + 1);
  p->sym[p->n_letters + MAX_RANK] = tppc_intern(p->cx->names, "$t");
}

int n_syms(const Program *p) {
  return p->n_letters + MAX_RANK + 1;
}
