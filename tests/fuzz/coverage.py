"""Which features of the language page a program has. programs.py counts them over the programs that came out right, so
that a run says what it has checked; FEATURES is the page as a checklist, and a long run without one of them fails."""
import re

from tree import COMPARISONS, FLOATS, PACKED, REDUCTIONS, Call, Nest, Seq, flat_items, inner_names, names_in, refs_in, walk

ELEMENTS = ("f64", "f32", "f16", "bf16", "i64", "i32", "u16", "i8", "u8", "i4", "bit")
OPS = ("relu gelu silu sigmoid tanh exp log sqrt rsqrt abs sign erf elu gelu_tanh leaky_relu gelu_grad relu_grad silu_grad "
       "sigmoid_grad tanh_grad gelu_tanh_grad exp_grad log_grad sqrt_grad rsqrt_grad abs_grad sign_grad erf_grad elu_grad "
       "leaky_relu_grad select fma max min uniform sround<float> sround<integer> zip unzip_hi unzip_lo bits shr_rne "
       "convert ktanh ktanh<fine> ksigmoid kswish kgelu").split()
UPDATES = ("+=", "max=", "min=", "*=")

FEATURES = (
    [f"size: {x}" for x in ("free", "default", "multiple", "most", "derived", "0", "1", "constant of the file")] +
    [f"parameter: {x}" for x in ("scalar", "inout", "outputs", "one element")] +
    [f"body: {x}" for x in ("local", "nests", "label", "call", "call of calls", "size of a call by name", "scheduled call",
                            "expression for a scalar", "import", "seq", "call in a seq", "tensor of a seq",
                            "letter of a seq in an index")] +
    [f"read: {x}" for x in ELEMENTS + ("ternary",)] + [f"written: {x}" for x in ELEMENTS] +
    [f"storage: {x}" for x in ("as, order", "as, blocks", "as, VNNI", "as, written", "ld", "ld of a size", "pad", "pad, written",
                               "range", "csr", "bcsr", "bcsc", "sparse inout", "shared pattern", "ternary", "planes",
                               "planes, a size")] +
    [f"statement: {x}" for x in ("=",) + UPDATES + (
        "several updates", "= and updates", "overwrites", "reads its element", "rank 0 temporary", "overlapping writes",
        "empty loop")] +
    [f"index: {x}" for x in ("constant", "size", "stride", "two letters", "reversed", ":", "gather", "scatter",
                             "data in arithmetic", "looked up by another", "scalar")] +
    [f"value: {x}" for x in ("letter", "size", "scalar", "inf", "comparison", "bit in arithmetic")] +
    [f"reduction: {x}" for x in REDUCTIONS] +
    [f"brgemm: {x}" for x in ("floats", "integers", "mixed", "packed", "ternary", "sparse", "colons", "gathered",
                              "no reduction letter", "into inout", "batch")] +
    [f"op: {x}" for x in OPS] +
    [f"schedule: {x}" for x in ("string", "levels", "sizes that do not divide", "capital", "group of two", "group of three", "grid",
                                "grid of two", "barrier", "dynamic", "reduce private", "reduce ordered", "pack", "threads",
                                "kernel", "curve", "fuse", "long form", "for", "when", "when of a size", "without string")])


def schedule_features(s, extents):
    yield "string" if s.string else "without string"
    head = s.string.split("@")[0]
    letters = re.sub(r"\{.*?\}", "", head)
    capitals = sum(c.isupper() for c in letters)
    if any(letters.lower().count(c) > 1 for c in letters.lower()):
        yield "levels"
    if any(v and extents.get(c, 0) % v for c, vs in s.sizes.items() for v in vs):
        yield "sizes that do not divide"
    if capitals:
        yield "capital"
    if "{" in head:
        yield "grid of two" if capitals > 1 else "grid"
    elif capitals > 1:
        yield "group of two" if capitals == 2 else "group of three"
    if "|" in head:
        yield "barrier"
    if "dynamic" in s.string:
        yield "dynamic"
    for k in s.knobs:
        word = k.split()[0]
        yield "long form" if word == "order" else word if word != "reduce" else "reduce " + k.split()[-1]
    if " for " in s.condition:
        yield "for"
    if " when " in s.condition:
        yield "when of a size" if re.search("[A-Za-z]", s.condition.replace(" when ", "")) else "when"


