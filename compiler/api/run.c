/* Running one kernel in process: inputs, sizes, the interpreter, verification. run_native.c calls
 * compiled code, run_output.c writes results. */
#include "api/run_internal.h"

#include "interp/number.h"
#include "support/file.h"
#include "support/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the run ---- */

static TppcOp *find_kernel(TppcSession *s, const char *name) {
  if (name)
    return tppc_module_kernel(s->source, tppc_intern(s->cx->names, name));
  TppcOp *last = NULL;
  for (TppcOp *op = s->source->body.first; op; op = op->next)
    if (!tppc_attr_int(op, "imported", 0))
      last = op;
  return last;
}

static void collect_params(TppcRun *r) {
  for (const TppcOp *op = r->kernel->regions[0].first; op; op = op->next)
    r->n += op->kind == TPPC_OP_PARAM;
  r->params = TPPC_NEW_N(r->arena, RunParam, r->n + 1);
  RunParam *p = r->params;
  for (const TppcOp *op = r->kernel->regions[0].first; op; op = op->next) {
    if (op->kind != TPPC_OP_PARAM)
      continue;
    const char *mode = tppc_attr_word(op, "mode");
    *p++ = (RunParam){.op = op,
                      .name = op->name,
                      .type = op->results[0]->type,
                      .reads = !mode || strcmp(mode, "out") != 0,
                      .writes = mode && strcmp(mode, "in") != 0,
                      .violation = -1};
  }
}

TppcRun *tppc_run_new(TppcSession *s, const char *kernel) {
  if (!s->source)
    return NULL;
  TppcOp *op = find_kernel(s, kernel);
  if (!op) {
    if (kernel)
      tppc_diag(s->cx->diags, TPPC_D_no_such_kernel, TPPC_NO_SPAN, s->path, kernel);
    else
      tppc_diag(s->cx->diags, TPPC_D_no_kernel, TPPC_NO_SPAN, s->path);
    tppc_diag_flush(s->cx->diags);
    return NULL;
  }
  TppcRun *r = tppc_zeroed(1, sizeof *r);
  r->s = s;
  r->arena = tppc_arena_new();
  r->kernel = op;
  r->sizes.arena = r->arena;
  collect_params(r);
  return r;
}

void tppc_run_free(TppcRun *r) {
  if (!r)
    return;
  run_call_free(r);
  for (int i = 0; i < r->n; i++) {
    tppc_tensor_free(r->params[i].input);
    tppc_tensor_free(r->params[i].native);
    tppc_tensor_free(r->params[i].expected);
    free(r->params[i].bound);
  }
  tppc_arena_free(r->arena);
  free(r);
}

TppcResult run_status(TppcRun *r, int status) {
  if (status == TPP_OK)
    return TPPC_DONE;
  return RUN_FAIL(r, TPPC_BAD_PROGRAM, TPPC_D_run_status, r->kernel->span, r->kernel->name,
                  tpp_strerror(status));
}

/* ---- inputs ---- */

static RunParam *find_param(TppcRun *r, const char *name, size_t n) {
  for (int i = 0; i < r->n; i++)
    if (strlen(r->params[i].name) == n && !memcmp(r->params[i].name, name, n))
      return &r->params[i];
  return NULL;
}

static bool ends_with(const char *s, const char *end) {
  size_t n = strlen(s), m = strlen(end);
  return n >= m && !strcmp(s + n - m, end);
}

static TppcResult load_file(TppcRun *r, RunParam *p, const char *path) {
  size_t size;
  char *text = tppc_file_read(r->arena, path, &size);
  if (!text)
    return RUN_FAIL(r, TPPC_BAD_FILE, TPPC_D_cannot_read, TPPC_NO_SPAN, path, strerror(errno));
  const char *why = p->is_mtx ? tppc_mtx_parse(r->arena, text, size, &p->mtx)
                              : tppc_npy_parse(r->arena, text, size, &p->npy);
  if (why)
    return RUN_FAIL(r, TPPC_BAD_FILE, TPPC_D_bad_file, TPPC_NO_SPAN, path, why);
  p->path = path;
  return TPPC_DONE;
}

/* What is generated: rand:SEED, int:SEED, const:V, or a number. A sparse parameter takes the part
 * of its entries or blocks that is stored behind it: rand:SEED:0.2. */
typedef struct Generated {
  TppcGenerator kind;
  uint64_t seed;
  double value;
  double share;  /* 0: the usual one */
  bool is_whole; /* the number is an integer, `whole`, perhaps beyond 2^53 */
  int64_t whole;
} Generated;

