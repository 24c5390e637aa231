"""Draws well-typed programs, with their sizes, data, and schedules, from a seed.

A statement is drawn first; the tensors that it reads are declared to suit its indices, or found among those that there
are. What a sequence of statements may do (one `=`, then one operator, no reads in between) is followed by a state for
each tensor, so that every program is right; only a schedule may be refused.
"""
import math
import random

import numpy as np

import model
import ops
import patterns
from drawing import POINTS, Context, Drawing, State, Typer, colon_count
from elements import INTS, is_float, round_float
from exprs import Expressions
from indices import Indices
from schedules import Schedules
from tree import Call, Kernel, Nest, PACKED, Program, Seq, Stmt, Tensor, add, flat_items, names_in, refs_in, substitute, walk


class KernelGen(Drawing, Indices, Expressions, Schedules):
    def __init__(self, rng, name, callees=(), small=False):
        self.r, self.name, self.callees, self.small = rng, name, list(callees), small
        self.sizes, self.tensors, self.items = [], [], []
        self.states, self.loops, self.typer = {}, [], Typer(self)
        self.counts = {}
        self.specials = rng.random() < 0.25
        self.wild = rng.random() < 0.3  # affine indices and storage forms are frequent
        self.nests = 0
        self.in_seq = None  # the letter of the sequence being drawn
        self.knobs = []

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
        code = ops.join(known, code) if known else code
        if op != "=" and code == "bit":
            code = "i32"
        self.typer.types[name] = code
        s.elem = ops.settle(code)
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
        if s.valued and not s.temp:
            once = all(i == ":" or i[0] in ("name", "int") for i in idx)
            if op == "=":
                own = ("ref", s.tensor.name, idx)
            elif not new and s.nest != self.nests and once and self.chance(0.3):
                # An update may read what it updates where it is no sum.
                own = ("ref", s.tensor.name, idx)
                letters = on_left
                colons = colons if ":" in idx else []
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
        pool = [c for c in "abcdefghijklmnopqrstuvwxyz" if c != self.in_seq]
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
        self.add_nest(Nest(None, [(c, e) for c, e, _ in self.loops], stmts))

    def fuse(self, item):
        """Perhaps runs the nest in one region with the one before, over a letter that both then have."""
        before = self.items[-1] if self.items else None
        if not isinstance(before, Nest) or self.in_seq or not self.chance(0.35):
            return
        # Temporaries, too, may be called by a letter.
        letters = {c for c, _ in item.loops} | {s.target for s in item.stmts}
        pairs = [(c, d) for c, e in item.loops for d, f in before.loops if e == f and (c == d or d not in letters)]
        if not pairs:
            return
        c, d = self.r.choice(pairs)
        item.loops = [(d if x == c else x, e) for x, e in item.loops]
        for s in item.stmts:
            s.idx, s.rhs = substitute(s.idx, {c: ("name", d)}), substitute(s.rhs, {c: ("name", d)})
        before.label = before.label or self.fresh("up")
        item.label = self.fresh("down")
        self.knobs.append(f"fuse {before.label} {item.label} over {d}")

    def add_nest(self, item):
        r = self.r
        self.fuse(item)
        if self.chance(0.15) and not item.label:
            item.label = self.fresh(r.choice(["up", "down", "main"]))
        if self.chance(0.62):
            item.schedule = self.schedule(item)
        self.items.append(item)
        for name in [x for x, s in self.states.items() if s.temp]:
            del self.states[name]
        self.nests += 1
        self.loops = []

    def sequence(self):
        """seq: a recurrence, or nests some of whose tensors get a dimension for the letter."""
        r = self.r
        free = [c for c in "tuvwxyz" if c not in self.letters_taken()]
        if not free:
            return
        c = free[0]
        e, v = self.extent()
        if v > 5:
            e = ("int", r.choice([0, 1, 2, 3, 4]))
            v = e[1]
        outer, self.items, inner = self.items, [], []
        self.in_seq = c
        if self.chance(0.5):
            before = patterns.recurrence(self, c, e)
            outer += before
        else:
            known = {t.name for t in self.tensors}
            if self.callees and self.chance(0.4):
                self.call(r.choice(self.callees))
            for _ in range(r.choice([1, 1, 2])):
                self.nest()
            self.lift(c, e, v, known)
            results = any(t.mode in ("out", "inout") for t in self.tensors)
            inner = [t.name for t in self.tensors if results and t.mode == "local" and t.name not in known and self.chance(0.6)]
            for x in inner:
                del self.states[x]
        self.in_seq = None
        outer.append(Seq(c, e, self.items, inner))
        self.items = outer

    def letters_taken(self):
        return {c for n in flat_items(self.items) if isinstance(n, Nest) for c, _ in n.loops}

    def lift(self, c, e, v, known):
        """Gives tensors that only the body uses a first dimension for letter c."""
        r = self.r
        shifted = {}
        nests = [i for i in self.items if isinstance(i, Nest)]
        known = known.union(*[i.args + i.outs for i in self.items if not isinstance(i, Nest)])
        for t in self.tensors:
            if t.name in known or t.mode not in ("in", "out", "inout") or t.digits or t.sparse or not t.dims:
                continue
            if any(s.target == t.name and s.op not in ("=", "+=") for n in nests for s in n.stmts):
                continue  # whole tensors start from the identity
            if t.elem in PACKED or not self.chance(0.6) or max(1, v) * math.prod(self.states[t.name].extents) > 100_000:
                continue
            form = r.choice(["plain", "plain", "next", "reverse"])
            t.dims.insert(0, e if form != "next" else add(e, ("int", 1)))
            t.pad = {d + 1: m for d, m in t.pad.items()} if t.pad else None
            self.states[t.name].extents.insert(0, self.value_of(t.dims[0]))
            index = {"plain": ("name", c), "next": add(("name", c), ("int", 1)),
                     "reverse": ("bin", "-", ("bin", "-", e, ("int", 1)), ("name", c))}[form]
            shifted[t.name] = index

        def change(x):
            return ("ref", x[1], (shifted[x[1]],) + deep(x[2])) if x[1] in shifted else ("ref", x[1], deep(x[2]))

        def deep(x):
            if not isinstance(x, tuple):
                return x
            if x and x[0] == "ref" and isinstance(x[1], str):
                return change(x)
            return tuple(deep(y) for y in x)

        for n in nests:
            for s in n.stmts:
                s.rhs = deep(s.rhs)
                s.idx = deep(("ref", s.target, s.idx))[2]
            if n.schedule and any(x.startswith("pack") for x in n.schedule.knobs):
                n.schedule.knobs = [x for x in n.schedule.knobs if not x.startswith("pack")]

    def consume(self, stmts):
        """Temporaries that nothing reads go into outputs."""
        r = self.r
        while True:
            # An expression that was drawn may have been dropped.
            found = {x[1] for s in stmts for x in refs_in((s.idx, s.rhs))}
            unread = [s for s in self.states.values() if s.temp and not (s.read and s.tensor.name in found)]
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

    # ---- kernels ----

    def draw(self):
        r = self.r
        self.draw_sizes()
        self.typer.sizes = {s.name: s.value for s in self.sizes}
        for _ in range(self.pick([(1, 70), (2, 22), (3, 8)]) if not self.small else 1):
            if self.callees and self.chance(0.6):
                self.call(r.choice(self.callees))
            x = r.random()
            if x < 0.22:
                self.add_nest(patterns.nest(self))
            elif x < 0.29 and not self.small:
                self.sequence()
            else:
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
        return Kernel(self.name, self.sizes, order + rest, self.items, self.knobs)


