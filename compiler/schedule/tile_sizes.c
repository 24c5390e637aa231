/* Sizes where a schedule gives none: the tile of each letter, and of a level around it a multiple.
 *
 * The letters of a product have roles by the operands that they index: m (result and left), n
 * (result and right), k (both operands), batch (all three). Of several letters of one role the last
 * declared is tiled, or the one that the result runs along, but a filter's gives way to the
 * image's; the others step by 1, or make a batch where they are summed over. Tiles are what one
 * call of a microkernel should get: its left block in L1, its right block in L2, as BLIS has it. A
 * blocked storage order overrules that: a tile is one block of it, and along k a multiple. Letters
 * of no product are rows (few) or the contiguous letter of what they index (many elements).
 */
#include "schedule/tile_sizes.h"

enum {
  TILE_M = 32,
  TILE_N = 64,
  TILE_TALL_M = 64,    /* where a call turns an operand for all of its rows or columns */
  TILE_SPARSE_M = 144, /* rows and columns of a product with a sparse right operand */
  TILE_SPARSE_N = 512,
  TILE_SPARSE_K = 1024, /* of a sum over the stored rows: a call turns its results once */
  TILE_K = 256,
  WHOLE_K = 512,     /* a sum no longer than this is not cut */
  TILE_BYTES_M = 96, /* of a product of bytes, */
  WHOLE_BYTES_K = 4096,
  TILE_TERNARY_N = 128, /* and where the right operand is ternary */
  TILE_ROWS = 8,
  TILE_COLUMNS = 1024,
  TILE_VECTOR = 4096,        /* of a nest over one letter */
  TILE_SHARED = 64,          /* of a contiguous letter that must be shared out itself */
  TILE_WALKED = 64,          /* rows of a walk whose entries each add a row, */
  TILE_WALKED_COLUMNS = 128, /* and of that row what stays in registers, and in the cache below */
  TILE_TURNED = 32, /* of both letters of a transposition; or, when one is last in all stores */
  TILE_TURNED_STORE = 256, /* of that one, so that whole runs of lines are written */
  TILE_LINE = 64,          /* and of the other one a line of the cache, in bytes */
  OUTER_FACTOR = 4         /* from a level to the one around it */
};

TppcRole tppc_role_in(const TppcSched *s, const TppcSchedStmt *stmt, int loop) {
  const char *sym = s->loops.data[loop].sym;
  if (stmt->op->kind != TPPC_OP_CONTRACT)
    return TPPC_LETTER_NONE;
  const TppcAccess *a = stmt->accesses.data;
  bool in_c = tppc_access_uses(&a[0], sym), in_a = tppc_access_uses(&a[1], sym),
       in_b = tppc_access_uses(&a[2], sym);
  if (in_c && in_a && in_b)
    return TPPC_LETTER_BATCH;
  if (in_c && in_a)
    return TPPC_LETTER_M;
  if (in_c && in_b)
    return TPPC_LETTER_N;
  return in_a && in_b ? TPPC_LETTER_K : TPPC_LETTER_NONE;
}

/* Of two letters that share an index the longer is tiled, so that a filter gives way to the image;
 * where that is not known the one of the result. If the index may leave its tensor a kernel takes
 * one of them only. */
static bool gives_way(const TppcSched *s, const TppcSchedStmt *stmt, int loop, int other) {
  const TppcSchedLoop *l = &s->loops.data[loop], *o = &s->loops.data[other];
  bool shared = false;
  for (int k = 0; k < stmt->accesses.n; k++) {
    const TppcAccess *a = &stmt->accesses.data[k];
    for (int d = 0; d < a->n_idx; d++)
      shared = shared || (tppc_e_uses(a->idx[d], l->sym) && tppc_e_uses(a->idx[d], o->sym));
  }
  if (!shared)
    return false;
  int64_t mine, its;
  bool known = tppc_e_const(l->extent, &mine), its_known = tppc_e_const(o->extent, &its);
  if (known && its_known && mine != its)
    return mine < its;
  if (known != its_known)
    return known;
  const TppcAccess *result = &stmt->accesses.data[0];
  return tppc_access_uses(result, o->sym) && !tppc_access_uses(result, l->sym);
}

static bool gives_way_to_any(const TppcSched *s, const TppcSchedStmt *stmt, int loop) {
  for (int i = 0; i < s->loops.n; i++)
    if (i != loop && gives_way(s, stmt, loop, i))
      return true;
  return false;
}