static bool read_number(const char *text, Generated *g) {
  char *end;
  g->kind = TPPC_GEN_CONST;
  g->value = strtod(text, &end);
  if (end == text || *end)
    return false;
  errno = 0;
  g->whole = strtoll(text, &end, 10);
  g->is_whole = !*end && !errno;
  return true;
}

/* ":0.2", or nothing. */
static bool read_share(const char *text, Generated *g) {
  char *end;
  if (!*text)
    return true;
  g->share = text[1] >= '0' && text[1] <= '9' ? strtod(text + 1, &end) : 0;
  return *text == ':' && g->share > 0 && g->share <= 1 && !*end;
}

static bool read_generated(const char *text, bool scalar, Generated *g) {
  *g = (Generated){.kind = TPPC_GEN_RAND};
  char *end;
  if (!strncmp(text, "const:", 6))
    return read_number(text + 6, g);
  bool rand = !strncmp(text, "rand:", 5);
  if (rand || !strncmp(text, "int:", 4)) {
    const char *digits = strchr(text, ':') + 1;
    g->kind = rand ? TPPC_GEN_RAND : TPPC_GEN_INT;
    errno = 0;
    g->seed = strtoull(digits, &end, 10);
    return *digits >= '0' && *digits <= '9' && !errno && read_share(end, g);
  }
  return scalar && read_number(text, g);
}

static bool is_sparse(const TppcType *t) {
  return t->kind == TPPC_T_TENSOR && t->storage != TPP_STORE_DENSE &&
         t->storage != TPP_STORE_TERNARY;
}

TppcResult tppc_run_input(TppcRun *r, const char *text) {
  const char *eq = strchr(text, '=');
  if (!eq || eq == text || !eq[1])
    return RUN_FAIL(r, TPPC_BAD_PROGRAM, TPPC_D_bad_input, TPPC_NO_SPAN, text,
                    "it is not of the form NAME=VALUE");
  RunParam *p = find_param(r, text, (size_t)(eq - text));
  const char *name = tppc_strndup(r->arena, text, (size_t)(eq - text));
  if (!p || !p->reads)
    return RUN_FAIL(r, TPPC_BAD_PROGRAM, TPPC_D_no_such_parameter, TPPC_NO_SPAN, r->kernel->name,
                    "input", name);
  r->prepared = false;
  p->source = tppc_strdup(r->arena, eq + 1);
  p->path = NULL;
  p->byte_scales = p->type->storage == TPP_STORE_TERNARY && !strncmp(p->source, "u8:", 3);
  p->source += p->byte_scales ? 3 : 0;
  p->is_mtx = ends_with(p->source, ".mtx");
  if (p->is_mtx || ends_with(p->source, ".npy"))
    return load_file(r, p, p->source);
  Generated g;
  bool scalar = p->type->kind == TPPC_T_SCALAR;
  if (read_generated(p->source, scalar, &g)) {
    if (g.share <= 0 || is_sparse(p->type))
      return TPPC_DONE;
    return RUN_FAIL(r, TPPC_BAD_PROGRAM, TPPC_D_bad_input, TPPC_NO_SPAN, text,
                    "the part that is stored behind the seed is for sparse parameters");
  }
  return RUN_FAIL(r, TPPC_BAD_PROGRAM, TPPC_D_bad_input, TPPC_NO_SPAN, text,
                  scalar ? "the value is neither a number nor a file nor a generator"
                         : "the value is neither a .npy or .mtx file nor a generator");
}

/* ---- sizes ---- */

static int file_rank(const RunParam *p) {
  return p->is_mtx ? 2 : p->npy.rank;
}

static int64_t file_extent(const RunParam *p, int d) {
  return p->is_mtx ? (d ? p->mtx.cols : p->mtx.rows) : p->npy.dim[d];
}

static TppcResult check_ranks(TppcRun *r) {
  for (int i = 0; i < r->n; i++) {
    RunParam *p = &r->params[i];
    int rank = p->type->kind == TPPC_T_TENSOR ? p->type->rank : 0;
    if (p->path && file_rank(p) != rank)
      return RUN_FAIL(r, TPPC_BAD_FILE, TPPC_D_bad_file, TPPC_NO_SPAN, p->path,
                      tppc_sprintf(r->arena, "it has %d dimension%s, and '%s' has %d", file_rank(p),
                                   file_rank(p) == 1 ? "" : "s", p->name, rank));
  }
  return TPPC_DONE;
}

static bool is_free(const TppcOp *op) {
  return op->kind == TPPC_OP_SIZE && !tppc_attr(op, "value");
}

