"""Nests as people write them, with random types, index orders, sizes, and epilogues: products with an epilogue,
attention, convolutions, and normalised rows. Their letters carry the shapes that random statements rarely have."""
from drawing import Context, State
from tree import Nest, Stmt, Tensor, add, mul, names_in


def name(c):
    return ("name", c)


def loops(g, sizes):
    """Declares the loops of a nest; sizes: letter -> (expression, value)."""
    g.loops = [(c, e, v) for c, (e, v) in sizes.items()]
    g.typer.extent = {c: v for c, _, v in g.loops}
    g.typer.types = {}
    g.typer.sizes = {s.name: s.value for s in g.sizes}


def dimension(g, values):
    """A size of its own for a dimension, or a literal."""
    v = g.r.choice(values)
    if g.chance(0.75):
        n = g.new_size(v)
        if n:
            s = next(s for s in g.sizes if s.name == n)
            if g.chance(0.4):
                s.kind, s.expr = "default", ("int", v)
            elif v and g.chance(0.2):
                s.kind, s.expr = "multiple", ("int", next(b for b in (16, 8, 4, 2, 1) if v % b == 0))
            return ("name", n), v
    return ("int", v), v


def operand(g, letters, elems):
    """A new input, or a tensor that there is, with these letters in some order, as (state, reference)."""
    elem = g.pick(elems)
    wild, g.wild = g.wild, g.wild and g.chance(0.3)
    plain = g.chance(0.7)
    if plain:
        order = list(letters)
        g.r.shuffle(order)
        s = g.declare("in", elem, [g.letter(c)[0] for c in order])
        ref = ("ref", s.tensor.name, tuple(name(c) for c in order))
    else:
        s, ref = g.new_reference(Context(letters), elem, letters=letters)
    g.wild = wild
    g.note_read(s)
    return ref


FLOAT = [("f32", 45), ("bf16", 35), ("f64", 8), ("f16", 12)]
ANY = [("f32", 40), ("bf16", 25), ("i8", 12), ("u8", 8), ("f64", 5), ("f16", 4), ("i32", 3), ("i4", 3)]


def structured(g):
    """Weights [k, n] that are block-sparse or ternary."""
    dims = [g.letter("k")[0], g.letter("n")[0]]
    if g.chance(0.5):
        s = g.declare("in", "ternary", dims, plain=True)
        s.tensor.sparse = ("group", g.r.choice([1, 3, 4, 8, 16, 64]))
        if g.chance(0.4):
            used = g.r.choice([0, 1, 2, 3])
            s.tensor.sparse += (("int", used),)
            size = g.new_size(used) if g.chance(0.7) else None
            if size:
                z = next(z for z in g.sizes if z.name == size)
                z.kind, z.expr = "most", ("int", 3)
                s.tensor.sparse = s.tensor.sparse[:2] + (name(size),)
    else:
        s = g.declare("in", g.pick([("f32", 4), ("bf16", 5), ("f64", 1), ("i8", 1), ("f16", 1)]), dims, plain=True)
        s.tensor.range = None
        s.tensor.sparse = sparse_storage(g)
    s.valued, s.read = False, True  # nothing else may read it
    return ("ref", s.tensor.name, (name("k"), name("n")))


def sparse_storage(g):
    kind = g.pick([("bcsc", 5), ("csr", 2), ("bcsr", 2)])
    if kind == "csr":
        return (kind,)
    return (kind, g.r.choice([1, 2, 3, 4, 8, 16]), g.r.choice([1, 2, 4, 5, 8, 16]))


