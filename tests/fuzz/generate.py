"""Draws well-typed programs, with their sizes, data, and schedules, from a seed.

A statement is drawn first; the tensors that it reads are declared to suit its indices, or found among those that there
are. What a sequence of statements may do (one `=`, then one operator, no reads in between) is followed by a state for
each tensor, so that every program is right; only a schedule may be refused.
"""
import random

import numpy as np

import model
from elements import FLOATS, INTS, is_float
from tree import (PACKED, Call, Kernel, Nest, Program, Schedule, Size, Stmt, Tensor, add, integer, mul, names_in,
                  refs_in, substitute, walk)

POINTS = 16000  # of a statement, at most
ELEMS = [("f32", 40), ("bf16", 14), ("f64", 8), ("f16", 5), ("i8", 8), ("u8", 5), ("i32", 8), ("i64", 4), ("u16", 3),
         ("i4", 3), ("bit", 4)]
VALUES = [(0, 3), (1, 8), (2, 9), (3, 10), (4, 8), (5, 9), (6, 5), (7, 8), (8, 8), (9, 6), (11, 5), (13, 5), (15, 3),
          (16, 6), (17, 6), (19, 2), (24, 2), (31, 2), (32, 3), (33, 4), (47, 1), (48, 1), (63, 1), (64, 2), (65, 2),
          (97, 1), (128, 1), (130, 1)]
BLOCKS = [1, 2, 3, 4, 5, 7, 8, 13, 16, 24, 32, 33, 64]
SPECIALS = ["exp", "sqrt", "tanh", "sigmoid", "erf", "gelu", "gelu_tanh", "silu", "relu_grad", "gelu_grad",
            "gelu_tanh_grad", "silu_grad", "sigmoid_grad", "tanh_grad", "rsqrt", "log", "abs_grad", "log_grad",
            "exp_grad", "sqrt_grad", "elu"]


class State:
    """What has happened to a tensor or temporary so far."""

    def __init__(self, tensor, extents, temp=False):
        self.tensor, self.extents, self.temp = tensor, extents, temp
        self.elem = tensor.elem
        self.valued = tensor.mode in ("in", "inout")
        self.nest, self.op, self.read_since, self.read = -1, None, False, False


class Typer(model.Frame):
    """Types of expressions while a nest is drawn."""

    def __init__(self, gen):
        self.gen, self.extent, self.types, self.scalars, self.sizes = gen, {}, {}, {}, {}

    def store(self, name):
        return self.gen.states[name]


class Context:
    """Of an expression: the letters it may use, its colons (expression, value) with the last one last."""

    def __init__(self, letters, colons=(), target=None, own=None):
        self.letters, self.colons, self.target, self.own = list(letters), list(colons), target, own