def program(seed, name):
    rng = random.Random(seed)
    kernels = []
    for level in range(rng.choices([0, 1, 2], [83, 13, 4])[0]):
        k = KernelGen(rng, name + "hg"[level], kernels, small=True).draw()
        if any(t.mode == "out" for t in k.tensors):
            kernels.append(k)
    kernels.append(KernelGen(rng, name, kernels).draw())
    p = Program(seed, kernels, seed)
    p.imports = len(kernels) > 1 and rng.random() < 0.4
    if rng.random() < 0.15:
        found = sorted({x[1] for k in kernels for e in shapes(k) for x in walk(e) if x[0] == "int" and x[1] > 1})
        for v in rng.sample(found, min(len(found), 2)):
            p.consts[v] = f"H{v}_{name}"
    return p


def shapes(k):
    yield from (d for t in k.tensors for d in t.dims)
    yield from (e for i in flat_items(k.items) if isinstance(i, Nest) for _, e in i.loops)


# ---- data ----

def float_data(rng, elem, shape):
    x = rng.random()
    top = int(rng.choice([2, 3, 4]))
    v = rng.integers(-top, top + 1, shape).astype(np.float64)
    if x < 0.15:
        v = v * 0.5
    elif x < 0.22:
        # Sums round, and are compared within a bound.
        v = rng.standard_normal(shape)
    elif x < 0.24:
        v = np.where(rng.random(shape) < 0.1, rng.choice([np.inf, -np.inf, np.nan, -0.0], shape), v)
    elif x < 0.26:
        v = v * (16384.0 if elem == "f16" else 2.0**100)
    return round_float(elem, v)