def sparse(g):
    """Statements over the stored entries of a matrix: products from either side, sampled products, updates of it."""
    r = g.r
    sizes = {"m": dimension(g, [0, 1, 2, 5, 7, 8, 16, 17, 33]), "n": dimension(g, [0, 1, 3, 4, 8, 13, 16, 31]),
             "k": dimension(g, [1, 2, 3, 8, 9, 16, 24])}
    order = list(sizes)
    r.shuffle(order)
    loops(g, {c: sizes[c] for c in order})
    elem = g.pick([("f32", 8), ("f64", 2), ("bf16", 3), ("i32", 1), ("i8", 1)])
    form = r.choice(["spmm", "spmm_t", "sampled", "values", "rows", "both"])
    dims = [g.letter("m")[0], g.letter("n")[0]]

    def matrix(mode, pattern=None):
        s = g.declare(mode, elem, dims, plain=True)
        s.tensor.range = None
        s.tensor.sparse = pattern.sparse if pattern else sparse_storage(g)
        s.tensor.pattern = pattern.name if pattern else None
        s.valued, s.read = False, True
        return s.tensor, ("ref", s.tensor.name, (name("m"), name("n")))

    stmts = []
    writes = form in ("sampled", "values") or (form == "rows" and g.chance(0.5))
    t, a = matrix("inout" if writes else "in")
    if form in ("spmm", "spmm_t", "both"):
        left, other = ("m", "n") if form != "spmm_t" else ("n", "m")
        x = operand(g, [other, "k"], FLOAT if elem in ("f32", "f64", "bf16") else ANY)
        rhs = ("brgemm", a, x) if g.chance(0.4) else ("bin", "*", a, x)
        if form == "both":
            acc = define(g, stmts, "t", [name(left), name("k")], "+=", rhs)
            output(g, stmts, [other, "k"], "+=", ("bin", "*", a, read(g, acc)))
        elif g.chance(0.4):
            acc = define(g, stmts, "t", [name(left), name("k")], "+=", rhs)
            output(g, stmts, [left, "k"], "=", epilogue(g, read(g, acc), [left, "k"]))
        else:
            output(g, stmts, [left, "k"], "+=", rhs, r.choice(["out", "inout"]))
    elif form == "sampled":
        kinds = FLOAT if elem in ("f32", "f64", "bf16") else ANY
        x, y = operand(g, ["m", "k"], kinds), operand(g, ["n", "k"], kinds)
        stmts.append(Stmt(t.name, a[2], "+=", ("brgemm", x, y) if g.chance(0.5) else ("bin", "*", x, y)))
    else:
        if form == "values":
            other = matrix("in", t)[1] if g.chance(0.5) else operand(g, r.choice([["m"], ["n"], ["m", "n"]]), FLOAT)
            stmts.append(Stmt(t.name, a[2], r.choice(["=", "=", "+="]), ("bin", r.choice(["+", "-", "*"]), a, other)))
            if stmts[0].op != "=":
                stmts[0].rhs = other
        elif writes:
            stmts.append(Stmt(t.name, a[2], "=", epilogue(g, a, ["m", "n"])))
        left = r.choice([["m"], ["n"], []])
        output(g, stmts, left, "+=", a if g.chance(0.5) else ("bin", "*", a, a))
    return stmts


def recurrence(g, c, e):
    """h[t + 1] from h[t] and an input of step t, as in recurrent networks: fills g.items with the body, and returns the
    nest that starts it."""
    r = g.r
    sizes = {x: dimension(g, v) for x, v in (("b", [1, 2, 5, 8]), ("n", [1, 3, 8, 16, 17]))}
    sizes["k"] = sizes["n"]
    elem = g.pick(FLOAT)
    dims = [sizes["b"][0], sizes["n"][0]]
    mode = r.choice(["out", "out", "local"])
    h = g.declare(mode, elem, [add(e, ("int", 1))] + dims, plain=g.chance(0.7))
    first = g.declare("in", g.pick(FLOAT), dims)
    g.note_read(first)
    loops(g, {x: sizes[x] for x in "bn"})
    at = (name("b"), name("n"))
    start = Nest(None, [(x, e_) for x, e_, _ in g.loops],
                 [Stmt(h.tensor.name, (("int", 0),) + at, "=", ("ref", first.tensor.name, at))])
    g.note_write(h, "=")
    g.nests += 1
    loops(g, {x: sizes[x] for x in "bnk"})
    x = g.declare("in", g.pick(FLOAT), [e] + dims)
    w = operand(g, ["k", "n"], FLOAT)
    g.note_read(x)
    stmts = []
    step = ("ref", x.tensor.name, (name(c),) + at)
    acc = None
    if g.chance(0.5):
        acc = define(g, stmts, "acc", at, "=", step)
    acc = define(g, stmts, "acc", at, "+=",
                 ("brgemm", ("ref", h.tensor.name, (name(c), name("b"), name("k"))), w))
    value = ("bin", "+", read(g, acc), step) if len(stmts) == 1 else read(g, acc)
    # Bounded, so that sums stay exact.
    value = ("call", "max", (("call", "min", (value, ("int", 4)), None), ("neg", ("int", 4))), None)
    stmts.append(Stmt(h.tensor.name, (add(name(c), ("int", 1)),) + at, "=", value))
    if g.chance(0.4):
        s = g.declare("inout", g.pick(FLOAT), dims)
        stmts.append(Stmt(s.tensor.name, at, "+=", ("ref", h.tensor.name, (add(name(c), ("int", 1)),) + at)))
        g.note_write(s, "+=")
    g.note_write(h, "=")
    g.add_nest(Nest(None, [(x, e_) for x, e_, _ in g.loops], stmts))
    if mode == "local":
        loops(g, {x: sizes[x] for x in "bn"})
        y = g.declare("out", "f32", dims)
        g.add_nest(Nest(None, [(x, e_) for x, e_, _ in g.loops],
                        [Stmt(y.tensor.name, at, "=", ("ref", h.tensor.name, (name(c),) + at))]))
        g.note_read(h)
    return [start]