class KernelGen:
    def __init__(self, rng, name, callees=(), small=False):
        self.r, self.name, self.callees, self.small = rng, name, list(callees), small
        self.sizes, self.tensors, self.items = [], [], []
        self.states, self.loops, self.typer = {}, [], Typer(self)
        self.counts = {}
        self.specials = rng.random() < 0.12
        self.wild = rng.random() < 0.3  # affine indices and storage forms are frequent
        self.nests = 0

    # ---- small things ----

    def pick(self, weighted):
        return self.r.choices([w[0] for w in weighted], [w[1] for w in weighted])[0]

    def chance(self, p):
        return self.r.random() < p

    def fresh(self, stem):
        n = self.counts[stem] = self.counts.get(stem, -1) + 1
        return f"{stem}{n}"

    # ---- sizes ----

    def value_of(self, e):
        return model.Frame(None, None, {s.name: s.value for s in self.sizes}, {}, {}).integer(e)

    def draw_sizes(self):
        r = self.r
        names = r.sample("MNKPQRSTU", r.randint(1, 4))
        for name in names:
            v = self.pick(VALUES)
            kind = self.pick([("free", 55), ("default", 25), ("multiple", 6), ("most", 6), ("derived", 8)])
            e = None
            if kind == "multiple":
                base = r.choice([2, 3, 4, 8, 16])
                v = -(-v // base) * base
                e = ("int", base)
            elif kind == "most":
                e = ("int", v + r.choice([0, 1, 5, 100]))
            elif kind == "derived":
                older = [s for s in self.sizes if s.value <= 40]
                if older:
                    o = r.choice(older)
                    forms = [add(("name", o.name), ("int", r.randint(1, 3))), mul(("int", 2), ("name", o.name)),
                             ("bin", "/", ("name", o.name), ("int", r.choice([2, 3, 4])))]
                    if o.value >= 1:
                        forms += [("bin", "-", ("name", o.name), ("int", 1)),
                                  add(("bin", "/", ("bin", "-", ("name", o.name), ("int", 1)), ("int", 2)),
                                      ("int", 1))]
                    e = r.choice(forms)
                    v = self.value_of(e)
                else:
                    kind = "free"
            if kind == "default":
                e = ("int", v)
            self.sizes.append(Size(name, kind, v, e))

    def extent(self):
        """The extent of a loop: a size, a literal, or an expression."""
        r = self.r
        if self.sizes and self.chance(0.78):
            s = r.choice(self.sizes)
            e = ("name", s.name)
            if self.chance(0.07):
                e = add(e, ("int", 1))
            return e, self.value_of(e)
        v = r.choice([1, 2, 3, 3, 4, 5, 8, 16])
        return ("int", v), v

    # ---- tensors ----

    def storage(self, t, values):
        r = self.r
        n = len(t.dims)
        if n == 0 or t.elem in PACKED or t.mode == "scalar":
            return
        x = r.random() * (0.55 if self.wild else 1.4)
        if x < 0.10 and n > 1:
            order = list(range(n))
            r.shuffle(order)
            t.digits = [(d, 0, 1) for d in order]
        elif x < 0.2:
            digits = []
            for d in range(n):
                if self.chance(0.6):
                    b = r.choice([2, 3, 4, 8, 16])
                    if b % 2 == 0 and self.chance(0.3) and b > 2:
                        digits.append([(d, 0, b), (d, b, 2), (d, 2, 1)])
                    else:
                        digits.append([(d, 0, b), (d, b, 1)])
                else:
                    digits.append([(d, 0, 1)])
            flat = [(i + r.random() * 0.5 * len(ds), x) for ds in digits for i, x in enumerate(ds)]
            if self.chance(0.2):
                flat = [(r.random(), x) for _, x in flat]
            flat.sort(key=lambda p: p[0])
            t.digits = [x for _, x in flat]
        elif x < 0.25 and n == 2:
            b, c = r.choice([2, 4, 8, 16]), r.choice([2, 4, 8, 16, 32])
            k, m = (0, 1) if self.chance(0.5) else (1, 0)
            v = 2 if b < 4 or self.chance(0.7) else 4
            t.digits = [(m, 0, c), (k, 0, b), (k, b, v), (m, c, 1), (k, v, 1)] if b > v else \
                [(m, 0, c), (k, 0, v), (m, c, 1), (k, v, 1)]
        elif x < 0.32:
            t.ld = add(t.dims[-1], ("int", r.choice([1, 2, 3, 5, 16])))
            if self.chance(0.3) and values[-1] <= 32:
                name = self.new_size(values[-1] + r.choice([0, 1, 7]))
                if name:
                    t.ld = ("name", name)
        if t.digits and [d[0] for d in t.digits] == list(range(n)) and all(d[1:] == (0, 1) for d in t.digits):
            t.digits = None

    def new_size(self, v):
        free = [c for c in "MNKPQRSTUVW" if all(s.name != c for s in self.sizes)]
        if not free:
            return None
        name = self.r.choice(free)
        self.sizes.append(Size(name, "free", v))
        self.typer.sizes[name] = v
        return name

    def declare(self, mode, elem, dims, pad=None, plain=False):
        stem = {"in": "X", "inout": "C", "out": "Y", "local": "L", "scalar": "c"}[mode]
        t = Tensor(self.fresh(stem), elem, list(dims), mode, pad=pad)
        values = [self.value_of(d) for d in dims]
        if not plain:
            self.storage(t, values)
        if elem in ("i8", "u8", "i32", "u16") and mode == "in" and dims and self.chance(0.08):
            t.range = (0, 9) if elem[0] == "u" else (-9, 9)
        self.tensors.append(t)
        s = self.states[t.name] = State(t, values)
        return s

    def elem(self, kind=None):
        e = self.pick(ELEMS)
        while (kind == "float") != is_float(e) if kind else False:
            e = self.pick(ELEMS)
        return e

    # ---- indices ----

    def letter(self, c):
        return next((e, v) for x, e, v in self.loops if x == c)

    def new_index(self, c, others, write=False):
        """An index with letter c for a new dimension: the index, the extent, the margin."""
        r = self.r
        e, v = self.letter(c)
        name = ("name", c)
        if not self.chance(0.5 if self.wild else 0.12):
            return name, e, None
        form = r.choice(["shift", "stride", "reverse", "two", "pad", "size"])
        k = r.randint(0, 3)
        if form == "shift":
            return add(name, ("int", k + 1)), add(e, ("int", k + 1 + r.randint(0, 1))), None
        if form == "stride":
            s = r.choice([2, 2, 3, 4])
            index = add(mul(("int", s), name) if self.chance(0.5) else mul(name, ("int", s)), ("int", k))
            return index, add(mul(("int", s), e), ("int", k)), None
        if form == "reverse":
            return ("bin", "-", ("bin", "-", e, ("int", 1)), name), e, None
        if form == "size" and not write and self.sizes:
            s = r.choice(self.sizes)
            if s.value <= 5:
                return add(mul(name, ("name", s.name)), ("int", k)), add(mul(e, ("name", s.name)), ("int", k + 1)), None
        others = [o for o in others if o != c]
        if form == "two" and others:
            o = r.choice(others)
            f, w = self.letter(o)
            s = r.choice([1, 2, 3])
            if write == "once":
                # Digits: the inner extent is a literal, or the stride its expression.
                return add(mul(name, f), ("name", o)), mul(e, f) if f[0] != "bin" else ("bin", "*", e, f), None
            return add(add(mul(name, ("int", s)), ("name", o)), ("int", k)), \
                add(add(mul(("int", s), e), f), ("int", k)), None
        if form == "pad" and not write:
            q = r.randint(0, 2)
            if others and self.chance(0.6):
                o = r.choice(others)
                f, w = self.letter(o)
                if w <= 6:
                    margin = max(q, w - 1 - q, 0)
                    return ("bin", "-", add(name, ("name", o)), ("int", q)), e, ("int", margin)
            q = q or 1
            sign = self.chance(0.5)
            return (add(name, integer(-q)) if sign else add(name, ("int", q))), e, ("int", q)
        return name, e, None

    def new_reference(self, ctx, elem, mode="in", write=False, full_colons=False, letters=None):
        """A new tensor for a reference with some of the letters and colons of ctx."""
        r = self.r
        if letters is None:
            most = min(len(ctx.letters), 3)
            letters = r.sample(ctx.letters, r.randint(0 if ctx.colons else min(1, most), most))
        letters = list(letters)
        r.shuffle(letters)
        dims, idx, pad, used = [], [], {}, set()
        for c in letters:
            if c in used:
                continue
            i, e, m = self.new_index(c, [x for x in letters if x not in used] if write else ctx.letters, write)
            used |= names_in(i) & {x for x, _, _ in self.loops}
            if m is not None:
                pad[len(dims)] = m
            idx.append(i)
            dims.append(e)
        if self.chance(0.08) and not write:
            k = r.randint(0, 3)
            at = r.randint(0, len(dims))
            pad = {d + (d >= at): m for d, m in pad.items()}
            idx.insert(at, ("int", k))
            dims.insert(at, ("int", k + 1 + r.randint(0, 2)))
        if ctx.colons:
            n = len(ctx.colons) if full_colons else r.randint(0, len(ctx.colons))
            for e, _ in ctx.colons[len(ctx.colons) - n:]:
                # In order, anywhere after the last one.
                last = max([j for j, i in enumerate(idx) if i == ":"], default=-1)
                at = r.randint(last + 1, len(idx)) if self.chance(0.4) else len(idx)
                pad = {d + (d >= at): m for d, m in pad.items()}
                idx.insert(at, ":")
                dims.insert(at, e)
        if not dims and mode == "in":
            dims, idx = [("int", 2)], [("int", r.randint(0, 1))]
        if elem in PACKED and mode != "in":
            pad = {}
        s = self.declare(mode, elem, dims, pad or None)
        return s, ("ref", s.tensor.name, tuple(idx))

    def fit(self, s, ctx, write=False, distinct=False):
        """Indices of an existing tensor, or None. write: no margins. distinct: each letter once, all plain."""
        r = self.r
        idx, used = [], set()
        colons = list(ctx.colons)
        for d, n in enumerate(s.extents):
            options = []
            e = s.tensor.dims[d]
            for c in ctx.letters:
                le, lv = self.letter(c)
                if c in used and (distinct or not self.chance(0.1)):
                    continue
                if le == e:
                    options += [("name", c)] * 6
                    if not distinct and self.chance(0.1):
                        options.append(("bin", "-", ("bin", "-", e, ("int", 1)), ("name", c)))
                elif lv <= n and not (s.temp and write):
                    options += [("name", c)] * 2
                    if lv < n and self.chance(0.2):
                        options.append(add(("name", c), ("int", n - lv)))
                    if 2 * lv <= n and self.chance(0.3):
                        options.append(mul(("int", 2), ("name", c)))
            if n >= 1 and not (s.temp and write) and (not options or self.chance(0.1)):
                options.append(("int", r.randint(0, n - 1)))
            if ctx.colons and any(v == n for _, v in ctx.colons) and self.chance(0.5):
                options += [":"] * 8
            if not options:
                return None
            i = r.choice(options)
            if i != ":":
                used |= names_in(i)
            idx.append(i)
        n = idx.count(":")
        if n > len(ctx.colons):
            return None
        want = [v for _, v in ctx.colons[len(ctx.colons) - n:]]
        if [s.extents[d] for d, i in enumerate(idx) if i == ":"] != want:
            return None
        return tuple(idx)

    # ---- expressions ----

    def code(self, e):
        return self.typer.code(e)

    def note_read(self, s):
        s.read, s.read_since = True, True

    def reference(self, ctx, kind=None, full_colons=False):
        r = self.r
        inputs = sum(t.mode == "in" for t in self.tensors)
        if not full_colons and self.chance(0.6 if inputs < 6 else 0.93):
            found = [s for s in self.states.values()
                     if s.valued and s.tensor.mode != "scalar" and s.tensor.name != ctx.target
                     and (kind is None or is_float(s.elem) == (kind == "float"))]
            r.shuffle(found)
            found.sort(key=lambda s: s.temp and not s.read, reverse=True)
            for s in found[:4]:
                idx = self.fit(s, ctx)
                if idx is not None:
                    self.note_read(s)
                    return ("ref", s.tensor.name, idx)
        s, ref = self.new_reference(ctx, self.elem(kind), full_colons=full_colons)
        self.note_read(s)
        return ref

    def lazy(self, ctx, depth=2):
        """Constants, sizes, and letters."""
        r = self.r
        x = r.random()
        if depth == 0 or x < 0.4:
            if ctx.letters and self.chance(0.5):
                return ("name", r.choice(ctx.letters))
            if self.sizes and self.chance(0.4):
                return ("name", r.choice(self.sizes).name)
            return ("int", r.randint(0, 9))
        if x < 0.5:
            return ("neg", self.lazy(ctx, depth - 1))
        if x < 0.56:
            return ("bin", "/", self.lazy(ctx, depth - 1), ("int", r.choice([1, 2, 3, 4, 7])))
        return ("bin", r.choice(["+", "-", "+", "*"]), self.lazy(ctx, depth - 1), self.lazy(ctx, depth - 1))

    def leaf(self, ctx):
        r = self.r
        x = r.random()
        if ctx.own and x < 0.3:
            self.note_read(self.states[ctx.own[1]])
            return ctx.own
        if x < 0.7:
            return self.reference(ctx)
        if x < 0.78:
            return integer(r.randint(-4, 9))
        if x < 0.84:
            return ("num", r.choice(["0.5", "2.0", "0.25", "1.5", "3.0", "4.0", "0.1" if self.specials else "0.75"]))
        if x < 0.92:
            return self.lazy(ctx)
        scalars = [t for t in self.tensors if t.mode == "scalar"]
        if scalars and self.chance(0.6):
            return ("name", r.choice(scalars).name)
        if len(scalars) < 3:
            e = self.elem()
            while e in PACKED:
                e = self.elem()
            s = self.declare("scalar", e, [])
            self.typer.scalars[s.tensor.name] = (e, 0)
            return ("name", s.tensor.name)
        return ("int", r.randint(0, 5))

    def condition(self, ctx, depth):
        r = self.r
        x = r.random()
        if x < 0.5:
            return ("bin", r.choice(["<", "<=", ">", ">=", "==", "!="]), self.expr(ctx, depth - 1),
                    self.expr(ctx, depth - 1))
        if x < 0.8:
            return ("bin", r.choice(["<", "<=", ">", ">=", "==", "!="]), self.lazy(ctx, 1), self.lazy(ctx, 1))
        if x < 0.9:
            return ("bin", "*", self.condition(ctx, 1), self.condition(ctx, 1))
        e = self.reference(ctx, "integer")
        return e

    def expr(self, ctx, depth):
        r = self.r
        if depth <= 0 or self.chance(0.2):
            return self.leaf(ctx)
        x = r.random()
        if x < 0.42:
            return ("bin", r.choice(["+", "-", "*", "+", "*"]), self.expr(ctx, depth - 1), self.expr(ctx, depth - 1))
        if x < 0.52:
            return ("call", r.choice(["max", "min"]), (self.expr(ctx, depth - 1), self.expr(ctx, depth - 1)), None)
        if x < 0.64:
            if self.chance(0.3):
                return ("neg", self.expr(ctx, depth - 1))
            return ("call", r.choice(["relu", "abs", "sign"]), (self.expr(ctx, depth - 1),), None)
        if x < 0.69:
            return ("bin", r.choice(["<", "<=", ">", ">=", "==", "!="]), self.expr(ctx, depth - 1),
                    self.expr(ctx, depth - 1))
        if x < 0.79:
            return ("call", "select", (self.condition(ctx, depth - 1), self.expr(ctx, depth - 1),
                                       ("inf",) if self.chance(0.05) else self.expr(ctx, depth - 1)), None)
        if x < 0.85:
            return ("call", "convert", (self.expr(ctx, depth - 1),), self.elem())
        if x < 0.88:
            a = self.expr(ctx, depth - 1)
            b = ("int", r.choice([1, 2, 2, 4, 8, 3 if self.specials else 4]))
            sizes = [s for s in self.sizes if s.value >= 1]
            if sizes and self.chance(0.2):
                b = ("name", r.choice(sizes).name)
            return ("bin", "/", a, b)
        if x < 0.9:
            return ("call", "fma", tuple(self.expr(ctx, depth - 1) for _ in range(3)), None)
        if x < 0.915:
            return self.of_bits(ctx, depth - 1)
        if x < 0.94 and self.specials:
            return ("call", r.choice(SPECIALS), (self.expr(ctx, depth - 1),), None)
        if x < 0.985:
            return self.reduced(ctx, depth)
        return self.lazy(ctx)

    def integers(self, ctx, depth):
        for _ in range(4):
            e = self.expr(ctx, depth)
            if not is_float(model.settle(self.code(e))) and self.code(e) != "number":
                return e
        return self.reference(ctx, "integer")

    def of_bits(self, ctx, depth):
        r = self.r
        x = r.random()
        if x < 0.6:
            shift = ("int", r.randint(0, 6)) if self.chance(0.7) else ("bin", "-", self.lazy(ctx, 1), ("int", 2))
            return ("call", "shr_rne", (self.integers(ctx, depth), shift), None)
        if x < 0.8:
            return ("call", "bits", (self.integers(ctx, depth),), None)
        if x < 0.9:
            return ("call", r.choice(["unzip_hi", "unzip_lo"]), (self.expr(ctx, depth),), None)
        return ("call", "zip", (self.expr(ctx, depth), self.integers(ctx, depth)), None)

    def reduced(self, ctx, depth):
        """sum, max, min, or prod over colons of its own."""
        r = self.r
        e, v = self.extent()
        colons = [(e, v)]
        if self.chance(0.15):
            colons.insert(0, self.extent())
        points = 1
        letters = []
        for c in r.sample(ctx.letters, len(ctx.letters)):
            if points * self.letter(c)[1] * max(1, v) < POINTS and self.chance(0.7):
                letters.append(c)
                points *= max(1, self.letter(c)[1])
        inner = Context(letters, colons, None if ctx.own else ctx.target)
        body = self.expr(inner, min(depth - 1, 2))
        if colon_count(body) < len(colons):
            body = ("bin", r.choice(["+", "*"]), body, self.reference(inner, full_colons=True))
        op = self.pick([("sum", 5), ("max", 3), ("min", 2), ("prod", 1)])
        return ("call", op, (body,), None)

    # ---- statements ----

    def can_set(self, s):
        return not s.temp and s.tensor.mode not in ("in", "scalar")

    def can_update(self, s, op):
        if s.tensor.mode in ("in", "scalar"):
            return False
        if s.nest != self.nests:
            return s.valued
        return s.op in ("=", op) and not s.read_since

    def note_write(self, s, op):
        s.valued, s.nest, s.op, s.read_since = True, self.nests, op, False

    def limited(self, letters):
        """Letters in random order while the statement stays small."""
        out, points = [], 1
        for c in letters:
            n = max(1, self.letter(c)[1])
            if points * n <= POINTS:
                out.append(c)
                points *= n
        return out

    def new_temp(self, idx, extents, dims):
        t = Tensor(self.fresh("t"), None, dims, "temp")
        s = State(t, extents, True)
        s.valued = False
        return s

    def finish_temp(self, s, rhs, op):
        name = s.tensor.name
        code = self.code(rhs)
        known = self.typer.types.get(name)
        code = model.join(known, code) if known else code
        if op != "=" and code == "bit":
            code = "i32"
        self.typer.types[name] = code
        s.elem = model.settle(code)
        self.states[name] = s

    def target(self, letters, op, colons, brgemm=False):
        """The left side: a state, its index, whether it is new; the letters are those that it should have."""
        r = self.r
        update = op != "="
        kinds = [("temp", 34), ("old", 34), ("out", 18), ("local", 9), ("inout", 9 if update else 5)]
        kind = self.pick(kinds)
        outs = sum(t.mode == "out" for t in self.tensors)
        if kind == "out" and outs >= 4:
            kind = "temp"
        if kind == "old":
            found = [s for s in self.states.values() if (self.can_update(s, op) if update else self.can_set(s) and s.valued)]
            r.shuffle(found)
            for s in found[:4]:
                ctx = Context(self.loop_letters() if update or self.chance(0.5) else letters, colons)
                idx = self.fit(s, ctx, write=True, distinct=not update or s.temp)
                if idx is None:
                    continue
                if colons and idx.count(":") not in (0, len(colons)):
                    continue
                if s.temp and any(i != ":" and i[0] != "name" for i in idx):
                    continue
                return s, idx, False
            kind = "temp"
        if kind == "temp":
            order = list(letters)
            r.shuffle(order)
            idx = [("name", c) for c in order]
            dims = [self.letter(c)[0] for c in order]
            extents = [self.letter(c)[1] for c in order]
            for e, v in colons:
                last = max([j for j, i in enumerate(idx) if i == ":"], default=-1)
                at = r.randint(last + 1, len(idx)) if self.chance(0.2) else len(idx)
                idx.insert(at, ":")
                dims.insert(at, e)
                extents.insert(at, v)
            return self.new_temp(idx, extents, dims), tuple(idx), True
        write = "once" if op == "=" else "many" if op == "+=" else None
        ctx = Context(letters, colons)
        elem = self.elem() if not brgemm else self.pick([("f32", 8), ("bf16", 4), ("i32", 3), ("f64", 2), ("f16", 1),
                                                         ("i8", 1), ("u8", 1), ("i64", 1), ("u16", 1)])
        if kind == "inout" or write:
            wild, self.wild = self.wild, self.wild and write is not None
            s, ref = self.new_reference(ctx, elem, kind, write or "once", True, letters)
            self.wild = wild
        else:
            # max=, min=, and *= start from whole tensors.
            order = list(letters)
            r.shuffle(order)
            s = self.declare(kind, elem, [self.letter(c)[0] for c in order] + [e for e, _ in colons])
            ref = ("ref", s.tensor.name, tuple([("name", c) for c in order] + [":"] * len(colons)))
        if kind == "inout":
            s.valued = True
        return s, ref[2], True

    def loop_letters(self):
        return [c for c, _, _ in self.loops]

    def elementwise(self, op):
        r = self.r
        every = self.limited(r.sample(self.loop_letters(), len(self.loops)))
        n = min(len(every), r.choice([0, 1, 1, 2, 2, 2, 3, 3, 4]))
        left = every[:n]
        points = int(np.prod([max(1, self.letter(c)[1]) for c in every], dtype=np.int64))
        colons = []
        if self.chance(0.14):
            e, v = self.extent()
            if v * points <= POINTS:
                colons = [(e, v)]
        s, idx, new = self.target(left, op, colons, False)
        on_left = [c for c in self.loop_letters() if c in names_in(("ref", "", idx))]
        if op == "=":
            letters = list(on_left)
            colons = colons if ":" in idx else []
        else:
            letters = list(on_left) + [c for c in every if c not in on_left and self.chance(0.7)]
        letters = self.limited(sorted(letters, key=lambda c: c not in on_left))
        own = None
        if op == "=" and s.valued and not s.temp and (s.nest != self.nests or True):
            own = ("ref", s.tensor.name, idx)
        ctx = Context(letters, colons, s.tensor.name, own)
        depth = r.choice([1, 2, 2, 3])
        rhs = self.expr(ctx, 1 if op == "*=" else depth)
        if colons and ":" in idx and colon_count(rhs) < len(colons):
            rhs = ("bin", "+", rhs, self.reference(ctx, full_colons=True))
        if s.temp:
            self.finish_temp(s, rhs, op)
        self.note_write(s, op)
        return Stmt(s.tensor.name, idx, op, rhs)

    def brgemm(self):
        r = self.r
        every = self.limited(r.sample(self.loop_letters(), len(self.loops)))
        if not every:
            return self.elementwise("+=")
        k = every[:r.choice([0, 1, 1, 1, 1, 2, 2])]
        rest = every[len(k):]
        roles = {c: self.pick([("m", 4), ("n", 4), ("b", 2)]) for c in rest[:4]}
        m, n, b = ([c for c in rest[:4] if roles[c] == x] for x in "mnb")
        colons = []
        points = int(np.prod([max(1, self.letter(c)[1]) for c in every], dtype=np.int64))
        if self.chance(0.06):
            e, v = self.extent()
            if v * points <= POINTS:
                colons = [(e, v)]
        left = m + n + b
        s, idx, new = self.target(left, "+=", [], True)
        refs = []
        exact = [c for c in left if c in names_in(("ref", "", idx))]
        if set(exact) != set(left):
            # An older target with letters of its own: those it lacks are summed over.
            k = k + [c for c in left if c not in exact]
        extra = [c for c in self.loop_letters() if c in names_in(("ref", "", idx)) and c not in left]
        for i, own in enumerate((m, n)):
            letters = own + k + [c for c in b if not self.chance(0.15)] + [c for c in extra if self.chance(0.5)]
            letters = list(dict.fromkeys(letters))
            if self.chance(0.1) and letters:
                letters.pop(r.randrange(len(letters)))
            ctx = Context(letters, colons)
            ref = None
            if self.chance(0.4):
                found = [x for x in self.states.values() if x.valued and x is not s and x.tensor.mode != "scalar"
                         and len(x.extents) >= 1]
                r.shuffle(found)
                found.sort(key=lambda x: x.temp and not x.read, reverse=True)
                for x in found[:3]:
                    at = self.fit(x, ctx)
                    if at is not None and len(names_in(("ref", "", at)) & set(letters)) >= min(2, len(letters)):
                        self.note_read(x)
                        ref = ("ref", x.tensor.name, at)
                        break
            if ref is None:
                elem = self.pick([("f32", 45), ("bf16", 25), ("i8", 8), ("u8", 6), ("f64", 8), ("f16", 4), ("i32", 3),
                                  ("i64", 2), ("u16", 2), ("i4", 3), ("bit", 2)])
                x, ref = self.new_reference(ctx, elem, full_colons=True, letters=letters)
                self.note_read(x)
            refs.append(ref)
        if self.chance(0.3):
            refs.reverse()
        rhs = ("brgemm", refs[0], refs[1])
        if s.temp:
            self.finish_temp(s, rhs, "+=")
        self.note_write(s, "+=")
        return Stmt(s.tensor.name, idx, "+=", rhs)

    def statement(self):
        x = self.r.random()
        if x < 0.25:
            return self.brgemm()
        if x < 0.62:
            return self.elementwise("=")
        return self.elementwise(self.pick([("+=", 6), ("max=", 2), ("min=", 1.3), ("*=", 0.7)]))

    def continued(self, s):
        """Another update of what the statement before has written, with the same index."""
        state = self.states.get(s.target)
        op = s.op if s.op != "=" else self.r.choice(["+=", "+=", "max=", "min="])
        if state is None or not self.can_update(state, op):
            return None
        on_left = [c for c in self.loop_letters() if c in names_in(("ref", "", s.idx))]
        if ":" in s.idx or not self.chance(0.9):
            return None
        letters = self.limited(on_left + [c for c in self.loop_letters() if c not in on_left and self.chance(0.6)])
        rhs = self.expr(Context(letters, [], s.target), 2)
        if state.temp:
            self.finish_temp(state, rhs, op)
        self.note_write(state, op)
        return Stmt(s.target, s.idx, op, rhs)

    # ---- nests ----

    def nest(self):
        r = self.r
        n = self.pick([(1, 12), (2, 30), (3, 34), (4, 16), (5, 8)])
        pool = [c for c in "abcdefghijklmnopqrstuvwxyz"]
        letters = r.sample(pool, n)
        self.loops = []
        for c in letters:
            e, v = self.extent()
            self.loops.append((c, e, v))
        self.typer.extent = {c: v for c, _, v in self.loops}
        self.typer.types = {}
        self.typer.sizes = {s.name: s.value for s in self.sizes}
        stmts = []
        for _ in range(self.pick([(1, 25), (2, 28), (3, 25), (4, 14), (6, 8)])):
            s = self.statement()
            stmts.append(s)
            if self.chance(0.12):
                more = self.continued(s)
                if more:
                    stmts.append(more)
        self.consume(stmts)
        label = self.fresh(r.choice(["up", "down", "main"])) if self.chance(0.15) else None
        item = Nest(label, [(c, e) for c, e, _ in self.loops], stmts)
        if self.chance(0.62):
            item.schedule = self.schedule(item)
        self.items.append(item)
        for name in [x for x, s in self.states.items() if s.temp]:
            del self.states[name]
        self.nests += 1
        self.loops = []

    def consume(self, stmts):
        """Temporaries that nothing reads go into outputs."""
        r = self.r
        while True:
            unread = [s for s in self.states.values() if s.temp and not s.read]
            if not unread:
                return
            s = unread[0]
            s.read = s.read_since = True
            name = s.tensor.name
            idx = next(x.idx for x in stmts if x.target == name)
            dims = list(s.tensor.dims)
            order = list(range(len(idx)))
            if self.chance(0.4):
                plain = [d for d in order if idx[d] != ":"]
                r.shuffle(plain)
                order = [plain.pop(0) if idx[d] != ":" else d for d in order]
            float_ = is_float(s.elem)
            elem = self.pick([("f32", 5), ("bf16", 3), ("f64", 1), ("f16", 1)]) if float_ else \
                self.pick([("i32", 5), ("i64", 2), ("f32", 1), ("i8", 1)])
            keep = [d for d in order if idx[d] == ":" or self.chance(0.9)]
            op = "=" if len(keep) == len(order) else r.choice(["+=", "max="])
            y = self.declare("out", elem, [dims[d] for d in keep])
            rhs = ("ref", name, idx)
            if self.chance(0.3):
                ctx = Context([idx[d][1] for d in keep if idx[d] != ":"])
                if ":" not in idx:
                    rhs = ("bin", r.choice(["+", "*", "-"]), rhs, self.leaf(ctx))
            stmts.append(Stmt(y.tensor.name, tuple(idx[d] for d in keep), op, rhs))
            self.note_write(y, op)

    # ---- schedules ----

    def schedule(self, nest):
        r = self.r
        letters = [c for c, _ in nest.loops]
        extents = {c: self.value_of(e) for c, e in nest.loops}
        parts = [c for c in letters for _ in range(self.pick([(1, 70), (2, 24), (3, 6)]))]
        r.shuffle(parts)
        safe = []
        for c in letters:
            used = [s for s in nest.stmts if c in names_in((("ref", "", s.idx), s.rhs))]
            if all(c in names_in(("ref", "", s.idx)) for s in used):
                safe.append(c)
        caps = []
        if self.chance(0.62):
            pool = safe if self.chance(0.85) else letters
            caps = r.sample(pool, min(len(pool), r.choice([1, 1, 2, 2, 3])))
        for c in caps:
            parts.remove(c)
        at = r.randint(0, len(parts))
        if self.chance(0.5):
            # Sums inside, which is legal most often.
            at = next((i for i, c in enumerate(parts) if c not in safe), len(parts)) if self.chance(0.7) else 0
        string = "".join(parts[:at]) + "".join(c.upper() for c in caps)
        if caps and self.chance(0.1):
            string += "|"
        string += "".join(parts[at:])
        if not caps and self.chance(0.04) and len(string) > 1:
            string = string[:1] + "|" + string[1:]
        if caps and self.chance(0.15):
            string += r.choice(["@schedule(dynamic,1)", "@schedule(dynamic,2)", "@schedule(static)", "@schedule(dynamic)"])
        sizes = {}
        counts = {c: sum(x.lower() == c for x in string.split("@")[0]) for c in letters}
        for c in letters:
            if self.chance(0.8):
                v = [r.choice(BLOCKS + [max(1, extents[c])] * 3) for _ in range(counts[c])]
                if self.chance(0.9):
                    v.sort(reverse=True)
                sizes[c] = v
        knobs = []
        if self.chance(0.2):
            read = {x[1] for s in nest.stmts if s.rhs[0] == "brgemm" for x in refs_in(s.rhs)}
            if not read or self.chance(0.1):
                read = {x[1] for s in nest.stmts for x in refs_in(s.rhs)}
            read = sorted(n for n in read if n in self.states and not self.states[n].temp
                          and n not in {s.target for s in nest.stmts})
            if read:
                knobs.append("pack " + ", ".join(r.sample(read, r.randint(1, min(2, len(read))))))
        if self.chance(0.08):
            knobs.append(f"threads {r.randint(1, 4)}")
        if self.chance(0.1):
            knobs.append("kernel brgemm = " + r.choice(["xsmm", "runtime"]))
        return Schedule(string, sizes, knobs)

    # ---- calls ----

    def caller_size(self, v):
        """An expression of the caller with this value."""
        r = self.r
        same = [("name", s.name) for s in self.sizes if s.value == v]
        if same and self.chance(0.7):
            return r.choice(same)
        if self.chance(0.4):
            name = self.new_size(v)
            if name:
                return ("name", name)
        return ("int", v)

    def call(self, callee):
        r = self.r
        bare = {d[1] for t in callee.tensors if t.mode != "local" for d in t.dims if d[0] == "name"}
        names, named = {}, []
        for z in callee.sizes:
            if z.kind == "derived":
                names[z.name] = substitute(z.expr, names)
                continue
            deduced = z.name in bare
            if z.kind == "default" and not deduced and self.chance(0.7):
                names[z.name] = ("int", z.value)
                continue
            names[z.name] = self.caller_size(z.value)
            if not deduced or self.chance(0.25):
                named.append((z.name, names[z.name]))
        passed = set()

        def argument(t, modes):
            dims = [substitute(d, names) for d in t.dims]
            ld = substitute(t.ld, names) if t.ld else None
            extents = [self.value_of(d) for d in dims]
            for s in r.sample(list(self.states.values()), len(self.states)):
                x = s.tensor
                if (self.chance(0.5) and x.elem == t.elem and s.extents == extents and x.digits == t.digits and
                        not x.ld and not ld and x.mode != "scalar" and x.name not in passed and not t.range and
                        (s.valued if t.mode != "out" else x.mode != "in") and (t.mode == "in" or x.mode != "in")):
                    return s
            s = self.declare(r.choice(modes), t.elem, dims, plain=True)
            s.tensor.digits, s.tensor.ld, s.tensor.range = t.digits, ld, t.range
            return s

        args, outs = [], []
        for t in callee.tensors:
            if t.mode == "scalar":
                s = self.declare("scalar", t.elem, [])
                self.typer.scalars[s.tensor.name] = (t.elem, 0)
                args.append(s.tensor.name)
            elif t.mode in ("in", "inout"):
                s = argument(t, [t.mode])
                passed.add(s.tensor.name)
                s.read = True
                args.append(s.tensor.name)
        # Parameters stand in the order of the declaration, outputs behind them.
        for t in callee.tensors:
            if t.mode == "out":
                s = argument(t, ["local", "out", "local"])
                passed.add(s.tensor.name)
                outs.append(s.tensor.name)
                s.valued, s.nest = True, -1
        if not outs:
            return
        label = self.fresh("run") if self.chance(0.2) else None
        self.items.append(Call(label, outs, callee.name, named, args))

    # ---- kernels ----

    def draw(self):
        r = self.r
        self.draw_sizes()
        self.typer.sizes = {s.name: s.value for s in self.sizes}
        for _ in range(self.pick([(1, 70), (2, 22), (3, 8)]) if not self.small else 1):
            if self.callees and self.chance(0.6):
                self.call(r.choice(self.callees))
            self.nest()
        if self.callees and not any(isinstance(i, Call) for i in self.items):
            self.call(self.callees[0])
        if not any(t.mode in ("out", "inout") for t in self.tensors):
            last = [s for s in self.states.values() if s.tensor.mode == "local"]
            if last:
                last[0].tensor.mode = "out"
        order = [t for t in self.tensors if t.mode in ("in", "inout", "scalar")]
        r.shuffle(order)
        rest = [t for t in self.tensors if t.mode in ("out", "local")]
        return Kernel(self.name, self.sizes, order + rest, self.items)


def colon_count(e):
    """Colons of the reference in e that has most, outside of reductions inside it."""
    return max([x[2].count(":") for x in model.flat(e) if x[0] == "ref"], default=0)


def program(seed, name):
    rng = random.Random(seed)
    kernels = []
    if rng.random() < 0.16:
        kernels.append(KernelGen(rng, name + "h", small=True).draw())
        if not any(t.mode == "out" for t in kernels[0].tensors):
            kernels = []
    kernels.append(KernelGen(rng, name, kernels).draw())
    return Program(seed, kernels, seed)


# ---- data ----

def data(p):
    """Logical arrays of the inputs: small integers, so that sums are exact."""
    rng = np.random.default_rng(p.data_seed)
    k = p.main
    frame = model.Frame(None, None, {s.name: s.value for s in k.sizes}, {}, {})
    out = {}
    for t in k.tensors:
        if t.mode not in ("in", "inout", "scalar"):
            continue
        shape = [frame.integer(d) for d in t.dims]
        if is_float(t.elem):
            top = int(rng.choice([2, 3, 4]))
            v = rng.integers(-top, top + 1, shape).astype(np.float64)
            if rng.random() < 0.15:
                v = v * 0.5
        else:
            lo, hi = INTS[t.elem]
            lo, hi = (max(lo, -9), min(hi, 9)) if rng.random() < 0.85 or t.elem in ("i64", "i32") else (lo, hi)
            if t.range:
                lo, hi = t.range
            v = rng.integers(lo, hi + 1, shape).astype(np.int64)
        out[t.name] = np.asarray(v)
    return out


def all_floats():
    return list(FLOATS)


def expressions(kernel):
    for i in kernel.items:
        if isinstance(i, Nest):
            for s in i.stmts:
                yield from walk(s.rhs)
