/* Line tables: the entry function and every nest are subprograms, every op has its place in the
 * .tpp. */
#include "llvm/cg.h"
#include <string.h>

static LLVMMetadataRef file_of(Cg *g, uint32_t source) {
  const char *path = source ? tppc_source_name(g->cx->diags, source) : "<none>";
  const char *dir = g->opt->source_dir ? g->opt->source_dir : ".";
  return LLVMDIBuilderCreateFile(g->di, path, strlen(path), dir, strlen(dir));
}

void cg_debug_begin(Cg *g, TppcModule *m) {
  static const char producer[] = "tppc";
  uint32_t source = m->body.first ? m->body.first->span.source : 0;
  g->di = LLVMCreateDIBuilder(g->mod);
  LLVMDIBuilderCreateCompileUnit(g->di, LLVMDWARFSourceLanguageC99, file_of(g, source), producer,
                                 sizeof producer - 1, g->opt->opt_level > 0, "", 0, 0, "", 0,
                                 LLVMDWARFEmissionFull, 0, false, false, "", 0, "", 0);
  Val three = cg_i32(g, (int32_t)LLVMDebugMetadataVersion());
  LLVMAddModuleFlag(g->mod, LLVMModuleFlagBehaviorWarning, "Debug Info Version", 18,
                    LLVMValueAsMetadata(three));
}

void cg_debug_end(Cg *g) {
  LLVMDIBuilderFinalize(g->di);
  LLVMDisposeDIBuilder(g->di);
  g->di = NULL;
}

static unsigned line_of(Cg *g, TppcSpan span, unsigned *column) {
  int line = 0, col = 0;
  if (span.source)
    tppc_source_pos(g->cx->diags, span.source, span.begin, &line, &col);
  *column = (unsigned)col;
  return (unsigned)line;
}

void cg_debug_function(Cg *g, Val fn, const char *name, TppcSpan span) {
  if (!g->di)
    return;
  unsigned column, line = line_of(g, span, &column);
  LLVMMetadataRef file = file_of(g, span.source);
  LLVMMetadataRef type = LLVMDIBuilderCreateSubroutineType(g->di, file, NULL, 0, LLVMDIFlagZero);
  bool local = LLVMGetLinkage(fn) == LLVMInternalLinkage;
  g->di_scope = LLVMDIBuilderCreateFunction(g->di, file, name, strlen(name), name, strlen(name),
                                            file, line, type, local, true, line,
                                            LLVMDIFlagPrototyped, g->opt->opt_level > 0);
  LLVMSetSubprogram(fn, g->di_scope);
  cg_debug_at(g, span);
}

void cg_debug_at(Cg *g, TppcSpan span) {
  if (!g->di)
    return;
  unsigned column, line = line_of(g, span, &column);
  LLVMMetadataRef at = LLVMDIBuilderCreateDebugLocation(g->lx, line, column, g->di_scope, NULL);
  LLVMSetCurrentDebugLocation2(g->b, at);
}
