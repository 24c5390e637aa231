/* What a sequence of statements may write and read.
 *
 * The statements of a nest run in the order written, each over all its points, on whole tensors. So
 * the rules are about sequences: one '=' and then updates with one operator, nothing reading in
 * between; a '=' writes each element once, and has no letter on the right that the left lacks; what
 * has no value yet is not read.
 */
#include "dsl/sema.h"

/* ---- the left side ---- */

/* The index of a temporary's first write: plain letters, each once, or ':' whose extents the right
 * side told. */
static const TppcExpr **temp_index(SemaStmt *st, Sym *sym, const TppcAstExpr *target) {
  Sema *s = st->s;
  TppcContext *cx = s->cx;
  int n = target->kind == TPPC_EXPR_REF ? target->args.n : 0, colons = 0;
  const TppcExpr **idx = TPPC_NEW_N(cx->arena, const TppcExpr *, n + 1);
  for (int i = 0; i < n; i++)
    colons += target->args.data[i]->kind == TPPC_EXPR_COLON;
  for (int i = 0; i < n; i++) {
    const TppcAstExpr *e = target->args.data[i];
    if (e->kind == TPPC_EXPR_COLON) {
      if (colons > SEMA_MAX_COLONS) {
        SEMA_ERROR(s, colon_extent, e->span, "there are too many of them");
        return NULL;
      }
      idx[i] = tppc_e_sym(cx, tppc_internf(cx->names, "$%d", colons--));
      continue;
    }
    Sym *letter = e->kind == TPPC_EXPR_NAME ? sema_find(s, NULL, st->nest, e->name.text) : NULL;
    bool valid = letter && letter->kind == SYM_LETTER;
    for (int j = 0; valid && j < i; j++)
      valid = idx[j] != letter->expr;
    if (!valid) {
      SEMA_ERROR(s, temporary_index, e->span, sym->name.text);
      return NULL;
    }
    idx[i] = sema_int(s, st->k, st, e);
  }
  return idx;
}

static bool declare_temp(SemaStmt *st, Sym *sym, const TppcAstExpr *target, int elem) {
  Sema *s = st->s;
  const TppcExpr **extents = TPPC_NEW_N(s->cx->arena, const TppcExpr *, st->n_idx + 1);
  int c = 0;
  for (int i = st->n_idx - 1; i >= 0; i--) {
    if (target->args.data[i]->kind == TPPC_EXPR_COLON) {
      extents[i] = st->colons.extent[c++];
      if (!extents[i]) {
        SEMA_ERROR(s, colon_extent, target->args.data[i]->span, "nothing on the right has it");
        return false;
      }
      continue;
    }
    extents[i] = sema_find(s, NULL, st->nest, target->args.data[i]->name.text)->extent;
  }
  sym->value = sema_new_temp(st->nest, sym->name.text,
                             tppc_t_tensor(s->cx, elem, st->n_idx, extents), sym->name.span);
  return true;
}

/* The left side, declaring a temporary at its first write; after the right side, which knows the
 * colons. */
bool sema_left_side(SemaStmt *st, Sym *sym, const TppcAstStmt *stmt, int elem) {
  const TppcAstExpr *target = stmt->target;
  st->n_idx = target->kind == TPPC_EXPR_REF ? target->args.n : 0;
  if (sym->kind != SYM_TEMP || sym->value) {
    st->idx = sema_index(st, sym, target, true);
    return st->idx != NULL;
  }
  st->idx = temp_index(st, sym, target);
  return st->idx && declare_temp(st, sym, target, elem);
}

/* The same before the right side is built, for its check that it reads the target at this element
 * only. */
bool sema_left_side_first(SemaStmt *st, Sym *sym, const TppcAstStmt *stmt) {
  if (sym->kind == SYM_TEMP && !sym->value)
    return true;
  if (!sema_left_side(st, sym, stmt, 0))
    return false;
  st->target = sym;
  return true;
}

bool sema_left_has_letter(const SemaStmt *st, int letter) {
  for (int i = 0; i < st->n_idx; i++)
    if (tppc_e_uses(st->idx[i], st->nest->loops[letter].name.text))
      return true;
  return false;
}

bool sema_left_has_colon(const SemaStmt *st, int c) {
  const char *name = tppc_internf(st->s->cx->names, "$%d", c);
  for (int i = 0; i < st->n_idx; i++)
    if (tppc_e_uses(st->idx[i], name))
      return true;
  return false;
}

