/* The grammar of .tpp sources and of the --schedule argument.
 *
 * Pure and reentrant; values live in the arena, so nothing needs a destructor. A first token that
 * the text does not contain selects the start: a file, or the argument of --schedule. After a
 * syntax error the parser goes on at the next ';' or '}' so that several are reported. Keywords
 * that stand in one place only (as, pack, ...) may also be used as names.
 */
%define api.pure full
%define api.prefix {tppc_yy}
%define api.token.prefix {TOK_}
%define api.location.type {TppcSpan}
%define api.value.type union
%define parse.lac full
%define parse.error custom
%locations
%lex-param {void *scanner}
%parse-param {void *scanner} {TppcParser *p}
%expect 0

%code requires {
#include "dsl/parse.h"
}

%code top {
#include <string.h>
}

%code provides {
int tppc_yylex(TPPC_YYSTYPE *value, TppcSpan *span, void *scanner);
}

%code {
/* The stack grows on the heap; expressions nested deeper than this are refused. */
#define YYMAXDEPTH 4000
#define YYSTACK_USE_ALLOCA 0
#define YYLLOC_DEFAULT(now, rhs, n)                                                                \
  ((now) = (n) ? (TppcSpan){p->source, YYRHSLOC(rhs, 1).begin, YYRHSLOC(rhs, n).end}               \
               : (TppcSpan){p->source, YYRHSLOC(rhs, 0).end, YYRHSLOC(rhs, 0).end})

static void tppc_yyerror(TppcSpan *span, void *scanner, TppcParser *p, const char *message);

#define NEW(T)          TPPC_NEW(p->arena, T)
#define PUSH(list, x)   TPPC_PUSH(p->arena, (list), (x))
#define LEAF(kind, at)  tppc_ast_leaf(p, TPPC_EXPR_##kind, (at))
#define BINARY(op, at, a, b) tppc_ast_binary(p, TPPC_AST_##op, (at), (a), (b))
}

%token <TppcAstName> NAME "identifier" TEMPLATE "template name" STRING "string" ELEM "element type"
%token <int64_t> INT "integer"
%token <double> FLOAT "number"
%token IMPORT "'import'" CONST "'const'" KERNEL "'kernel'" SCHEDULE "'schedule'"
%token FOR "'for'" IN "'in'" SEQ "'seq'" INOUT "'inout'" INF "'inf'" WHEN "'when'" OVER "'over'"
%token <TppcAstName> AS "'as'" LD "'ld'" PAD "'pad'" CSR "'csr'" BCSR "'bcsr'" BCSC "'bcsc'"
%token <TppcAstName> RANGE "'range'" GROUP "'group'" PLANES "'planes'"
%token <TppcAstName> PACK "'pack'" THREADS "'threads'" CURVE "'curve'" FUSE "'fuse'"
%token <TppcAstName> REDUCE "'reduce'" PREFETCH "'prefetch'" ORDER "'order'" PARALLEL "'parallel'"
%token ARROW "'->'" ADDEQ "'+='" MULEQ "'*='" MAXEQ "'max='" MINEQ "'min='"
%token LE "'<='" GE "'>='" EQ "'=='" NE "'!='"
%token START_FILE "file" START_ARGUMENT "schedule argument"
%token EOF 0 "end of input"

%nonassoc '<' '>' LE GE EQ NE
%left '+' '-'
%left '*' '/'
%precedence NEG