/* The result of the product runs along the letter in its storage. */
static bool is_along_result(const TppcSched *s, const TppcSchedStmt *stmt, int loop) {
  const TppcAccess *result = &stmt->accesses.data[0];
  int run = tppc_t_run_dim(result->tensor->type);
  return run >= 0 && run < result->n_idx && tppc_e_uses(result->idx[run], s->loops.data[loop].sym);
}

/* The letter of its role that is tiled: the one that the result runs along, else the last, unless
 * it gives way and another one does not. */
static bool is_main(const TppcSched *s, const TppcSchedStmt *stmt, int loop, TppcRole role) {
  bool behind = gives_way_to_any(s, stmt, loop);
  for (int i = 0; i < s->loops.n; i++) {
    if (i == loop || tppc_role_in(s, stmt, i) != role)
      continue;
    bool mine = is_along_result(s, stmt, loop), its = is_along_result(s, stmt, i);
    bool later = mine == its ? i > loop : its;
    if (gives_way_to_any(s, stmt, i) == behind ? later : behind)
      return false;
  }
  return true;
}

static int64_t round_up(int64_t v, int64_t unit) {
  return (v + unit - 1) / unit * unit;
}

/* The block of the storage along the dimension that the letter indexes; 1 where there is none. */
static int64_t storage_block(const TppcAccess *a, const char *sym) {
  const TppcType *t = a->tensor->type;
  int64_t block = 1;
  for (int d = 0; d < a->n_idx; d++) {
    if (!tppc_e_uses(a->idx[d], sym))
      continue;
    for (int i = 0; i < t->n_digits; i++)
      if (t->digits[i].dim == d && t->digits[i].mod == 0 && t->digits[i].div > block)
        block = t->digits[i].div;
    if (t->storage == TPP_STORE_BCSC || t->storage == TPP_STORE_BCSR)
      block = d == 0 ? t->block_r : t->block_c;
    if (t->storage == TPP_STORE_TERNARY && d == 0 && t->group > 1)
      block = t->group;
  }
  return block < 1 ? 1 : block;
}

int64_t tppc_block_of(const TppcSched *s, int loop) {
  int64_t block = 1;
  for (int i = 0; i < s->stmts.n; i++)
    for (int k = 0; k < s->stmts.data[i]->accesses.n; k++) {
      int64_t b = storage_block(&s->stmts.data[i]->accesses.data[k], s->loops.data[loop].sym);
      block = b > block ? b : block;
    }
  return block;
}

static bool reads_sparse(const TppcSched *s, const char *sym) {
  for (int i = 0; i < s->stmts.n; i++)
    for (int k = 0; k < s->stmts.data[i]->accesses.n; k++) {
      const TppcAccess *a = &s->stmts.data[i]->accesses.data[k];
      int storage = a->tensor->type->storage;
      if (storage != TPP_STORE_DENSE && storage != TPP_STORE_TERNARY && tppc_access_uses(a, sym))
        return true;
    }
  return false;
}

int64_t tppc_structured_unit(const TppcSched *s, int loop, bool *compressed) {
  const char *sym = s->loops.data[loop].sym;
  int64_t unit = 1;
  *compressed = false;
  for (int i = 0; i < s->stmts.n; i++)
    for (int k = 0; k < s->stmts.data[i]->accesses.n; k++) {
      const TppcAccess *a = &s->stmts.data[i]->accesses.data[k];
      int storage = a->tensor->type->storage, inner = storage == TPP_STORE_BCSC ? 0 : 1;
      if (storage == TPP_STORE_DENSE || a->n_idx != 2 || !tppc_access_uses(a, sym))
        continue;
      *compressed |= storage != TPP_STORE_TERNARY && tppc_e_uses(a->idx[inner], sym);
      int64_t block = storage_block(a, sym);
      unit = block > unit ? block : unit;
    }
  return unit;
}

static bool has_sparse(const TppcSched *s) {
  for (int i = 0; i < s->loops.n; i++)
    if (reads_sparse(s, s->loops.data[i].sym))
      return true;
  return false;
}

/* The letter indexes rows or columns of a product with a sparse right operand whose blocks alone
 * decide how its columns are stored: the kernel copies rows of the left one for all columns of a
 * call. */
