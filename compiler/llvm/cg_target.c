/* Targets: which instruction sets a CPU name stands for, and LLVM's target machine.
 *
 * The C API of LLVM does not say what features a CPU name implies, but a compiled function must ask
 * at entry for what it uses, and the vector width follows from it. So the names are a table here,
 * and a name that is not in it is refused instead of being handed on.
 */
#include "llvm/cg.h"
#include <llvm-c/Target.h>
#include <stdio.h>
#include <string.h>

enum {
  V3 = TPP_ISA_AVX2,
  V4 = V3 | TPP_ISA_AVX512,
  VNNI = V4 | TPP_ISA_AVX512_VNNI,
  BF16 = VNNI | TPP_ISA_AVX512_BF16,
  AMX = BF16 | TPP_ISA_AMX,
  NEON = TPP_ISA_NEON,
  DOT = NEON | TPP_ISA_NEON_DOT,
  NBF16 = DOT | TPP_ISA_NEON_BF16 | TPP_ISA_NEON_I8MM
};

static const struct Cpu {
  const char *name;
  uint32_t isas;
} x86_cpus[] = {
    {"x86-64-v3", V3},        {"x86-64-v4", V4},        {"haswell", V3},
    {"broadwell", V3},        {"skylake", V3},          {"alderlake", V3},
    {"raptorlake", V3},       {"znver1", V3},           {"znver2", V3},
    {"znver3", V3},           {"znver4", BF16},         {"znver5", BF16},
    {"skylake-avx512", V4},   {"cascadelake", VNNI},    {"cooperlake", BF16},
    {"icelake-client", VNNI}, {"icelake-server", VNNI}, {"tigerlake", VNNI},
    {"rocketlake", VNNI},     {"sapphirerapids", AMX},  {"emeraldrapids", AMX},
    {"graniterapids", AMX},
};
static const struct Cpu arm_cpus[] = {
    {"generic", NEON},      {"armv8.2-a", NEON},  {"cortex-a53", NEON},   {"cortex-a72", NEON},
    {"cortex-a76", DOT},    {"neoverse-n1", DOT}, {"neoverse-v1", NBF16}, {"neoverse-n2", NBF16},
    {"neoverse-v2", NBF16}, {"apple-m1", DOT},    {"apple-m2", NBF16},
};

static bool is_arm(const char *triple) {
  return !strncmp(triple, "aarch64", 7) || !strncmp(triple, "arm64", 5);
}

static bool is_x86(const char *triple) {
  return !strncmp(triple, "x86_64", 6) || !strncmp(triple, "amd64", 5);
}

/* Whole words of LLVM's feature list. */
static bool has_feature(const char *features, const char *name) {
  size_t n = strlen(name);
  for (const char *p = features; (p = strstr(p, name)); p += n)
    if ((p == features || p[-1] == ',') && (p[n] == ',' || !p[n]))
      return true;
  return false;
}

static uint32_t host_isas(const char *features, bool arm) {
  static const struct {
    const char *feature[4];
    uint32_t isa;
  } rows[] = {
      {{"+avx2", "+fma", "+f16c", "+bmi2"}, TPP_ISA_AVX2},
      {{"+avx512f", "+avx512bw", "+avx512dq", "+avx512vl"}, TPP_ISA_AVX512},
      {{"+avx512vnni"}, TPP_ISA_AVX512_VNNI},
      {{"+avx512bf16"}, TPP_ISA_AVX512_BF16},
      {{"+amx-tile", "+amx-int8", "+amx-bf16"}, TPP_ISA_AMX},
      {{"+dotprod"}, TPP_ISA_NEON_DOT},
      {{"+bf16"}, TPP_ISA_NEON_BF16},
      {{"+i8mm"}, TPP_ISA_NEON_I8MM},
  };
  uint32_t isas = arm ? TPP_ISA_NEON : 0;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    bool all = true;
    for (int k = 0; k < 4 && rows[i].feature[k]; k++)
      all &= has_feature(features, rows[i].feature[k]);
    if (all)
      isas |= rows[i].isa;
  }
  return isas;
}