def tensor_features(t):
    if t.mode == "scalar":
        yield "parameter: scalar"
    if t.mode == "inout":
        yield "parameter: inout"
    if t.mode == "out" and not t.dims:
        yield "parameter: one element"
    if t.mode == "local":
        yield "body: local"
    written = t.mode in ("out", "inout")
    if t.digits:
        yield "storage: as, order" if all(d[1:] == (0, 1) for d in t.digits) else "storage: as, blocks"
        if any(sum(d[0] == n for d in t.digits) > 2 or d[1:] == (2, 1) for n in range(len(t.dims)) for d in t.digits):
            yield "storage: as, VNNI"
        if written:
            yield "storage: as, written"
    if t.ld:
        yield "storage: ld of a size" if t.ld[0] == "name" else "storage: ld"
    if t.pad:
        yield "storage: pad"
    if t.range:
        yield "storage: range"
    if t.sparse and t.elem == "ternary":
        yield "storage: ternary"
        if len(t.sparse) > 2:
            yield "storage: planes, a size" if t.sparse[2][0] == "name" else "storage: planes"
    elif t.sparse:
        yield f"storage: {t.sparse[0]}"
        if written:
            yield "storage: sparse inout"
        if t.pattern:
            yield "storage: shared pattern"


def index_features(k, letters, i, seqs):
    if i == ":":
        yield ":"
        return
    data, names = refs_in(i), names_in(i)
    if i[0] == "int":
        yield "constant"
    if data:
        yield "gather" if i[0] == "ref" else "data in arithmetic"
        if any(refs_in(x[2]) for x in data):
            yield "looked up by another"
    if any(s.name in names for s in k.sizes):
        yield "size"
    if any(x[0] == "bin" and x[1] == "*" for x in walk(i)):
        yield "stride"
    if len(names & letters) > 1 and not data:
        yield "two letters"
    if i[0] == "bin" and i[1] == "-" and i[3][0] == "name":
        yield "reversed"
    if any(t.mode == "scalar" and t.name in names for t in k.tensors):
        yield "scalar"
    if names & seqs:
        yield "letter of a seq"


def expression_features(k, e, letters):
    for x in walk(e):
        if x[0] == "call":
            if x[1] in REDUCTIONS and len(x[2]) == 1:
                yield f"reduction: {x[1]}"
            elif x[1] == "sround":
                yield "op: sround<float>" if x[3] in FLOATS else "op: sround<integer>"
            else:
                yield f"op: {x[1]}" + ("<fine>" if x[3] == "fine" and x[1] == "ktanh" else "")
        elif x[0] == "inf":
            yield "value: inf"
        elif x[0] == "name":
            if x[1] in letters:
                yield "value: letter"
            elif any(s.name == x[1] for s in k.sizes):
                yield "value: size"
            else:
                yield "value: scalar"
        elif x[0] == "bin" and x[1] in COMPARISONS:
            yield "value: comparison"
        elif x[0] == "bin" and any(y[0] == "bin" and y[1] in COMPARISONS for y in x[2:]):
            yield "value: bit in arithmetic"


def outside_indices(e):
    """e with the indices of its references taken out."""
    if not isinstance(e, tuple):
        return e
    return e[:2] if e and e[0] == "ref" else tuple(outside_indices(x) for x in e)


def product_features(k, s, letters):
    tensors = [k.tensor(r[1]) for r in s.rhs[1:]]
    elems = [t.elem if t else "f32" for t in tensors]
    if "ternary" in elems:
        yield "ternary"
    elif any(x in PACKED for x in elems):
        yield "packed"
    elif all(x in FLOATS for x in elems):
        yield "floats"
    else:
        yield "mixed" if any(x in FLOATS for x in elems) else "integers"
    if any(t and t.sparse and t.elem != "ternary" for t in tensors + [k.tensor(s.target)]):
        yield "sparse"
    if any(":" in r[2] for r in s.rhs[1:]):
        yield "colons"
    if any(refs_in(r[2]) for r in s.rhs[1:]):
        yield "gathered"
    used = [names_in(r[2]) & letters for r in s.rhs[1:]]
    left = names_in(s.idx)
    if not (used[0] | used[1]) - left:
        yield "no reduction letter"
    if used[0] & used[1] & left:
        yield "batch"
    target = k.tensor(s.target)
    if target and target.mode == "inout":
        yield "into inout"