static bool is_sparse_product(const TppcSched *s, int loop) {
  const char *sym = s->loops.data[loop].sym;
  bool sparse = false;
  for (int i = 0; i < s->stmts.n; i++) {
    const TppcSchedStmt *stmt = s->stmts.data[i];
    const TppcAccess *a = stmt->accesses.data;
    for (int k = 0; k < stmt->accesses.n; k++)
      if (a[k].tensor->type->storage == TPP_STORE_DENSE && tppc_access_uses(&a[k], sym) &&
          storage_block(&a[k], sym) > 1)
        return false;
    TppcRole role = tppc_role_in(s, stmt, loop);
    sparse |= (role == TPPC_LETTER_M || role == TPPC_LETTER_N) &&
              tppc_type_is_sparse(a[2].tensor->type) && !tppc_type_is_sparse(a[0].tensor->type) &&
              !tppc_type_is_sparse(a[1].tensor->type);
  }
  return sparse;
}

/* The right operand of the nest's only product, over the rows m, runs along the sum, B[n, k]: each
 * call transposes its columns, which more rows make worth it. With several products, more rows are
 * more of what lies between them. */
static bool is_turned(const TppcSched *s, int m) {
  int products = 0;
  for (int i = 0; i < s->stmts.n; i++)
    products += s->stmts.data[i]->op->kind == TPPC_OP_CONTRACT;
  for (int i = 0; i < s->stmts.n && products == 1; i++) {
    const TppcSchedStmt *stmt = s->stmts.data[i];
    if (tppc_role_in(s, stmt, m) != TPPC_LETTER_M)
      continue;
    for (int k = 0; k < stmt->accesses.n; k++) {
      const TppcAccess *a = &stmt->accesses.data[k];
      if (a->n_idx < 2 || a->tensor->type->n_digits || tppc_access_uses(a, s->loops.data[m].sym))
        continue;
      for (int l = 0; l < s->loops.n; l++)
        if (tppc_role_in(s, stmt, l) == TPPC_LETTER_K &&
            tppc_e_uses(a->idx[a->n_idx - 1], s->loops.data[l].sym))
          return true;
    }
  }
  return false;
}

/* Products of bytes only: a call brings its operands into the form that the instructions take, and
 * a cut of the sum has the result loaded and stored again, for a quarter of the operands that
 * floats would be. */
static bool is_of_bytes(const TppcSched *s, bool *ternary) {
  bool found = false;
  *ternary = false;
  for (int i = 0; i < s->stmts.n; i++) {
    const TppcSchedStmt *stmt = s->stmts.data[i];
    if (stmt->op->kind != TPPC_OP_CONTRACT || stmt->accesses.n < 3)
      continue;
    const TppcType *a = stmt->accesses.data[1].tensor->type,
                   *b = stmt->accesses.data[2].tensor->type;
    bool is_ternary = b->storage == TPP_STORE_TERNARY;
    if (tppc_elem_bits(a->elem) != 8 || a->storage != TPP_STORE_DENSE ||
        !(is_ternary || (tppc_elem_bits(b->elem) == 8 && b->storage == TPP_STORE_DENSE)))
      return false;
    found = true;
    *ternary |= is_ternary;
  }
  return found;
}

/* Of a sum of known length: all of it, or parts of about `part` that leave no small rest. */
static int64_t even_share(int64_t extent, int64_t whole, int64_t part) {
  int64_t parts = extent <= whole ? 1 : (extent + part / 2) / part;
  return (extent + parts - 1) / parts;
}

/* The letter indexes rows or columns of a product of known, small shape: one call takes all of it.
 * F32 alone, whose microkernel is then generated for the shape. */
static bool is_small(const TppcSched *s, int loop) {
  bool product = false;
  for (int i = 0; i < s->stmts.n; i++) {
    const TppcSchedStmt *stmt = s->stmts.data[i];
    if (stmt->op->kind != TPPC_OP_CONTRACT)
      continue;
    for (int k = 0; k < stmt->accesses.n; k++)
      if (stmt->accesses.data[k].tensor->type->elem != TPP_F32)
        return false;
    for (int l = 0; l < s->loops.n; l++) {
      TppcRole role = tppc_role_in(s, stmt, l);
      int64_t extent;
      if ((role == TPPC_LETTER_M || role == TPPC_LETTER_N) && is_main(s, stmt, l, role) &&
          (!tppc_e_const(s->loops.data[l].extent, &extent) || extent > TPPC_PRODUCT_SIDE))
        return false;
      product |= l == loop;
    }
  }
  return product;
}

