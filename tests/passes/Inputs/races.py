"""Runs the loops of a .tir module of level loop with virtual threads and reports races.

    races.py [-t THREADS] [SIZE=n ...] < module.tir

Every element that a thread reads or writes is recorded with the number of barriers that the thread has passed. Two
threads that touch one element between the same barriers, one of them writing, race, whether or not a real run would
show it. All threads must pass equally many barriers. Nothing is computed; a product reads and writes its whole tile.
"""
import re
import sys

NAME = re.compile(r"%([\w$.]+)")


def expression(text):
    text = text.strip().replace("&&", " and ").replace("||", " or ").replace("/", "//")
    return compile(text.replace("$", "hidden_"), text, "eval")


def split(text):
    """At commas outside of brackets."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return parts + [text[start:]] if text.strip() else parts


def bracketed(text):
    """The inside of the brackets that text starts with, and what follows them."""
    depth = 0
    for i, c in enumerate(text):
        depth += (c == "[") - (c == "]")
        if depth == 0:
            return text[1:i], text[i + 1:].strip()
    raise ValueError(text)


class Dim:
    def __init__(self, text):
        self.step = 1
        if " = " in text:
            name, bounds = text.split(" = ", 1)
            lo, hi = bounds.split(" to ", 1)
            if " step " in hi:
                hi, step = hi.split(" step ")
                self.step = int(step)
        else:
            name, hi = text.split(":", 1)
            lo = "0"
        self.name = name.strip().replace("$", "hidden_")
        self.lo, self.hi = expression(lo), expression(hi)


class Op:
    def __init__(self, line):
        self.text, self.body = line, []
        head = line[:-1].strip() if line.endswith("{") else line
        self.result = None
        if re.match(r"%\S+ = ", head):
            self.result, head = NAME.match(head).group(1), head.split(" = ", 1)[1]
        self.kind, _, rest = head.partition(" ")
        rest = rest.strip()
        self.name = None
        if rest.startswith("@"):
            self.name, _, rest = rest[1:].partition(" ")
            rest = rest.strip()
        self.dims, self.uses = [], []
        if rest.startswith("["):
            dims, rest = bracketed(rest)
            self.dims = [Dim(d) for d in split(dims)]
        while rest.startswith("%"):
            name = NAME.match(rest).group(1)
            rest, index = rest[len(name) + 1:], ""
            if rest.startswith("["):
                index, rest = bracketed(rest)
            self.uses.append((name, [expression(e) for e in split(index)]))
            rest = rest.lstrip(", ")
        when = re.search(r"(?:when|value)=\((.*)\)$", rest)
        self.value = expression(when.group(1)) if when else None


def parse(lines):
    ops = []
    for line in lines:
        if line == "}":
            break
        ops.append(Op(line))
        if line.endswith("{"):
            ops[-1].body = parse(lines)
    return ops


def evaluate(e, env):
    return eval(e, {"min": min, "max": max, "__builtins__": {}}, env)


class Nest:
    def __init__(self, nest, sizes, threads):
        self.name, self.threads = nest.name, threads
        self.private = {o.result for o in nest.body if "space=thread" in o.text}
        self.passed = [0] * threads
        self.touched = {}
        for t in range(threads):
            self.run(t, nest.body, {**sizes, "tid": t, "nthreads": threads})

    def run(self, t, ops, env):
        for op in ops:
            if op.kind == "loop.barrier":
                self.passed[t] += 1
            elif op.kind == "loop.if":
                if evaluate(op.value, env):
                    self.run(t, op.body, env)
            elif op.kind == "loop.for":
                dim = op.dims[0]
                for v in range(evaluate(dim.lo, env), evaluate(dim.hi, env), dim.step):
                    self.run(t, op.body, {**env, dim.name: v})
            elif op.kind == "loop.par":
                self.run_shared(t, op, env)
            elif op.kind in ("loop.tile", "loop.contract"):
                self.touch(t, op, env)

    def run_shared(self, t, op, env):
        first, counts = dict(env), []
        for d in op.dims:
            lo, hi = evaluate(d.lo, first), evaluate(d.hi, first)
            counts.append((max(0, hi - lo) + d.step - 1) // d.step)
            first[d.name] = lo
        total = 1
        for c in counts:
            total *= c
        dynamic = "policy=dynamic" in op.text
        grid = re.search(r"part=\((.*)\) parts=\((.*)\) policy", op.text)
        part, parts = ((evaluate(expression(e), env) for e in grid.groups()) if grid
                       else (t, self.threads))
        for i in range(total):
            mine = i * 2654435761 // 128 % self.threads == t if dynamic else (
                part * total // parts <= i < (part + 1) * total // parts)
            inner = dict(env)
            for k, d in enumerate(op.dims):
                position = i
                for c in counts[k + 1:]:
                    position //= c
                v = evaluate(d.lo, inner) + position % counts[k] * d.step
                mine = mine and v < evaluate(d.hi, inner)
                inner[d.name] = v
            if mine:
                self.run(t, op.body, inner)
        self.passed[t] += dynamic  # its end is a barrier

    def points(self, dims, env):
        if not dims:
            yield env
            return
        d = dims[0]
        for v in range(evaluate(d.lo, env), evaluate(d.hi, env)):
            yield from self.points(dims[1:], {**env, d.name: v})

    def touch(self, t, op, env):
        if op.kind == "loop.contract":
            accesses = [(op.uses[0], True), (op.uses[1], False), (op.uses[2], False)]
        else:
            accesses = [(o.uses[0], False) for o in op.body if o.kind == "tpp.load"]
            accesses += [(o.uses[1], True) for o in op.body if o.kind == "tpp.store"]
        accesses = [(u, w) for u, w in accesses if u[0] not in self.private]
        for point in self.points(op.dims, env):
            for (name, index), writes in accesses:
                element = name, tuple(evaluate(e, point) for e in index), self.passed[t]
                self.touched.setdefault(element, set()).add((t, writes))

    def races(self):
        if len(set(self.passed)) > 1:
            yield f"{self.name}: threads pass {self.passed} barriers"
        for (name, index, passed), by in self.touched.items():
            if len({t for t, _ in by}) > 1 and any(w for _, w in by):
                yield f"{self.name}: {name}{list(index)} after {passed} barriers: {sorted(by)}"


def main(args):
    threads = 3
    if args[:1] == ["-t"]:
        threads, args = int(args[1]), args[2:]
    given = {name: int(value) for name, value in (a.split("=") for a in args)}
    lines = [line.split(" //")[0].strip() for line in sys.stdin]
    found, nests = [], 0
    for kernel in parse(iter([line for line in lines if line])):
        sizes = {}
        for op in kernel.body:
            if op.kind == "size":
                known = op.value and evaluate(op.value, sizes)
                sizes[op.name] = known if known is not None else given.get(op.name, 5)
            elif op.kind == "loop.nest" and "parallel=0" not in op.text:
                found += Nest(op, sizes, threads).races()
                nests += 1
    for race in found[:5]:
        print(race)
    print(f"{nests} parallel nests, {len(found)} races")
    return 1 if found else 0


sys.exit(main(sys.argv[1:]))