%type <TppcAstName> name soft_keyword label label_opt isa_opt string_opt
%type <TppcAstExpr *> expr atom index digit digit_atom when_opt bound
%type <TppcAstExprs *> exprs exprs_opt indices
%type <TppcAstDim> dim margin digit_dim named_size value_dim
%type <TppcAstDims *> dims margins digits named_sizes call_sizes pair
%type <TppcAstType *> type
%type <TppcAstMod> mod
%type <TppcAstMods *> mods
%type <TppcAstSize> size
%type <TppcAstSizes *> sizes sizes_opt
%type <TppcAstParam> param output
%type <TppcAstParams *> params params_opt outputs outputs_opt
%type <TppcAstLoop> loop
%type <TppcAstLoops *> loops
%type <TppcAstAssign> assign
%type <TppcAstStmt> stmt
%type <TppcAstStmts *> stmts stmt_block
%type <TppcAstItem *> item nest call seq
%type <TppcAstItems *> items item_block
%type <TppcAstNames *> names results
%type <TppcAstKernel *> signature
%type <TppcAstSchedule *> schedule_head
%type <TppcAstKnob> knob
%type <TppcAstKnobs *> knobs knob_list knob_block

%%

start:
  START_FILE decls
| START_ARGUMENT schedule_argument
;

/* ---- files ---- */

decls:
  %empty
| decls decl
| decls error ';'
| decls error '}'
;

decl:
  IMPORT STRING ';' { tppc_ast_decl(p, TPPC_DECL_IMPORT, $2, @$); }
| CONST name '=' expr ';' { tppc_ast_decl(p, TPPC_DECL_CONST, $2, @$)->value = $4; }
| signature item_block {
    $1->head = @1;
    $1->body = *$2;
    tppc_ast_decl(p, TPPC_DECL_KERNEL, $1->name, @$)->kernel = $1;
  }
| schedule
;

signature:
  KERNEL name sizes_opt '(' params_opt ')' outputs_opt {
    $$ = NEW(TppcAstKernel);
    $$->name = $2;
    $$->sizes = *$3;
    $$->inputs = *$5;
    $$->outputs = *$7;
  }
;

sizes_opt:
  %empty { $$ = NEW(TppcAstSizes); }
| '[' ']' { $$ = NEW(TppcAstSizes); }
| '[' sizes ']' { $$ = $2; }
;

sizes:
  size { $$ = NEW(TppcAstSizes); PUSH($$, $1); }
| sizes ',' size { $$ = $1; PUSH($$, $3); }
;

size:
  name { $$ = (TppcAstSize){TPPC_SIZE_FREE, $1, NULL, @$}; }
| name '=' expr { $$ = (TppcAstSize){TPPC_SIZE_VALUE, $1, $3, @$}; }
| name '%' bound { $$ = (TppcAstSize){TPPC_SIZE_MULTIPLE, $1, $3, @$}; }
| name LE bound { $$ = (TppcAstSize){TPPC_SIZE_AT_MOST, $1, $3, @$}; }
;

bound: expr;

params_opt:
  %empty { $$ = NEW(TppcAstParams); }
| params
;

params:
  param { $$ = NEW(TppcAstParams); PUSH($$, $1); }
| params ',' param { $$ = $1; PUSH($$, $3); }
;

param:
  output
| INOUT output { $$ = $2; $$.is_inout = true; $$.span = @$; }
;

output:
  name ':' type { $$ = (TppcAstParam){$1, $3, false, @$}; }
;

outputs_opt:
  %empty { $$ = NEW(TppcAstParams); }
| ARROW output { $$ = NEW(TppcAstParams); PUSH($$, $2); }
| ARROW '(' outputs ')' { $$ = $3; }
;

outputs:
  output { $$ = NEW(TppcAstParams); PUSH($$, $1); }
| outputs ',' output { $$ = $1; PUSH($$, $3); }
;

/* ---- types ---- */

type:
  ELEM mods {
    $$ = NEW(TppcAstType);
    $$->span = @$;
    $$->elem = $1;
    $$->mods = *$2;
  }
| ELEM '[' dims ']' mods {
    $$ = NEW(TppcAstType);
    $$->span = @$;
    $$->elem = $1;
    $$->dims = *$3;
    $$->mods = *$5;
  }
;

dims:
  dim { $$ = NEW(TppcAstDims); PUSH($$, $1); }
