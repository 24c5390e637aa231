/* How a small product is cut into blocks whose sums stay in registers.
 *
 * A block is nv vectors along v by mr points of u, where v is the letter that its operand is
 * contiguous along: a step of the sum loads nv vectors, broadcasts mr elements, and multiplies each
 * with each. Of all blocks that fit the registers the plan takes those that need the least time, by
 * a count of what a step does: two multiply-adds or two loads a cycle, and four cycles until a sum
 * can be added to again. Where both operands are contiguous v may be either letter; a result that
 * is not contiguous along v is transposed as it is stored.
 *
 * What does not fill a vector along v is done in one of two ways. A vector that starts before the
 * end of the one before computes some points twice and stores them once; in 17 x 9 points it would
 * be as expensive as a whole one. So where the other letter is contiguous too, the rest of v is a
 * strip of vectors along that one, in the same loop as the last block: 16 rows in two vectors by 9
 * columns and 9 columns of row 17 are 20 vectors for 19.1 that are full.
 */
#include "llvm/cg_product.h"

/* Sums that are under way at a time, and some more: what is late is not made up for otherwise. */
enum { LATENCY = 9 };

static int least(int a, int b) {
  return a < b ? a : b;
}

static int parts_of(int n, int size) {
  return (n + size - 1) / size;
}

/* Vectors over n points; those that fit nowhere are short of lanes. */
static int put_chunks(CgChunk *c, int n, int lanes) {
  int k = 0;
  for (; (k + 1) * lanes <= n; k++)
    c[k] = (CgChunk){k * lanes, lanes, 0, lanes};
  int rest = n - k * lanes, width = lanes, least_width = k ? 8 : 4;
  if (!rest)
    return k;
  while (width / 2 >= rest && width > least_width)
    width /= 2;
  if (k) {
    c[k] = (CgChunk){n - width, width, width - rest, width};
    return k + 1;
  }
  c[0] = (CgChunk){0, width, 0, n};
  return 1;
}

/* n in parts of at most `size` that differ by one at most, the larger ones first. */
static int put_ranges(CgRange *r, int n, int size) {
  int parts = parts_of(n, size), small = n / parts, large = n % parts, k = 0;
  if (large)
    r[k++] = (CgRange){0, small + 1, large};
  r[k++] = (CgRange){large * (small + 1), small, parts - large};
  return k;
}

/* The last part as one of its own. */
static int peel(CgRange *r, int n) {
  CgRange *last = &r[n - 1];
  if (last->count == 1)
    return n;
  r[n] = (CgRange){last->first + last->size * (last->count - 1), last->size, 1};
  last->count--;
  return n + 1;
}

static int fits(int nv, int mr, int registers) {
  return nv * mr + least(nv, mr) + 1 <= registers;
}

static double most(double a, double b) {
  return a > b ? a : b;
}

/* Loads that are hidden behind the sums cost something all the same, vectors more than single
 * elements: they may cross lines, and all of them are read again for the next points. */
static double block_cost(int nv, int mr, int n_across, int strip) {
  int sums = nv * mr + n_across * strip;
  int loads = nv + mr + (strip ? n_across + strip : 0);
  return most(most(sums, loads), LATENCY) + 0.15 * nv + 0.05 * mr;
}

static double plan_cost(const CgProductPlan *p) {
  double cost = 0;
  for (int i = 0; i < p->n_v; i++)
    for (int k = 0; k < p->n_u; k++) {
      bool last = i == p->n_v - 1 && k == p->n_u - 1;
      cost += p->v[i].count * p->u[k].count *
              block_cost(p->v[i].size, p->u[k].size, p->n_across, last ? p->strip : 0);
    }
  return cost;
}

/* Vectors that are transposed take as many shuffles as stores, of a fourth of a vector each. */
static double store_cost(const CgProductShape *s, bool rows, int sums) {
  bool straight = rows ? s->c_by_columns : s->c_by_rows,
       turned = rows ? s->c_by_rows : s->c_by_columns;
  return sums * (straight ? 1.5 : turned ? 8 : 2.0 * s->lanes);
}

static void try_blocks(const CgProductShape *s, CgProductPlan p, int u, int nv, int mr,
                       CgProductPlan *best) {
  if (!fits(nv, mr, s->registers))
    return;
  const CgChunk *last = &p.chunks[p.n_chunks - 1];
  bool odd = last->first > 0 || last->last < last->width;
  p.n_v = put_ranges(p.v, p.n_chunks, nv);
  p.n_u = put_ranges(p.u, u, mr);
  if (odd || p.strip)
    p.n_v = peel(p.v, p.n_v);
  if (p.strip) {
    p.n_u = peel(p.u, p.n_u);
    int nv_last = p.v[p.n_v - 1].size, mr_last = p.u[p.n_u - 1].size;
    int extra = p.strip * p.n_across + 1;
    if (!fits(nv_last, mr_last, s->registers - extra) ||
        nv_last * mr_last + p.strip * p.n_across > CG_PRODUCT_SUMS)
      return;
  }
  int blocks = 0;
  for (int i = 0; i < p.n_v; i++)
    for (int k = 0; k < p.n_u; k++)
      blocks += p.v[i].count * p.u[k].count;
  /* What a block costs beside its steps: a loop is begun and ended. */
  double beside = store_cost(s, p.rows, p.n_chunks * u) + 24.0 * blocks;
  p.cost = plan_cost(&p) + beside / s->steps;
  if (!best->n_v || p.cost < best->cost)
    *best = p;
}

static void try_letter(const CgProductShape *s, bool rows, bool strip, CgProductPlan *best) {
  int v = rows ? s->m : s->n, u = rows ? s->n : s->m;
  CgProductPlan p = {.rows = rows};
  if (strip) {
    p.strip = v % s->lanes;
    if (p.strip == v || !p.strip)
      return;
    p.n_across = put_chunks(p.across, u, s->lanes);
    if (p.strip * p.n_across > CG_PRODUCT_SUMS / 2)
      return;
    v -= p.strip;
  }
  p.n_chunks = put_chunks(p.chunks, v, s->lanes);
  for (int nv = 1; nv <= p.n_chunks && nv <= CG_PRODUCT_SUMS; nv++)
    for (int mr = 1; mr <= u && nv * mr <= CG_PRODUCT_SUMS; mr++)
      try_blocks(s, p, u, nv, mr, best);
}

bool cg_product_plan(const CgProductShape *s, CgProductPlan *plan) {
  *plan = (CgProductPlan){.n_v = 0};
  if (s->b_unit)
    try_letter(s, false, false, plan);
  if (s->a_unit)
    try_letter(s, true, false, plan);
  if (s->a_unit && s->b_unit) {
    try_letter(s, false, true, plan);
    try_letter(s, true, true, plan);
  }
  return plan->n_v > 0;
}
