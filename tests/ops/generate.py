"""Writes the pairs of this folder.

What an op should give is computed here from its mathematical meaning, in exact fractions or in decimals of several
hundred digits, and rounded once by a routine of its own. Nothing is taken from ops.def: a mistake there must not be
repeated here. Derivatives are central differences of the functions themselves.
"""
import math
import os
import struct
import sys
from decimal import Decimal, getcontext
from fractions import Fraction

import ktanh_search

getcontext().prec = 450
HERE = os.path.dirname(os.path.abspath(__file__))
INF, NAN = math.inf, math.nan
FORMATS = {"f32": (24, -126, 127), "f64": (53, -1022, 1023), "bf16": (8, -126, 127)}


# ---- rounding ----

def nearest(x, ty):
    """The float of the type nearest to a Fraction or Decimal, ties to even."""
    digits, least, most = FORMATS[ty]
    x = Fraction(x)
    if x == 0:
        return 0.0
    a = abs(x)
    e = a.numerator.bit_length() - a.denominator.bit_length()
    if Fraction(2) ** e > a:
        e -= 1
    unit = Fraction(2) ** (max(e, least) - digits + 1)
    q, r = divmod(a, unit)
    q += 2 * r > unit or (2 * r == unit and q % 2 == 1)
    v = q * unit
    v = INF if v >= Fraction(2) ** (most + 1) else float(v)
    return -v if x < 0 else v


def f32(x):
    return nearest(Fraction(x), "f32") if math.isfinite(x) and x != 0 else x


def wrap(x, ty):
    bits = {"i32": 32, "i64": 64}[ty]
    x &= (1 << bits) - 1
    return x - (1 << bits) if x >> (bits - 1) else x


# ---- functions of real numbers ----

def arctan_inverse(n):
    total, term, k = Decimal(0), Decimal(1) / n, 0
    while abs(term) > Decimal(10) ** -445:
        total += term / (2 * k + 1) * (-1 if k % 2 else 1)
        term /= n * n
        k += 1
    return total


PI = 4 * (4 * arctan_inverse(5) - arctan_inverse(239))


def exp(x):
    return x.exp()


def sigmoid(x):
    return 1 / (1 + (-x).exp())


def tanh(x):
    e = (-2 * abs(x)).exp()
    t = (1 - e) / (1 + e)
    return -t if x < 0 else t


def erf(x):
    """The power series; 450 digits stand the cancellation up to |x| = 20."""
    if abs(x) > 20:
        return Decimal(1 if x > 0 else -1)
    term, total, n = x, x, 0
    while abs(term) > Decimal(10) ** -440 and n < 5000:
        n += 1
        term *= -x * x / n
        total += term / (2 * n + 1)
    return 2 * total / PI.sqrt()


def gelu(x):
    return x * (1 + erf(x / Decimal(2).sqrt())) / 2


def gelu_tanh(x):
    return x * (1 + tanh((2 / PI).sqrt() * (x + Decimal("0.044715") * x ** 3))) / 2


def silu(x):
    return x * sigmoid(x)


def slope(f):
    """A central difference; h * h is far below the last digit of a double."""
    h = Decimal(10) ** -60
    return lambda x: (f(x + h) - f(x - h)) / (2 * h)


# ---- files ----

def text(v, ty):
    if ty in ("i32", "i64", "bit"):
        return str(v)
    if math.isnan(v):
        return "nan"
    return v.hex() if math.isfinite(v) else "inf" if v > 0 else "-inf"


class File:
    def __init__(self, name, title):
        self.name, self.lines = name, [f"# {title}"]

    def row(self, ty, args, result, in_types=None, out_type=None):
        kinds = in_types or [ty] * len(args)
        out = result if isinstance(result, list) else [result]
        left = " ".join(text(v, k) for v, k in zip(args, kinds))
        self.lines.append(f"{ty} {left} -> " + " ".join(text(v, out_type or ty) for v in out))

    def close(self):
        with open(os.path.join(HERE, self.name + ".txt"), "w") as f:
            f.write("\n".join(self.lines) + "\n")


def bits_f32(u):
    return struct.unpack("<f", struct.pack("<I", u))[0]


TINY = bits_f32(1)
BIG = bits_f32(0x7F7FFFFF)
PLAIN = [f32(v) for v in [0.1, -0.1, 1.0, -1.0, 2.5, -3.75, 1e-3, 7.25e4]]


