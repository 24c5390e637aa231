"""Tensors and how they are indexed: new ones to suit an index, or an index that suits one there is."""
import math

from drawing import ELEMS, State
from elements import INTS, is_float
from tree import PACKED, Size, Tensor, add, integer, mul, names_in

LARGEST = 300_000  # elements of a new tensor


class Indices:
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
            lo, hi = INTS[elem]
            t.range = (max(lo, -9), 9) if self.chance(0.4) else (lo // 2, hi // 2) if elem != "i32" else (-300, 300)
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

    def data_index(self, c, others, extent):
        """A new tensor of indices below extent, at letter c and perhaps another; the index that reads it."""
        r = self.r
        letters = [c]
        if others and self.chance(0.2) and self.letter(c)[1] * self.letter(others[0])[1] <= 4000:
            letters.insert(r.randint(0, 1), others[0])
        most = self.value_of(extent)
        elem = r.choice([x for x in ("i64", "i32", "i32", "u16", "u8", "i8") if INTS[x][1] >= most])
        s = self.declare("in", elem, [self.letter(x)[0] for x in letters], plain=self.chance(0.7))
        s.tensor.range, s.tensor.index_of, s.read = None, extent, True
        index = ("ref", s.tensor.name, tuple(("name", x) for x in letters))
        if not s.tensor.digits and not s.tensor.ld and self.chance(0.1):
            # Looked up by another.
            s.tensor.dims, s.extents = [self.extent()[0] for _ in letters], None
            s.tensor.dims = [d if self.value_of(d) else ("int", 3) for d in s.tensor.dims]
            s.extents = [self.value_of(d) for d in s.tensor.dims]
            at = []
            for x, d in zip(letters, s.tensor.dims):
                t = self.declare("in", r.choice(["i64", "i32"]), [self.letter(x)[0]], plain=True)
                t.tensor.range, t.tensor.index_of, t.read = None, d, True
                at.append(("ref", t.tensor.name, (("name", x),)))
            index = ("ref", s.tensor.name, tuple(at))
        return index

    def scalar_index(self, extent):
        """An integer parameter below extent."""
        s = self.declare("scalar", self.r.choice(["i64", "i32"]), [])
        s.tensor.index_of = extent
        self.typer.scalars[s.tensor.name] = (s.tensor.elem, 0)
        return ("name", s.tensor.name)

    def new_index(self, c, others, write=False):
        """An index with letter c for a new dimension: the index, the extent, the margin."""
        r = self.r
        e, v = self.letter(c)
        name = ("name", c)
        others = [o for o in others if o != c]
        if write in (False, "many") and self.chance(0.1 if self.wild else 0.03):
            extent, n = self.extent()
            if n >= 1:
                index = self.data_index(c, [o for o in others if not write], extent)
                if not write and self.chance(0.25):
                    # In arithmetic: rows of a table with a letter or a constant.
                    s, k = self.r.choice([1, 2, 3]), self.r.randint(0, 2)
                    return add(mul(("int", s), index), ("int", k)), add(mul(("int", s), extent), ("int", k)), None
                return index, extent, None
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
        if form == "two" and others:
            o = r.choice(others)
            f, w = self.letter(o)
            s = r.choice([1, 2, 3])
            if write == "once":
                # Digits: the inner extent is a literal, or the stride its expression.
                return add(mul(name, f), ("name", o)), mul(e, f) if f[0] != "bin" else ("bin", "*", e, f), None
            return add(add(mul(name, ("int", s)), ("name", o)), ("int", k)), \
                add(add(mul(("int", s), e), f), ("int", k)), None
        if form == "pad" and (not write or self.chance(0.7)):
            q = r.randint(0, 2)
            if others and write != "once" and self.chance(0.6):
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
        if letters and not write and math.prod(max(1, self.value_of(d)) for d in dims) > LARGEST:
            return self.new_reference(ctx, elem, mode, write, full_colons, letters[1:])
        if not dims and mode == "in":
            dims, idx = [("int", 2)], [("int", r.randint(0, 1))]
        if elem in PACKED and mode != "in" and pad:
            # Packed tensors have no margins.
            return self.new_reference(ctx, elem, mode, write, full_colons, letters)
        s = self.declare(mode, elem, dims, pad or None)
        return s, ("ref", s.tensor.name, tuple(idx))

    def fit(self, s, ctx, write=False, distinct=False):
        """Indices of an existing tensor, or None. write: no margins. distinct: each letter once, all plain."""
        r = self.r
        idx, used = [], set()
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
            if n >= 1 and not write and ctx.letters and self.chance(0.03):
                options += ["data"] * 4
            if n >= 1 and not write and self.chance(0.01):
                options += ["scalar"] * 4
            if ctx.colons and any(v == n for _, v in ctx.colons) and self.chance(0.5):
                options += [":"] * 8
            if not options:
                return None
            i = r.choice(options)
            if i == "data":
                letters = r.sample(ctx.letters, len(ctx.letters))
                i = self.data_index(letters[0], letters[1:], e)
            elif i == "scalar":
                i = self.scalar_index(e)
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
