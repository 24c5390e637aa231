#!/usr/bin/env python3
"""Checks of the source tree that no compiler makes. Each is one ctest test: style.<check>.

  check.py deps               include directions between layers; one includer per library
  check.py headers            every header compiles alone, the public ones also as C++17
  check.py format [--fix]     clang-format leaves every .c and .h as it is
  check.py paths              no path of a particular machine in a file of the project
  check.py readme             every folder says what lives in it
  check.py symbols            what the built libraries export, and that libtppc has no mutable data
  check.py tables             every row of the tables is covered by a test

Options: --build DIR (generated headers, libraries), --cc, --cxx, --clang-format.
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# A layer may include itself and what stands before it.
LAYERS = ["support", "measure", "diag", "ir", "schedule", "passes", "interp", "llvm", "api", "driver"]
SEES = {layer: set(LAYERS[: i + 1]) for i, layer in enumerate(LAYERS)}
SEES["measure"] = {"measure"}
SEES["dsl"] = {"support", "diag", "ir", "dsl"}
SEES["api"].add("dsl")
# The commands use the public interface, and of the layers only the general ones.
SEES["driver"] = {"support", "driver"}

# Headers of a library, and where alone they may be included (outside of tests and examples).
LIBRARIES = [
    (re.compile(r"^llvm-c/"), "compiler/llvm/"),
    (re.compile(r"^libxsmm"), "runtime/backend_xsmm.c"),
]
# Libraries of which one file in the whole project may include the header.
ONE_INCLUDER = re.compile(r"^(jansson|sqlite3|hwloc|omp|zlib)\.h$")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def tree():
    """Files of the project, relative to ROOT: what git knows or would add; without git, all but builds."""
    try:
        out = subprocess.run(["git", "-C", ROOT, "ls-files", "-coz", "--exclude-standard"],
                             capture_output=True, check=True).stdout.decode()
        files = [f for f in out.split("\0") if f]
    except (OSError, subprocess.CalledProcessError):
        files = []
        for folder, subs, names in os.walk(ROOT):
            subs[:] = [s for s in subs if s not in (".git", "__pycache__") and not s.startswith("build")]
            files += [os.path.relpath(os.path.join(folder, n), ROOT) for n in names]
    return sorted(f for f in set(files) if os.path.isfile(os.path.join(ROOT, f)))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def layer_of(path):
    parts = path.split("/")
    if parts[0] == "dsl":
        return "dsl"
    if parts[0] == "compiler" and len(parts) > 2 and parts[1] in SEES:
        return parts[1]
    return None


def check_include(path, name, quoted):
    """Why path may not include name, or None."""
    top = path.split("/")[0]
    if (name.startswith(".") or "/../" in name) and top != "runtime":
        return "relative include; name it from the root of its tree"
    if top in ("tests", "examples"):
        if top == "examples" and name.split("/")[0] in SEES:
            return "an example sees only tpp/, tppc/, and generated headers"
        return None
    for pattern, where in LIBRARIES:
        if pattern.match(name) and not (path.startswith(where)):
            return f"only {where} may include it"
    target = name.split("/")[0]
    if top == "include":
        if "/" in name and target not in ("tpp", "tppc", "sys"):
            return "a public header includes public headers only"
        return None
    if top == "runtime":
        if target in SEES or target == "tppc":
            return "the runtime sees only include/tpp"
        return None
    layer = layer_of(path)
    if path == "compiler/driver/tppc_opt.c":
        return None  # runs passes on texts of any level
    if layer and target in SEES and "/" in name and target not in SEES[layer]:
        return f"{layer} stands below {target}"
    if layer and target in ("runtime", "kernels"):
        return "the compiler does not see the runtime's sources"
    if layer and quoted and "/" in name and target not in SEES and target not in ("tpp", "tppc", "llvm-c"):
        return "no such layer"
    return None


def check_deps(_):
    bad = []
    includers = {}
    for path in tree():
        if not re.search(r"\.(c|h|def|l|y|inc)$", path):
            continue
        text = read(path)
        for match in INCLUDE.finditer(text):
            name = match.group(2)
            line = text.count("\n", 0, match.start(1)) + 1
            why = check_include(path, name, match.group(1) == '"')
            if why:
                bad.append(f"{path}:{line}: includes {name}: {why}")
            if ONE_INCLUDER.match(name) and path.split("/")[0] not in ("tests", "examples"):
                includers.setdefault(name, []).append(f"{path}:{line}")
    for name, places in sorted(includers.items()):
        if len(places) > 1:
            bad.append(f"{name} is included by more than one file: {', '.join(places)}")
    return bad


def is_template(text):
    """Uses what the file that includes it defines: the opening comment says "template"."""
    return "template" in text.split("*/")[0]


def check_headers(args):
    headers = [f for f in tree() if f.endswith(".h") and f.split("/")[0] in ("compiler", "dsl", "include", "runtime")]
    includes = [f"-I{ROOT}/{d}" for d in ("include", "compiler", ".", "runtime")]
    if args.build:
        includes += [f"-I{args.build}/{d}" for d in ("compiler", "compiler/dsl")]
    includes += ["-isystem", "/usr/lib/llvm-19/include"]
    warn = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wno-unused-function", "-fsyntax-only"]
    jobs = []
    for header in headers:
        if is_template(read(header)):
            continue
        public = header.startswith("include/")
        name = os.path.join(ROOT, header)
        # Kernel headers use intrinsics of their instruction set.
        cc = "aarch64-linux-gnu-gcc" if "/neon/" in header else args.cc
        if not shutil.which(cc):
            continue
        isa = [] if "/neon/" in header else ["-march=x86-64-v4"] if "avx512" in header else ["-march=x86-64-v3"] if "/kernels/" in header else []
        std = "-std=c11" if public else "-std=gnu11"
        jobs.append((header, "C11", [cc, std, "-xc", *warn, "-Wstrict-prototypes", *isa], name))
        if public:
            jobs.append((header, "C++17", [args.cxx, "-std=c++17", "-xc++", *warn], name))

    def compile_one(job):
        header, language, command, name = job
        # Twice, for the guard; then something, so that the unit is not empty.
        source = f'#include "{name}"\n#include "{name}"\nextern int tppc_header_test;\n'
        run = subprocess.run(command + includes + ["-"], input=source.encode(), capture_output=True)
        first = "\n".join(run.stderr.decode().split("\n")[:12])
        return None if run.returncode == 0 else f"{header} as {language}:\n{first}"

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        bad = [r for r in pool.map(compile_one, jobs) if r]
    return bad if headers else ["no header found"]


def check_format(args):
    files = [f for f in tree() if f.endswith((".c", ".h"))]
    mode = ["-i"] if args.fix else ["--dry-run", "-Werror"]
    run = subprocess.run([args.clang_format, "--style=file", *mode, *files], cwd=ROOT, capture_output=True)
    if run.returncode == 0:
        return []
    places = re.findall(r"^(\S+?):(\d+):\d+: error", run.stderr.decode(), re.M)
    first = {}
    for path, line in places:
        first.setdefault(path, line)
    return [f"{p}:{l}: not formatted; run: python3 tests/style/check.py format --fix" for p, l in first.items()] or [
        run.stderr.decode()]


def check_paths(_):
    # Written in pieces, so that this file passes.
    pattern = re.compile(r"(?:(?<![\w.}$/-])|(?<=-[IL]))/(?:" + "|".join(["wo" + "rk", "t" + "mp", "ro" + "ot", "ho" + "me"]) + r")/\w")
    bad = []
    for path in tree():
        for number, line in enumerate(read(path).split("\n"), 1):
            if pattern.search(line):
                bad.append(f"{path}:{number}: a path of one machine: {line.strip()[:100]}")
    return bad


def check_readme(_):
    bad = []
    folders = set()
    for path in tree():
        parts = path.split("/")[:-1]
        for depth in range(1, min(len(parts), 2) + 1):
            folders.add("/".join(parts[:depth]))
    for folder in sorted(folders):
        if folder.startswith((".", "include/")) or folder.split("/")[-1] in ("Inputs", "programs", "consumer"):
            continue
        if not os.path.exists(os.path.join(ROOT, folder, "README.md")):
            bad.append(f"{folder}/README.md is missing")
    return bad


def check_symbols(args):
    bad = []
    found = 0
    for library, headers in (("libtpprt.so", ["include/tpp/rt.h"]),
                             ("libtppc.so", ["include/tppc/tppc.h", "include/tppc/measure.h"])):
        path = os.path.join(args.build or "", "lib", library)
        if not os.path.exists(path):
            continue
        found += 1
        declared = "\n".join(read(header) for header in headers)
        table = subprocess.run(["nm", "-D", "--defined-only", path], capture_output=True, check=True).stdout.decode()
        for symbol in re.findall(r" (\S+)$", table, re.M):
            if not re.search(r"\b" + re.escape(symbol) + r"\b", declared):
                bad.append(f"{library} exports {symbol}, which {headers[-1]} does not declare")
    archive = os.path.join(args.build or "", "lib", "libtppc.a")
    if os.path.exists(archive):
        found += 1
        # bison's own, never written
        allowed = re.compile(r"^(tppc_yy|yy|__|completed)")
        table = subprocess.run(["objdump", "-t", archive], capture_output=True, check=True).stdout.decode()
        # .data.rel.ro is tables of pointers, read-only once the loader is done
        for section, symbol in re.findall(r" O (\.data\S*|\.bss\S*|\*COM\*)\s+[0-9a-f]+\s+(?:\.hidden )?(\S+)$", table, re.M):
            if not section.startswith(".data.rel.ro") and not allowed.match(symbol):
                bad.append(f"libtppc.a has mutable data: {symbol}")
    return bad if found else ["no built library found; pass --build"]


def rows(path, macro):
    """First arguments of the rows of a table."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", read(path), flags=re.S)
    return re.findall(r"^\s*" + macro + r'\(\s*"?([\w-]+)"?', text, re.M)