def define(g, stmts, target, idx, op, rhs):
    """Appends a statement to a temporary."""
    s = g.states.get(target)
    if s is None:
        s = State(Tensor(target, None, [g.letter(i[1])[0] for i in idx], "temp"), [g.letter(i[1])[1] for i in idx], True)
    g.finish_temp(s, rhs, op)
    g.note_write(s, op)
    stmts.append(Stmt(target, tuple(idx), op, rhs))
    return ("ref", target, tuple(idx))


def read(g, ref):
    g.note_read(g.states[ref[1]])
    return ref


def output(g, stmts, letters, op, rhs, mode="out"):
    order = list(letters)
    if g.chance(0.3):
        g.r.shuffle(order)
    elem = g.pick([("f32", 5), ("bf16", 4), ("f64", 1), ("f16", 1), ("i8", 1), ("u8", 1), ("i32", 1)])
    s = g.declare(mode, elem, [g.letter(c)[0] for c in order])
    idx = tuple(name(c) for c in order)
    stmts.append(Stmt(s.tensor.name, idx, op, rhs))
    g.note_write(s, op)
    return ("ref", s.tensor.name, idx)


def epilogue(g, value, letters, target=None):
    r = g.r
    e = value
    for _ in range(r.randint(0, 2)):
        x = r.random()
        some = r.sample(letters, r.randint(1, len(letters))) if x < 0.6 else letters
        ctx = Context(some, target=target)
        other = g.reference(ctx) if x < 0.6 else g.leaf(ctx)
        e = ("bin", r.choice(["+", "-", "+", "*"]), e, other)
    if g.chance(0.4):
        e = ("call", r.choice(["relu", "abs"]), (e,), None)
    if g.chance(0.15):
        e = ("call", "select", (("bin", "<=", name(r.choice(letters)), name(r.choice(letters))), e, ("int", 0)), None)
    return e


def product(g):
    """One or two products into one name, an epilogue, perhaps a reduction of what comes out."""
    r = g.r
    big = [1, 2, 5, 7, 8, 13, 16, 17, 24, 31, 32, 33, 40, 48]
    depth = [0, 1, 2, 3, 8, 9, 16, 24, 31, 32]
    if g.chance(0.2):
        # One long dimension.
        big, depth = r.choice([([1, 3, 6, 8], depth + [64, 100, 130, 257]), (big + [64, 70, 97], [1, 2, 5, 8])])
    sizes = {"m": dimension(g, big), "n": dimension(g, big), "k": dimension(g, depth)}
    batch = g.chance(0.25)
    if batch:
        sizes["b"] = dimension(g, [1, 2, 3])
    two = g.chance(0.2)
    if two:
        sizes["h"] = dimension(g, [1, 3, 8, 16])
    order = list(sizes)
    r.shuffle(order)
    loops(g, {c: sizes[c] for c in order})
    left = ["m", "n"] + (["b"] if batch else [])
    kinds = r.choice([FLOAT, FLOAT, ANY])
    a = operand(g, ["m", "k"] + (["b"] if batch else []), kinds)
    if not batch and g.chance(0.2):
        b = structured(g)
    else:
        b = operand(g, ["n", "k"] + (["b"] if batch and g.chance(0.7) else []), kinds)
    stmts = []
    if g.chance(0.25):
        # Straight into the tensor.
        y = output(g, stmts, left, "+=", ("brgemm", a, b), r.choice(["out", "inout"]))
        if two:
            stmts.append(Stmt(y[1], y[2], "+=", ("brgemm", operand(g, ["m", "h"], kinds), operand(g, ["h", "n"], kinds))))
        if g.chance(0.4):
            stmts.append(Stmt(y[1], y[2], "=", epilogue(g, read(g, y), left, y[1])))
    else:
        idx = [name(c) for c in left]
        r.shuffle(idx)
        if g.chance(0.3):
            define(g, stmts, "acc", idx, "=", g.reference(Context(r.sample(left, r.randint(1, len(left))))))
        acc = define(g, stmts, "acc", idx, "+=", ("brgemm", a, b))
        if two:
            acc = define(g, stmts, "acc", idx, "+=", ("brgemm", operand(g, ["m", "h"], kinds), operand(g, ["h", "n"], kinds)))
        y = output(g, stmts, left, "=", epilogue(g, read(g, acc), left))
        if g.chance(0.3):
            output(g, stmts, left, "=", epilogue(g, read(g, acc), left))
        if g.chance(0.3):
            keep = r.sample(left, r.randint(0, len(left) - 1))
            output(g, stmts, keep, r.choice(["+=", "max=", "min="]), read(g, r.choice([acc, y])))
    return stmts