static bool named_cpu(const char *cpu, bool arm, uint32_t *isas) {
  const struct Cpu *rows = arm ? arm_cpus : x86_cpus;
  size_t n = arm ? sizeof arm_cpus / sizeof arm_cpus[0] : sizeof x86_cpus / sizeof x86_cpus[0];
  for (size_t i = 0; i < n; i++)
    if (!strcmp(rows[i].name, cpu)) {
      *isas = rows[i].isas;
      return true;
    }
  return false;
}

/* What explicit features add to and take from a named CPU. */
static uint32_t apply_features(uint32_t isas, const char *features, bool arm) {
  isas |= host_isas(features, arm);
  if (has_feature(features, "-avx512f") || has_feature(features, "-avx512vl"))
    isas &= ~(uint32_t)(AMX & ~V3);
  if (has_feature(features, "-avx512vnni"))
    isas &= ~(uint32_t)TPP_ISA_AVX512_VNNI;
  if (has_feature(features, "-avx512bf16"))
    isas &= ~(uint32_t)TPP_ISA_AVX512_BF16;
  return isas;
}

/* The code that is generated uses vectors of the base sets only; VNNI, BF16, and AMX live in the
 * runtime, which looks for them itself. */
static uint32_t asked_at_entry(uint32_t isas) {
  return isas & (TPP_ISA_AVX2 | TPP_ISA_AVX512 | TPP_ISA_NEON);
}

bool tppc_target_info(TppcContext *cx, const TppcEmitOptions *opt, TppcTargetInfo *info) {
  *info = (TppcTargetInfo){.vector_bytes = 16};
  char *host = LLVMGetDefaultTargetTriple();
  const char *triple = opt->triple ? opt->triple : host;
  bool arm = is_arm(triple),
       known = (arm || is_x86(triple)) && strlen(triple) < sizeof info->triple;
  if (known)
    strcpy(info->triple, triple);
  else
    tppc_diag(cx->diags, TPPC_D_unknown_target, TPPC_NO_SPAN, triple);
  LLVMDisposeMessage(host);
  if (!known)
    return false;
  const char *cpu = opt->cpu ? opt->cpu : arm ? "generic" : "x86-64-v3";
  uint32_t isas = 0;
  if (!strcmp(cpu, "native") || !strcmp(cpu, "host")) {
    char *name = LLVMGetHostCPUName(), *features = LLVMGetHostCPUFeatures();
    isas = host_isas(features, arm);
    snprintf(info->cpu, sizeof info->cpu, "%s", name);
    LLVMDisposeMessage(name);
    LLVMDisposeMessage(features);
  } else if (named_cpu(cpu, arm, &isas)) {
    snprintf(info->cpu, sizeof info->cpu, "%s", strcmp(cpu, "armv8.2-a") ? cpu : "generic");
  } else {
    tppc_diag(cx->diags, TPPC_D_unknown_cpu, TPPC_NO_SPAN, cpu, info->triple);
    return false;
  }
  if (opt->features)
    isas = apply_features(isas, opt->features, arm);
  info->isas = asked_at_entry(isas);
  info->cpu_isas = isas | TPP_ISA_REF;
  info->vector_bytes = isas & TPP_ISA_AVX512 ? 64 : isas & TPP_ISA_AVX2 ? 32 : 16;
  return true;
}

