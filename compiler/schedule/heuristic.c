/* The heuristic: sizes where a schedule gives none, and whole schedules where there is none.
 *
 * Deterministic and plain, so that a reader can predict it; `tppc tune` searches, this does not.
 * The letters of a product have roles by the operands that they index: m (result and left), n
 * (result and right), k (both operands), batch (all three). Of several letters of one role the last
 * declared is tiled, the others step by 1, or make a batch where they are summed over. Tiles are
 * what one call of a microkernel should get: its left block in L1, its right block in L2, as BLIS
 * has it. A blocked storage order overrules that: a tile is one block of it, and along k a
 * multiple. Letters of no product are rows (few) or the contiguous letter of what they index (many
 * elements).
 *
 * The string has the letters that may be parallel and that every large statement ranges over as one
 * group, then the others, in the order declared, but that n goes before m in a plain product: "NMk"
 * for a layer, "BHIjde" for attention, "M" for softmax.
 *
 * Rows of a plain operand lie as far apart as it is wide: a block of it has a line in each of many
 * pages and, for sizes with factors of two, falls in a few sets of the caches, of the second level
 * too. A nest with one large product packs its plain operands, both as a whole: each element is
 * used at least PACKED_AT_LEAST times. Where sizes are free the nest has both schedules, and each
 * call takes one.
 */
#include "schedule/schedule.h"

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
  OUTER_FACTOR = 4,        /* from a level to the one around it */
  PACKED_M = 64,           /* of a product whose operands are packed: with short rows, */
  PACKED_N_BYTES = 128,    /* a panel fills all sets of the first-level cache */
  PACKED_AT_LEAST = 128
};

typedef enum Role { ROLE_NONE, ROLE_BATCH, ROLE_M, ROLE_N, ROLE_K } Role;

