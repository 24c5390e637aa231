"""Makes a failing program smaller while it fails in the same way.

A step is a copy of the program with something taken away; it stays if the result is of the same kind. Steps that leave
no right program fail in another way, or in the model, and are dropped by that.
"""
import copy

from model import Frame
from ops import ModelError
from tree import Call, Nest, Seq, flat_items, names_in, nests_of, refs_in, substitute


def values(k):
    """Recomputes sizes that follow from others; False when a promise is broken or a size negative."""
    frame = Frame(None, None, {}, {}, {})
    for s in k.sizes:
        if s.kind == "default":
            s.expr = ("int", s.value)
        elif s.kind == "derived":
            s.value = frame.integer(s.expr)
        elif s.kind == "multiple" and s.value % s.expr[1]:
            return False
        elif s.kind == "most" and s.value > s.expr[1]:
            return False
        if s.value < 0:
            return False
        frame.sizes[s.name] = s.value
    return True


def mentioned(k):
    found = set()
    for i in flat_items(k.items):
        if isinstance(i, Call):
            found |= set(i.outs) | {a for a in i.args if isinstance(a, str)}
            for e in i.args:
                found |= {x[1] for x in refs_in(e)} | names_in(e)
        else:
            for s in i.stmts:
                found |= {s.target} | {x[1] for x in refs_in((s.idx, s.rhs))} | names_in(s.rhs)
    return found | {t.pattern for t in k.tensors if t.name in found and t.pattern}


def tidy(p):
    """Takes out what nothing uses."""
    called = {i.callee for k in p.kernels for i in flat_items(k.items) if isinstance(i, Call)}
    p.kernels = [k for k in p.kernels if k is p.main or k.name in called]
    for k in p.kernels:
        for n in nests_of(k):
            used = {c for s in n.stmts for c in names_in((("ref", "", s.idx), s.rhs))}
            n.loops = [(c, e) for c, e in n.loops if c in used] or n.loops[:1]
            fit_schedule(n)
        for i in k.items:
            if isinstance(i, Seq):
                i.items = [x for x in i.items if isinstance(x, Call) or x.stmts]
        k.items = [i for i in k.items if isinstance(i, Call) or (i.items if isinstance(i, Seq) else i.stmts)]
        if k is not p.main:
            continue
        used = mentioned(k)
        keep = [t for t in k.tensors if t.name in used]
        if any(t.mode in ("out", "inout") for t in keep):
            k.tensors = keep
        while True:
            names = set()
            for t in k.tensors:
                names |= names_in((tuple(t.dims), t.ld or (), tuple((t.pad or {}).values()), t.index_of or ()))
                names |= names_in(t.sparse[2]) if t.sparse and t.elem == "ternary" and len(t.sparse) > 2 else set()
            for i in k.items:
                names |= names_in(i.extent) if isinstance(i, Seq) else set()
            for i in flat_items(k.items):
                if isinstance(i, Call):
                    names |= names_in(tuple(e for _, e in i.named)) | \
                        names_in(tuple(a for a in i.args if not isinstance(a, str)))
                else:
                    names |= names_in(tuple(e for _, e in i.loops))
                    for s in i.stmts:
                        names |= names_in((("ref", "", s.idx), s.rhs))
            for s in k.sizes:
                names |= names_in(s.expr) if s.expr else set()
            kept = [s for s in k.sizes if s.name in names]
            if len(kept) == len(k.sizes):
                break
            k.sizes = kept
    return p


def fit_schedule(n):
    s = n.schedule
    if not s:
        return
    letters = {c for c, _ in n.loops}
    head, at, tail = s.string.partition("@")
    head = "".join(c for c in head if not c.isalpha() or c.lower() in letters)
    s.string = head + at + tail
    s.sizes = {c: v for c, v in s.sizes.items() if c in letters}


# ---- steps ----

def subexpressions(e):
    """Smaller expressions that could stand for e."""
    kind = e[0]
    if kind == "neg":
        yield e[1]
    elif kind == "bin":
        yield e[2]
        yield e[3]
    elif kind == "call":
        yield from e[2]
    if kind not in ("int", "brgemm"):
        yield ("int", 1)