| dims ',' dim { $$ = $1; PUSH($$, $3); }
;

dim:
  value_dim
| margin
;

value_dim: expr { $$ = (TppcAstDim){{0}, $1, @$}; };

margin: name ':' expr { $$ = (TppcAstDim){$1, $3, @$}; };

mods:
  %empty { $$ = NEW(TppcAstMods); }
| mods mod { $$ = $1; PUSH($$, $2); @$ = @1.begin == @1.end ? @2 : @$; }
;

mod:
  AS digits { $$ = (TppcAstMod){TPPC_MOD_AS, @$, *$2}; }
| LD '(' value_dim ')' {
    $$ = (TppcAstMod){TPPC_MOD_LD, @$, {0}};
    PUSH(&$$.args, $3);
  }
| PAD '(' margins ')' { $$ = (TppcAstMod){TPPC_MOD_PAD, @$, *$3}; }
| CSR { $$ = (TppcAstMod){TPPC_MOD_CSR, @$, {0}}; }
| BCSR pair { $$ = (TppcAstMod){TPPC_MOD_BCSR, @$, *$2}; }
| BCSC pair { $$ = (TppcAstMod){TPPC_MOD_BCSC, @$, *$2}; }
| RANGE pair { $$ = (TppcAstMod){TPPC_MOD_RANGE, @$, *$2}; }
| GROUP '(' value_dim ')' {
    $$ = (TppcAstMod){TPPC_MOD_GROUP, @$, {0}};
    PUSH(&$$.args, $3);
  }
| PLANES pair { $$ = (TppcAstMod){TPPC_MOD_PLANES, @$, *$2}; }
;

pair:
  '(' value_dim ',' value_dim ')' { $$ = NEW(TppcAstDims); PUSH($$, $2); PUSH($$, $4); }
;

margins:
  margin { $$ = NEW(TppcAstDims); PUSH($$, $1); }
| margins ',' margin { $$ = $1; PUSH($$, $3); }
;

digits:
  digit_dim { $$ = NEW(TppcAstDims); PUSH($$, $1); }
| digits digit_dim { $$ = $1; PUSH($$, $2); }
;

digit_dim: '[' digit ']' { $$ = (TppcAstDim){{0}, $2, @2}; };

digit:
  name { $$ = LEAF(NAME, @$); $$->name = $1; }
| digit '/' digit_atom { $$ = BINARY(DIV, @2, $1, $3); }
| digit '%' digit_atom { $$ = BINARY(MOD, @2, $1, $3); }
;

digit_atom:
  INT { $$ = LEAF(INT, @$); $$->i = $1; }
| name { $$ = LEAF(NAME, @$); $$->name = $1; }
;

/* ---- bodies ---- */

item_block:
  '{' items '}' { $$ = $2; }
| '{' items error '}' { $$ = $2; }
;

items:
  %empty { $$ = NEW(TppcAstItems); }
| items item { $$ = $1; PUSH($$, $2); }
| items error ';' { $$ = $1; }
;

item:
  name ':' type ';' {
    $$ = NEW(TppcAstItem);
    $$->kind = TPPC_ITEM_LOCAL;
    $$->span = @$;
    $$->name = $1;
    $$->type = $3;
  }
| label_opt nest { $$ = $2; $$->label = $1; $$->span = @2; }
| label_opt seq { $$ = $2; $$->label = $1; $$->span = @2; }
| call { $$ = $1; $$->span = @1; }
| label call { $$ = $2; $$->label = $1; $$->span = @2; }
;

label_opt:
  %empty { $$ = (TppcAstName){0}; }
| label
;

label: name ':' { $$ = $1; };

nest:
  FOR loops stmt_block {
    $$ = NEW(TppcAstItem);
    $$->kind = TPPC_ITEM_NEST;
    $$->loops = *$2;
    $$->stmts = *$3;
  }
;

