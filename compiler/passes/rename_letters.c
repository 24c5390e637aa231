/* Other letters for the loops of nests that were called.
 *
 * A loop letter of a called kernel may be the name of a size of the caller, `kernel f[k](X:
 * f32[k])`. In one nest both would be the symbol k, so the loop gets another letter. Schedules of
 * the callee are renamed with it; those of the caller speak of the letters in the program, which
 * the nest keeps in `letters=[[a, k]]`: the loop a is k there.
 */
#include "passes/rename_letters.h"
#include "passes/rewrite.h"

#include <string.h>

static char mapped(const TppcLetterMap *map, char c) {
  bool upper = c >= 'A' && c <= 'Z';
  int i = upper ? c - 'A' : c - 'a';
  if (i < 0 || i >= 26 || !map->to[i])
    return c;
  return (char)(upper ? map->to[i] - 'a' + 'A' : map->to[i]);
}

const char *tppc_renamed_letter(TppcContext *cx, const TppcLetterMap *map, const char *sym) {
  return sym[0] && !sym[1] ? tppc_internf(cx->names, "%c", mapped(map, sym[0])) : sym;
}

static void note_letters(TppcContext *cx, TppcOp *nest, const TppcLetterMap *map) {
  TppcAttr *list = NULL;
  const TppcAttr *old = tppc_attr(nest, "letters");
  for (int i = 0; old && i < old->n; i++)
    old->list[i].list[0].s = tppc_renamed_letter(cx, map, old->list[i].list[0].s);
  for (int i = 0; i < nest->n_dims; i++) {
    const char *sym = nest->dims[i].sym, *to = tppc_renamed_letter(cx, map, sym);
    bool noted = false;
    for (int k = 0; old && k < old->n; k++)
      noted = noted || old->list[k].list[0].s == to;
    if (to == sym || noted)
      continue;
    list = list ? list : tppc_set_list(cx, nest, "letters");
    TppcAttr *entry = tppc_list_add(cx, list);
    entry->kind = TPPC_A_LIST;
    for (int k = 0; k < 2; k++) {
      TppcAttr *word = tppc_list_add(cx, entry);
      word->kind = TPPC_A_WORD;
      word->s = k ? sym : to;
    }
  }
}

void tppc_rename_dims(TppcContext *cx, TppcOp *op, const TppcLetterMap *map) {
  if (op->kind == TPPC_OP_NEST)
    note_letters(cx, op, map);
  for (int i = 0; i < op->n_dims; i++)
    op->dims[i].sym = tppc_renamed_letter(cx, map, op->dims[i].sym);
  if (op->kind == TPPC_OP_SCHEDULE)
    tppc_rename_schedule(cx, op, map);
  for (int i = 0; i < op->n_regions; i++)
    for (TppcOp *o = op->regions[i].first; o; o = o->next)
      tppc_rename_dims(cx, o, map);
}

/* The first word of each entry is a letter, perhaps with the number of its level. */
static void rename_words(TppcContext *cx, const TppcOp *op, const char *key,
                         const TppcLetterMap *map) {
  const TppcAttr *a = tppc_attr(op, key);
  for (int i = 0; a && i < a->n; i++) {
    TppcAttr *word = &a->list[i];
    if (word->kind == TPPC_A_LIST && word->n)
      word = &word->list[0];
    if (word->s && word->s[0])
      word->s = tppc_internf(cx->names, "%c%s", mapped(map, word->s[0]), word->s + 1);
  }
}

void tppc_rename_schedule(TppcContext *cx, TppcOp *schedule, const TppcLetterMap *map) {
  const TppcAttr *text = tppc_attr(schedule, "string");
  if (text) {
    char *copy = tppc_strdup(cx->arena, text->s);
    bool in_grid = false;
    for (char *p = copy; *p && *p != '@'; p++) {
      in_grid = (in_grid || *p == '{') && *p != '}';
      *p = in_grid ? *p : mapped(map, *p);
    }
    tppc_set_string(cx, schedule, "string", copy, text->span);
  }
  rename_words(cx, schedule, "sizes", map);
  rename_words(cx, schedule, "reduce", map);
  rename_words(cx, schedule, "curve", map);
  rename_words(cx, schedule, "order", map);
}

const char *tppc_program_letter(const TppcOp *nest, int i) {
  const TppcAttr *letters = tppc_attr(nest, "letters");
  for (int k = 0; letters && k < letters->n; k++)
    if (strcmp(letters->list[k].list[0].s, nest->dims[i].sym) == 0)
      return letters->list[k].list[1].s;
  return nest->dims[i].sym;
}

TppcLetterMap tppc_letters_of(const TppcOp *nest) {
  TppcLetterMap map = {{0}};
  const TppcAttr *letters = tppc_attr(nest, "letters");
  for (int i = 0; letters && i < letters->n; i++)
    map.to[letters->list[i].list[1].s[0] - 'a'] = letters->list[i].list[0].s[0];
  for (int i = 0; letters && i < letters->n; i++) {
    char now = letters->list[i].list[0].s[0];
    if (!map.to[now - 'a']) /* to the program the nest has no such loop */
      map.to[now - 'a'] = letters->list[i].list[1].s[0];
  }
  return map;
}