/* The one free size of e that has no value yet; NULL when there is none, or more than one. */
static const char *only_unknown(const TppcRun *r, const TppcExpr *e) {
  const char *found = NULL;
  int64_t v;
  for (const TppcOp *op = r->kernel->regions[0].first; op; op = op->next)
    if (is_free(op) && tppc_e_uses(e, op->name) && !tppc_env_get(&r->sizes, op->name, &v)) {
      if (found)
        return NULL;
      found = op->name;
    }
  return found;
}

static bool value_at(const TppcRun *r, const TppcExpr *e, const char *sym, int64_t at, int64_t *v) {
  TppcEnv env = {.arena = r->arena};
  for (int i = 0; i < r->sizes.v.n; i++)
    tppc_env_set(&env, r->sizes.v.data[i].sym, r->sizes.v.data[i].value);
  tppc_env_set(&env, sym, at);
  const char *unknown;
  tppc_env_sizes(&env, r->kernel, &unknown); /* derived sizes, as far as they go */
  return tppc_env_eval(&env, e, v);
}

/* Solves e = extent for its unknown: exactly when e is affine in it. */
static bool solve(TppcRun *r, const TppcExpr *e, int64_t extent) {
  const char *sym = only_unknown(r, e);
  int64_t at0, at1, x, check;
  if (!sym || !value_at(r, e, sym, 0, &at0) || !value_at(r, e, sym, 1, &at1))
    return false;
  int64_t slope, rest;
  if (__builtin_sub_overflow(at1, at0, &slope) || __builtin_sub_overflow(extent, at0, &rest) ||
      slope == 0)
    return false;
  x = rest / slope;
  if (x < 0 || rest % slope || !value_at(r, e, sym, x, &check) || check != extent)
    return false;
  tppc_env_set(&r->sizes, sym, x);
  return true;
}

static void deduce_sizes(TppcRun *r) {
  bool progress = true;
  while (progress) {
    progress = false;
    for (int i = 0; i < r->n; i++)
      for (int d = 0; r->params[i].path && d < r->params[i].type->rank; d++)
        progress = solve(r, r->params[i].type->dims[d], file_extent(&r->params[i], d)) || progress;
  }
}

static TppcResult check_extent(TppcRun *r, const RunParam *p, int d) {
  const TppcExpr *e = p->type->dims[d];
  int64_t want, have = file_extent(p, d);
  if (!tppc_env_eval(&r->sizes, e, &want) || want == have)
    return TPPC_DONE;
  TppcBuf text = {0};
  tppc_e_print(&text, e);
  const char *size = tppc_strdup(r->arena, text.data ? text.data : "");
  tppc_buf_free(&text);
  if (e->kind == TPPC_E_CONST)
    return RUN_FAIL(r, TPPC_BAD_FILE, TPPC_D_bad_file, TPPC_NO_SPAN, p->path,
                    tppc_sprintf(r->arena,
                                 "dimension %d is %" PRId64 " long, and that of '%s' is %s", d + 1,
                                 have, p->name, size));
  return RUN_FAIL(r, TPPC_BAD_FILE, TPPC_D_input_mismatch, TPPC_NO_SPAN, p->name,
                  tppc_sprintf(r->arena, "extent %" PRId64 " in dimension %d", have, d + 1), size,
                  tppc_sprintf(r->arena, "%" PRId64, want));
}

/* An extent of a file that no value of the unknown size gives, as 5 of 2*N. */
static TppcResult check_solvable(TppcRun *r, const RunParam *p, int d, const char *unknown) {
  const TppcExpr *e = p->type->dims[d];
  const char *sym = only_unknown(r, e);
  int64_t slope, at0, at1;
  const TppcExpr *c = sym && !strcmp(sym, unknown) ? tppc_e_coeff(r->s->cx, e, sym, NULL) : NULL;
  if (!c || !tppc_env_eval(&r->sizes, c, &slope) || !slope || !value_at(r, e, sym, 0, &at0) ||
      !value_at(r, e, sym, 1, &at1) || at1 - at0 != slope)
    return TPPC_DONE;
  TppcBuf text = {0};
  tppc_e_print(&text, e);
  const char *size = tppc_strdup(r->arena, text.data ? text.data : "");
  tppc_buf_free(&text);
  return RUN_FAIL(r, TPPC_BAD_FILE, TPPC_D_bad_file, TPPC_NO_SPAN, p->path,
                  tppc_sprintf(r->arena,
                               "dimension %d is %" PRId64 " long, and that of '%s' is %s, which "
                               "no value of '%s' gives",
                               d + 1, file_extent(p, d), p->name, size, sym));
}

