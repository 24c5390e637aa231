"""Which ops are taken apart into single lanes: lanes.py TPPC LIST FOLDER.

Every op of ops.def, for every type that it takes, is compiled in `Y[n] = op(X[n], ...)` over a length that leaves no
tail. Its code must have no instruction that works on one lane; the pairs for which it has are those of LIST, lines of
`op type cpu: reason`.
"""
import json
import os
import re
import subprocess
import sys

tppc, listed, folder = sys.argv[1:4]
FLOATS, INTEGERS = ["f32", "bf16", "f16", "f64"], ["i32", "i64", "i8", "u8", "u16", "i4"]
CPUS = ["x86-64-v3", "x86-64-v4"]
CALLS = {"add": "X[n] + Z[n]", "sub": "X[n] - Z[n]", "mul": "X[n] * Z[n]", "div": "X[n] / Z[n]", "neg": "-X[n]", "lt": "X[n] < Z[n]",
         "le": "X[n] <= Z[n]", "gt": "X[n] > Z[n]", "ge": "X[n] >= Z[n]", "eq": "X[n] == Z[n]", "ne": "X[n] != Z[n]",
         "select": "select(B[n], X[n], Z[n])", "uniform": "uniform(seed, n)", "sround": "sround<bf16>(X[n], Z[n])",
         "sround_f16": "sround<f16>(X[n], Z[n])", "sround_int": "sround<i8>(X[n], Z[n])", "zip": "zip(X[n], n * 12345 - 7)"}
# Scalar arithmetic, and moves of one lane into or out of a vector.
LANE = re.compile(r"\s(idiv\w*|v?cvtt?s[sdi]\w*|v(add|sub|mul|div|sqrt|round|rndscale|fn?m(add|sub)\d*)s[sd]|vp(extr|insr)[bwdq]|lzcnt\w*|bsr\w*)\s")


def call(op):
    name = op["op"].replace("_fine", "<fine>")
    return CALLS.get(op["op"]) or f"{name}({', '.join(['X[n]', 'Z[n]', 'X[n]'][:op['operands']])})"


def types(op):
    if op["op"] in ("uniform", "zip", "unzip_lo"):
        return ["f32"]
    return FLOATS if op["types"] == "floats" else INTEGERS if op["types"] == "integers" else FLOATS + INTEGERS


def program(op):
    text = ""
    for ty in types(op):
        out = "bit" if op["types"] == "numbers to bit" else "i8" if op["op"] == "sround_int" else ty
        text += (f"kernel k_{ty}(X: {ty}[4096], Z: {ty}[4096], B: bit[4096], seed: i64) -> Y: {out}[4096]\n"
                 f"{{\n  for n in 4096 {{ Y[n] = {call(op)}; }}\n}}\n")
    return text


def apart(asm):
    """Names of the kernels whose nest has single lanes."""
    found, name = set(), None
    for line in asm.splitlines():
        label = re.match(r"\"?k_(\w+)\.nest0\"?:", line)
        if label:
            name = label.group(1)
        elif line.startswith("\t.size"):
            name = None
        elif name and LANE.search(line):
            found.add(name)
    return found


ops = json.loads(subprocess.run([tppc, "--print-ops=json"], capture_output=True, check=True).stdout)
seen, count = set(), 0
for op in ops:
    if op.get("kind") != "elementwise":
        continue
    source = os.path.join(folder, op["op"] + ".tpp")
    with open(source, "w") as f:
        f.write(program(op))
    for cpu in CPUS:
        run = subprocess.run([tppc, source, "-march=" + cpu, "--emit=asm", "-o", "-"], capture_output=True, text=True)
        if run.returncode or "W0208" in run.stderr:
            sys.exit(f"{op['op']}: {run.stderr}")
        seen |= {f"{op['op']} {ty} {cpu}" for ty in apart(run.stdout)}
        count += len(types(op))
with open(listed) as f:
    known = {line.split(":")[0].strip() for line in f if line.strip() and line[0] != "#"}
for pair in sorted(seen - known):
    print("not listed:", pair)
for pair in sorted(known - seen):
    print("listed, but all lanes together:", pair)
print(f"{count} pairs, {len(seen)} scalar")
sys.exit(seen != known)
