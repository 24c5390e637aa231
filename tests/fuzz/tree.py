"""Programs as trees, and their text.

Expressions are tuples, so that they can be shared and rebuilt:
  ('int', 3)  ('num', '0.5')  ('inf',)  ('name', 'M')       literals; sizes, letters, scalars
  ('ref', 'X', (index, ...))                                 an index is an expression or ':'
  ('bin', '+', a, b)  ('neg', a)  ('call', 'select', (a, b, c), None)  ('call', 'convert', (a,), 'bf16')
  ('brgemm', ref, ref)                                       alone on the right of +=
"""
import copy
import dataclasses
import typing

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
REDUCTIONS = ("sum", "max", "min", "prod")
PACKED = {"i4": 4, "bit": 1}
FLOATS = ("f64", "f32", "f16", "bf16")


@dataclasses.dataclass
class Size:
    name: str
    kind: str  # free, default, multiple, most, derived
    value: int
    expr: tuple = None  # of the default, promise, or derived size


@dataclasses.dataclass
class Tensor:
    name: str
    elem: str
    dims: list  # expressions of sizes
    mode: str  # in, inout, out, local, scalar
    digits: list = None  # of `as`: (dimension, mod or 0, div), outermost first
    ld: tuple = None
    pad: dict = None  # dimension -> expression
    range: tuple = None
    sparse: tuple = None  # ('csr',), ('bcsr' or 'bcsc', rows, columns), ('group', n) of ternary, with planes after it
    pattern: str = None  # the sparse tensor whose pattern it shares
    index_of: tuple = None  # its elements are indices below this


@dataclasses.dataclass
class Stmt:
    target: str
    idx: tuple
    op: str
    rhs: tuple


@dataclasses.dataclass
class Schedule:
    string: str
    sizes: dict
    knobs: list
    condition: str = ""


@dataclasses.dataclass
class Nest:
    label: typing.Optional[str]
    loops: list  # (letter, expression)
    stmts: list
    schedule: Schedule = None


@dataclasses.dataclass
class Call:
    label: typing.Optional[str]
    outs: list
    callee: str
    named: list  # (size, expression)
    args: list  # names of tensors; of scalars the expression
    schedule: Schedule = None  # of the only nest of the callee, in place of the callee's own


@dataclasses.dataclass
class Seq:
    letter: str
    extent: tuple
    items: list
    locals: list = dataclasses.field(default_factory=list)  # names of tensors declared inside
    label = None


@dataclasses.dataclass
class Kernel:
    name: str
    sizes: list
    tensors: list
    items: list  # nests, calls, and sequences of them
    knobs: list = dataclasses.field(default_factory=list)  # of the kernel

    def tensor(self, name):
        for t in self.tensors:
            if t.name == name:
                return t
        return None


@dataclasses.dataclass
class Program:
    seed: int
    kernels: list  # callees first; the last one is run
    data_seed: int = 0
    consts: dict = dataclasses.field(default_factory=dict)  # of the file: value -> name
    imports: bool = False  # callees stand in a file of their own

    @property
    def main(self):
        return self.kernels[-1]


def integer(v):
    return ("int", v) if v >= 0 else ("neg", ("int", -v))


def add(a, b):
    if b == ("int", 0):
        return a
    if a == ("int", 0):
        return b
    if b[0] == "neg" and b[1][0] == "int":
        return ("bin", "-", a, b[1])
    return ("bin", "+", a, b)


def mul(a, b):
    if a == ("int", 1):
        return b
    if b == ("int", 1):
        return a
    return ("bin", "*", a, b)


def substitute(e, names):
    """e with names replaced by expressions."""
    if not isinstance(e, tuple):
        return e
    if e and e[0] == "name":
        return names.get(e[1], e)
    return tuple(substitute(x, names) if isinstance(x, tuple) else x for x in e)


def with_consts(e, names):
    """e with integers replaced by constants of the file."""
    if not isinstance(e, tuple):
        return e
    if e and e[0] == "int":
        return ("name", names[e[1]]) if e[1] in names else e
    return tuple(with_consts(x, names) if isinstance(x, tuple) else x for x in e)