static TppcResult refuse_unknown(TppcRun *r, const char *unknown) {
  for (int i = 0; i < r->n; i++)
    for (int d = 0; r->params[i].path && d < r->params[i].type->rank; d++) {
      TppcResult result = check_solvable(r, &r->params[i], d, unknown);
      if (result != TPPC_DONE)
        return result;
    }
  return RUN_FAIL(r, TPPC_BAD_PROGRAM, TPPC_D_size_unknown, r->kernel->span, unknown,
                  r->kernel->name);
}

static TppcResult find_sizes(TppcRun *r) {
  r->sizes.v.n = 0;
  TppcResult result = check_ranks(r);
  if (result != TPPC_DONE)
    return result;
  deduce_sizes(r);
  const char *unknown;
  int status = tppc_env_sizes(&r->sizes, r->kernel, &unknown);
  if (unknown)
    return refuse_unknown(r, unknown);
  for (int i = 0; i < r->n; i++)
    for (int d = 0; r->params[i].path && d < r->params[i].type->rank; d++) {
      result = check_extent(r, &r->params[i], d);
      if (result != TPPC_DONE)
        return result;
    }
  return run_status(r, status);
}

/* ---- names of elements ---- */

static void entry_place(const TppcTensor *t, int64_t i, int64_t idx[2]) {
  TppcBlocking b = tppc_tensor_blocking(t);
  int64_t size = b.side_r * b.side_c, e = i / size, major = 0;
  while (t->ptr[major + 1] <= e)
    major++;
  tppc_sparse_entry(t, major, e, &idx[0], &idx[1]);
  idx[0] += i % size / b.side_c;
  idx[1] += i % size % b.side_c;
}

/* "Y[3, 7]" for value i of the tensor's data. */
static void place_text(char *out, size_t room, const char *name, const TppcTensor *t, int64_t i) {
  int64_t idx[TPPC_MAX_RANK] = {0};
  if (t->ptr) {
    entry_place(t, i, idx);
  } else {
    for (int d = t->rank - 1; d >= 0; d--) {
      idx[d] = i % t->dim[d];
      i /= t->dim[d];
    }
  }
  size_t n = (size_t)snprintf(out, room, "%s", name);
  for (int d = 0; d < t->rank && n < room; d++)
    n += (size_t)snprintf(out + n, room - n, "%s%" PRId64 "%s", d ? ", " : "[", idx[d],
                          d + 1 == t->rank ? "]" : "");
}

/* ---- contents ---- */

static TppcResult check_range(TppcRun *r, const RunParam *p) {
  const TppcType *t = p->type;
  for (int64_t i = 0; t->has_range && i < p->input->n_values; i++) {
    int64_t v = tppc_tensor_get_int(p->input, i);
    if (v >= t->range_lo && v <= t->range_hi)
      continue;
    char place[128];
    place_text(place, sizeof place, p->name, p->input, i);
    const char *why =
        tppc_sprintf(r->arena, "%s is %" PRId64 ", outside range(%" PRId64 ", %" PRId64 ")", place,
                     v, t->range_lo, t->range_hi);
    return p->path ? RUN_FAIL(r, TPPC_BAD_FILE, TPPC_D_bad_file, TPPC_NO_SPAN, p->path, why)
                   : RUN_FAIL(r, TPPC_BAD_PROGRAM, TPPC_D_bad_input, TPPC_NO_SPAN, p->name, why);
  }
  return TPPC_DONE;
}

static TppcResult fill_from_file(TppcRun *r, RunParam *p) {
  const char *why = p->is_mtx ? tppc_mtx_to_tensor(r->arena, &p->mtx, p->input)
                              : tppc_npy_to_tensor(r->arena, &p->npy, p->input);
  if (why)
    return RUN_FAIL(r, TPPC_BAD_FILE, TPPC_D_bad_file, TPPC_NO_SPAN, p->path, why);
  return check_range(r, p);
}

static TppcResult fill_generated(TppcRun *r, RunParam *p) {
  Generated g = {.kind = TPPC_GEN_RAND};
  if (p->source)
    read_generated(p->source, p->type->kind == TPPC_T_SCALAR, &g);
  int64_t least = INT64_MIN, most = INT64_MAX;
  if (g.kind != TPPC_GEN_CONST && tppc_elem_is_int(p->type->elem) && !p->input->ptr)
    tppc_index_range(r->s->source, r->kernel, p->op->results[0], &r->sizes, &least, &most);
  if (least != INT64_MIN || most != INT64_MAX)
    tppc_tensor_generate_between(p->input, g.seed, p->name, least, most);
  else if (!tppc_tensor_generate(p->input, g.kind, g.seed, p->name, g.value, g.share))
    return run_status(r, TPP_ERR_NOMEM);
  if (g.kind == TPPC_GEN_CONST && g.is_whole && !tppc_elem_is_float(p->input->elem) &&
      !p->input->scales)
    for (int64_t i = 0; i < p->input->n_values && !p->input->ptr; i++)
      tppc_tensor_set_int(p->input, i, g.whole);
  return check_range(r, p);
}

