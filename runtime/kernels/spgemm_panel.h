/* How a product with a sparse factor brings A into its panel, and what it has summed to C: a part
 * of the template spgemm_drive.h, which includes it. */

/* ---- A ---- */

INLINE void fill_panel(const spgemm *g, T *panel, const int type) {
  const tpp_sgemm_desc *d = g->d;
  const int64_t size = type_bytes(type), pc = g->p_end - g->p0;
  const char *src = g->A + (g->i0 * d->a_rs + (g->p0 - g->k0) * d->a_cs) * size;
  if (d->a_cs == 1 && d->a_rs != 1) {
    copy_transposed(src, d->a_rs * size, pc, g->mc, panel, g->ld, type);
    return;
  }
  for (int64_t p = 0; p < pc; p++, src += d->a_cs * size) {
    T *dst = panel + p * g->ld;
    if (d->a_rs == 1) {
      widen_row_pad(src, g->mc, dst, g->ld, type);
      continue;
    }
    v_store(dst + g->ld - LANES, v_zero());
    for (int64_t i = 0; i < g->mc; i++)
      dst[i] = widen(src + i * d->a_rs * size, type);
  }
}

static void make_panel(const spgemm *g, T *panel) {
  if (g->d->a_type == TPP_F32)
    fill_panel(g, panel, TPP_F32);
  else
    fill_panel(g, panel, TPP_BF16);
}

/* ---- C ---- */

/* A square of the buffer, up to TR columns by TR rows, to C. */
INLINE void flush_square(const spgemm *g, int64_t i, int64_t j, int load_c) {
  H x[TR];
  int64_t rows = min64(TR, g->mc - i), jc = g->j_end - g->j0, cols = min64(TR, jc - j);
  for (int64_t q = 0; q < TR; q++)
    x[q] = h_load_type((const char *)(g->c + min64(j + q, jc - 1) * g->c_ld + i), TPP_F32);
  h_transpose(x);
  T *c = g->C + (g->i0 + i) * g->d->c_rs + (g->j0 - g->n0) + j;
  if (rows == TR && cols == TR && !load_c) { /* squares stay in registers */
    UNROLL_ALL
    for (int r = 0; r < TR; r++)
      h_store(c + r * g->d->c_rs, x[r]);
    return;
  }
  for (int64_t r = 0; r < rows; r++, c += g->d->c_rs) {
    if (cols == TR) {
      h_store(c, load_c ? h_load_type((const char *)c, TPP_F32) + x[r] : x[r]);
      continue;
    }
    T lanes[TR];
    h_store(lanes, x[r]);
    for (int64_t q = 0; q < cols; q++)
      c[q] = load_c ? c[q] + lanes[q] : lanes[q];
  }
}

static void flush(const spgemm *g, int load_c) {
  for (int64_t i = 0; i < g->mc; i += TR)
    for (int64_t j = 0; j < g->j_end - g->j0; j += TR)
      flush_square(g, i, j, load_c);
}

static void clear(const spgemm *g) {
  for (int64_t j = 0; j < g->j_end - g->j0; j++)
    memset(g->c + j * g->c_ld, 0, (size_t)((g->nv - 1) * LANES + g->lanes) * sizeof(T));
}

INLINE V load_c(const spgemm *g, const T *c, int v, const int nv) {
  return v == nv - 1 && g->lanes < LANES ? v_load_n(c + v * LANES, g->lanes)
                                         : v_load(c + v * LANES);
}

INLINE void store_c(const spgemm *g, T *c, int v, const int nv, V x) {
  if (v == nv - 1 && g->lanes < LANES)
    v_store_n(c + v * LANES, x, g->lanes);
  else
    v_store(c + v * LANES, x);
}
