"""Random expressions over the letters and colons of a statement."""
import ops
from drawing import POINTS, SPECIALS, TABLES, Context, colon_count
from elements import is_float
from tree import PACKED, integer


class Expressions:
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
        if self.specials and self.chance(0.2):
            return self.special(ctx, depth - 1)
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
        if x < 0.93:
            return self.drawn(ctx, depth - 1)
        if x < 0.935:
            return ("call", "ktanh", (self.expr(ctx, depth - 1),), None)
        if x < 0.985:
            return self.reduced(ctx, depth)
        return self.lazy(ctx)

    def integers(self, ctx, depth):
        for _ in range(4):
            before = {n: (s.read, s.read_since) for n, s in self.states.items()}
            e = self.expr(ctx, depth)
            if not is_float(ops.settle(self.code(e))) and self.code(e) != "number":
                return e
            for n, (read, since) in before.items():
                self.states[n].read, self.states[n].read_since = read, since
        return self.reference(ctx, "integer")

    def special(self, ctx, depth):
        """Ops that are not exact, by formulas or by tables."""
        r = self.r
        args = (self.expr(ctx, depth),)
        if self.chance(0.2):
            return ("call", r.choice(TABLES), args, "fine" if self.chance(0.4) else None)
        name = r.choice(SPECIALS)
        return ("call", name, args + (self.leaf(ctx),) if name.startswith("leaky") else args, None)

    def drawn(self, ctx, depth):
        """Random numbers, and what is rounded by them."""
        r = self.r
        seed = self.lazy(ctx, 1) if self.chance(0.8) else self.reference(ctx, "integer")
        u = ("call", "uniform", (seed, self.lazy(ctx) if self.chance(0.9) else self.integers(ctx, depth)), None)
        x = r.random()
        if x < 0.25:
            return u
        if x < 0.4:
            return ("bin", "<", u, ("num", r.choice(["0.5", "0.25", "0.9"])))
        value = self.expr(ctx, depth)
        if x < 0.7:
            value = ("bin", "*", value, ("num", r.choice(["0.3", "1.1", "100.7"])))
        value = ("call", "convert", (value,), "f32") if self.code(value) == "f64" else value
        lift = u if self.chance(0.7) else ("num", r.choice(["0.0", "0.5", "0.99", "0.125"]))
        elem = self.pick([("bf16", 5), ("f16", 2), ("i8", 2), ("u8", 1), ("i32", 1), ("i64", 1), ("u16", 1), ("i4", 1)])
        return ("call", "sround", (value, lift), elem)

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
        op = self.pick([("sum", 5), ("max", 3), ("min", 2), ("prod", 1.5)])
        return ("call", op, (body,), None)