def unary_exact(name, title, f, ints=None, extra=()):
    out = File(name, title)
    for x in [*PLAIN, 0.0, -0.0, INF, -INF, NAN, TINY, -TINY, BIG, -BIG, *extra]:
        out.row("f32", [x], f(x))
    for x in [0.1, -2.0 ** -1074, 1e300, -1e300]:
        out.row("f64", [x], f(x))
    if ints:
        for ty, least in [("i32", -2 ** 31), ("i64", -2 ** 63)]:
            for x in [0, 1, -1, 7, -100, -least - 1, least]:
                out.row(ty, [x], wrap(ints(x), ty))
    out.close()


def real(f, ty, *xs):
    """f of finite numbers, exactly, rounded once."""
    return nearest(f(*[Fraction(x) for x in xs]), ty)


PAIRS = [(0.1, 0.2), (1.0, 2.0 ** -24), (1.0, 2.0 ** -24 + 2.0 ** -46), (1.5, -1.5), (3.0, 1e-20), (1e20, -1e20), (7.0, 3.0),
         (-7.0, 2.0), (1e-30, 1e-10), (1e30, 1e10), (TINY, 0.5), (TINY, -TINY), (1 / 3, 3.0), (-2.5, 0.3)]


def binary(name, title, f, special, ints):
    out = File(name, title)
    for x, y in PAIRS:
        out.row("f32", [f32(x), f32(y)], real(f, "f32", f32(x), f32(y)) if f32(y) or name != "div" else NAN)
    for x, y, want in special:
        out.row("f32", [x, y], want)
    for x, y in [(0.1, 0.2), (1.0, 2.0 ** -53), (1e300, 1e-300), (-1 / 3, 3.0)]:
        out.row("f64", [x, y], real(f, "f64", x, y))
    for ty, least in [("i32", -2 ** 31), ("i64", -2 ** 63)]:
        for x, y in [(7, 2), (-7, 2), (7, -2), (-7, -2), (-8, 2), (5, 0), (0, -3), (least, -1), (-least - 1, 2), (least, least)]:
            out.row(ty, [x, y], wrap(ints(x, y), ty))
    out.close()


