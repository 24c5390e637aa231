#!/usr/bin/env python3
"""The kernels of the language page's suite: each row of suite.txt compiled, run, and compared with the interpreter.

    suite.py --tppc build/bin/tppc [file[.kernel] ...]

Every call runs on exact and on random inputs; the last one of a row also with one and with five threads and without
optimisation. A file without refused kernels compiles as it stands, within a second of processor time, and its header
compiles as C; of another file each kernel is tried alone.
"""
import argparse
import os
import re
import resource
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(os.path.dirname(HERE), "dsl", "programs", "suite")
ELEMENT = "(?:f64|f32|f16|bf16|i64|i32|u16|i8|u8|i4|bit|ternary)"


class Row:
    def __init__(self, line):
        columns = re.split(r"\s{2,}", line.strip())
        self.name, self.expect = columns[:2]
        self.file, _, self.kernel = self.name.partition(".")
        options = columns.pop() if columns[-1].startswith("--") else ""
        self.calls = columns[2:]
        self.options = shlex.split(options)
        self.refused = self.expect not in ("exact", "close")
        if bool(self.calls) != bool(self.kernel) or (self.refused and not re.fullmatch(r"[A-Z]\d{4}", self.expect)):
            raise SystemExit(f"suite.txt: malformed row: {line}")


def read_rows():
    with open(os.path.join(HERE, "suite.txt"), encoding="utf-8") as f:
        return [Row(line) for line in f if line.strip() and not line.startswith("#")]


def balanced(text, start):
    """The text between the bracket at start and the one that closes it, and where that is."""
    pairs, depth = {"(": ")", "[": "]"}, 0
    for i in range(start, len(text)):
        depth += (text[i] == text[start]) - (text[i] == pairs[text[start]])
        if depth == 0:
            return text[start + 1:i], i
    raise SystemExit("suite.py: unbalanced brackets")


class Program:
    def __init__(self, name):
        self.path = os.path.join(PROGRAMS, name + ".tpp")
        with open(self.path, encoding="utf-8") as f:
            self.text = f.read()
        self.items = re.split(r"^(?=kernel |schedule |const |//)", self.text, flags=re.M)
        self.kernels = re.findall(r"^kernel (\w+)", self.text, re.M)

    def inputs(self, kernel):
        text = re.sub(r"//.*", "", next(i for i in self.items if re.match(rf"kernel {kernel}\b", i)))
        _, end = balanced(text, text.index("["))
        params, _ = balanced(text, text.index("(", end))
        return re.findall(rf"(\w+)\s*:\s*{ELEMENT}\b", params)

    def alone(self, kernel):
        """The kernel with its constants, the kernels it calls, and their schedules."""
        body = next(i for i in self.items if re.match(rf"kernel {kernel}\b", i))
        needed = [k for k in self.kernels if k == kernel or re.search(rf"\b{k}\s*\(", body)]
        keep = re.compile(rf"const |(kernel|schedule) ({'|'.join(needed)})\b")
        return "".join(i for i in self.items if keep.match(i))


