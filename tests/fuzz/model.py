"""The meaning of programs, written from the language page: the statements of a nest run in the order written, each
over all its points, on whole tensors. It shares no code with the compiler.

Every statement is evaluated with numpy over the grid of its letters. Values are exact, or carry a bound of what the
language leaves open: the order of a sum, a contracted a*b + c, an op that is not exact. Where two readings are possible
(a value next to a jump, a sum rounded on the way into another type) the bound covers both.
"""
import copy
import math

import numpy as np

import ops
from elements import accumulator, compute, float_to_int, is_float, round_float, saturate, spacing
from ops import (bound, compare, convert, either, EXACT_NUM, float_op, halves, has_err, identity, int_op, join, LAZY,
                 ModelError, narrow, number_code, reduce_groups, reduce_last, settle, special, TooLarge, Val)
from tree import COMPARISONS, REDUCTIONS, Call, Seq, flat_items, inner_names, refs_in


# ---- tensors of a running kernel ----

# Shrunk programs may have odd sizes; of drawn ones, one in ten thousand comes near.
MOST_POINTS = 8_000_000


class Store:
    def __init__(self, elem, shape, pad=None):
        if math.prod(shape) > MOST_POINTS:
            raise TooLarge("too large")
        self.elem, self.shape, self.pad = elem, tuple(shape), pad or {}
        self.val = np.zeros(self.shape, np.float64 if is_float(elem) else np.int64)
        self.err = None
        self.valued = False
        self.ran = False  # a write has been executed since the seq began that is the first to write it
        self.acc = None  # the accumulator's type while updates are under way
        self.chain = {}  # what the updates since the last start have added up, see ops.float_sum
        self.ternary = self.planes = False
        self.stored = None  # of a sparse tensor: whether the pattern has the element

    def load(self, idx):
        inside = True
        at = []
        for d, i in enumerate(idx):
            margin = self.pad.get(d, 0)
            if i.size and (i.min() < -margin or i.max() >= self.shape[d] + margin):
                raise ModelError(f"index {d} leaves the tensor")
            if margin:
                inside = inside & (i >= 0) & (i < self.shape[d])
            at.append(i)
        if margin_any(self.pad):
            at = [np.clip(i, 0, max(0, s - 1)) for i, s in zip(at, self.shape)]
            if 0 in self.shape:
                shape = np.broadcast_shapes(*[i.shape for i in at])
                return np.zeros(shape, self.val.dtype), None
        at = tuple(np.broadcast_arrays(*at))
        v = self.val[at]
        e = self.err[at] if self.err is not None else None
        if inside is not True:
            v = np.where(inside, v, 0)
            e = np.where(inside, e, 0.0) if e is not None else None
        return v, e


def margin_any(pad):
    return any(v > 0 for v in pad.values())


# ---- expressions ----

class Grid:
    """Axes of a statement: letters of the nest, then the colons, the last of which is axis -1."""

    def __init__(self, frame, letters, colons):
        self.frame, self.letters, self.colons = frame, letters, colons
        self.ndim = len(letters) + len(colons)
        self.shape = tuple([frame.extent[c] for c in letters] + list(colons))
        if math.prod(self.shape) > MOST_POINTS:
            raise TooLarge("too large")

    def axis(self, n, extent):
        shape = [1] * self.ndim
        shape[n] = extent
        return np.arange(extent, dtype=np.int64).reshape(shape)

    def letter(self, c):
        return self.axis(self.letters.index(c), self.frame.extent[c])

    def colon(self, c):
        """The colon counted from the last, 1 first."""
        return self.axis(self.ndim - c, self.colons[len(self.colons) - c])

    def one(self, v):
        return np.full([1] * self.ndim, v)


def flat(e):
    """Parts of e that are not inside a sum of its own."""
    if not isinstance(e, tuple):
        return
    if e and isinstance(e[0], str):
        yield e
        if e[0] == "call" and e[1] in REDUCTIONS and len(e[2]) == 1:
            return
    for x in e:
        if isinstance(x, tuple):
            yield from flat(x)