def block_of(t):
    """Rows and columns of a stored block."""
    return t.sparse[1:] if len(t.sparse) == 3 else (1, 1)


def elements_of(t, inputs):
    """Which elements of a sparse tensor are stored."""
    rows, columns = block_of(t)
    high, wide = inputs[t.name].shape
    return np.repeat(np.repeat(inputs[t.name + ".blocks"], rows, 0), columns, 1)[:high, :wide]


def data(p):
    """Logical arrays of the inputs: small integers, so that sums are exact."""
    rng = np.random.default_rng(p.data_seed)
    k = p.main
    frame = model.Frame(None, None, {s.name: s.value for s in k.sizes}, {}, {})
    out = {}
    # What shares a pattern comes after what has it.
    for t in sorted(k.tensors, key=lambda t: t.pattern is not None):
        if t.mode not in ("in", "inout", "scalar"):
            continue
        shape = [frame.integer(d) for d in t.dims]
        if min(shape, default=0) < 0 or math.prod(shape) > model.MOST_POINTS:
            raise ops.ModelError("shape")
        if t.elem == "ternary":
            group, planes = t.sparse[1], 3 if len(t.sparse) > 2 else 1
            scales = 2.0**rng.integers(-1, 3, (planes, -(-shape[0] // group), shape[1]))
            codes = rng.integers(-1, 2, [planes] + shape)
            out[t.name + ".scales"], out[t.name + ".codes"] = scales, codes
            used = frame.integer(t.sparse[2]) if planes > 1 else 1
            v = sum((codes[i] * np.repeat(scales[i], group, 0)[:shape[0]] for i in range(used)), np.zeros(shape))
        elif is_float(t.elem):
            v = float_data(rng, t.elem, shape)
        else:
            lo, hi = INTS[t.elem]
            if t.index_of:
                lo, hi = 0, max(0, frame.integer(t.index_of) - 1)
            elif t.range:
                lo, hi = t.range
            elif rng.random() < (0.97 if t.elem in ("i64", "i32") else 0.65):
                lo, hi = max(lo, -9), min(hi, 9)
            v = rng.integers(lo, hi, shape, endpoint=True, dtype=np.int64)
        if t.sparse and t.elem != "ternary":
            rows, columns = block_of(t)
            other = out.get((t.pattern or "") + ".blocks")
            density = rng.choice([0.0, 0.2, 0.5, 0.5, 0.8, 1.0])
            out[t.name + ".blocks"] = other if other is not None else \
                rng.random((-(-shape[0] // rows), -(-shape[1] // columns))) < density
            out[t.name] = v
            v = np.where(elements_of(t, out), v, v.dtype.type(0))
        out[t.name] = np.asarray(v)
    return out
