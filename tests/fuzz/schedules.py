"""Random schedules, legal more often than not, and calls of other kernels."""
import collections
import re

from drawing import BLOCKS, Context
from model import Frame
from tree import Call, Nest, Schedule, names_in, refs_in, substitute


class Schedules:
    # ---- schedules ----

    def schedule(self, nest, sizes=None):
        """sizes: of the kernel that the nest is of, where that is another one."""
        r = self.r
        letters = [c for c, _ in nest.loops]
        frame = Frame(None, None, {s.name: s.value for s in sizes or self.sizes}, {}, {})
        extents = {c: frame.integer(e) for c, e in nest.loops}
        parts = [c for c in letters for _ in range(self.pick([(1, 70), (2, 24), (3, 6)]))]
        r.shuffle(parts)
        safe = []
        for c in letters:
            used = [s for s in nest.stmts if c in names_in((("ref", "", s.idx), s.rhs))]
            if all(any(not refs_in(i) and c in names_in(i) for i in s.idx if i != ":") for s in used):
                safe.append(c)
        caps = []
        if self.chance(0.62):
            pool = safe if self.chance(0.7) else letters
            caps = r.sample(pool, min(len(pool), r.choice([1, 1, 2, 2, 3])))
        for c in caps:
            parts.remove(c)
        at = r.randint(0, len(parts))
        if self.chance(0.5):
            # Sums inside, which is legal most often.
            at = next((i for i, c in enumerate(parts) if c not in safe), len(parts)) if self.chance(0.7) else 0
        if len(caps) in (1, 2, 3) and self.chance(0.12):
            # A grid; its letters need not stand together.
            for c, axis in zip(caps, "RCL"):
                parts.insert(r.randint(0, len(parts)), f"{c.upper()}{{{axis}:{r.randint(1, 3)}}}")
            string = "".join(parts)
        else:
            string = "".join(parts[:at]) + "".join(c.upper() for c in caps)
            if caps and self.chance(0.1):
                string += "|"
            string += "".join(parts[at:])
        if not caps and self.chance(0.04) and len(string) > 1:
            string = string[:1] + "|" + string[1:]
        if caps and "{" not in string and self.chance(0.15):
            string += r.choice(["@schedule(dynamic,1)", "@schedule(dynamic,2)", "@schedule(static)", "@schedule(dynamic)"])
        lists = {}
        levels = re.sub(r"\{.*?\}", "", string.split("@")[0]).lower()
        counts = {c: levels.count(c) for c in letters}
        for c in letters:
            if self.chance(0.8):
                v = [r.choice(BLOCKS + [max(1, extents[c])] * 3) for _ in range(counts[c])]
                if self.chance(0.9):
                    v.sort(reverse=True)
                lists[c] = v
        knobs = []
        racing = [c for c in caps if c not in safe]
        if racing and self.chance(0.85):
            way = self.pick([("private", 50), ("ordered", 30), ("atomic", 30)])
            knobs.append(f"reduce {', '.join(racing)} = {way}")
        if len(caps) > 1 and self.chance(0.06):
            knobs.append("curve " + ", ".join(r.sample(caps, len(caps))))
        if self.chance(0.12):
            knobs.append("prefetch")
        if self.chance(0.2) and sizes is None:
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
            knobs.append("kernel brgemm = " + self.pick([("xsmm", 20), ("runtime", 20), ("generated", 20)]))
        condition = ""
        if self.chance(0.04):
            condition = r.choice([' for "avx2"', ' for "avx512"', ' for "amx"', " when 3 <= 4", " when 5 == 4"])
        elif self.sizes and sizes is None and self.chance(0.04):
            z = r.choice(self.sizes)
            condition = f" when {z.name} {r.choice(['<=', '>', '==', '<'])} {max(0, z.value + r.randint(-1, 1))}"
        if string.isalpha() and self.chance(0.07):
            # The long form.
            seen, levels = collections.Counter(), []
            for c in string:
                levels.append((c, f"{c.lower()}{seen[c.lower()]}"))
                seen[c.lower()] += 1
            knobs.append("order " + " ".join(n for _, n in levels))
            if caps:
                knobs.append("parallel " + " ".join(n for c, n in levels if c.isupper()))
            string = ""
        return Schedule(string, lists, knobs, condition)

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

    def scalar_argument(self, elem):
        """An expression of sizes, scalars, and whole tensors that there are, or None."""
        r = self.r
        found = [s for s in self.states.values() if s.valued and not s.temp and s.tensor.mode != "scalar" and
                 not s.tensor.sparse and len(s.extents) == 1]
        e = ("call", r.choice(["sum", "max", "min"]), (("ref", r.choice(found).tensor.name, (":",)),), None) \
            if found and self.chance(0.4) else self.lazy(Context([]), 2)
        for x in refs_in(e):
            self.note_read(self.states[x[1]])
        if self.in_seq and self.chance(0.5):
            e = ("bin", "+", e, ("name", self.in_seq))
        if elem in ("f32", "f64") and self.chance(0.3):
            e = ("bin", "/", e, ("int", r.choice([2, 3, 4, 8])))
        return e

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
        passed, written = set(), set()

        def argument(t, modes):
            dims = [substitute(d, names) for d in t.dims]
            ld = substitute(t.ld, names) if t.ld else None
            extents = [self.value_of(d) for d in dims]
            for s in r.sample(list(self.states.values()), len(self.states)):
                x = s.tensor
                shared = x.name in passed and (t.mode != "in" or x.name in written)
                stored = x.digits == t.digits and not x.ld and not ld and not t.range and not x.sparse and not t.sparse \
                    and not t.index_of
                usable = s.valued if t.mode != "out" else x.mode != "in"
                if (self.chance(0.5) and x.mode != "scalar" and x.elem == t.elem and s.extents == extents and stored
                        and not shared and usable and (t.mode == "in" or x.mode != "in")):
                    return s
            s = self.declare(r.choice(modes), t.elem, dims, plain=True)
            s.tensor.digits, s.tensor.ld, s.tensor.range, s.tensor.sparse = t.digits, ld, t.range, t.sparse
            if t.sparse and len(t.sparse) > 2 and t.elem == "ternary":
                s.tensor.sparse = t.sparse[:2] + (substitute(t.sparse[2], names),)
            s.tensor.index_of = substitute(t.index_of, names) if t.index_of else None
            s.valued = s.valued and not t.sparse
            return s

        args, outs, mapped = [], [], {}
        for t in callee.tensors:
            if t.mode == "scalar":
                e = self.scalar_argument(t.elem) if not t.index_of and self.chance(0.5) else None
                if e is not None:
                    args.append(e)
                    continue
                s = self.declare("scalar", t.elem, [])
                s.tensor.index_of = substitute(t.index_of, names) if t.index_of else None
                self.typer.scalars[s.tensor.name] = (t.elem, 0)
                args.append(s.tensor.name)
            elif t.mode in ("in", "inout"):
                s = argument(t, [t.mode])
                mapped[t.name] = s.tensor.name
                passed.add(s.tensor.name)
                if t.mode == "inout":
                    written.add(s.tensor.name)
                s.read = True
                args.append(s.tensor.name)
        for t in callee.tensors:
            if t.pattern:
                self.states[mapped[t.name]].tensor.pattern = mapped[t.pattern]
        # Parameters stand in the order of the declaration, outputs behind them.
        for t in callee.tensors:
            if t.mode == "out":
                s = argument(t, ["local", "out", "local"])
                passed.add(s.tensor.name)
                outs.append(s.tensor.name)
                s.valued, s.nest = True, -1
        if not outs:
            return
        label = self.fresh("run") if self.chance(0.35) else None
        item = Call(label, outs, callee.name, named, args)
        if label and len(callee.items) == 1 and isinstance(callee.items[0], Nest) and self.chance(0.6):
            item.schedule = self.schedule(callee.items[0], callee.sizes)
        self.items.append(item)
