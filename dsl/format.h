/* What format_layout.c decides and format.c prints. */
#ifndef TPPC_DSL_FORMAT_H
#define TPPC_DSL_FORMAT_H

#include "dsl/parse.h"

enum {
  TPPC_FORMAT_INDENT = 2,
  TPPC_FORMAT_CONTINUE = 4, /* of what goes on in the next line */
  TPPC_FORMAT_WIDTH = 120   /* a longer line is no place for a whole block */
};

typedef enum TppcPieceKind {
  TPPC_PIECE_TOKEN,
  TPPC_PIECE_LINE_COMMENT,
  TPPC_PIECE_BLOCK_COMMENT
} TppcPieceKind;

typedef enum TppcBreak {
  TPPC_BREAK_NONE,
  TPPC_BREAK_LINE,    /* a line of its own at the indentation of the block */
  TPPC_BREAK_CONTINUE /* the author's line break inside of a construct */
} TppcBreak;

/* A token or a comment, with the decisions about what stands before it. */
typedef struct TppcPiece {
  TppcPieceKind kind;
  int token; /* kind of a token */
  const char *text;
  int n;
  int newlines; /* before it in the source */
  int column;   /* in the source, from 0 */
  int indent;   /* of its line in the source */

  TppcBreak brk;
  bool blank; /* an empty line before it */
  bool space;
  int depth;     /* of blocks around it, for a piece that starts a line */
  int pad;       /* more spaces, which align it with its neighbours */
  int match;     /* '{': index of its '}'; otherwise -1 */
  bool exploded; /* '{': its statements have lines of their own */
} TppcPiece;
typedef TppcVec(TppcPiece) TppcPieces;

/* Spaces and lines; exploded is read, what stands above it from brk on is written. */
void tppc_format_layout(TppcArena *arena, TppcPieces *pieces);
/* Then the alignment of operators in nests and of what follows labels. */
void tppc_format_align(TppcArena *arena, TppcPieces *pieces);

#endif
