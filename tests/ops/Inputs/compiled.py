"""Every op compiled, for every type that it takes, and compared with the interpreter: compiled.py TPPC FOLDER.

The ops are those that the compiler lists. Operands are special values and many others, near roots and far out.
"""
import json
import os
import subprocess
import sys

import numpy as np

tppc, folder = sys.argv[1:3]
rng = np.random.default_rng(3)
FLOATS = ["f32", "bf16", "f16", "f64"]
INTEGERS = ["i32", "i64", "i8", "u8", "u16", "i4"]
DTYPES = {"f32": np.float32, "bf16": np.float32, "f16": np.float16, "f64": np.float64, "i32": np.int32, "i64": np.int64, "i8": np.int8,
          "u8": np.uint8, "u16": np.uint16, "i4": np.int8}


def operands(ty):
    """Two arrays of one length, the first special values against each other."""
    if ty in FLOATS:
        special = np.array([0.0, -0.0, 1, -1, np.inf, -np.inf, np.nan, 1e-40, 3e38, 0.5, -2.5, 100])
        x, y = (v.ravel() for v in np.meshgrid(special, special))
        exponents = rng.integers(-140, 30, 3000) if ty != "f64" else rng.integers(-1040, 40, 3000)
        more = np.concatenate([rng.standard_normal(6000) * 3, np.linspace(-0.76, -0.74, 2000), np.linspace(-1.29, -1.27, 2000),
                               rng.uniform(1, 2, 3000) * 2.0 ** exponents * rng.choice([-1, 1], 3000)])
        x, y = np.concatenate([x, more]), np.concatenate([y, rng.permutation(more)])
    else:
        least, most = (-8, 7) if ty == "i4" else (int(np.iinfo(DTYPES[ty]).min), int(np.iinfo(DTYPES[ty]).max))
        special = np.array([least, least + 1, 0, 1, 2, 7, most - 1, most] + ([-1, -2] if least else []), dtype=DTYPES[ty])
        x, y = (v.ravel() for v in np.meshgrid(special, special))
        more = rng.integers(least, most, 500, dtype=DTYPES[ty], endpoint=True)
        x, y = np.concatenate([x, more]), np.concatenate([y, rng.permutation(more)])
    with np.errstate(over="ignore"):
        return x.astype(DTYPES[ty]), y.astype(DTYPES[ty])


def call(op):
    names = {"add": "X[n] + Z[n]", "sub": "X[n] - Z[n]", "mul": "X[n] * Z[n]", "div": "X[n] / Z[n]", "neg": "-X[n]", "lt": "X[n] < Z[n]",
             "le": "X[n] <= Z[n]", "gt": "X[n] > Z[n]", "ge": "X[n] >= Z[n]", "eq": "X[n] == Z[n]", "ne": "X[n] != Z[n]",
             "select": "select(X[n] < Z[n], X[n], Z[n])", "uniform": "uniform(seed, n)",
             "sround": "sround<bf16>(X[n], Z[n])", "sround_f16": "sround<f16>(X[n], Z[n])", "sround_int": "sround<i32>(X[n], Z[n])", "zip": "zip(X[n], n * 12345 - 7)"}
    name = op["op"].replace("_fine", "<fine>")
    return names.get(op["op"]) or f"{name}({', '.join(['X[n]', 'Z[n]', 'X[n]'][:op['operands']])})"


def check(op):
    types = FLOATS if op["types"] == "floats" else ["f32"] if op["op"] in ("uniform", "zip", "unzip_lo") else \
        INTEGERS if op["types"] == "integers" else FLOATS + INTEGERS
    text, inputs = "", {}
    for ty in types:
        out = "bit" if op["types"] == "numbers to bit" else ty
        text += (f"kernel k_{ty}[N](X: {ty}[N], Z: {ty}[N], seed: i64) -> Y: {out}[N]\n"
                 f"{{\n  for n in N {{ Y[n] = {call(op)}; }}\n}}\n")
    source = os.path.join(folder, f"{op['op']}.tpp")
    with open(source, "w") as f:
        f.write(text)
    for ty in types:
        command = [tppc, "run", source, "-k", f"k_{ty}", "--verify", "--in", "seed=12345"]
        for name, array in zip("XZ", operands(ty)):
            np.save(os.path.join(folder, f"{name}.npy"), array)
            command += ["--in", f"{name}={os.path.join(folder, name)}.npy"]
        run = subprocess.run(command, capture_output=True, text=True)
        verdict = run.stdout.strip().split("\n")[-1]
        good = run.returncode == 0 and verdict.startswith("verify:") and "without a finite" not in verdict
        exact = op["result"] == "exact"
        if not good or (exact and "bitwise" not in verdict):
            print(f"not ok {op['op']} {ty}: exit {run.returncode}, {verdict} {run.stderr}")
            return False
    print(f"ok {op['op']}: {', '.join(types)}")
    return True


ops = json.loads(subprocess.run([tppc, "--print-ops=json"], capture_output=True, check=True).stdout)
ops = [op for op in ops if op["kind"] == "elementwise"]
failures = [op["op"] for op in ops if not check(op)]
print(f"{len(ops)} ops, {len(failures)} fail {' '.join(failures)}")
sys.exit(bool(failures) or not ops)