def arithmetic():
    binary("add", "x + y", lambda x, y: x + y,
           [(BIG, BIG, INF), (INF, -INF, NAN), (INF, 1.0, INF), (-0.0, -0.0, -0.0), (-0.0, 0.0, 0.0), (NAN, 1.0, NAN)],
           lambda x, y: x + y)
    binary("sub", "x - y", lambda x, y: x - y,
           [(BIG, -BIG, INF), (INF, INF, NAN), (1.0, INF, -INF), (-0.0, 0.0, -0.0), (0.0, 0.0, 0.0), (1.0, NAN, NAN)],
           lambda x, y: x - y)
    binary("mul", "x * y", lambda x, y: x * y,
           [(BIG, 2.0, INF), (INF, 0.0, NAN), (-INF, 2.0, -INF), (-0.0, 3.0, -0.0), (-1.0, 0.0, -0.0), (NAN, 0.0, NAN)],
           lambda x, y: x * y)
    binary("div", "x / y; integers round towards minus infinity, and x / 0 is 0", lambda x, y: x / y,
           [(1.0, 0.0, INF), (-1.0, 0.0, -INF), (1.0, -0.0, -INF), (0.0, 0.0, NAN), (INF, INF, NAN), (1.0, INF, 0.0), (-0.0, 1.0, -0.0),
            (NAN, 1.0, NAN), (BIG, 0.5, INF)],
           lambda x, y: x // y if y else 0)
    unary_exact("neg", "-x, of zero too", lambda x: -x, lambda x: -x)
    unary_exact("abs", "|x|; zero is positive", lambda x: 0.0 if x == 0 else math.fabs(x), abs)

    def sign(x):
        return x if x != x else float((x > 0) - (x < 0))
    unary_exact("sign", "-1, 0, or 1; NaN stays", sign, lambda x: (x > 0) - (x < 0))
    unary_exact("relu", "max(x, 0); NaN stays, zero is positive", lambda x: x if x > 0 or x != x else 0.0, lambda x: max(x, 0))
    out = File("fma", "x * y + z with one rounding")
    for x, y, z in [(0.1, 0.1, 0.1), (1 + 2.0 ** -23, 1 - 2.0 ** -23, -1.0), (3.0, 4.0, -12.0), (1e20, 1e10, 1.0), (1e-20, 1e-20, 1e-30),
                    (0.1, 0.2, -0.02), (-2.5, 4.0, 1e-9), (TINY, 0.5, TINY), (1.5, 1.5, 2.0 ** -24), (7.0, -7.0, 50.0),
                    (1 / 3, 3.0, -1.0), (0.7, 0.7, -0.49)]:
        x, y, z = f32(x), f32(y), f32(z)
        out.row("f32", [x, y, z], real(lambda a, b, c: a * b + c, "f32", x, y, z))
    for args, want in [((INF, 0.0, 1.0), NAN), ((INF, 1.0, -INF), NAN), ((BIG, 2.0, -INF), -INF), ((NAN, 1.0, 1.0), NAN), ((2.0, 3.0, INF), INF)]:
        out.row("f32", list(args), want)
    for ty in ("i32", "i64"):
        for x, y, z in [(3, 4, 5), (-3, 4, 5), (2 ** 31 - 1, 2, 1), (2 ** 31 - 1, 2 ** 31 - 1, -1)]:
            out.row(ty, [x, y, z], wrap(x * y + z, ty))
    out.close()


def order():
    def largest(x, y):
        if x != x or y != y:
            return NAN
        return 0.0 if x == y == 0 and math.copysign(1, x) != math.copysign(1, y) else max(x, y)

    def smallest(x, y):
        if x != x or y != y:
            return NAN
        return -0.0 if x == y == 0 and math.copysign(1, x) != math.copysign(1, y) else min(x, y)
    pairs = [(1.0, 2.0), (2.0, 1.0), (-1.0, 1.0), (0.0, -0.0), (-0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, 1.0), (INF, -INF), (NAN, 1.0),
             (1.0, NAN), (NAN, NAN), (TINY, 0.0), (-TINY, 0.0), (BIG, INF), (f32(0.1), f32(0.1))]
    ints = [(1, 2), (2, 1), (-5, 3), (0, 0), (2 ** 31 - 1, -2 ** 31)]
    for name, f, g in [("max", largest, max), ("min", smallest, min)]:
        out = File(name, f"the {'larger' if name == 'max' else 'smaller'} of two; NaN if one is; +0 is above -0")
        for p in pairs:
            out.row("f32", list(p), f(*p))
        for ty in ("i32", "i64"):
            for p in ints:
                out.row(ty, list(p), g(p))
        out.close()
    for name, f in [("lt", lambda x, y: x < y), ("le", lambda x, y: x <= y), ("gt", lambda x, y: x > y), ("ge", lambda x, y: x >= y),
                    ("eq", lambda x, y: x == y), ("ne", lambda x, y: x != y)]:
        out = File(name, f"comparison; false with NaN{', ne is true' if name == 'ne' else ''}")
        for p in pairs:
            out.row("f32", list(p), int(f(*p)), out_type="bit")
        for ty in ("i32", "i64"):
            for p in ints:
                out.row(ty, list(p), int(f(*p)), out_type="bit")
        out.close()
    out = File("select", "y where x is set, else z")
    for i, (y, z) in enumerate(pairs):
        out.row("f32", [i % 2, y, z], y if i % 2 else z, in_types=["bit", "f32", "f32"])
    for i, (y, z) in enumerate(ints):
        out.row("i32", [i % 2, y, z], y if i % 2 else z, in_types=["bit", "i32", "i32"])
    out.close()


CURVE = [0.0, 0.1, -0.1, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 3.3, -3.3, 6.0, -6.0, 1e-4, -1e-4, 1e-20]


def smooth(name, title, f, points, special):
    out = File(name, title)
    for ty in ("f32", "f64"):
        for x in points:
            x = f32(x) if ty == "f32" else x
            out.row(ty, [x], x if x == 0 and f(Decimal(0)) == 0 else nearest(f(Decimal(x)), ty))
        for x, want in special:
            out.row(ty, [x], want)
    out.close()


def functions():
    nan = [(NAN, NAN)]
    smooth("sqrt", "square root", lambda x: x.sqrt(), [0.0, 1.0, 2.0, 3.0, 0.1, 1e-10, 1e10, 4.0, 0.25, 10.0, 1e30, 1e-38, TINY, 7.0],
           [(INF, INF), (-1.0, NAN), (-0.0, -0.0), (-INF, NAN), *nan])
    smooth("rsqrt", "1 / sqrt(x)", lambda x: 1 / x.sqrt(), [1.0, 2.0, 3.0, 0.1, 1e-10, 1e10, 4.0, 0.25, 10.0, 1e30, 1e-38, TINY, 7.0],
           [(INF, 0.0), (0.0, INF), (-1.0, NAN), (-INF, NAN), *nan])
    smooth("exp", "e to the x", exp, [*CURVE, 10.0, -10.0, 88.0, -80.0], [(INF, INF), (-INF, 0.0), (1000.0, INF), (-1000.0, 0.0), *nan])
    smooth("log", "natural logarithm", lambda x: x.ln(),
           [1.0, 2.0, 0.5, 1.0001, 0.9999, 10.0, 1e-10, 1e10, 1e30, 1e-38, TINY, 7.0, 0.1, 3.0],
           [(INF, INF), (0.0, -INF), (-0.0, -INF), (-1.0, NAN), *nan])
    smooth("erf", "error function", erf, CURVE, [(INF, 1.0), (-INF, -1.0), *nan])
    smooth("tanh", "hyperbolic tangent", tanh, CURVE, [(INF, 1.0), (-INF, -1.0), (100.0, 1.0), *nan])
    smooth("sigmoid", "1 / (1 + exp(-x))", sigmoid, [*CURVE, 20.0, -20.0, -80.0], [(INF, 1.0), (-INF, 0.0), *nan])
    smooth("gelu", "x times the normal distribution function; NaN at minus infinity", gelu, [*CURVE, -9.0, 12.0],
           [(INF, INF), (-INF, NAN), *nan])
    smooth("gelu_tanh", "the tanh form of gelu; NaN at minus infinity", gelu_tanh, [*CURVE, -8.0, 12.0],
           [(INF, INF), (-INF, NAN), *nan])
    smooth("silu", "x * sigmoid(x); NaN at minus infinity", silu, [*CURVE, 20.0, -20.0, -80.0], [(INF, INF), (-INF, NAN), *nan])
    smooth("elu", "x above 0, exp(x) - 1 below", lambda x: x if x > 0 else exp(x) - 1, [*CURVE, -20.0, -80.0], [(INF, INF), (-INF, -1.0), *nan])
    smooth("exp_grad", "derivative of exp, by central differences", slope(exp), [*CURVE, 10.0, -10.0, 88.0, -80.0],
           [(INF, INF), (-INF, 0.0), (1000.0, INF), *nan])
    positive = [1.0, 2.0, 3.0, 0.1, 1e-10, 1e10, 4.0, 0.25, 10.0, 1e20, 7.0, 1e-3, 5e5]
    smooth("sqrt_grad", "derivative of sqrt, by central differences", slope(lambda x: x.sqrt()), positive,
           [(INF, 0.0), (0.0, INF), (-1.0, NAN), (-INF, NAN), *nan])
    smooth("rsqrt_grad", "derivative of rsqrt, by central differences", slope(lambda x: 1 / x.sqrt()), positive,
           [(INF, -0.0), (0.0, -INF), (-1.0, NAN), (-INF, NAN), *nan])
    unary_exact("abs_grad", "-1, 0, or 1; NaN stays", lambda x: x if x != x else float((x > 0) - (x < 0)))
    out = File("log_grad", "1 / x")
    for ty in ("f32", "f64"):
        for x in [*PLAIN, 3.0, -7.0, 1e-20, 1e30]:
            x = f32(x) if ty == "f32" else x
            out.row(ty, [x], nearest(1 / Fraction(x), ty))
        for x, want in [(0.0, INF), (-0.0, -INF), (INF, 0.0), (-INF, -0.0), (NAN, NAN)]:
            out.row(ty, [x], want)
    out.close()
    out = File("leaky_relu", "x above 0, x * a below")
    for x, y in PAIRS:
        x, y = f32(x), f32(y)
        for x in (x, -x):
            out.row("f32", [x, y], x if x > 0 else real(lambda a, b: a * b, "f32", x, y) or -math.copysign(0.0, y))
    for x, y, want in [(0.0, 0.5, 0.0), (-0.0, 0.5, -0.0), (INF, 0.5, INF), (-INF, 0.5, -INF), (-INF, 0.0, NAN), (NAN, 0.5, NAN), (-1.0, NAN, NAN),
                       (2.0, NAN, 2.0)]:
        out.row("f32", [x, y], want)
    for x, y in [(0.1, 0.2), (-0.1, 0.2), (-1e300, 1e-300), (-1 / 3, 3.0)]:
        out.row("f64", [x, y], x if x > 0 else real(lambda a, b: a * b, "f64", x, y))
    out.close()
    smooth("elu_grad", "derivative of elu, by central differences; 1 at 0", slope(lambda x: x if x > 0 else exp(x) - 1),
           [x for x in CURVE if abs(x) > 1e-19] + [-20.0, -80.0], [(0.0, 1.0), (INF, 1.0), (-INF, 0.0), *nan])
    smooth("erf_grad", "derivative of erf, by central differences", slope(erf), [*CURVE, 4.5, -4.5], [(INF, 0.0), (-INF, 0.0), *nan])
    unary_exact("sign_grad", "0, the derivative of a step; NaN stays", lambda x: x if x != x else 0.0)
    out = File("leaky_relu_grad", "1 where x > 0, else a; NaN stays")
    for x, y in PAIRS:
        out.row("f32", [f32(x), f32(y)], 1.0 if f32(x) > 0 else f32(y))
        out.row("f32", [-f32(x), f32(y)], 1.0 if -f32(x) > 0 else f32(y))
    for x, y, want in [(0.0, 0.5, 0.5), (-0.0, 0.5, 0.5), (INF, 0.5, 1.0), (-INF, 0.5, 0.5), (NAN, 0.5, NAN), (-1.0, NAN, NAN), (2.0, NAN, 1.0)]:
        out.row("f32", [x, y], want)
    out.close()
    for name, f in [("gelu", gelu), ("gelu_tanh", gelu_tanh), ("silu", silu), ("sigmoid", sigmoid), ("tanh", tanh)]:
        smooth(name + "_grad", f"derivative of {name}, by central differences", slope(f), [*CURVE, 4.5, -4.5], nan)
    unary_exact("relu_grad", "1 where x > 0, else 0; NaN stays", lambda x: x if x != x else float(x > 0), None, [3.0, -3.0])


# ---- functions on bits ----

# arXiv 1909.07729, table of (E, r, b) by the low two exponent bits and the high three mantissa bits of a BF16.
KTANH = {}
for start, words in [(0b10000000, "126:2:119 126:4:122 126:4:123 126:4:123 126:6:126 126:6:126 126:6:126 126:6:126"),
                     (0b01111101, "125:1:1 125:0:-4 125:0:-6 125:0:-7 125:0:-10 125:0:-12 125:0:-15 125:0:-18"),
                     (0b01111110, "125:0:112 126:1:-4 126:1:-1 126:1:2 126:1:3 126:1:4 126:1:4 126:1:4"),
                     (0b01111111, "126:0:65 126:1:72 126:1:73 126:1:73 126:2:88 126:2:89 126:2:89 126:4:110")]:
    for high, word in enumerate(words.split()):
        KTANH[start, high] = [int(v) for v in word.split(":")]


FINE = ktanh_search.search(0x3E00, 0x405D, 8).rows


def ktanh_fine(x):
    """On numbers likewise; the row is the eighth of an octave's half that x lies in, counted from 0.125."""
    x = nearest(Fraction(x), "bf16") if math.isfinite(x) and x != 0 else x
    a = abs(x)
    if x != x or a < 0.125:
        return x
    if a > 3.453125:
        return math.copysign(1.0, x)
    m, e = math.frexp(a)
    mantissa, exponent = int((2 * m - 1) * 128), e - 1
    new_e, shift, add = FINE[(exponent + 3) * 16 + mantissa // 8]
    total = (mantissa >> shift) + add
    if total >= 128:
        new_e, total = new_e + 1, total - 128
    if total < 0:
        new_e, total = new_e - 1, total + 128
    return math.copysign((1 + Fraction(total, 128)) * Fraction(2) ** (new_e - 127), x)


def ktanh(x):
    """On numbers instead of words: significand and exponent apart."""
    if x != x:
        return x
    x = nearest(Fraction(x), "bf16") if math.isfinite(x) and x != 0 else x
    a = abs(x)
    if a < 0.25:
        return x
    if a > 3.75:
        return math.copysign(1.0, x)
    m, e = math.frexp(a)
    mantissa, exponent = int((2 * m - 1) * 128), e - 1 + 127
    new_e, shift, add = KTANH[exponent, mantissa // 16]
    return math.copysign((1 + Fraction((mantissa >> shift) + add, 128)) * Fraction(2) ** (new_e - 127), x)


def ksigmoid(x, ktanh=ktanh):
    if x != x:
        return x
    x = nearest(Fraction(x), "bf16") if math.isfinite(x) and x != 0 else x
    return nearest((1 + Fraction(ktanh(nearest(Fraction(x) / 2, "f32") if math.isfinite(x) else x))) / 2, "bf16")


def kswish(x, ktanh=ktanh):
    if x != x or x == -INF:
        return NAN
    x = nearest(Fraction(x), "bf16") if math.isfinite(x) and x != 0 else x
    if x == INF or x == 0:
        return x
    s = ksigmoid(x, ktanh)
    return nearest(Fraction(x) * Fraction(s), "bf16") if s else math.copysign(0.0, x)


def kgelu(x, ktanh=ktanh):
    if x != x or x == -INF:
        return NAN
    x = nearest(Fraction(x), "bf16") if math.isfinite(x) and x != 0 else x
    if x == INF or x == 0:
        return x
    v, c, d = Fraction(x), Fraction(f32(0.79788456)), Fraction(f32(0.044715))
    u = nearest(c * Fraction(nearest(v + Fraction(nearest(d * Fraction(nearest(v ** 3, "f32")), "f32")), "f32")), "f32")
    top = Fraction(nearest(1 + Fraction(ktanh(u)), "f32"))
    return nearest(Fraction(nearest(v / 2 * top, "f32")), "bf16") if top else math.copysign(0.0, x)


def cut(x):
    """The BF16 next to a finite x on the side of zero, and the spacing there."""
    unit = Fraction(2) ** (max(math.frexp(x)[1] - 1, -126) - 7)
    return Fraction(abs(x)) // unit * unit, unit


def sround(x, u):
    if not math.isfinite(x) or x == 0:
        return x
    low, unit = cut(x)
    steps = (Fraction(abs(x)) - low) / unit + Fraction(math.floor(Fraction(u) * 65536), 65536)
    v = low + unit * math.floor(steps)
    return math.copysign(INF if v >= Fraction(2) ** 128 else float(v), x)


def word(x):
    return struct.unpack("<I", struct.pack("<f", x))[0]


def integers_on_bits():
    out = File("bits", "position of the highest set bit, from 1; 0 for what is not positive")
    for ty, most in [("i32", 2 ** 31 - 1), ("i64", 2 ** 63 - 1)]:
        for x in [0, 1, 2, 3, 4, 127, 128, 255, 256, 2 ** 24, 2 ** 30, most, -1, -128, -most - 1]:
            out.row(ty, [x], max(x, 0).bit_length())
    out.close()
    out = File("shr_rne", "x / 2^s to the nearest integer, ties to even; s <= 0 leaves x")
    for ty, width in [("i32", 32), ("i64", 64)]:
        most = 2 ** (width - 1) - 1
        for x, s in [(5, 0), (5, -3), (5, 1), (7, 1), (6, 2), (10, 2), (-5, 1), (-7, 1), (-6, 2), (-10, 2), (1000, 3), (-1001, 3), (1, 1), (3, 1),
                     (most, 1), (-most - 1, 1), (most, width - 1), (-most - 1, width - 1), (most, width), (-most - 1, width), (most, 1000),
                     (-1, width - 1), (2 ** (width - 2), width - 1), (3 * 2 ** (width - 3), width - 1), (0, 4)]:
            out.row(ty, [x, s], round(Fraction(x) / Fraction(2) ** s) if s > 0 else x)
    out.close()


def halves():
    words = [0, 1, 0x80000000, 0x8000FFFF, 0x3F800000, 0x3F80FFFF, 0xBF801234, 0x00010000, 0x0000FFFF, 0x7F7FFFFF, 0xFF7F8000, 0x7F800000, 0xFF800000,
             0x40490FDB, 0xC2F6E979, 0x00800000, 0x007FFFFF, 0x4B3C614E]
    zipped = File("zip", "the upper half of a BF16 and 16 bits, joined to an F32")
    high = File("unzip_hi", "the F32 cut to a BF16, towards zero")
    low = File("unzip_lo", "the low 16 bits of the F32")
    for w in words:
        x = bits_f32(w)
        top = math.copysign(float(cut(x)[0]), x) if math.isfinite(x) and x else x
        zipped.row("f32", [top, w % 65536], x, in_types=["f32", "i32"])
        high.row("f32", [x], top)
        low.row("f32", [x], w % 65536, out_type="i32")
    zipped.row("f32", [NAN, 5], NAN, in_types=["f32", "i32"])
    zipped.row("f32", [INF, 5], NAN, in_types=["f32", "i32"])
    zipped.row("f32", [1.0, -1], bits_f32(0x3F80FFFF), in_types=["f32", "i32"])
    high.row("f32", [NAN], NAN)
    low.row("f32", [NAN], 0, out_type="i32")
    for out in (zipped, high, low):
        out.close()
    out = File("sround", "x to BF16, away from zero when u lifts what is cut off over a whole unit")
    for x in [1.0, f32(0.1), f32(-0.1), 1 + 2.0 ** -8, -1 - 2.0 ** -8, f32(3.14159265), TINY, -TINY, BIG, -BIG]:
        for u in [0.0, 0.5, 0.25, f32(0.9), 1 - 2.0 ** -24, 2.0 ** -17]:
            out.row("f32", [x, u], sround(x, u))
    for x in [0.0, -0.0, INF, -INF, NAN]:
        out.row("f32", [x, 0.75], x)
    out.close()


def half(x):
    """The same for F16: the spacing is 2^-24 below 2^-14."""
    unit = Fraction(2) ** (max(math.frexp(x)[1] - 1, -14) - 10)
    return Fraction(abs(x)) // unit * unit, unit


def rounding_by_chance():
    out = File("sround_f16", "x to F16, away from zero when u lifts what is cut off over a whole unit")
    for x in [1.0, f32(0.1), f32(-0.1), 1 + 2.0 ** -12, -1 - 2.0 ** -12, f32(3.14159265), 2.0 ** -25, f32(-1e-6), 65504.0, 65519.0, -65535.0, 65536.0,
              BIG, TINY]:
        for u in [0.0, 0.5, 0.25, f32(0.9), 1 - 2.0 ** -24]:
            low, unit = half(x)
            v = low + unit * math.floor((Fraction(abs(x)) - low) / unit + Fraction(u))
            out.row("f32", [x, u], math.copysign(INF if v >= 65536 else float(v), x))
    for x in [0.0, -0.0, INF, -INF, NAN]:
        out.row("f32", [x, 0.75], x)
    out.close()
    out = File("sround_int", "the largest integer that is not above x + u")
    for x in [0.0, 1.0, -1.0, 0.5, -0.5, f32(0.1), f32(-0.1), 2.75, -2.75, 127.5, -128.5, 2.0 ** 23 + 1, -2.0 ** 31]:
        for u in [0.0, 0.5, 0.25, f32(0.9), 1 - 2.0 ** -24]:
            out.row("f32", [x, u], float(math.floor(Fraction(x) + Fraction(u))))
    for x in [INF, -INF, NAN]:
        out.row("f32", [x, 0.75], x)
    out.close()


MASK = (1 << 64) - 1


def mix(z):
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


def hashed(seed, i):
    """24 bits of the counter i: keys by SplitMix64 of the seed, words of 32 bits."""
    low, key = 0xFFFFFFFF, mix((seed + 0x9E3779B97F4A7C15) & MASK)
    x = (i ^ key) & low
    x = (x ^ x >> 17) * 0xED5AD4BB & low
    x = x + (key >> 32) + (i >> 32) * 0x9E3779B9 & low
    x = (x ^ x >> 11) * 0xAC4C1B51 & low
    x = (x ^ x >> 15) * 0x31848BAB & low
    return (x ^ x >> 14) >> 8


def bit_functions():
    points = [0.0, -0.0, 0.1, -0.1, 0.25, 0.26, 0.5, -0.62, 0.75, 1.0, -1.3, 1.9, 2.0, -2.6, 3.0, 3.75, 3.77, -8.0, INF, -INF, NAN, 1.00390625,
              1.01171875, TINY]
    for name, f, title in [("ktanh", ktanh, "arXiv 1909.07729 on the argument rounded to BF16"),
                           ("ksigmoid", ksigmoid, "(1 + ktanh(x / 2)) / 2, rounded to BF16"),
                           ("kswish", kswish, "x * ksigmoid(x) with x rounded to BF16, rounded to BF16"),
                           ("kgelu", kgelu, "the tanh form of gelu by ktanh, every step rounded to F32, the result to BF16"),
                           ("ktanh_fine", ktanh_fine, "ktanh with the fine table"),
                           ("ksigmoid_fine", lambda x: ksigmoid(x, ktanh_fine), "ksigmoid by ktanh_fine"),
                           ("kswish_fine", lambda x: kswish(x, ktanh_fine), "kswish by ktanh_fine"),
                           ("kgelu_fine", lambda x: kgelu(x, ktanh_fine), "kgelu by ktanh_fine")]:
        out = File(name, title)
        for x in points:
            out.row("f32", [f32(x)], f(f32(x)))
        out.close()
    out = File("uniform", "three rounds of xor-shift and multiply under two keys, the top 24 bits")
    for seed in [0, 1, -1, 123456789]:
        for i in [0, 1, 2, 2 ** 32 - 1, 2 ** 32, 2 ** 40, -1]:
            out.row("f32", [seed, i], hashed(seed, i) / 2.0 ** 24, in_types=["i64", "i64"])
    out.close()


# ---- reductions and products ----

def reductions():
    vectors = [[], [1.0], [-2.5, 4.0], [1.0, 2.0, 3.0, 4.0], [0.5] * 7, [-1.0, 1.0] * 3, [3.0, -7.0, 2.0, 0.25], [2.0 ** 20, 1.0, -2.0 ** 20],
               [1.5, -0.5, 8.0, -3.0, 2.0], [INF, 1.0], [-INF, 2.0], [INF, -INF], [NAN, 1.0], [0.0, 0.0], [6.0, 7.0], [-3.0] * 5]
    ints = [[], [5], [2 ** 31 - 1, 1], [-4, 7, 9], [3, 3, 3], [-2 ** 31, -1]]

    def total(v):
        s = 0.0
        for x in v:
            s += x
        return s

    def product(v):
        p = 1.0
        for x in v:
            p *= x
        return p

    def extreme(f, none):
        return lambda v: NAN if any(x != x for x in v) else f(v) if v else none
    for name, f, g, none in [("sum", total, sum, 0), ("max", extreme(max, -INF), max, -2 ** 31), ("min", extreme(min, INF), min, 2 ** 31 - 1),
                             ("prod", product, math.prod, 1)]:
        out = File("reduce_" + name, f"{name} of all, exact cases; the identity over nothing")
        for v in vectors:
            out.row("f32", v, f(v))
        for v in ints:
            out.row("i32", v, wrap(g(v), "i32") if v else none)
        out.close()


def products():
    out = File("brgemm", "rows, columns, terms, A, B -> C, exact cases")
    import random
    rng = random.Random(5)
    for case in range(16):
        m, n, k = rng.randint(1, 3), rng.randint(1, 3), rng.randint(0, 4)
        ty = ["f32", "i32", "f64", "f32"][case % 4]
        draw = (lambda: rng.randint(-9, 9)) if ty == "i32" else (lambda: rng.randint(-9, 9) / 4)
        a, b = [draw() for _ in range(m * k)], [draw() for _ in range(k * n)]
        c = [sum((Fraction(a[i * k + p]) * Fraction(b[p * n + j]) for p in range(k)), Fraction(0)) for i in range(m) for j in range(n)]
        c = [int(v) if ty == "i32" else float(v) for v in c]
        out.row(ty, [m, n, k, *a, *b], c, in_types=["i32"] * 3 + [ty] * (len(a) + len(b)))
    out.close()


arithmetic()
order()
functions()
bit_functions()
integers_on_bits()
halves()
rounding_by_chance()
reductions()
products()