static Role role_in(const TppcSched *s, const TppcSchedStmt *stmt, int loop) {
  const char *sym = s->loops.data[loop].sym;
  if (stmt->op->kind != TPPC_OP_CONTRACT)
    return ROLE_NONE;
  const TppcAccess *a = stmt->accesses.data;
  bool in_c = tppc_access_uses(&a[0], sym), in_a = tppc_access_uses(&a[1], sym),
       in_b = tppc_access_uses(&a[2], sym);
  if (in_c && in_a && in_b)
    return ROLE_BATCH;
  if (in_c && in_a)
    return ROLE_M;
  if (in_c && in_b)
    return ROLE_N;
  return in_a && in_b ? ROLE_K : ROLE_NONE;
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

/* The letter of its role that is tiled: the last, unless it gives way and an earlier one does not.
 */
static bool is_main(const TppcSched *s, const TppcSchedStmt *stmt, int loop, Role role) {
  bool behind = gives_way_to_any(s, stmt, loop);
  for (int i = 0; i < s->loops.n; i++) {
    if (i == loop || role_in(s, stmt, i) != role)
      continue;
    bool better = gives_way_to_any(s, stmt, i) == behind ? i > loop : behind;
    if (better)
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

static int64_t block_of(const TppcSched *s, int loop) {
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

/* What the steps of a letter that indexes a structured operand are multiples of; `compressed` if
 * they are exactly that, because the kernel walks the stored blocks. 1 for other letters. */
static int64_t structured_unit(const TppcSched *s, int loop, bool *compressed) {
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
    Role role = role_in(s, stmt, loop);
    sparse |= (role == ROLE_M || role == ROLE_N) && tppc_type_is_sparse(a[2].tensor->type) &&
              !tppc_type_is_sparse(a[0].tensor->type) && !tppc_type_is_sparse(a[1].tensor->type);
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
    if (role_in(s, stmt, m) != ROLE_M)
      continue;
    for (int k = 0; k < stmt->accesses.n; k++) {
      const TppcAccess *a = &stmt->accesses.data[k];
      if (a->n_idx < 2 || a->tensor->type->n_digits || tppc_access_uses(a, s->loops.data[m].sym))
        continue;
      for (int l = 0; l < s->loops.n; l++)
        if (role_in(s, stmt, l) == ROLE_K &&
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
      Role role = role_in(s, stmt, l);
      int64_t extent;
      if ((role == ROLE_M || role == ROLE_N) && is_main(s, stmt, l, role) &&
          (!tppc_e_const(s->loops.data[l].extent, &extent) || extent > TPPC_PRODUCT_SIDE))
        return false;
      product |= l == loop;
    }
  }
  return product;
}

static int64_t product_tile(const TppcSched *s, int loop, Role role) {
  int64_t extent, block = block_of(s, loop);
  bool known = tppc_e_const(s->loops.data[loop].extent, &extent);
  bool ternary, bytes = is_of_bytes(s, &ternary);
  if ((role == ROLE_M || role == ROLE_N) && block == 1 && known && extent > 0 &&
      !is_sparse_product(s, loop) && is_small(s, loop))
    return extent;
  switch (role) {
  case ROLE_M:
    if (is_sparse_product(s, loop))
      return TILE_SPARSE_M;
    if (bytes && block == 1)
      return TILE_BYTES_M;
    return block > 1 ? block : has_sparse(s) || is_turned(s, loop) ? TILE_TALL_M : TILE_M;
  case ROLE_N:
    if (is_sparse_product(s, loop))
      return round_up(TILE_SPARSE_N, block);
    return block > 1 ? block : bytes && ternary ? TILE_TERNARY_N : TILE_N;
  case ROLE_K:
    if (reads_sparse(s, s->loops.data[loop].sym)) {
      bool compressed;
      structured_unit(s, loop, &compressed);
      return compressed ? block : round_up(TILE_SPARSE_K, block);
    }
    if (known && extent > 0)
      return round_up(bytes ? even_share(extent, WHOLE_BYTES_K, WHOLE_BYTES_K)
                            : even_share(extent, WHOLE_K, TILE_K),
                      block > 16 ? block : 16);
    return round_up(bytes ? WHOLE_BYTES_K : TILE_K, block);
  case ROLE_BATCH:
  case ROLE_NONE:
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
    if (role_in(s, stmt, i) == ROLE_K && is_main(s, stmt, i, ROLE_K))
      inner = product_tile(s, i, ROLE_K);
  int64_t batch = WHOLE_K / inner;
  if (tppc_e_const(s->loops.data[loop].extent, &extent) && extent < batch)
    batch = extent;
  return batch < 1 ? 1 : batch;
}

typedef struct Positions {
  bool last, before; /* in the last index of some access; in an earlier one */
  bool column;       /* in the last of several */
  bool stored;       /* of a store */
} Positions;

static Positions positions_of(const TppcSched *s, int loop) {
  const char *sym = s->loops.data[loop].sym;
  Positions p = {false, false, false, false};
  for (int i = 0; i < s->stmts.n; i++)
    for (int k = 0; k < s->stmts.data[i]->accesses.n; k++) {
      const TppcAccess *a = &s->stmts.data[i]->accesses.data[k];
      for (int d = 0; d < a->n_idx; d++) {
        bool uses = tppc_e_uses(a->idx[d], sym);
        p.last = p.last || (uses && d == a->n_idx - 1);
        p.before = p.before || (uses && d < a->n_idx - 1);
        p.column = p.column || (uses && d > 0 && d == a->n_idx - 1);
        p.stored = p.stored || (uses && a->write && d == a->n_idx - 1);
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

/* The letter of a transposition that is last where it is stored, and the other one; false when
 * there are not just these two. */
static bool find_transposed(const TppcSched *s, int *store, int *load) {
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
  bool transposed = find_transposed(s, &store, &load);
  if (transposed && loop == store)
    return TILE_TURNED_STORE;
  if (transposed && loop == load)
    return TILE_LINE / least_bytes(s);
  bool rows = adds_rows(s, loop);
  if (is_contiguous(s, loop)) {
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
    Role role = role_in(s, s->stmts.data[i], loop);
    if (role == ROLE_NONE)
      continue;
    int64_t own = 1;
    if (is_main(s, s->stmts.data[i], loop, role))
      own = product_tile(s, loop, role);
    else if (role == ROLE_K)
      own = batch_of_sums(s, s->stmts.data[i], loop);
    tile = tile == 0 || own < tile ? own : tile;
  }
  bool compressed;
  int64_t unit = structured_unit(s, loop, &compressed);
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

/* ---- whole schedules ---- */

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
static int only_of(const TppcSched *s, uint32_t group, Role role) {
  int found = -1;
  for (int i = 0; i < s->loops.n; i++) {
    bool has = false;
    for (int k = 0; k < s->stmts.n; k++)
      has = has || role_in(s, s->stmts.data[k], i) == role;
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
  int m = only_of(s, group, ROLE_M), right = only_of(s, group, ROLE_N);
  for (int i = 0; m >= 0 && right > m && i < n; i++)
    order[i] = order[i] == m ? right : order[i] == right ? m : order[i];
  int store, load;
  bool swap = find_transposed(s, &store, &load) && store > load && (group >> store & 1) &&
              (group >> load & 1);
  for (int i = 0; swap && i < n; i++)
    order[i] = order[i] == load ? store : order[i] == store ? load : order[i];
  char *text = tppc_alloc(s->cx->arena, (size_t)s->loops.n + 1);
  for (int i = 0; i < n; i++)
    text[i] = (char)(s->loops.data[order[i]].sym[0] - 'a' + 'A');
  for (int last = 0; last < 2; last++) /* stored blocks are walked inside their major letter */
    for (int i = 0; i < s->loops.n; i++) {
      bool compressed;
      structured_unit(s, i, &compressed);
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
      a->n_idx < 3 || tppc_elem_bits(t->elem) < 8)
    return false;
  for (int i = 0; i < s->stmts.n; i++)
    for (int k = 0; k < s->stmts.data[i]->accesses.n; k++)
      if (s->stmts.data[i]->accesses.data[k].tensor == a->tensor &&
          s->stmts.data[i]->accesses.data[k].write)
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
  int m = only_of(s, group, ROLE_M), n = only_of(s, group, ROLE_N);
  const TppcExpr *when = are_long(s, tppc_op_ancestor(nest, TPPC_OP_KERNEL));
  const TppcAccess *a = product->accesses.data;
  if (m < 0 || n < 0 || !when || tppc_e_is(when, 0) || !is_plain_matrix(s, &a[1]) ||
      a[2].tensor->type->storage != TPP_STORE_DENSE)
    return false;
  for (int i = 0; i < s->levels.n; i++) {
    int loop = s->levels.data[i].loop;
    if (block_of(s, loop) > 1)
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

bool tppc_schedule_choose(TppcContext *cx, TppcOp *nest, TppcOp *knobs,
                          const TppcSchedTarget *target) {
  TppcSched *s = trial(cx, nest, knobs);
  if (!s)
    return false;
  uint32_t group = common_loops(s);
  for (int i = 0; i < s->loops.n; i++)
    if (tppc_schedule_race(s, i) || is_walked(s, i))
      group &= ~(UINT32_C(1) << i);
  const char *chosen = write_string(s, group);
  if (!group && s->loops.n > 0 && target->threads != 1)
    tppc_diag(cx->diags, TPPC_D_serial_nest, nest->span, tppc_schedule_nest_name(nest));
  if (!knobs && !is_joined(nest) && choose_packed(cx, nest, group, chosen))
    return true;
  TppcOp *op = knobs ? knobs : new_schedule(cx, nest, chosen);
  tppc_set_string(cx, op, "string", chosen, op->span);
  set_sizes(cx, op, s);
  if (!knobs && !is_joined(nest))
    pack_scattered(s, op);
  if (!knobs)
    insert(nest, op);
  return true;
}