loops:
  loop { $$ = NEW(TppcAstLoops); PUSH($$, $1); }
| loops ',' loop { $$ = $1; PUSH($$, $3); }
;

loop: name IN expr { $$ = (TppcAstLoop){$1, $3, @$}; };

seq:
  SEQ loop item_block {
    $$ = NEW(TppcAstItem);
    $$->kind = TPPC_ITEM_SEQ;
    PUSH(&$$->loops, $2);
    $$->items = *$3;
  }
;

call:
  results '=' name call_sizes '(' exprs_opt ')' ';' {
    $$ = NEW(TppcAstItem);
    $$->kind = TPPC_ITEM_CALL;
    $$->results = *$1;
    $$->name = $3;
    $$->sizes = *$4;
    $$->args = *$6;
  }
| name call_sizes '(' exprs_opt ')' ';' {
    $$ = NEW(TppcAstItem);
    $$->kind = TPPC_ITEM_CALL;
    $$->name = $1;
    $$->sizes = *$2;
    $$->args = *$4;
  }
;

results:
  name { $$ = NEW(TppcAstNames); PUSH($$, $1); }
| '(' names ')' { $$ = $2; }
;

call_sizes:
  %empty { $$ = NEW(TppcAstDims); }
| '[' named_sizes ']' { $$ = $2; }
;

named_sizes:
  named_size { $$ = NEW(TppcAstDims); PUSH($$, $1); }
| named_sizes ',' named_size { $$ = $1; PUSH($$, $3); }
;

named_size: name '=' expr { $$ = (TppcAstDim){$1, $3, @$}; };

stmt_block:
  '{' stmts '}' { $$ = $2; }
| '{' stmts error '}' { $$ = $2; }
;

stmts:
  %empty { $$ = NEW(TppcAstStmts); }
| stmts stmt { $$ = $1; PUSH($$, $2); }
| stmts nest {
    $$ = $1;
    tppc_diag(p->dx, TPPC_D_syntax, @2, "a nest cannot stand inside a nest");
    tppc_diag_help(p->dx, "list all loops at once: 'for m in M, n in N { ... }'; a statement "
                          "ranges over the letters that occur in it");
  }
| stmts error ';' { $$ = $1; }
;

stmt:
  name assign expr ';' {
    $$ = (TppcAstStmt){$2, @$, @2, LEAF(NAME, @1), $3};
    $$.target->name = $1;
  }
| name '[' indices ']' assign expr ';' {
    TppcAstExpr *target = LEAF(REF, tppc_span_join(@1, @4));
    target->name = $1;
    for (int i = 0; i < $3->n; i++)
      tppc_ast_add_arg(p, target, $3->data[i]);
    $$ = (TppcAstStmt){$5, @$, @5, target, $6};
  }
;

assign:
  '=' { $$ = TPPC_ASSIGN_SET; }
| ADDEQ { $$ = TPPC_ASSIGN_ADD; }
| MULEQ { $$ = TPPC_ASSIGN_MUL; }
| MAXEQ { $$ = TPPC_ASSIGN_MAX; }
| MINEQ { $$ = TPPC_ASSIGN_MIN; }
;

/* ---- expressions ---- */

expr:
  atom
| expr '+' expr { $$ = BINARY(ADD, @2, $1, $3); }
| expr '-' expr { $$ = BINARY(SUB, @2, $1, $3); }
| expr '*' expr { $$ = BINARY(MUL, @2, $1, $3); }
| expr '/' expr { $$ = BINARY(DIV, @2, $1, $3); }
| expr '<' expr { $$ = BINARY(LT, @2, $1, $3); }
| expr LE expr { $$ = BINARY(LE, @2, $1, $3); }
| expr '>' expr { $$ = BINARY(GT, @2, $1, $3); }
| expr GE expr { $$ = BINARY(GE, @2, $1, $3); }
| expr EQ expr { $$ = BINARY(EQ, @2, $1, $3); }
| expr NE expr { $$ = BINARY(NE, @2, $1, $3); }
| '-' expr %prec NEG {
    $$ = LEAF(NEG, @$);
    $$->op_span = @1;
    tppc_ast_add_arg(p, $$, $2);
  }