def attention(g):
    """Scores, their row maximum, a rounded copy, a second product, a quotient of what two reductions gave."""
    r = g.r
    sizes = {"i": dimension(g, [1, 3, 8, 13, 16, 17]), "j": dimension(g, [0, 1, 5, 8, 16, 19]),
             "d": dimension(g, [1, 4, 8, 16]), "e": dimension(g, [1, 4, 8, 16])}
    if g.chance(0.5):
        sizes["b"] = dimension(g, [1, 2, 3])
    loops(g, sizes)
    b = [c for c in sizes if c == "b"]
    stmts = []
    kinds = r.choice([FLOAT, ANY])
    s = define(g, stmts, "s", [name(c) for c in b + ["i", "j"]], "+=",
               ("brgemm", operand(g, b + ["i", "d"], kinds), operand(g, b + ["j", "d"], kinds)))
    z = define(g, stmts, "z", list(s[2]), "=", epilogue(g, read(g, s), b + ["i", "j"]))
    top = define(g, stmts, "g", [name(c) for c in b + ["i"]], r.choice(["max=", "min="]), read(g, z))
    value = ("bin", "-", read(g, z), read(g, top)) if g.chance(0.7) else \
        ("call", "select", (("bin", ">=", read(g, z), read(g, top)), ("int", 1), ("int", 0)), None)
    p = define(g, stmts, "p", list(s[2]), "=", value)
    total = define(g, stmts, "l", [name(c) for c in b + ["i"]], "+=", read(g, p))
    if g.chance(0.6):
        q = g.declare("local", g.pick(FLOAT), [g.letter(c)[0] for c in b + ["i", "j"]])
        stmts.append(Stmt(q.tensor.name, s[2], "=", read(g, p)))
        g.note_write(q, "=")
        p = ("ref", q.tensor.name, s[2])
    o = define(g, stmts, "o", [name(c) for c in b + ["i", "e"]], "+=",
               ("brgemm", read(g, p), operand(g, b + ["j", "e"], kinds)))
    output(g, stmts, b + ["i", "e"], "=", ("bin", r.choice(["+", "-"]), read(g, o), read(g, total)))
    if g.chance(0.4):
        output(g, stmts, b + ["i"], "=", ("bin", "+", read(g, top), read(g, total)))
    return stmts


def convolution(g):
    """A convolution with stride and padding, as a product or point by point."""
    r = g.r
    stride, filt, pad = r.choice([1, 1, 2, 3]), r.choice([1, 2, 3]), r.choice([0, 1, 1, 2])
    h = r.choice([3, 4, 5, 7, 9])
    h = max(h, filt - 2 * pad, 1)
    out = (h + 2 * pad - filt) // stride + 1
    one = g.chance(0.3)
    sizes = {"n": dimension(g, [1, 2]), "p": (("int", out), out), "k": dimension(g, [1, 5, 8, 16]),
             "c": dimension(g, [1, 3, 8, 16]), "r": (("int", filt), filt)}
    if not one:
        sizes.update({"q": (("int", out), out), "s": (("int", filt), filt)})
    point = g.chance(0.35)
    if point:
        del sizes["k"]
    order = list(sizes)
    r.shuffle(order)
    loops(g, {c: sizes[c] for c in order})
    spatial = [("p", "r")] if one else [("p", "r"), ("q", "s")]
    kinds = r.choice([FLOAT, ANY])
    index = [add(mul(name(a), ("int", stride)), name(b)) for a, b in spatial]
    if pad:
        index = [("bin", "-", i, ("int", pad)) for i in index]
    dims = [g.letter("n")[0]] + [("int", h)] * len(spatial) + [g.letter("c")[0]]
    x = g.declare("in", g.pick(kinds), dims, {1 + d: ("int", pad) for d in range(len(spatial))} if pad else None)
    g.note_read(x)
    image = ("ref", x.tensor.name, tuple([name("n")] + index + [name("c")]))
    taps = [b for _, b in spatial] + ["c"] + ([] if point else ["k"])
    f = g.declare("in", g.pick(kinds), [g.letter(c)[0] for c in taps])
    g.note_read(f)
    filter_ = ("ref", f.tensor.name, tuple(name(c) for c in taps))
    left = ["n"] + [a for a, _ in spatial] + (["c"] if point else ["k"])
    stmts = []
    if point:
        op = r.choice(["+=", "+=", "max="])
        rhs = ("bin", "*", image, filter_)
        if g.chance(0.4):
            output(g, stmts, left, op, rhs)
        else:
            acc = define(g, stmts, "acc", [name(c) for c in left], op, rhs)
            output(g, stmts, left, "=", epilogue(g, read(g, acc), left))
    else:
        acc = define(g, stmts, "acc", [name(c) for c in left], "+=", ("brgemm", image, filter_))
        output(g, stmts, left, "=", epilogue(g, read(g, acc), left))
    return stmts


