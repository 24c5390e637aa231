#!/usr/bin/env python3
"""Trees of elementwise ops and reductions that nobody named, in any order, are as few passes over the tile as their
reductions allow.

Draws kernels over two letters whose trees are spread over several statements, with broadcasts of rows, columns, and
scalars. What a pass may compute is known from the program alone: a value that depends on a chain of d reductions can be
computed in pass d + 1, together with all others of that depth. `tppc explain` must count as many passes as the deepest
value needs (one more is allowed where reductions of rows and of columns both feed back: what needs the rows alone is
computed in the pass that the columns end), and `tppc run --verify` must find all elements bitwise equal on small integers.

    python3 tests/fuzz/fusion.py --tppc build/bin/tppc --runs 60 --seed 1
    python3 tests/fuzz/fusion.py --tppc build/bin/tppc --runs 60 --seed 1 --only 17     prints that program
"""
import argparse
import concurrent.futures
import os
import random
import re
import subprocess
import sys
import tempfile

SIZES = ((37, 53), (8, 64), (1, 131), (67, 1))
LARGEST = 1 << 23  # integers up to here and their sums are exact in f32


class Value:
    """A temporary or operand: its text, how many reductions it hangs on, and its largest magnitude."""

    def __init__(self, text, depth, most):
        self.text, self.depth, self.most = text, depth, most


class Program:
    def __init__(self, rng, name):
        self.rng, self.name, self.lines, self.outputs = rng, name, [], []
        self.used = set()
        self.pool = [Value(text, 0, 4) for text in ("X[m, n]", "Z[m, n]", "b[n]", "c[m]", "s")]
        self.unread = []
        self.count = 0
        self.passes = 0
        self.letters = set()  # of the reductions that something reads
        self.draw()

    def fresh(self, stem):
        self.count += 1
        return f"{stem}{self.count}"

    def pick(self):
        """An operand; what nobody has read yet is likelier, so that the tree hangs together."""
        if self.unread and self.rng.random() < 0.7:
            return self.read(self.rng.choice(self.unread))
        return self.read(self.rng.choice(self.pool))

    def read(self, value):
        if value in self.unread:
            self.unread.remove(value)
        self.used.add(value.text)
        return value

    def expression(self, terms):
        value = self.pick()
        for _ in range(terms):
            other = self.pick()
            op = self.rng.choice(("+", "-", "*", "max", "relu", "select"))
            if op == "*" and value.most * other.most > LARGEST // 256:
                op = "+"
            text, most = {
                "+": (f"({value.text} + {other.text})", value.most + other.most),
                "-": (f"({value.text} - {other.text})", value.most + other.most),
                "*": (f"({value.text} * {other.text})", value.most * other.most),
                "max": (f"select({value.text} > {other.text}, {value.text}, {other.text})",
                        max(value.most, other.most)),
                "relu": (f"(relu({value.text}) - {other.text})", value.most + other.most),
                "select": (f"select({other.text} <= 1, abs({value.text}), {other.text})",
                           max(value.most, other.most)),
            }[op]
            value = Value(text, max(value.depth, other.depth), most)
        return value

    def over_both(self, value):
        """With both letters, which a statement on the tile has."""
        if "m, n" in value.text:
            return value
        other = self.read(self.pool[0])
        return Value(f"({value.text} + {other.text})", max(value.depth, other.depth), value.most + other.most)

    def elementwise(self):
        value = self.over_both(self.expression(self.rng.randint(1, 3)))
        made = Value(f"{self.fresh('t')}[m, n]", value.depth, value.most)
        self.lines.append(f"{made.text} = {value.text};")
        self.pool.append(made)
        self.unread.append(made)
        self.passes = max(self.passes, value.depth + 1)

    def reduction(self, last=False):
        value = self.over_both(self.expression(self.rng.randint(0, 2)))
        sums = value.most * 131 <= LARGEST // 64 and self.rng.random() < 0.6
        letter = "m" if self.rng.random() < 0.7 else "n"
        made = Value(f"{self.fresh('y' if last else 'r')}[{letter}]", value.depth + 1, value.most * (131 if sums else 1))
        self.lines.append(f"{made.text} {'+=' if sums else self.rng.choice(('max=', 'min='))} {value.text};")
        self.passes = max(self.passes, value.depth + 1)
        if last:
            self.outputs.append(made.text)
        else:
            self.letters.add(letter)
            self.pool.append(made)
            self.unread.append(made)

    def store(self):
        value = self.over_both(self.expression(self.rng.randint(0, 2)))
        made = f"{self.fresh('y')}[m, n]"
        self.lines.append(f"{made} = {value.text};")
        self.outputs.append(made)
        self.passes = max(self.passes, value.depth + 1)

    def draw(self):
        feedback = self.rng.choice((0, 0, 1, 1, 2))
        for _ in range(feedback):
            for _ in range(self.rng.randint(0, 3)):
                self.elementwise()
            self.reduction()
        for _ in range(self.rng.randint(1, 4)):
            self.elementwise()
        while self.unread or not self.outputs:
            self.reduction(last=True) if self.rng.random() < 0.5 else self.store()

    def text(self):
        shapes = {"X": "f32[M, N]", "Z": "f32[M, N]", "b": "f32[N]", "c": "f32[M]", "s": "f32"}
        inputs = ", ".join(f"{name}: {shape}" for name, shape in shapes.items()
                           if any(u.split("[")[0] == name for u in self.used))
        results = ", ".join(f"{o.split('[')[0]}: f32[{o.split('[')[1][:-1].upper()}]" for o in self.outputs)
        body = "\n    ".join(self.lines)
        return (f"kernel {self.name}[M, N]({inputs}) -> ({results})\n"
                f"{{\n  for m in M, n in N {{\n    {body}\n  }}\n}}\n")

    def inputs(self):
        return [f"{n}=int:{i + 1}" for i, n in enumerate("XZbcs") if any(u.split("[")[0] == n for u in self.used)]


def call(command):
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    return run.returncode, run.stdout


def check(tppc, program, folder, rows, columns):
    """What is wrong with the program, or None."""
    path = os.path.join(folder, program.name + ".tpp")
    with open(path, "w") as out:
        out.write(program.text())
    sizes = ["-D", f"M={rows}", "-D", f"N={columns}"]
    code, text = call([tppc, "explain", path, "-k", program.name, *sizes])
    found = re.search(r"(\d+) pass(?:es)? over tiles", text)
    if code or not found:
        return text
    passes = int(found.group(1))
    most = program.passes + (len(program.letters) > 1)
    if passes > most or (passes < program.passes and min(rows, columns) > 1):
        return f"{passes} passes, {program.passes} would do\n{text}"
    values = [word for i in program.inputs() for word in ("--in", i)]
    code, text = call([tppc, "run", path, "-k", program.name, *sizes, *values, "--verify"])
    if code or "all bitwise equal" not in text:
        return text
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tppc", required=True)
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    numbers = range(options.runs) if options.only is None else [options.only]
    programs = [Program(random.Random(options.seed * 1000003 + i), f"k{i}") for i in numbers]
    if options.only is not None:
        print(programs[0].text())
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        wrong = list(pool.map(lambda p: check(options.tppc, p, folder, *SIZES[int(p.name[1:]) % len(SIZES)]),
                              programs))
    failed = [(p, w) for p, w in zip(programs, wrong) if w]
    for program, why in failed:
        print(f"--- {program.name}\n{program.text()}{why}")
    counts = sorted({p.passes for p in programs})
    summary = ", ".join(f"{sum(p.passes == c for p in programs)} of {c}" for c in counts)
    print(f"{len(programs)} programs, by passes: {summary}; {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