def check_tables(_):
    files = tree()
    tests = {f: read(f) for f in files if f.startswith("tests/") and not f.startswith("tests/style/")}
    bad = []
    everything = "\n".join(tests.values())
    if "compiler/diag/diags.def" in files:
        for code in rows("compiler/diag/diags.def", "DIAG"):
            if not re.search(r"\b" + code + r"\b", everything):
                bad.append(f"diags.def: no test raises {code}")
    if "compiler/passes/passes.def" in files:
        for name in rows("compiler/passes/passes.def", "PASS"):
            if not any(f.startswith("tests/passes/" + name) for f in tests):
                bad.append(f"passes.def: there is no tests/passes/{name}*.tir")
    return bad


CHECKS = {
    "deps": check_deps,
    "headers": check_headers,
    "format": check_format,
    "paths": check_paths,
    "readme": check_readme,
    "symbols": check_symbols,
    "tables": check_tables,
}


def main():
    parser = argparse.ArgumentParser(description="checks of the source tree")
    parser.add_argument("check", choices=CHECKS)
    parser.add_argument("--build", help="build directory")
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--cxx", default="c++")
    parser.add_argument("--clang-format", default="clang-format-14")
    parser.add_argument("--fix", action="store_true", help="with format: rewrite the files")
    args = parser.parse_args()
    bad = CHECKS[args.check](args)
    for line in bad:
        print(line)
    print(f"{args.check}: {len(bad)} found" if bad else f"{args.check}: ok")
    return 1 if bad else 0


sys.exit(main())