def rows(g):
    """Rows normalised by their own maximum and sum, with colons."""
    r = g.r
    sizes = {"m": dimension(g, [0, 1, 3, 8, 9])}
    loops(g, sizes)
    n, nv = dimension(g, [0, 1, 2, 7, 8, 16, 17, 33, 65])
    g.typer.sizes = {s.name: s.value for s in g.sizes}
    m = g.letter("m")[0]
    x = g.declare("in", g.pick(FLOAT), [m, n])
    g.note_read(x)
    row = ("ref", x.tensor.name, (name("m"), ":"))
    stmts = []
    t = State(Tensor("e", None, [m, n], "temp"), [g.letter("m")[1], nv], True)
    rhs = ("bin", "-", row, ("call", r.choice(["max", "min", "sum"]), (row,), None))
    if g.chance(0.4):
        w = g.declare("in", g.pick(FLOAT), [n])
        g.note_read(w)
        rhs = ("bin", r.choice(["+", "*"]), rhs, ("ref", w.tensor.name, (":",)))
    g.finish_temp(t, rhs, "=")
    g.note_write(t, "=")
    stmts.append(Stmt("e", (name("m"), ":"), "=", rhs))
    e = read(g, ("ref", "e", (name("m"), ":")))
    total = ("call", r.choice(["sum", "max"]), (("bin", "*", e, e) if g.chance(0.4) else e,), None)
    if g.chance(0.4):
        total = define(g, stmts, "v", [name("m")], "=", total)
        read(g, total)
    y = g.declare("out", g.pick(FLOAT), [m, n])
    stmts.append(Stmt(y.tensor.name, (name("m"), ":"), "=", ("bin", r.choice(["+", "-", "*"]), e, total)))
    g.note_write(y, "=")
    if g.chance(0.4):
        d = g.declare(r.choice(["out", "inout"]), g.pick(FLOAT), [n])
        stmts.append(Stmt(d.tensor.name, (":",), "+=", ("bin", "*", row, e) if g.chance(0.5) else e))
        g.note_write(d, "+=")
    return stmts


def weights(g):
    """Ternary weights in statements of all kinds."""
    r = g.r
    sizes = {"k": dimension(g, [0, 1, 3, 4, 7, 16, 33]), "n": dimension(g, [1, 2, 8, 13, 17]), "m": dimension(g, [1, 2, 5])}
    loops(g, sizes)
    w = structured(g)
    while g.states[w[1]].tensor.elem != "ternary":
        w = structured(g)
    stmts = []
    x = operand(g, r.choice([["k"], ["m", "k"], ["n"], ["k", "n"]]), FLOAT)
    e = ("bin", r.choice(["+", "*", "-"]), w, x)
    on_m = ["m"] if "m" in names_in(x) else []
    if g.chance(0.5):
        output(g, stmts, on_m + ["k", "n"], "=", epilogue(g, e, ["k", "n"]))
    else:
        output(g, stmts, on_m + r.choice([["k"], ["n"], []]), r.choice(["+=", "max=", "min="]), e)
    if g.chance(0.4):
        # As the other operand.
        output(g, stmts, ["k", "m"], "+=", ("brgemm", w, operand(g, ["n", "m"], FLOAT)))
    return stmts


def nest(g):
    stmts = g.pick([(product, 5), (attention, 2), (convolution, 2), (rows, 2), (sparse, 3), (weights, 1)])(g)
    return Nest(None, [(c, e) for c, e, _ in g.loops], stmts)