def letters_of(e, letters):
    found = set()

    def look(x):
        if isinstance(x, tuple):
            if len(x) == 2 and x[0] == "name" and x[1] in letters:
                found.add(x[1])
            for y in x:
                look(y)

    look(e)
    return found


def has_reference(e):
    """Whether an index reads a tensor."""
    return isinstance(e, tuple) and (e[:1] == ("ref",) or any(has_reference(x) for x in e))


class Frame:
    def __init__(self, program, kernel, sizes, stores, scalars):
        self.program, self.kernel = program, kernel
        self.sizes, self.stores, self.scalars = sizes, stores, scalars
        self.temps, self.extent, self.letters = {}, {}, []
        self.current = None  # the name being written, while it may be read

    def store(self, name):
        s = self.temps.get(name) or self.stores.get(name)
        if s is None:
            raise ModelError(f"no tensor {name}")
        return s

    # ---- integers ----

    def integer(self, e, grid=None):
        if e[0] == "int":
            return e[1]
        if e[0] == "name":
            if grid is not None and e[1] in self.extent:
                return grid.letter(e[1])
            if e[1] in self.sizes:
                return self.sizes[e[1]]
            if grid is not None and e[1] in self.scalars and not is_float(self.scalars[e[1]][0]):
                return int(self.scalars[e[1]][1])
            raise ModelError(f"{e[1]} is no integer")
        if e[0] == "neg":
            return -self.integer(e[1], grid)
        if e[0] == "ref" and grid is not None:
            s = self.store(e[1])
            if is_float(s.elem) or not s.valued or len(e[2]) != len(s.shape):
                raise ModelError("an index by data")
            return s.load(self.indices(grid, e[2]))[0]
        if e[0] != "bin" or e[1] in COMPARISONS:
            raise ModelError("no integer expression")
        a, b = self.integer(e[2], grid), self.integer(e[3], grid)
        if e[1] == "/":
            if np.any(np.asarray(b) == 0):
                raise ModelError("division by zero")
            return a // b
        return a + b if e[1] == "+" else a - b if e[1] == "-" else a * b

    # ---- lazy expressions take the type they meet ----

    def lazy(self, grid, e, target):
        if e[0] == "inf" or e[0] == "num":
            v = math.inf if e[0] == "inf" else float(e[1])
            return Val(target, grid.one(v if target == "f64" else float(np.float32(v))))
        if is_float(target) and any(x[0] in ("num", "inf") or (x[0] == "bin" and x[1] == "/") for x in flat(e)):
            # Operations of that type, of which a sum may contract a product like any other.
            if e[0] == "neg":
                return float_op("neg", [self.lazy(grid, e[1], target)], target)
            return float_op(e[1], [self.lazy(grid, x, target) for x in e[2:]], target)
        v = np.asarray(self.integer(e, grid), np.int64)
        v = v.reshape([1] * grid.ndim) if v.ndim == 0 else v
        return Val(target, convert(v, None, "i64", target)[0])

    def cast(self, grid, v, target, strict=False):
        if v.code not in LAZY:
            return Val(target, *convert(v.arr, v.err, v.code, target, strict))
        if v.code != "number" or is_float(target):
            return self.lazy(grid, v.expr, target)
        return self.cast(grid, self.lazy(grid, v.expr, "f32"), target, strict)

    # ---- types without values ----

    def code(self, e):
        kind = e[0]
        if kind == "int":
            return "literal" if e[1] < 2**31 else "index"
        if kind in ("num", "inf"):
            return "number"
        if kind == "name":
            if e[1] in self.extent or e[1] in self.sizes:
                return "index"
            if e[1] in self.scalars:
                return compute(self.scalars[e[1]][0])
        if kind in ("ref", "name"):
            known = self.types.get(e[1])
            if known:
                return settle(known)
            return compute(self.store(e[1]).elem)
        if kind == "neg":
            return number_code(self.code(e[1]))
        if kind == "bin":
            return "bit" if e[1] in COMPARISONS else number_code(join(self.code(e[2]), self.code(e[3])))
        if kind == "brgemm":
            elems = [settle(self.types[r[1]]) if r[1] in self.types else self.store(r[1]).elem for r in e[1:]]
            if "f64" in elems:
                return "f64"
            if any(is_float(x) for x in elems):
                return "f32"
            return "i64" if "i64" in elems else "i32"
        name, args, targ = e[1], e[2], e[3]
        if name == "convert":
            return compute(targ)
        if name in REDUCTIONS and len(args) == 1:
            return settle(number_code(self.code(args[0])))
        codes = [self.code(a) for a in args]
        if name == "select":
            if codes[1] == codes[2] == "bit":
                return "bit"
            return settle(join(codes[1], codes[2]))
        joined = codes[0]
        for c in codes[1:]:
            joined = join(joined, c)
        if name in EXACT_NUM or name in ("bits", "shr_rne"):
            return settle(number_code(joined))
        if name == "unzip_lo":
            return "i32"
        if name == "sround":
            return compute(targ)
        if name == "uniform":
            return "f32"
        if name in ("zip", "unzip_hi"):
            return "f32"
        return "f64" if joined == "f64" else "f32"

    # ---- evaluation ----

    def indices(self, grid, idx):
        colons = sum(i == ":" for i in idx)
        out = []
        for i in idx:
            if i == ":":
                out.append(grid.colon(colons))
                colons -= 1
            else:
                v = np.asarray(self.integer(i, grid), np.int64)
                out.append(v.reshape([1] * grid.ndim) if v.ndim == 0 else v)
        return out

    def eval(self, grid, e):
        kind = e[0]
        if kind in ("int", "num", "inf"):
            return Val(self.code(e), expr=e)
        if kind == "name" and (e[1] in self.extent or e[1] in self.sizes):
            return Val("index", expr=e)
        if kind == "name" and e[1] in self.scalars:
            elem, v, *err = self.scalars[e[1]]
            return Val(compute(elem), grid.one(v), grid.one(err[0]) if err else None)
        if kind in ("ref", "name"):
            s = self.store(e[1])
            if not s.valued:
                raise ModelError(f"{e[1]} has no value yet")
            if s.acc and self.current != e[1]:
                raise ModelError(f"{e[1]} is read between its updates")
            idx = e[2] if kind == "ref" else ()
            if len(idx) != len(s.shape):
                raise ModelError("rank")
            if not idx:
                err = None if s.err is None else np.full([1] * grid.ndim, s.err[()])
                return Val(compute(s.elem), grid.one(s.val[()]), err)
            return Val(compute(s.elem), *s.load(self.indices(grid, idx)))
        if kind in ("neg", "bin"):
            args = [self.eval(grid, x) for x in (e[1:] if kind == "neg" else e[2:])]
            op = "neg" if kind == "neg" else e[1]
            if op not in COMPARISONS and all(a.code in LAZY for a in args):
                code = args[0].code if len(args) == 1 else join(args[0].code, args[1].code)
                return Val(code, expr=e)
            return self.apply(grid, op, args)
        if kind != "call":
            raise ModelError("brgemm inside an expression")
        name = e[1]
        if name in REDUCTIONS and len(e[2]) == 1:
            return self.reduction(grid, name, e[2][0])
        args = [self.eval(grid, a) for a in e[2]]
        if name == "convert":
            return self.converted(grid, args[0], e[3])
        if name == "uniform":
            return ops.uniform(*[self.cast(grid, a, "i64").arr for a in args])
        if name == "sround":
            return ops.sround(e[3], *[self.cast(grid, a, "f32") for a in args])
        if e[3] == "fine":
            name += "_fine"
        return self.apply(grid, name, args)

    def converted(self, grid, v, elem):
        # Constants and letters meet the type, as if stored to an element of it.
        v = self.cast(grid, v, compute(elem) if is_float(elem) and v.code in LAZY else settle(v.code))
        if is_float(elem):
            source = v.code
            if not is_float(source):
                v, source = Val("f64", *convert(v.arr, v.err, v.code, "f64")), "f64"
            r = round_float(elem, v.arr)
            err = None if v.err is None else np.where(v.err > 0, v.err + spacing(elem, r), 0.0)
            return Val(compute(elem), r, err)
        if is_float(v.code):
            arr = float_to_int(elem, v.arr)
            err = None if v.err is None else np.where(v.err > 0, np.ceil(v.err) + 1, 0.0)
            return Val(compute(elem), arr, err)
        return Val(compute(elem), saturate(elem, v.arr), v.err)

    def apply(self, grid, op, args):
        codes = [a.code for a in args]
        if op == "select":
            if codes[0] in ("f32", "f64", "number"):
                raise ModelError("condition")
            c = self.cast(grid, args[0], settle(codes[0]))
            t = "bit" if codes[1] == codes[2] == "bit" else settle(join(codes[1], codes[2]))
            a, b = (self.cast(grid, x, t) for x in args[1:])
            arr = np.where(c.arr != 0, a.arr, b.arr)
            err = None
            if has_err(a.err, b.err, c.err):
                err = np.where(c.arr != 0, bound(a.err), bound(b.err))
                if c.err is not None:
                    err = np.where(c.err > 0, np.inf, err)
            return Val(t, arr, err)
        joined = codes[0]
        for c in codes[1:]:
            joined = join(joined, c)
        if op in COMPARISONS:
            t = settle(number_code(joined))
            a, b = (self.cast(grid, x, t) for x in args)
            return compare(op, a, b)
        if op in EXACT_NUM or op in ("+", "-", "*", "/", "neg"):
            t = settle(number_code(joined))
            vals = [self.cast(grid, x, t) for x in args]
            return float_op(op, vals, t) if is_float(t) else int_op(op, vals, t)
        if op in ("bits", "shr_rne"):
            t = settle(number_code(joined))
            if is_float(t):
                raise ModelError("an integer op")
            return int_op(op, [self.cast(grid, x, t) for x in args], t)
        if op in ("zip", "unzip_hi", "unzip_lo"):
            return halves(op, self.cast(grid, args[0], "f32"),
                          self.cast(grid, args[1], "i64") if op == "zip" else None)
        t = "f64" if joined == "f64" else "f32"
        vals = [self.cast(grid, x, t) for x in args]
        if op in ("leaky_relu", "leaky_relu_grad"):
            return ops.leaky(op, *vals, t)
        if op.startswith("k"):
            return ops.table_op(op, vals[0], t)
        return special(op, vals, t)

    def colons_of(self, parts):
        """Extents of the colons that the references use, the last one last."""
        extents = {}
        for e in parts:
            if e[0] == "ref":
                n = sum(i == ":" for i in e[2])
                c = n
                s = self.temps.get(e[1]) or self.stores.get(e[1])
                for d, i in enumerate(e[2]):
                    if i == ":":
                        if s is not None:
                            extent = s.shape[d]
                            if extents.setdefault(c, extent) != extent:
                                raise ModelError("colons")
                        c -= 1
        n = max(extents, default=0)
        return [extents.get(c, 1) for c in range(n, 0, -1)]

    def reduction(self, grid, name, e):
        used = letters_of(e, self.extent)
        letters = [c for c in grid.letters if c in used]
        own = Grid(self, letters, self.colons_of(list(flat(e))))
        if not own.colons:
            raise ModelError("reduces nothing")
        code = settle(number_code(self.code(e)))
        shape = own.shape[:len(letters)]
        op = {"sum": "+=", "max": "max=", "min": "min=", "prod": "*="}[name]
        if 0 in own.shape:
            arr, err = np.full(shape, identity(op, code)), None
        else:
            v = self.cast(own, self.eval(own, e), code)
            arr = np.broadcast_to(v.arr, own.shape).reshape(shape + (-1,))
            err = None if v.err is None else np.broadcast_to(v.err, own.shape).reshape(shape + (-1,))
            start = np.full(shape, identity(op, code))
            arr, err = reduce_last(op, code, arr, err, start, None)
        at = [self.extent[c] if c in used else 1 for c in grid.letters] + [1] * len(grid.colons)
        return Val(code, arr.reshape(at), None if err is None else err.reshape(at))

    # ---- statements ----

    def statement(self, s, chain):
        parts = list(flat(("ref", s.target, s.idx))) + list(flat(s.rhs))
        used = letters_of((("ref", s.target, s.idx), s.rhs), self.extent)
        letters = [c for c in self.letters if c in used]
        target = self.temps.get(s.target) or self.stores.get(s.target)
        if target is None:
            target = self.new_temp(s, parts)
        colons = self.colons_of(parts)
        grid = Grid(self, letters, colons)
        if len(s.idx) != len(target.shape):
            raise ModelError("rank")
        first, last, updates = chain
        self.current = s.target if first else None
        elem = target.elem
        if s.op != "=" and not target.valued:
            start = identity(s.op, accumulator(elem)) if s.op != "+=" else 0
            if not is_float(elem):
                start = saturate(elem, np.asarray(start))
            target.val[self.reached(s, target)] = start
        if first and updates:
            target.acc = accumulator(elem)
        if 0 not in grid.shape:
            self.write(s, grid, target)
        target.valued = target.ran = True
        if last and target.acc:
            target.acc = None
            target.val, target.err = narrow(target.val, target.err, elem)

    def reached(self, s, target):
        """The elements that the left side reaches, also where nothing is reduced into them. Others stay zero."""
        letters = [c for c in self.letters if c in letters_of(s.idx, self.extent)]
        grid = Grid(self, letters, [n for n, i in zip(target.shape, s.idx) if i == ":"])
        mask = np.zeros(target.shape, bool)
        if 0 in grid.shape or 0 in target.shape:
            return mask
        at = [np.broadcast_to(i, grid.shape).reshape(-1) for i in self.indices(grid, s.idx)]
        keep = np.ones(int(np.prod(grid.shape, dtype=np.int64)), bool)
        for n, i in zip(target.shape, at):
            keep = keep & (i >= 0) & (i < n)
        mask[tuple(i[keep] for i in at)] = True
        return mask

    def new_temp(self, s, parts):
        shape = []
        colons = self.colons_of(parts)
        n = sum(i == ":" for i in s.idx)
        for i in s.idx:
            if i == ":":
                shape.append(colons[len(colons) - n])
                n -= 1
            elif i[0] == "name" and i[1] in self.extent:
                shape.append(self.extent[i[1]])
            else:
                raise ModelError("index of a temporary")
        store = Store(settle(self.types[s.target]), shape)
        self.temps[s.target] = store
        return store

    def product(self, grid, e):
        code = self.code(e)
        vals = []
        for ref in e[1:]:
            v = self.eval(grid, ref)
            vals.append(Val(code, *convert(v.arr, v.err, number_code(v.code), code)))
        if is_float(code):
            v = float_op("*", vals, code)
            if any(margin_any(self.store(r[1]).pad) for r in e[1:]) and np.any(np.isnan(v.arr)):
                # The zero outside of a tensor times infinity may be left out.
                v.err = bound(v.err) + np.where(np.isnan(v.arr), np.inf, 0.0)
            both = [self.store(r[1]) for r in e[1:]]
            if any(x.ternary for x in both) and any(not is_float(x.elem) and np.any(abs(x.val) >= 2**24) for x in both):
                # Integers are summed within a group first, which wraps and rounds in other places.
                v.err = np.full(v.arr.shape, np.inf)
            if any(x.planes for x in both):
                # The planes are summed one by one: infinity meets a weight in each, and they need not agree.
                v.err = bound(v.err) + np.where(np.isfinite(v.arr), 0.0, np.inf)
            return code, v
        return code, int_op("*", vals, code)

    def write(self, s, grid, target):
        at = [np.broadcast_to(i, grid.shape).reshape(-1) for i in self.indices(grid, s.idx)]
        n = int(np.prod(grid.shape, dtype=np.int64))
        keep = self.stored_points(grid, s, n)
        where = np.zeros(n, np.int64)
        for d, i in enumerate(at):
            margin = target.pad.get(d, 0)
            if i.min() < -margin or i.max() >= target.shape[d] + margin:
                raise ModelError("a write leaves the tensor")
            # Writes into the padding are dropped.
            keep = keep & (i >= 0) & (i < target.shape[d])
            where = where * target.shape[d] + i
        if not np.any(keep):
            return
        where = where[keep]
        on_left = letters_of(s.idx, self.extent)
        n_left = int(np.prod([self.extent[c] for c in grid.letters if c in on_left] +
                             [grid.shape[len(grid.letters) + j] for j in range(len(grid.colons)) if ":" in s.idx],
                             dtype=np.int64))
        if s.rhs[0] == "brgemm":
            code, v = self.product(grid, s.rhs)
        else:
            v = self.eval(grid, s.rhs)
            code = v.code
        val = target.val.reshape(-1)
        err = None if target.err is None else target.err.reshape(-1)
        if s.op == "=":
            target.chain = {}
            v = self.stored(grid, v, target)
            new = np.broadcast_to(v.arr, grid.shape).reshape(-1)[keep]
            if len(np.unique(where)) != len(where):
                raise ModelError("'=' writes an element twice")
            val[where] = new
            if err is not None or v.err is not None:
                err = np.zeros(val.shape) if err is None else err
                err[where] = np.broadcast_to(bound(v.err), grid.shape).reshape(-1)[keep]
        else:
            val, err = self.update(s.op, grid, v, code, target, where, keep, val, err, n_left, s.rhs[0] == "brgemm",
                                   self.left_points(grid, s, on_left, keep))
        target.val = val.reshape(target.shape)
        target.err = None if err is None else err.reshape(target.shape)

    def left_points(self, grid, s, on_left, keep):
        """For each point of a scatter the number of its point on the left side; None of other statements."""
        if not any(has_reference(i) for i in s.idx):
            return None
        number = np.zeros((1,) * grid.ndim, np.int64)
        for axis, extent in enumerate(grid.shape):
            if (grid.letters[axis] in on_left) if axis < len(grid.letters) else (":" in s.idx):
                number = number * extent + np.arange(extent).reshape([-1 if a == axis else 1 for a in range(grid.ndim)])
        return np.broadcast_to(number, grid.shape).reshape(-1)[keep]

    def stored_points(self, grid, s, n):
        """The points of the statement: all, or those that are stored entries of the sparse tensors that it names."""
        keep = np.ones(n, bool)
        for ref in refs_in((("ref", s.target, s.idx), s.rhs)):
            pattern = self.store(ref[1]).stored
            if pattern is not None:
                at = tuple(np.broadcast_to(i, grid.shape).reshape(-1) for i in self.indices(grid, ref[2]))
                keep = keep & pattern[at]
        return keep

    def argument(self, e, elem):
        """The value of an expression that is passed for a scalar of this element type."""
        grid = Grid(self, [], [])
        self.types = {}
        v = self.stored(grid, self.eval(grid, e), Store(elem, ()))
        value = np.asarray(v.arr).reshape(())[()]
        return (elem, value) if v.err is None else (elem, value, np.asarray(v.err, np.float64).reshape(-1)[0])

    def stored(self, grid, v, target):
        """The value of '=' as the tensor holds it, unrounded where updates follow."""
        elem = target.elem
        if target.acc:
            return self.cast(grid, v, target.acc, True)
        if v.code in LAZY:
            v = self.cast(grid, v, compute(elem) if is_float(elem) else settle(v.code))
        return Val(elem, *narrow(v.arr, v.err, elem))

    def update(self, op, grid, v, code, target, where, keep, val, err, n_left, product, left):
        elem = target.elem
        sums = op in ("+=", "*=")
        acc = target.acc
        if code in LAZY:
            v = self.cast(grid, v, acc)
            code = acc
        own = number_code(settle(code))
        arr, verr = convert(v.arr, v.err, v.code, own)
        arr = np.broadcast_to(arr, grid.shape).reshape(-1)[keep]
        verr = None if verr is None else np.broadcast_to(verr, grid.shape).reshape(-1)[keep]
        other = is_float(own) != is_float(elem) or (own == "f64") != (elem == "f64")
        # A product of narrow integers is a sum in i32, also where the tensor is wider.
        other = other or (product and own == "i32" and elem == "i64")
        if sums and other and elem != "bit":
            # The sum is made in its own type and enters the tensor once; f32 terms may also enter an f64 one by one, and
            # so may those of writes that overlap or are scattered, which meet in no order that a sum of their own could
            # follow.
            cells, inverse = np.unique(where, return_inverse=True)
            overlap = len(cells) != n_left
            singly = None
            if elem == "f64" or left is not None or (overlap and (is_float(elem) or elem == "i64")):
                singly = reduce_groups(op, acc, *convert(arr, verr, own, acc), where, val, err, dict(target.chain))
            start = np.full(cells.shape, identity(op, own))
            part, perr = reduce_groups(op, own, arr, verr, inverse, start, None)
            part, perr = convert(part, perr, own, acc, True)
            if is_float(own) and not is_float(elem) and overlap:
                # Term by term into integers, of which each saturates and the sum wraps.
                size = np.zeros(cells.shape)
                with np.errstate(all="ignore"):
                    np.add.at(size, inverse, np.where(np.rint(arr) == arr, np.abs(arr), np.inf))
                perr = bound(perr) + np.where(size < 2.0**31, 0.0, np.inf)
            once = reduce_groups(op, acc, part, perr, cells, val, err, target.chain)
            if product and left is not None:
                # The sum of each point on the left, of which several may meet in an element.
                points, group = np.unique(left * max(1, len(val)) + where, return_inverse=True)
                each, eerr = reduce_groups(op, own, arr, verr, group, np.full(points.shape, identity(op, own)), None)
                each, eerr = convert(each, eerr, own, acc, True)
                once = either(reduce_groups(op, acc, each, eerr, points % max(1, len(val)), val, err), once)
            return once if singly is None else either(once, singly)
        arr, verr = convert(arr, verr, own, acc, sums)
        return reduce_groups(op, acc, arr, verr, where, val, err, target.chain)