def walk(e):
    """All expressions in e, itself first."""
    if not isinstance(e, tuple) or not e:
        return
    if isinstance(e[0], str):
        yield e
        parts = e[1:]
    else:
        parts = e
    for x in parts:
        yield from walk(x)


def names_in(e):
    return {x[1] for x in walk(e) if x[0] == "name"}


def refs_in(e):
    return [x for x in walk(e) if x[0] == "ref"]


def flat_items(items):
    """Nests and calls, those of sequences included."""
    for i in items:
        if isinstance(i, Seq):
            yield from flat_items(i.items)
        else:
            yield i


def inner_names(items):
    """Tensors declared inside of sequences."""
    for i in items:
        if isinstance(i, Seq):
            yield from i.locals
            yield from inner_names(i.items)


def nests_of(k):
    return [i for i in flat_items(k.items) if isinstance(i, Nest)]


# ---- text ----

LEVEL = {"*": 3, "/": 3, "+": 2, "-": 2}


def level(e):
    if e[0] == "bin":
        return LEVEL.get(e[1], 1)
    return 4


def text(e):
    if e == ":":
        return ":"
    kind = e[0]
    if kind in ("int", "num", "name"):
        return str(e[1])
    if kind == "inf":
        return "inf"
    if kind == "ref":
        return e[1] + ("[" + ", ".join(text(i) for i in e[2]) + "]" if e[2] else "")
    if kind == "neg":
        return "-" + (text(e[1]) if level(e[1]) == 4 and e[1][0] != "neg" else "(" + text(e[1]) + ")")
    if kind == "bin":
        own = level(e)
        a, b = text(e[2]), text(e[3])
        if level(e[2]) < own or (own == 1 and level(e[2]) == 1):
            a = "(" + a + ")"
        if level(e[3]) <= own or e[3][0] == "neg":
            b = "(" + b + ")"
        return f"{a} {e[1]} {b}"
    if kind == "call":
        targ = f"<{e[3]}>" if e[3] else ""
        return f"{e[1]}{targ}({', '.join(text(a) for a in e[2])})"
    assert kind == "brgemm", e
    return f"brgemm({text(e[1])}, {text(e[2])})"


def digit_text(letter, digit):
    _, mod, div = digit
    return letter + (f"%{mod}" if mod else "") + (f"/{div}" if div != 1 else "")


def type_text(t):
    if not t.dims:
        return t.elem
    named = t.digits or t.pad
    letters = [chr(ord("a") + i) for i in range(len(t.dims))]
    dims = ", ".join((f"{c}: " if named else "") + text(d) for c, d in zip(letters, t.dims))
    s = f"{t.elem}[{dims}]"
    if t.digits:
        s += " as " + "".join("[" + digit_text(letters[d[0]], d) + "]" for d in t.digits)
    if t.ld:
        s += f" ld({text(t.ld)})"
    if t.pad:
        s += " pad(" + ", ".join(f"{letters[d]}: {text(e)}" for d, e in t.pad.items()) + ")"
    if t.sparse and t.elem == "ternary":
        s += f" group({t.sparse[1]})" + (f" planes(3, {text(t.sparse[2])})" if len(t.sparse) > 2 else "")
    elif t.sparse:
        s += f" {t.sparse[0]}" + (f"({', '.join(map(str, t.sparse[1:]))})" if t.sparse[1:] else "")
    if t.range:
        s += f" range({t.range[0]}, {t.range[1]})"
    return s


def size_text(s):
    if s.kind == "free":
        return s.name
    return s.name + {"default": " = ", "derived": " = ", "multiple": " % ", "most": " <= "}[s.kind] + text(s.expr)


def schedule_text(target, s):
    lists = "".join(f" {c}: {', '.join(map(str, v))};" for c, v in s.sizes.items())
    string = f' "{s.string}"' if s.string else ""
    return f'schedule {target}{s.condition}{string} {{{lists}{"".join(" " + k + ";" for k in s.knobs)} }}'