static void put_isas(TppcBuf *b, uint32_t isas, uint32_t lacking) {
  static const struct {
    uint32_t isa;
    const char *name;
  } names[] = {{TPP_ISA_AVX2, "AVX2"},
               {TPP_ISA_AVX512, "AVX-512"},
               {TPP_ISA_AVX512_VNNI, "AVX512_VNNI"},
               {TPP_ISA_AVX512_BF16, "AVX512_BF16"},
               {TPP_ISA_AMX, "AMX"},
               {TPP_ISA_NEON, "NEON"},
               {TPP_ISA_NEON_DOT, "dot products"},
               {TPP_ISA_NEON_BF16, "BF16"},
               {TPP_ISA_NEON_I8MM, "I8MM"}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (isas & names[i].isa)
      tppc_buf_printf(b, " %s%s", names[i].name, lacking & names[i].isa ? " (missing here)" : "");
  tppc_buf_putc(b, '\n');
}

static void put_cpus(TppcBuf *b, const char *triple, const struct Cpu *rows, size_t n,
                     uint32_t here) {
  tppc_buf_printf(b, "\n--target=%s, -march=\n", triple);
  for (size_t i = 0; i < n; i++) {
    tppc_buf_printf(b, "  %-15s", rows[i].name);
    put_isas(b, rows[i].isas, here ? ~here : 0);
  }
}

void tppc_list_targets(TppcBuf *b) {
  char *triple = LLVMGetDefaultTargetTriple(), *cpu = LLVMGetHostCPUName(),
       *features = LLVMGetHostCPUFeatures();
  bool arm = is_arm(triple);
  uint32_t here = host_isas(features, arm);
  tppc_buf_printf(b, "this machine: %s, -march=native is %s:", triple, cpu);
  put_isas(b, here, 0);
  put_cpus(b, "x86_64-linux-gnu", x86_cpus, sizeof x86_cpus / sizeof x86_cpus[0], arm ? 0 : here);
  put_cpus(b, "aarch64-linux-gnu", arm_cpus, sizeof arm_cpus / sizeof arm_cpus[0], arm ? here : 0);
  LLVMDisposeMessage(triple);
  LLVMDisposeMessage(cpu);
  LLVMDisposeMessage(features);
}

static LLVMTargetRef find_target(Cg *g) {
  if (is_arm(g->target.triple)) {
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
  } else {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
  }
  LLVMTargetRef target = NULL;
  char *error = NULL;
  if (LLVMGetTargetFromTriple(g->target.triple, &target, &error)) {
    tppc_diag(g->cx->diags, TPPC_D_unknown_target, TPPC_NO_SPAN, g->target.triple);
    LLVMDisposeMessage(error);
    return NULL;
  }
  return target;
}

/* The features are those that the entry function asks for, whatever else the named CPU has: the
 * name sets what is tuned for (cg_tune). So an object made for one machine says TPP_ERR_ISA on
 * another, and never dies there. */
LLVMTargetMachineRef cg_target_machine(Cg *g) {
  LLVMTargetRef target = find_target(g);
  if (!target)
    return NULL;
  const TppcEmitOptions *opt = g->opt;
  uint32_t isas = g->target.isas;
  bool arm = is_arm(g->target.triple);
  const char *cpu = arm                     ? "generic"
                    : isas & TPP_ISA_AVX512 ? "x86-64-v4"
                    : isas & TPP_ISA_AVX2   ? "x86-64-v3"
                                            : "x86-64";
  const char *base = arm ? "+v8.2a" : "", *more = opt->features ? opt->features : "";
  char *features = tppc_sprintf(g->arena, "%s%s%s", base, *base && *more ? "," : "", more);
  /* Not LLVMCodeGenLevelNone: its instruction selection folds the load of one float into a blend of
   * four, which reads behind the end of a tensor (LLVM 19, X86FastISel). */
  LLVMCodeGenOptLevel level = opt->opt_level <= 1 ? LLVMCodeGenLevelLess : LLVMCodeGenLevelDefault;
  return LLVMCreateTargetMachine(target, g->target.triple, cpu, features, level, LLVMRelocPIC,
                                 LLVMCodeModelDefault);
}

/* Vectors that are spilled go to aligned places: half of those of 32 bytes would otherwise lie
 * across two cache lines. */
static LLVMAttributeRef stack_alignment(Cg *g) {
  unsigned kind = LLVMGetEnumAttributeKindForName("alignstack", 10);
  return LLVMCreateEnumAttribute(g->lx, kind, (uint64_t)g->target.vector_bytes);
}

void cg_tune(Cg *g) {
  const char *cpu = g->target.cpu;
  LLVMAttributeRef tune =
      LLVMCreateStringAttribute(g->lx, "tune-cpu", 8, cpu, (unsigned)strlen(cpu));
  for (Val fn = LLVMGetFirstFunction(g->mod); fn; fn = LLVMGetNextFunction(fn))
    if (!LLVMIsDeclaration(fn)) {
      LLVMAddAttributeAtIndex(fn, LLVMAttributeFunctionIndex, tune);
      if (g->target.vector_bytes > 16)
        LLVMAddAttributeAtIndex(fn, LLVMAttributeFunctionIndex, stack_alignment(g));
    }
}
