"""What all parts of the generator share: weights, the state of tensors, types while a nest is drawn."""
import model
from tree import Size, add, mul

POINTS = 16000  # of a statement, at most
ELEMS = [("f32", 40), ("bf16", 14), ("f64", 8), ("f16", 5), ("i8", 8), ("u8", 5), ("i32", 8), ("i64", 4), ("u16", 3),
         ("i4", 3), ("bit", 4)]
VALUES = [(0, 3), (1, 8), (2, 9), (3, 10), (4, 8), (5, 9), (6, 5), (7, 8), (8, 8), (9, 6), (11, 5), (13, 5), (15, 3),
          (16, 6), (17, 6), (19, 2), (24, 2), (31, 2), (32, 3), (33, 4), (47, 1), (48, 1), (63, 1), (64, 2), (65, 2),
          (97, 1), (128, 1), (130, 1)]
BLOCKS = [1, 2, 3, 4, 5, 7, 8, 13, 16, 24, 32, 33, 64]
SPECIALS = ["exp", "sqrt", "tanh", "sigmoid", "erf", "gelu", "gelu_tanh", "silu", "relu_grad", "gelu_grad",
            "gelu_tanh_grad", "silu_grad", "sigmoid_grad", "tanh_grad", "rsqrt", "log", "abs_grad", "log_grad",
            "exp_grad", "sqrt_grad", "elu", "elu_grad", "sign_grad", "erf_grad", "rsqrt_grad", "leaky_relu",
            "leaky_relu_grad"]
TABLES = ["ktanh", "ktanh", "ksigmoid", "kswish", "kgelu"]


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


def colon_count(e):
    """Colons of the reference in e that has most, outside of reductions inside it."""
    return max([x[2].count(":") for x in model.flat(e) if x[0] == "ref"], default=0)


class Drawing:
    """Small things: choices, names, and sizes."""

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
        if self.chance(0.05):
            names[0] = r.choice(["m0", "n0", "k1", "a0", "in_n"])  # loops of the compiler are called so
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