;

atom:
  INT { $$ = LEAF(INT, @$); $$->i = $1; }
| FLOAT { $$ = LEAF(FLOAT, @$); $$->f = $1; }
| INF { $$ = LEAF(INF, @$); }
| name { $$ = LEAF(NAME, @$); $$->name = $1; }
| '(' expr ')' { $$ = $2; $$->span = @$; }
| name '[' indices ']' {
    $$ = LEAF(REF, @$);
    $$->name = $1;
    for (int i = 0; i < $3->n; i++)
      tppc_ast_add_arg(p, $$, $3->data[i]);
  }
| name '(' exprs_opt ')' {
    $$ = LEAF(CALL, @$);
    $$->name = $1;
    for (int i = 0; i < $3->n; i++)
      tppc_ast_add_arg(p, $$, $3->data[i]);
  }
| TEMPLATE '<' name '>' '(' exprs_opt ')' {
    $$ = LEAF(CALL, @$);
    $$->name = $1;
    $$->targ = $3;
    for (int i = 0; i < $6->n; i++)
      tppc_ast_add_arg(p, $$, $6->data[i]);
  }
| TEMPLATE '<' ELEM '>' '(' exprs_opt ')' {
    $$ = LEAF(CALL, @$);
    $$->name = $1;
    $$->targ = $3;
    for (int i = 0; i < $6->n; i++)
      tppc_ast_add_arg(p, $$, $6->data[i]);
  }
;

indices:
  index { $$ = NEW(TppcAstExprs); PUSH($$, $1); }
| indices ',' index { $$ = $1; PUSH($$, $3); }
;

index:
  expr
| ':' { $$ = LEAF(COLON, @$); }
;

exprs_opt:
  %empty { $$ = NEW(TppcAstExprs); }
| exprs
;

exprs:
  expr { $$ = NEW(TppcAstExprs); PUSH($$, $1); }
| exprs ',' expr { $$ = $1; PUSH($$, $3); }
;

/* ---- schedules ---- */

schedule:
  SCHEDULE schedule_head isa_opt when_opt string_opt knob_block {
    $2->isa = $3;
    $2->when = $4;
    $2->string = $5;
    $2->knobs = *$6;
    tppc_ast_decl(p, TPPC_DECL_SCHEDULE, $2->kernel, @$)->schedule = $2;
  }
;

schedule_head:
  name { $$ = NEW(TppcAstSchedule); $$->kernel = $1; }
| name '.' name { $$ = NEW(TppcAstSchedule); $$->kernel = $1; $$->label = $3; }
;

isa_opt:
  %empty { $$ = (TppcAstName){0}; }
| FOR STRING { $$ = $2; }
;

when_opt:
  %empty { $$ = NULL; }
| WHEN expr { $$ = $2; }
;

string_opt:
  %empty { $$ = (TppcAstName){0}; }
| STRING
;

knob_block:
  '{' knobs '}' { $$ = $2; }
| '{' knobs error '}' { $$ = $2; }
;

knobs:
  %empty { $$ = NEW(TppcAstKnobs); }
| knobs knob ';' { $$ = $1; $2.span = tppc_span_join(@2, @3); PUSH($$, $2); }
| knobs error ';' { $$ = $1; }
;

knob:
  name ':' exprs {
    $$ = (TppcAstKnob){TPPC_KNOB_SIZES, @$, {0}, {0}, *$3};
    PUSH(&$$.names, $1);
  }