# ---- kernels ----

def chains(stmts):
    """For each statement: whether it is the first, the last of its accumulation, and whether that has updates."""
    out = [None] * len(stmts)
    for name in {s.target for s in stmts}:
        groups = []
        for i, s in enumerate(stmts):
            if s.target == name:
                if s.op == "=" or not groups:
                    groups.append([])
                groups[-1].append(i)
        for g in groups:
            updates = any(stmts[i].op != "=" for i in g)
            for i in g:
                out[i] = (i == g[0], i == g[-1], updates)
    return out


def run_nest(frame, nest):
    frame.temps = {}
    frame.letters = [c for c, _ in nest.loops]
    frame.extent = {c: frame.integer(e) for c, e in nest.loops}
    frame.types = {}
    for s in nest.stmts:
        if s.target in frame.stores:
            continue
        code = frame.code(s.rhs)
        known = frame.types.get(s.target)
        code = join(known, code) if known else code
        if s.op != "=" and code == "bit":
            code = "i32"
        frame.types[s.target] = code
    for s, chain in zip(nest.stmts, chains(nest.stmts)):
        if chain[0] and s.target in frame.stores:
            frame.stores[s.target].chain = {}
        frame.statement(s, chain)
    frame.extent = {}


def run_kernel(program, kernel, sizes, stores, scalars):
    frame = Frame(program, kernel, sizes, dict(stores), scalars)
    frame.types = {}
    for t in kernel.tensors:
        if t.mode == "scalar":
            continue
        shape = [frame.integer(d) for d in t.dims]
        if min(shape, default=0) < 0:
            raise ModelError("negative extent")
        s = frame.stores.get(t.name)
        if s is None:
            s = frame.stores[t.name] = Store("f32" if t.elem == "ternary" else t.elem, shape)
        if s.shape != tuple(shape):
            raise ModelError("shape of an argument")
        s.pad = {d: frame.integer(e) for d, e in (t.pad or {}).items()}
        if t.mode in ("out", "local"):
            s.valued = False
            s.val[...] = 0
            s.err = None
        else:
            s.valued = True
    run_items(frame, kernel.items)
    return frame.stores