def statement_features(k, n, seqs, zero):
    letters = {c for c, _ in n.loops}
    if zero:
        yield "statement: empty loop"
    for i, s in enumerate(n.stmts):
        target = k.tensor(s.target)
        yield f"statement: {s.op}"
        before = [x.op for x in n.stmts[:i] if x.target == s.target]
        if before and s.op != "=":
            yield "statement: several updates" if before[-1] != "=" else "statement: = and updates"
        if before and s.op == "=" and target:
            yield "statement: overwrites"
        if not target and not s.idx:
            yield "statement: rank 0 temporary"
        if target and target.pad:
            yield "storage: pad, written"
        if target:
            yield f"written: {target.elem}"
        reads = [r for r in refs_in((("ref", "", s.idx), s.rhs)) if r[1]]
        if any(r[1] == s.target for r in reads):
            yield "statement: reads its element"
        for r in reads:
            if k.tensor(r[1]):
                yield f"read: {k.tensor(r[1]).elem}"
        for ref in reads + [("ref", s.target, s.idx)]:
            for x in ref[2]:
                for f in index_features(k, letters, x, seqs):
                    if ref[1] == s.target and ref[2] == s.idx:
                        if f == "two letters" and s.op != "=":
                            yield "statement: overlapping writes"
                        f = "scatter" if f == "gather" else f
                    yield "body: letter of a seq in an index" if f == "letter of a seq" else f"index: {f}"
        if s.rhs[0] == "brgemm":
            for f in product_features(k, s, letters):
                yield f"brgemm: {f}"
        else:
            yield from expression_features(k, outside_indices(s.rhs), letters | seqs)


def kernel_features(p, k):
    sizes = {s.name: s.value for s in k.sizes}
    for s in k.sizes:
        yield f"size: {s.kind}"
        if s.value in (0, 1):
            yield f"size: {s.value}"
    for t in k.tensors:
        yield from tensor_features(t)
    if sum(t.mode == "out" for t in k.tensors) > 1:
        yield "parameter: outputs"
    if next(inner_names(k.items), None):
        yield "body: tensor of a seq"
    seqs = {i.letter for i in k.items if isinstance(i, Seq)}
    for i in k.items:
        if isinstance(i, Seq):
            yield "body: seq"
            if any(isinstance(x, Call) for x in i.items):
                yield "body: call in a seq"
    items = list(flat_items(k.items))
    if sum(isinstance(i, Nest) for i in items) > 1:
        yield "body: nests"
    for i in items:
        if i.label:
            yield "body: label"
        if isinstance(i, Call):
            yield "body: call"
            if i.named:
                yield "body: size of a call by name"
            if i.schedule:
                yield "body: scheduled call"
            if not all(isinstance(a, str) for a in i.args):
                yield "body: expression for a scalar"
            callee = next(x for x in p.kernels if x.name == i.callee)
            if any(isinstance(x, Call) for x in flat_items(callee.items)):
                yield "body: call of calls"
            extents = {}
        else:
            values = {c: sizes.get(e[1]) if e[0] == "name" else e[1] if e[0] == "int" else None for c, e in i.loops}
            extents = {c: v for c, v in values.items() if v}
            yield from statement_features(k, i, seqs, 0 in values.values())
        if i.schedule:
            for f in schedule_features(i.schedule, extents):
                yield f"schedule: {f}"
    if k.knobs:
        yield "schedule: fuse"


def features(p):
    found = {f for k in p.kernels for f in kernel_features(p, k)}
    if p.imports:
        found.add("body: import")
    if p.consts:
        found.add("size: constant of the file")
    return found