| PACK names { $$ = (TppcAstKnob){TPPC_KNOB_PACK, @$, *$2, {0}, {0}}; }
| KERNEL name '=' name {
    $$ = (TppcAstKnob){TPPC_KNOB_KERNEL, @$, {0}, $4, {0}};
    PUSH(&$$.names, $2);
  }
| THREADS expr {
    $$ = (TppcAstKnob){TPPC_KNOB_THREADS, @$, {0}, {0}, {0}};
    PUSH(&$$.values, $2);
  }
| CURVE names { $$ = (TppcAstKnob){TPPC_KNOB_CURVE, @$, *$2, {0}, {0}}; }
| FUSE words OVER name { $$ = (TppcAstKnob){TPPC_KNOB_FUSE, @$, *$2, $4, {0}}; }
| REDUCE names '=' name { $$ = (TppcAstKnob){TPPC_KNOB_REDUCE, @$, *$2, $4, {0}}; }
| PREFETCH { $$ = (TppcAstKnob){TPPC_KNOB_PREFETCH, @$, {0}, {0}, {0}}; }
| ORDER words { $$ = (TppcAstKnob){TPPC_KNOB_ORDER, @$, *$2, {0}, {0}}; }
| PARALLEL words { $$ = (TppcAstKnob){TPPC_KNOB_PARALLEL, @$, *$2, {0}, {0}}; }
;

%type <TppcAstNames *> words;

/* The --schedule argument: the string is raw text up to the first ';'. */
schedule_argument:
  schedules
| schedule_head '=' string_opt {
    $1->string = $3;
    tppc_ast_decl(p, TPPC_DECL_SCHEDULE, $1->kernel, @$)->schedule = $1;
  }
| schedule_head '=' string_opt ';' knob_list {
    $1->string = $3;
    $1->knobs = *$5;
    tppc_ast_decl(p, TPPC_DECL_SCHEDULE, $1->kernel, @$)->schedule = $1;
  }
;

schedules:
  schedule
| schedules schedule
;

knob_list:
  knobs
| knobs knob { $$ = $1; PUSH($$, $2); }
;

/* ---- names ---- */

names:
  name { $$ = NEW(TppcAstNames); PUSH($$, $1); }
| names ',' name { $$ = $1; PUSH($$, $3); }
;

words:
  name { $$ = NEW(TppcAstNames); PUSH($$, $1); }
| words name { $$ = $1; PUSH($$, $2); }
;

name: NAME | soft_keyword;

soft_keyword:
  AS | LD | PAD | CSR | BCSR | BCSC | RANGE | GROUP | PLANES
| PACK | THREADS | CURVE | FUSE | REDUCE | PREFETCH | ORDER | PARALLEL
;

%%

/* ---- syntax errors ---- */

/* Sets of tokens, by the lexer's codes. */
static const int soft_keywords[] = {TOK_AS,     TOK_LD,      TOK_PAD,    TOK_CSR,      TOK_BCSR,
                                    TOK_BCSC,   TOK_RANGE,   TOK_GROUP,  TOK_PLANES,   TOK_PACK,
                                    TOK_THREADS, TOK_CURVE,  TOK_FUSE,   TOK_REDUCE,   TOK_PREFETCH,
                                    TOK_ORDER,  TOK_PARALLEL, TOK_TEMPLATE};
/* What may always go on after an operand, and so says nothing about the mistake. */
static const int continuations[] = {'+',    '-',    '*',    '/',    '<', '>',
                                    TOK_LE, TOK_GE, TOK_EQ, TOK_NE, '(', '['};
static const int operands[] = {TOK_NAME, TOK_INT, TOK_FLOAT, TOK_INF, '-', '('};
static const int assignments[] = {'=', TOK_ADDEQ, TOK_MULEQ, TOK_MAXEQ, TOK_MINEQ};
static const int closers[] = {';', ',', ')', ']', '}', '{'};

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

static bool has(const yysymbol_kind_t *list, int n, int token) {
  for (int i = 0; i < n; i++)
    if (list[i] == YYTRANSLATE(token))
      return true;
  return false;
}