def item_lines(item, k):
    label = f"{item.label}: " if item.label else ""
    if isinstance(item, Call):
        outs = item.outs[0] if len(item.outs) == 1 else "(" + ", ".join(item.outs) + ")"
        named = "[" + ", ".join(f"{n} = {text(e)}" for n, e in item.named) + "]" if item.named else ""
        args = ", ".join(a if isinstance(a, str) else text(a) for a in item.args)
        return [f"  {label}{outs} = {item.callee}{named}({args});"]
    if isinstance(item, Seq):
        declared = [t for t in k.tensors if t.name in item.locals and t.mode == "local"]
        body = [f"    {t.name}: {type_text(t)};" for t in declared]
        body += ["  " + line for i in item.items for line in item_lines(i, k)]
        return [f"  seq {item.letter} in {text(item.extent)} {{"] + body + ["  }"]
    lines = [f"  {label}for " + ", ".join(f"{c} in {text(e)}" for c, e in item.loops) + " {"]
    for s in item.stmts:
        lines.append(f"    {text(('ref', s.target, s.idx))} {s.op} {text(s.rhs)};")
    return lines + ["  }"]


def kernel_lines(k):
    sizes = "[" + ", ".join(size_text(s) for s in k.sizes) + "]" if k.sizes else ""
    params = [("inout " if t.mode == "inout" else "") + f"{t.name}: {type_text(t)}"
              for t in k.tensors if t.mode in ("in", "inout", "scalar")]
    outs = [f"{t.name}: {type_text(t)}" for t in k.tensors if t.mode == "out"]
    head = f"kernel {k.name}{sizes}({', '.join(params)})"
    if outs:
        head += " -> " + (outs[0] if len(outs) == 1 else "(" + ", ".join(outs) + ")")
    lines = [head, "{"]
    inner = set(inner_names(k.items))
    lines += [f"  {t.name}: {type_text(t)};" for t in k.tensors if t.mode == "local" and t.name not in inner]
    for item in k.items:
        lines += item_lines(item, k)
    lines.append("}")
    return lines + [line for line, _ in schedules_of(k)]


def schedules_of(k):
    """The text and the owner of each schedule; the kernel itself owns its knobs."""
    nests = nests_of(k)
    for i, n in enumerate(nests):
        if n.schedule:
            whole = len(nests) == 1 and not n.label and k.items[0] is n and len(k.items) == 1
            target = k.name if whole else f"{k.name}.{n.label or 'nest%d' % i}"
            yield schedule_text(target, n.schedule), n
    for c in flat_items(k.items):
        if isinstance(c, Call) and c.schedule:
            yield schedule_text(f"{k.name}.{c.label}", c.schedule), c
    if k.knobs:
        yield f"schedule {k.name} {{ {' '.join(x + ';' for x in k.knobs)} }}", k


def constants_used(k, names):
    """The kernel with constants of the file for integers in shapes and extents."""
    if not names:
        return k
    k = copy.deepcopy(k)
    for t in k.tensors:
        t.dims = [with_consts(d, names) for d in t.dims]
        t.ld = with_consts(t.ld, names)
    for i in flat_items(k.items):
        if isinstance(i, Nest):
            i.loops = [(c, with_consts(e, names)) for c, e in i.loops]
        else:
            i.named = [(n, with_consts(e, names)) for n, e in i.named]
    for s in k.sizes:
        s.expr = with_consts(s.expr, names) if s.expr else None
    return k


def import_file(p):
    return f"lib_{p.main.name}.tpp"


def file_lines(p, kernels):
    consts = [f"const {n} = {v};" for v, n in sorted(p.consts.items())]
    return consts + [line for k in kernels for line in kernel_lines(constants_used(k, p.consts))]


def program_lines(p):
    if not p.imports:
        return file_lines(p, p.kernels)
    return [f'import "{import_file(p)}";'] + file_lines(dataclasses.replace(p, consts={}), p.kernels[-1:])


def imported_lines(p):
    """The lines of the file that p imports, if it does."""
    return file_lines(p, p.kernels[:-1]) if p.imports else []