static TppcResult make_param(TppcRun *r, RunParam *p) {
  const char *why;
  tppc_tensor_free(p->input);
  p->input = tppc_tensor_new(p->type, &r->sizes, &why);
  if (!p->input)
    return RUN_FAIL(r, TPPC_BAD_PROGRAM, TPPC_D_bad_input, p->op->span, p->name, why);
  if (!p->reads)
    return TPPC_DONE;
  if (p->byte_scales && !tppc_ternary_use_bytes(p->input))
    return run_status(r, TPP_ERR_NOMEM);
  return p->path ? fill_from_file(r, p) : fill_generated(r, p);
}

TppcResult tppc_run_prepare(TppcRun *r) {
  TppcResult result = find_sizes(r);
  for (int i = 0; i < r->n && result == TPPC_DONE; i++)
    result = make_param(r, &r->params[i]);
  r->prepared = result == TPPC_DONE;
  r->native_done = r->interp_done = false;
  return result;
}

/* ---- the interpreter ---- */

static bool copy_of(const TppcRun *r, const RunParam *p, TppcTensor **to) {
  const char *why;
  tppc_tensor_free(*to);
  *to = tppc_tensor_new(p->type, &r->sizes, &why);
  return *to && tppc_tensor_copy(*to, p->input);
}

TppcResult tppc_run_interp(TppcRun *r) {
  TppcResult result = r->prepared ? TPPC_DONE : tppc_run_prepare(r);
  if (result != TPPC_DONE)
    return result;
  TppcInterpArg *args = TPPC_NEW_N(r->arena, TppcInterpArg, r->n + 1);
  for (int i = 0; i < r->n; i++) {
    RunParam *p = &r->params[i];
    args[i].tensor = p->input;
    if (!p->writes)
      continue;
    if (!copy_of(r, p, &p->expected))
      return run_status(r, TPP_ERR_NOMEM);
    free(p->bound);
    p->bound = calloc((size_t)p->expected->n_values + 1, sizeof *p->bound);
    if (!p->bound)
      return run_status(r, TPP_ERR_NOMEM);
    args[i] = (TppcInterpArg){p->expected, p->bound};
  }
  int status;
  TppcNanTrace trace = {0};
  if (!tppc_interp_trace(r->s->source, r->kernel->name, &r->sizes, args, r->n, &trace, &status)) {
    tppc_diag_flush(r->s->cx->diags);
    return TPPC_BAD_PROGRAM;
  }
  r->interp_done = status == TPP_OK;
  r->trace = trace;
  return run_status(r, status);
}

TppcResult tppc_run_trace_nan(TppcRun *r, int *found) {
  TppcResult result = r->interp_done ? TPPC_DONE : tppc_run_interp(r);
  *found = r->trace.found;
  if (result == TPPC_DONE && r->trace.found) {
    tppc_diag(r->s->cx->diags, TPPC_D_not_finite, r->trace.span, r->trace.tensor, r->trace.value,
              r->trace.where, r->trace.made_by);
    tppc_diag_flush(r->s->cx->diags);
  }
  return result;
}

/* ---- verification ---- */

TppcResult tppc_run_verify(TppcRun *r, TppcVerdict *v) {
  memset(v, 0, sizeof *v);
  TppcResult result = r->native_done ? TPPC_DONE : tppc_run_native(r, 1, NULL);
  if (result == TPPC_DONE && !r->interp_done)
    result = tppc_run_interp(r);
  if (result != TPPC_DONE)
    return result;
  TppcComparison c = {.worst_at = -1};
  for (int i = 0; i < r->n; i++) {
    RunParam *p = &r->params[i];
    if (!p->writes)
      continue;
    if (tppc_compare(&c, p->expected, p->bound, p->native))
      place_text(v->where, sizeof v->where, p->name, p->expected, c.worst_at);
    if (p->violation < 0)
      continue;
    c.wrong++;
    c.worst = (double)INFINITY;
    snprintf(v->where, sizeof v->where, "byte %" PRId64 " of %s, which holds no element",
             p->violation, p->name);
  }
  v->compared = c.compared;
  v->wrong = c.wrong;
  v->unbounded = c.unbounded;
  v->worst = c.worst;
  v->expected = c.expected;
  v->got = c.got;
  return v->wrong ? TPPC_MISMATCH : TPPC_DONE;
}