class Suite:
    def __init__(self, tppc, folder, cc, include, timed):
        self.tppc, self.folder, self.cc, self.include, self.timed = tppc, folder, cc, include, timed
        self.calls = 0
        self.failed = []

    def tool(self, *args):
        self.calls += 1
        try:
            run = subprocess.run([self.tppc, *args], capture_output=True, text=True, errors="replace", timeout=300)
            return run.returncode, run.stdout + run.stderr
        except subprocess.TimeoutExpired:
            return -1, "runs for more than 300 s"

    def fail(self, what, text):
        self.failed.append(what)
        print(f"FAIL {what}\n     " + "\n     ".join(text.strip().split("\n")[:6]), flush=True)

    def call(self, row, path, sizes, inputs, more):
        options = [f"-D{s}" for s in sizes.split(",")] + row.options + more
        for i, name in enumerate(inputs):
            options += ["--in", f"{name}=int:{i + 1}"]
        args = ["run", path, "-k", row.kernel, *options, "--verify"]
        code, text = self.tool(*args)
        return code, text, "tppc " + shlex.join([args[0], os.path.basename(path), *args[2:]])

    def refused(self, row, path):
        code, text, command = self.call(row, path, row.calls[-1], [], [])
        if code == 0:
            self.fail(row.name, f"is no longer refused with {row.expect}: write exact or close in suite.txt")
        elif code != 1 or f"[{row.expect}]" not in text:
            self.fail(command, f"expected [{row.expect}], got exit code {code}:\n{text}")

    def works(self, row, path, inputs):
        last = row.calls[-1]
        variants = [(c, exact, []) for c in row.calls for exact in (True, False)]
        variants += [(last, True, ["--threads", "1"]), (last, True, ["--threads", "5"]), (last, False, ["-O0"])]
        for sizes, exact, more in variants:
            code, text, command = self.call(row, path, sizes, inputs if exact else [], more)
            if code:
                self.fail(command, f"exit code {code}:\n{text}")
            elif exact and row.expect == "exact" and "all bitwise equal" not in text:
                self.fail(command, "not bitwise equal:\n" + text[text.find("verify:"):])

    def whole(self, name, program, rows):
        """The file as it stands: object and header."""
        out = os.path.join(self.folder, name)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        code, text = self.tool(program.path, "-o", out + ".o", "-H", out + ".h")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        refused = [r for r in rows if r.refused and not r.options]
        if refused:
            if code == 0:
                self.fail(name, "compiles, although suite.txt refuses " + ", ".join(r.name for r in refused))
            elif code != 1 or not any(f"[{r.expect}]" in text for r in refused):
                self.fail(f"tppc {name}.tpp -o {name}.o", f"exit code {code}:\n{text}")
            return False
        if code:
            self.fail(f"tppc {name}.tpp -o {name}.o", text)
            return False
        print(f"{name}.tpp compiles in {seconds:.2f} s of processor time")
        if self.timed and seconds > 1:
            self.fail(name, f"compiling takes {seconds:.2f} s; at most 1 s is allowed")
        code, text = self.tool("explain", program.path)
        if code or any(f"kernel {k}, for" not in text for k in program.kernels):
            self.fail(f"tppc explain {name}.tpp", f"exit code {code}:\n{text}")
        unit = f'#include "{out}.h"\nextern int unit;\n'
        check = subprocess.run([self.cc, "-std=c11", "-Wall", "-Werror", "-fsyntax-only", "-I", self.include, "-xc", "-"],
                               input=unit, text=True, capture_output=True)
        if check.returncode:
            self.fail(f"{name}.h", check.stderr)
        return True

    def file(self, name, rows, only):
        program = Program(name)
        missing = set(program.kernels) - {r.kernel for r in rows if r.kernel}
        if missing:
            self.fail(name, "suite.txt lacks " + ", ".join(sorted(missing)))
        compiles = self.whole(name, program, rows)
        for row in rows:
            if not row.kernel or only and row.name not in only and name not in only:
                continue
            path = program.path
            if not compiles:
                path = os.path.join(self.folder, row.name + ".tpp")
                with open(path, "w", encoding="utf-8") as f:
                    f.write(program.alone(row.kernel))
            if row.refused:
                self.refused(row, path)
            else:
                self.works(row, path, program.inputs(row.kernel))


def main():
    parser = argparse.ArgumentParser(description="the suite of the language page")
    parser.add_argument("--tppc", required=True)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--include", default=os.path.join(HERE, "..", "..", "include"))
    parser.add_argument("--untimed", action="store_true", help="no limit on the time of compilation")
    parser.add_argument("names", nargs="*", help="file or file.kernel (all)")
    args = parser.parse_args()
    rows = read_rows()
    files = sorted({r.file for r in rows})
    if {f + ".tpp" for f in files} != set(os.listdir(PROGRAMS)):
        raise SystemExit("suite.txt does not list the files of " + PROGRAMS)
    with tempfile.TemporaryDirectory() as folder:
        suite = Suite(os.path.abspath(args.tppc), folder, args.cc, args.include, not args.untimed)
        for name in files:
            mine = [r for r in rows if r.file == name]
            if not args.names or any(n == name or n.startswith(name + ".") for n in args.names):
                suite.file(name, mine, args.names)
    refused = sum(r.refused for r in rows)
    print(f"{suite.calls} commands, {len(suite.failed)} failed; rows: {len(rows) - refused} run, {refused} are refused")
    return 1 if suite.failed else 0


sys.exit(main())