def inside(e):
    """Copies of the right side e with one part replaced by a smaller one."""
    if e[0] == "brgemm":
        return
    for s in subexpressions(e):
        if s != e:
            yield s
    if e[0] == "neg":
        for x in inside(e[1]):
            yield ("neg", x)
    elif e[0] == "bin":
        for x in inside(e[2]):
            yield ("bin", e[1], x, e[3])
        for x in inside(e[3]):
            yield ("bin", e[1], e[2], x)
    elif e[0] == "call":
        for j, a in enumerate(e[2]):
            for x in inside(a):
                yield ("call", e[1], e[2][:j] + (x,) + e[2][j + 1:], e[3])


def map_refs(e, f):
    """e with each reference replaced by f of it."""
    if not isinstance(e, tuple):
        return e
    if e and e[0] == "ref" and isinstance(e[1], str):
        return f(e)
    return tuple(map_refs(x, f) if isinstance(x, tuple) else x for x in e)


def each_statement(k):
    for i in nests_of(k):
        yield from i.stmts


def drop_dimension(k, name, d, nest=None):
    """Takes dimension d of a tensor or temporary out of every reference."""
    def cut(ref):
        return ("ref", name, ref[2][:d] + ref[2][d + 1:]) if ref[1] == name and len(ref[2]) > d else ref

    for i in ([nest] if nest else nests_of(k)):
        for s in i.stmts:
            s.rhs = map_refs(s.rhs, cut)
            if s.target == name:
                s.idx = s.idx[:d] + s.idx[d + 1:]


def without_letter(k, nest, c):
    """The nest with a loop taken out; its letter is 0 where it stood."""
    declared = {t.name for t in k.tensors}
    for s in nest.stmts:
        if s.target not in declared:
            for d in range(len(s.idx) - 1, -1, -1):
                if s.idx[d] == ("name", c):
                    drop_dimension(k, s.target, d, nest)
                    break
    for s in nest.stmts:
        s.idx = substitute(s.idx, {c: ("int", 0)})
        s.rhs = substitute(s.rhs, {c: ("int", 0)})
    nest.loops = [(x, e) for x, e in nest.loops if x != c]


def inline(p, i):
    """Replaces call i of the last kernel by the nests of its callee."""
    k = p.main
    call = k.items[i]
    callee = copy.deepcopy(next(x for x in p.kernels if x.name == call.callee))
    if not all(isinstance(a, str) for a in call.args):
        return False
    if not all(isinstance(x, Nest) for x in callee.items):
        return False
    ins = [t for t in callee.tensors if t.mode in ("in", "inout", "scalar")]
    outs = [t for t in callee.tensors if t.mode == "out"]
    names = dict(zip([t.name for t in ins + outs], call.args + call.outs))
    sizes = {}
    for t in ins + outs:
        for d, e in zip(t.dims, k.tensor(names[t.name]).dims):
            if d[0] == "name":
                sizes.setdefault(d[1], e)
    sizes.update(call.named)
    for z in callee.sizes:
        if z.name not in sizes:
            sizes[z.name] = ("int", z.value)
    for t in callee.tensors:
        if t.mode == "local":
            names[t.name] = t.name + "_" + callee.name
            t.name, t.dims = names[t.name], [substitute(d, sizes) for d in t.dims]
            t.ld = substitute(t.ld, sizes) if t.ld else None
            k.tensors.append(t)
    def rename(e):
        e = substitute(e, sizes)
        e = map_refs(e, lambda r: ("ref", names.get(r[1], r[1]), r[2]))
        return substitute(e, {t.name: ("name", names[t.name]) for t in ins if t.mode == "scalar"})

    for n in callee.items:
        n.label = None
        n.loops = [(c, substitute(e, sizes)) for c, e in n.loops]
        for s in n.stmts:
            s.rhs = rename(s.rhs)
            s.idx = substitute(s.idx, sizes)
            s.target = names.get(s.target, s.target)
        if n.schedule:
            n.schedule.knobs = [x for x in n.schedule.knobs if not x.startswith("pack")]
    k.items[i:i + 1] = callee.items
    return None