static int64_t product_tile(const TppcSched *s, int loop, TppcRole role) {
  int64_t extent, block = tppc_block_of(s, loop);
  bool known = tppc_e_const(s->loops.data[loop].extent, &extent);
  bool ternary, bytes = is_of_bytes(s, &ternary);
  if ((role == TPPC_LETTER_M || role == TPPC_LETTER_N) && block == 1 && known && extent > 0 &&
      !is_sparse_product(s, loop) && is_small(s, loop))
    return extent;
  switch (role) {
  case TPPC_LETTER_M:
    if (is_sparse_product(s, loop))
      return TILE_SPARSE_M;
    if (bytes && block == 1)
      return TILE_BYTES_M;
    return block > 1 ? block : has_sparse(s) || is_turned(s, loop) ? TILE_TALL_M : TILE_M;
  case TPPC_LETTER_N:
    if (is_sparse_product(s, loop))
      return round_up(TILE_SPARSE_N, block);
    return block > 1 ? block : bytes && ternary ? TILE_TERNARY_N : TILE_N;
  case TPPC_LETTER_K:
    if (reads_sparse(s, s->loops.data[loop].sym)) {
      bool compressed;
      tppc_structured_unit(s, loop, &compressed);
      return compressed ? block : round_up(TILE_SPARSE_K, block);
    }
    if (known && extent > 0)
      return round_up(bytes ? even_share(extent, WHOLE_BYTES_K, WHOLE_BYTES_K)
                            : even_share(extent, WHOLE_K, TILE_K),
                      block > 16 ? block : 16);
    return round_up(bytes ? WHOLE_BYTES_K : TILE_K, block);
  case TPPC_LETTER_BATCH:
  case TPPC_LETTER_NONE:
    break;
  }
  return 1;
}

/* Indexed by nothing but itself, and by no sparse or padded operand. */
static bool is_plain_letter(const TppcSchedStmt *stmt, const char *sym) {
  for (int k = 0; k < stmt->accesses.n; k++) {
    const TppcAccess *a = &stmt->accesses.data[k];
    for (int d = 0; d < a->n_idx; d++)
      if (tppc_e_uses(a->idx[d], sym) &&
          (a->idx[d]->kind != TPPC_E_SYM || a->tensor->type->storage != TPP_STORE_DENSE ||
           a->tensor->type->pad || a->tensor->type->n_digits))
        return false;
  }
  return true;
}

/* Of a letter of the sum that is not the tiled one: a batch of products in one call, as many as
 * keep the whole sum of the call within WHOLE_K. */
static int64_t batch_of_sums(const TppcSched *s, const TppcSchedStmt *stmt, int loop) {
  int64_t extent, inner = 1;
  if (!is_plain_letter(stmt, s->loops.data[loop].sym))
    return 1;
  for (int i = 0; i < s->loops.n; i++)
    if (tppc_role_in(s, stmt, i) == TPPC_LETTER_K && is_main(s, stmt, i, TPPC_LETTER_K))
      inner = product_tile(s, i, TPPC_LETTER_K);
  int64_t batch = WHOLE_K / inner;
  if (tppc_e_const(s->loops.data[loop].extent, &extent) && extent < batch)
    batch = extent;
  return batch < 1 ? 1 : batch;
}

typedef struct Positions {
  bool last, before; /* in the index of some access that runs along its storage; in another one */
  bool column;       /* in that one of several */
  bool stored;       /* of a store */
} Positions;

static Positions positions_of(const TppcSched *s, int loop) {
  const char *sym = s->loops.data[loop].sym;
  Positions p = {false, false, false, false};
  for (int i = 0; i < s->stmts.n; i++)
    for (int k = 0; k < s->stmts.data[i]->accesses.n; k++) {
      const TppcAccess *a = &s->stmts.data[i]->accesses.data[k];
      int run = tppc_t_run_dim(a->tensor->type);
      for (int d = 0; d < a->n_idx; d++) {
        bool uses = tppc_e_uses(a->idx[d], sym);
        p.last = p.last || (uses && d == run);
        p.before = p.before || (uses && d != run);
        p.column = p.column || (uses && a->n_idx > 1 && d == run);
        p.stored = p.stored || (uses && a->write && d == run);
      }
    }
  return p;
}

/* Contiguous wherever it occurs: the letter that vectors run along. */
static bool is_contiguous(const TppcSched *s, int loop) {
  Positions p = positions_of(s, loop);
  return p.last && !p.before;
}