def before_seq(frame, items, inner):
    """What nothing wrote before a seq that writes it is zero, or the identity of its first update but +=: those."""
    filled = []
    for item in flat_items(items):
        if isinstance(item, Call):
            for name in set(item.outs) - inner:
                frame.store(name).valued = True
            continue
        for s in item.stmts:
            target = frame.stores.get(s.target)
            if target is None or target.valued or s.target in inner:
                continue
            if s.op not in ("=", "+="):
                start = identity(s.op, accumulator(target.elem))
                target.val[...] = start if is_float(target.elem) else saturate(target.elem, np.asarray(start))
                target.ran = False
                filled.append(target)
            target.valued = True
    return filled


def run_items(frame, items):
    for item in items:
        if isinstance(item, Call):
            run_call(frame, item)
        elif isinstance(item, Seq):
            filled = before_seq(frame, item.items, set(inner_names([item])))
            for v in range(frame.integer(item.extent)):
                frame.sizes[item.letter] = v
                for s in map(frame.store, item.locals):
                    s.valued, s.err = False, None
                    s.val[...] = 0
                run_items(frame, item.items)
            frame.sizes.pop(item.letter, None)
            for s in filled:
                if not s.ran:
                    s.val[...] = 0
        else:
            run_nest(frame, item)


def run_call(frame, call):
    callee = next(k for k in frame.program.kernels if k.name == call.callee)
    sizes = {n: frame.integer(e) for n, e in call.named}
    ins = [t for t in callee.tensors if t.mode in ("in", "inout", "scalar")]
    outs = [t for t in callee.tensors if t.mode == "out"]
    stores, scalars = {}, {}
    pairs = list(zip(ins, call.args)) + list(zip(outs, call.outs))
    saved = []
    for t, name in pairs:
        if t.mode == "scalar":
            scalars[t.name] = frame.scalars[name] if isinstance(name, str) else frame.argument(name, t.elem)
            continue
        s = frame.store(name)
        if t.mode == "in":
            s = copy.copy(s)  # it may be passed twice, with another margin
        stores[t.name] = s
        if t.mode in ("in", "inout") and not s.valued:
            raise ModelError("an argument without value")
        saved.append((s, s.pad))
    for mode in (("in", "inout"), ("out",)):
        for t, name in pairs:
            if t.mode in mode:
                for d, e in enumerate(t.dims):
                    size = next((z for z in callee.sizes if e == ("name", z.name)), None)
                    if size and size.kind != "derived" and size.name not in sizes:
                        sizes[size.name] = stores[t.name].shape[d]
    inner = Frame(frame.program, callee, sizes, {}, {})
    for z in callee.sizes:
        if z.name not in sizes:
            if z.expr is None or z.kind in ("multiple", "most", "free"):
                raise ModelError("size not deduced")
            sizes[z.name] = inner.integer(z.expr)
    run_kernel(frame.program, callee, sizes, stores, scalars)
    for s, pad in saved:
        s.pad, s.valued, s.ran = pad, True, True