def steps(p):
    """Smaller copies of p, the large steps first."""
    def edit(f):
        q = copy.deepcopy(p)
        try:
            if f(q) is False:
                return None
            tidy(q)
            if not all(values(k) for k in q.kernels):
                return None
        except (ModelError, StopIteration, IndexError):
            return None
        return q

    if p.consts:
        yield edit(lambda q: q.consts.clear())
    if p.imports:
        yield edit(lambda q: setattr(q, "imports", False))
    if len(p.kernels) > 1:
        yield edit(lambda q: q.kernels.pop() and None)
        for i, item in enumerate(p.main.items):
            if isinstance(item, Call):
                yield edit(lambda q: inline(q, i))
    for ki, k in enumerate(p.kernels):
        for i, item in enumerate(k.items):
            if len(k.items) > 1:
                yield edit(lambda q: q.kernels[ki].items.pop(i) and None)
            if not isinstance(item, Seq) and item.schedule:
                yield edit(lambda q: setattr(q.kernels[ki].items[i], "schedule", None))
        if k.knobs:
            yield edit(lambda q: q.kernels[ki].knobs.clear())
    for ki, k in enumerate(p.kernels):
        for i, item in enumerate(k.items):
            if isinstance(item, Seq):
                def first_step(q):
                    seq = q.kernels[ki].items[i]
                    for n in flat_items(seq.items):
                        for st in getattr(n, "stmts", []):
                            st.idx = substitute(st.idx, {seq.letter: ("int", 0)})
                            st.rhs = substitute(st.rhs, {seq.letter: ("int", 0)})
                    q.kernels[ki].items[i:i + 1] = seq.items
                yield edit(first_step)
                for j, n in enumerate(item.items):
                    yield edit(lambda q: q.kernels[ki].items[i].items.pop(j) and None)
                    for x in range(len(getattr(n, "stmts", []))):
                        yield edit(lambda q: q.kernels[ki].items[i].items[j].stmts.pop(x) and None)
                    for c, _ in getattr(n, "loops", []):
                        yield edit(lambda q: without_letter(q.kernels[ki], q.kernels[ki].items[i].items[j], c))
                    if getattr(n, "schedule", None):
                        yield edit(lambda q: setattr(q.kernels[ki].items[i].items[j], "schedule", None))
                for v in (1, 2):
                    yield edit(lambda q: setattr(q.kernels[ki].items[i], "extent", ("int", v))
                               if item.extent != ("int", v) else False)
            if not isinstance(item, Nest):
                continue
            for j in range(len(item.stmts)):
                yield edit(lambda q: q.kernels[ki].items[i].stmts.pop(j) and None)
            for c, _ in item.loops:
                yield edit(lambda q: without_letter(q.kernels[ki], q.kernels[ki].items[i], c))
    for ki, k in enumerate(p.kernels):
        for z, s in enumerate(k.sizes):
            if s.kind == "derived":
                continue
            for v in sorted({0, 1, 2, 3, s.value // 2, s.value - 1}):
                if 0 <= v < s.value:
                    def smaller(q):
                        for other in q.kernels:
                            for x in other.sizes:
                                if x.kind != "derived" and x.value == s.value:
                                    x.value = v
                    yield edit(smaller)

                    def only(q):
                        q.kernels[ki].sizes[z].value = v
                    yield edit(only)
        for z, s in enumerate(k.sizes):
            if s.kind in ("multiple", "most"):
                def plain(q):
                    q.kernels[ki].sizes[z].kind, q.kernels[ki].sizes[z].expr = "free", None
                yield edit(plain)
            if k is p.main:
                # The size as a literal.
                def literal(q):
                    m = {s.name: ("int", s.value)}
                    kk = q.kernels[ki]
                    del kk.sizes[z]
                    for x in kk.sizes:
                        x.expr = substitute(x.expr, m) if x.expr else None
                    for t in kk.tensors:
                        t.dims = [substitute(d, m) for d in t.dims]
                        t.ld = substitute(t.ld, m) if t.ld else None
                        t.index_of = substitute(t.index_of, m) if t.index_of else None
                        t.sparse = substitute(t.sparse, m) if t.sparse and len(t.sparse) > 2 else t.sparse
                        t.pad = {d: substitute(e, m) for d, e in t.pad.items()} if t.pad else None
                    for it in kk.items:
                        if isinstance(it, Seq):
                            it.extent = substitute(it.extent, m)
                    for it in flat_items(kk.items):
                        if isinstance(it, Call):
                            it.named = [(n, substitute(e, m)) for n, e in it.named]
                        elif isinstance(it, Nest):
                            it.loops = [(c, substitute(e, m)) for c, e in it.loops]
                            for st in it.stmts:
                                st.idx, st.rhs = substitute(st.idx, m), substitute(st.rhs, m)
                yield edit(literal)
    for ki, k in enumerate(p.kernels):
        for ti, t in enumerate(k.tensors):
            for field in ("digits", "ld", "range", "pad"):
                if getattr(t, field):
                    yield edit(lambda q: setattr(q.kernels[ki].tensors[ti], field, None))
            if t.elem not in ("f32", "ternary"):
                yield edit(lambda q: setattr(q.kernels[ki].tensors[ti], "elem", "f32"))
            if k is p.main and t.mode == "inout":
                yield edit(lambda q: setattr(q.kernels[ki].tensors[ti], "mode", "out"))
            if k is p.main and t.mode == "local":
                yield edit(lambda q: setattr(q.kernels[ki].tensors[ti], "mode", "out"))
            if not t.digits and not t.ld and not t.pad and not t.sparse:
                for d in range(len(t.dims)):
                    def narrower(q):
                        kk = q.kernels[ki]
                        if t.mode == "in" and len(t.dims) == 1:
                            return False  # a scalar parameter is another thing
                        if any(isinstance(x, Call) and t.name in x.args + x.outs for x in kk.items):
                            return False
                        kk.tensors[ti].dims.pop(d)
                        drop_dimension(kk, t.name, d)
                        return None
                    yield edit(narrower)
        for i, item in enumerate(k.items):
            if not isinstance(item, Nest):
                continue
            if item.label:
                yield edit(lambda q: setattr(q.kernels[ki].items[i], "label", None))
            for li, (c, e) in enumerate(item.loops):
                if e[0] == "bin":
                    def shorter(q):
                        q.kernels[ki].items[i].loops[li] = (c, e[2])
                    yield edit(shorter)
                if e[0] == "int" and e[1] > 1:
                    for v in sorted({1, 2, e[1] // 2, e[1] - 1}):
                        def fewer(q):
                            q.kernels[ki].items[i].loops[li] = (c, ("int", v))
                        yield edit(fewer)
            for j, s in enumerate(item.stmts):
                for x in inside(s.rhs):
                    yield edit(lambda q: setattr(q.kernels[ki].items[i].stmts[j], "rhs", x))
                for d, x in enumerate(s.idx):
                    if x != ":" and x[0] == "bin":
                        for y in (x[2], x[3]):
                            yield edit(lambda q: setattr(q.kernels[ki].items[i].stmts[j], "idx",
                                                         s.idx[:d] + (y,) + s.idx[d + 1:]))
                for r in sorted(set(refs_in(s.rhs)), key=repr):
                    for d, x in enumerate(r[2]):
                        if x != ":" and x[0] in ("bin", "name"):
                            for y in ((x[2], x[3]) if x[0] == "bin" else (("int", 0),)):
                                new = ("ref", r[1], r[2][:d] + (y,) + r[2][d + 1:])
                                yield edit(lambda q: setattr(q.kernels[ki].items[i].stmts[j], "rhs",
                                                             map_refs(s.rhs, lambda z: new if z == r else z)))
            sch = item.schedule
            if not sch:
                continue
            for n in range(len(sch.knobs)):
                yield edit(lambda q: q.kernels[ki].items[i].schedule.knobs.pop(n) and None)
            for c in list(sch.sizes):
                yield edit(lambda q: q.kernels[ki].items[i].schedule.sizes.pop(c) and None)
            head, _, tail = sch.string.partition("@")
            if tail:
                yield edit(lambda q: setattr(q.kernels[ki].items[i].schedule, "string", head))
            for n, c in enumerate(head):
                if c == "|" or head.lower().count(c.lower()) > 1:
                    def shorter_string(q):
                        z = q.kernels[ki].items[i].schedule
                        z.string = head[:n] + head[n + 1:] + ("@" + tail if tail else "")
                        at = head[:n].lower().count(c.lower())
                        if c != "|" and c.lower() in z.sizes:
                            z.sizes[c.lower()] = z.sizes[c.lower()][:at] + z.sizes[c.lower()][at + 1:]
                    yield edit(shorter_string)
                if c.isupper():
                    yield edit(lambda q: setattr(q.kernels[ki].items[i].schedule, "string",
                                                 sch.string[:n] + c.lower() + sch.string[n + 1:]))


def shrink(p, fails, tries=600):
    """The smallest program found for which fails(program) holds."""
    p = copy.deepcopy(p)
    while tries > 0:
        for q in steps(p):
            if q is None:
                continue
            tries -= 1
            if fails(q):
                p = q
                break
            if tries <= 0:
                break
        else:
            break
    return p