static bool has_rows(const TppcSched *s) {
  for (int i = 0; i < s->loops.n; i++)
    if (!is_contiguous(s, i) && !tppc_schedule_race(s, i))
      return true;
  return false;
}

/* Of a transposition: in rows of one tensor, and along those of another. */
static bool is_transposed(const TppcSched *s, int loop) {
  Positions p = positions_of(s, loop);
  return p.column && p.before;
}

bool tppc_find_transposed(const TppcSched *s, int *store, int *load) {
  int n = 0;
  *store = *load = -1;
  for (int i = 0; i < s->loops.n; i++) {
    if (!is_transposed(s, i))
      continue;
    *(positions_of(s, i).stored ? store : load) = i;
    n++;
  }
  return n == 2 && *store >= 0 && *load >= 0;
}

/* Of an element of what the statements access. */
static int64_t least_bytes(const TppcSched *s) {
  int least = 8;
  for (int i = 0; i < s->stmts.n; i++)
    for (int k = 0; k < s->stmts.data[i]->accesses.n; k++) {
      const TppcAccess *a = &s->stmts.data[i]->accesses.data[k];
      int bytes = a->n_idx > 1 ? tppc_elem_bits(a->tensor->type->elem) / 8 : least;
      least = bytes < least ? bytes : least;
    }
  return least < 1 ? 1 : least;
}

/* The letter is in a statement over stored entries of which each adds to a row of the result, along
 * a letter that is not in the pattern. */
static bool adds_rows(const TppcSched *s, int loop) {
  for (int i = 0; i < s->stmts.n; i++) {
    const TppcSchedStmt *stmt = s->stmts.data[i];
    for (int l = 0; stmt->walk >= 0 && (stmt->loops >> loop & 1) && l < s->loops.n; l++)
      if ((stmt->loops >> l & 1) && !reads_sparse(s, s->loops.data[l].sym) && is_contiguous(s, l) &&
          positions_of(s, l).stored)
        return true;
  }
  return false;
}

static int64_t plain_tile(const TppcSched *s, int loop) {
  int store, load;
  bool transposed = tppc_find_transposed(s, &store, &load);
  if (transposed && loop == store)
    return TILE_TURNED_STORE;
  if (transposed && loop == load)
    return TILE_LINE / least_bytes(s);
  bool rows = adds_rows(s, loop);
  if (is_contiguous(s, loop)) {
    int64_t block = tppc_block_of(s, loop);
    if (block > 1 && s->loops.n > 1)
      return block;
    if (s->loops.n == 1)
      return TILE_VECTOR;
    if (rows && !reads_sparse(s, s->loops.data[loop].sym))
      return TILE_WALKED_COLUMNS;
    return has_rows(s) || tppc_schedule_race(s, loop) ? TILE_COLUMNS : TILE_SHARED;
  }
  for (int i = loop + 1; i < s->loops.n; i++)
    if (!is_contiguous(s, i) && !positions_of(s, i).column)
      return 1;
  return is_transposed(s, loop) ? TILE_TURNED : transposed ? 1 : rows ? TILE_WALKED : TILE_ROWS;
}

static int64_t tile_of(const TppcSched *s, int loop) {
  int64_t tile = 0;
  for (int i = 0; i < s->stmts.n; i++) {
    TppcRole role = tppc_role_in(s, s->stmts.data[i], loop);
    if (role == TPPC_LETTER_NONE)
      continue;
    int64_t own = 1;
    if (is_main(s, s->stmts.data[i], loop, role))
      own = product_tile(s, loop, role);
    else if (role == TPPC_LETTER_K)
      own = batch_of_sums(s, s->stmts.data[i], loop);
    tile = tile == 0 || own < tile ? own : tile;
  }
  bool compressed;
  int64_t unit = tppc_structured_unit(s, loop, &compressed);
  tile = tile ? tile : plain_tile(s, loop);
  return compressed ? unit : round_up(tile, unit);
}

void tppc_schedule_default_sizes(TppcSched *s, int loop) {
  int64_t step = tile_of(s, loop);
  for (int i = s->levels.n - 1; i >= 0; i--) {
    if (s->levels.data[i].loop != loop)
      continue;
    s->levels.data[i].step = step;
    step = step > TPPC_SCHED_MAX_SIZE / OUTER_FACTOR ? TPPC_SCHED_MAX_SIZE : step * OUTER_FACTOR;
  }
}