/* '=' defines: every letter of the right is on the left, and each element is written once. */
bool sema_check_definition(SemaStmt *st, const TppcAstStmt *stmt) {
  Sema *s = st->s;
  if (sema_has_bound(st->n_idx, st->idx)) {
    SEMA_ERROR(s, written_twice, stmt->target->span, sema_text(s, stmt->target));
    tppc_diag_help(s->cx->diags,
                   "two data indices may be equal: write +=, max=, or min=, or gather "
                   "from the right side");
    return false;
  }
  for (int i = 0; i < st->nest->n_loops; i++)
    if (st->used[i] && !sema_left_has_letter(st, i)) {
      SEMA_ERROR(s, left_letter, st->used_span[i], st->nest->loops[i].name.text);
      tppc_diag_note(s->cx->diags, stmt->target->span, "the left side lacks it");
      return false;
    }
  for (int c = 1; c <= st->colons.n; c++)
    if (st->colons.extent[c - 1] && !sema_left_has_colon(st, c)) {
      SEMA_ERROR(s, left_letter, st->colons.span[c - 1], ":");
      tppc_diag_note(s->cx->diags, stmt->target->span, "the left side lacks it");
      return false;
    }
  if (sema_injective(st, st->target->value->type, st->idx))
    return true;
  SEMA_ERROR(s, written_twice, stmt->target->span, sema_text(s, stmt->target));
  return false;
}

/* ---- reads and writes ---- */

static bool has_initial_value(const Sym *sym) {
  return sym->mode == MODE_IN || sym->mode == MODE_INOUT;
}

bool sema_note_read(SemaStmt *st, Sym *sym, TppcSpan span) {
  Sema *s = st->s;
  if (sym->kind == SYM_TENSOR || sym->kind == SYM_TEMP) {
    if (!sym->written && !has_initial_value(sym)) {
      if (!sym->reported)
        SEMA_ERROR(s, unwritten, span, sym->name.text);
      s->ok = false;
      sym->reported = true;
      return false;
    }
    sym->read = true;
    if (st->target != sym)
      sema_partial_end(st->k, st->nest, sym);
    if (!sym->read_since)
      sym->read_span = span;
    sym->read_since = true;
  }
  return true;
}

/* Orders of writes that have no meaning, or one that reads badly. */
bool sema_check_write(SemaStmt *st, Sym *sym, TppcUpdate update, TppcSpan span) {
  Sema *s = st->s;
  bool here = sym->write_nest == st->nest->number;
  if (update == TPPC_SET || update != sym->update) /* another operator continues from zeros */
    sema_partial_end(st->k, st->nest, sym);
  if (update == TPPC_SET) {
    if (sym->kind == SYM_TEMP && sym->written) {
      SEMA_ERROR(s, assigned_twice, span, sym->name.text);
      tppc_diag_note(s->cx->diags, sym->write_span, "written here before");
      return false;
    }
    return true;
  }
  if (!here)
    return true;
  if (sym->update != TPPC_SET && sym->update != update) {
    SEMA_ERROR(s, mixed_updates, span, sym->name.text);
    tppc_diag_note(s->cx->diags, sym->write_span, "the other operator is here");
    return false;
  }
  if (sym->read_since) {
    SEMA_ERROR(s, read_while_updating, sym->read_span, sym->name.text);
    tppc_diag_note(s->cx->diags, span, "it is updated again here");
    return false;
  }
  return true;
}

void sema_note_write(SemaStmt *st, Sym *sym, TppcUpdate update, TppcSpan span) {
  sym->written = true;
  sym->write_nest = st->nest->number;
  sym->update = update;
  sym->read_since = false;
  sym->write_span = span;
}

/* Whether an update starts from the operator's identity. A first write that may leave elements out
 * is preceded by zeros: elements that nothing writes are zero. What is first written inside of a
 * seq has its value from before it: the seq may not run, and its iterations continue from there. */
int sema_initial(SemaStmt *st, Sym *sym, TppcUpdate update, TppcSpan span) {
  if (sym->written || has_initial_value(sym)) {
    sema_seq_writes(st->k, sym);
    return 0;
  }
  const SemaSeq *seq = sym->kind == SYM_TEMP ? NULL : sema_seq_around(st->k, sym);
  bool partial = update == TPPC_SET && sema_leaves_out(st, sym);
  if (partial && sym->kind == SYM_TEMP) {
    sema_zero_temp(st, sym, span);
    return 1;
  }
  bool here = sym->kind == SYM_TEMP ||
              (!partial && sema_covers(st->nest, sym->value->type, st->idx, false));
  bool sums = update == TPPC_SET || update == TPPC_ADD;
  if (here && (!seq || (update == TPPC_SET && sema_seqs_run(st->k, sym))))
    return 1;
  sym->filled = seq && !sums ? seq->op : NULL;
  if (!sums && !sema_covers(st->nest, sym->value->type, st->idx, seq != NULL)) {
    sema_partial_begin(st, sym, update, seq ? seq->op : st->nest->op);
    return 0;
  }
  sema_fill(st->k, sym, update, seq ? seq->op : st->nest->op);
  sema_seq_writes(st->k, sym);
  return 0;
}