static int without(yysymbol_kind_t *list, int n, const int *drop, int n_drop) {
  int kept = 0;
  for (int i = 0; i < n; i++) {
    bool dropped = false;
    for (int d = 0; d < n_drop; d++)
      dropped |= list[i] == YYTRANSLATE(drop[d]);
    if (!dropped)
      list[kept++] = list[i];
  }
  return kept;
}

/* Reduces the list of tokens that could follow to those that help, and names groups of them. At
 * most `most` texts; 0 when more remain. */
static int expectations(yysymbol_kind_t *kinds, int n, const char **texts, int most) {
  int n_texts = 0;
  if (has(kinds, n, TOK_NAME))
    n = without(kinds, n, soft_keywords, COUNT(soft_keywords));
  for (int i = 0; i < COUNT(closers); i++)
    if (has(kinds, n, closers[i])) {
      n = without(kinds, n, continuations, COUNT(continuations));
      break;
    }
  if (has(kinds, n, TOK_NAME) && has(kinds, n, TOK_INT)) {
    n = without(kinds, n, operands, COUNT(operands));
    texts[n_texts++] = "an expression";
  }
  if (has(kinds, n, TOK_ADDEQ)) {
    n = without(kinds, n, assignments, COUNT(assignments));
    texts[n_texts++] = "an assignment";
  }
  if (n + n_texts > most)
    return 0;
  for (int i = 0; i < n; i++)
    texts[n_texts++] = yysymbol_name(kinds[i]);
  return n_texts;
}

static const char *found(const TppcParser *p, yysymbol_kind_t kind, TppcSpan span) {
  size_t size;
  const char *text = tppc_source_text(p->dx, p->source, &size);
  int n = (int)(span.end - span.begin);
  switch ((int)kind) {
  case YYSYMBOL_NAME:
  case YYSYMBOL_TEMPLATE:
    return tppc_sprintf(p->arena, "identifier '%.*s'", n, text + span.begin);
  case YYSYMBOL_INT:
  case YYSYMBOL_FLOAT:
  case YYSYMBOL_ELEM:
    return tppc_sprintf(p->arena, "'%.*s'", n, text + span.begin);
  default:
    return yysymbol_name(kind);
  }
}

static int yyreport_syntax_error(const yypcontext_t *context, void *scanner, TppcParser *p) {
  enum { MOST = 5 };
  yysymbol_kind_t kinds[YYNTOKENS];
  const char *texts[YYNTOKENS];
  yysymbol_kind_t kind = yypcontext_token(context);
  TppcSpan span = *yypcontext_location(context);
  int n = yypcontext_expected_tokens(context, kinds, YYNTOKENS);
  TppcBuf message = {0};
  (void)scanner;
  if (n < 0)
    return n;
  n = expectations(kinds, n, texts, MOST);
  tppc_buf_printf(&message, "unexpected %s",
                  kind == YYSYMBOL_YYEMPTY ? "token" : found(p, kind, span));
  for (int i = 0; i < n; i++)
    tppc_buf_printf(&message, "%s%s", i == 0 ? ", expected " : i == n - 1 ? " or " : ", ",
                    texts[i]);
  tppc_diag(p->dx, TPPC_D_syntax, span, tppc_strndup(p->arena, message.data, message.n));
  tppc_buf_free(&message);
  if (n == 1 && strcmp(texts[0], "';'") == 0)
    tppc_diag_fixit(p->dx, (TppcSpan){p->source, p->last_end, p->last_end}, ";");
  return 0;
}

/* Called for nothing but a full stack, since syntax errors are reported above. */
static void tppc_yyerror(TppcSpan *span, void *scanner, TppcParser *p, const char *message) {
  (void)scanner;
  (void)message;
  tppc_diag(p->dx, TPPC_D_nested_too_deeply, *span);
}
