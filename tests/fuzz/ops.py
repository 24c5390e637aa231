"""Values of the model: exact, or with a bound of what the language leaves open. Conversions, ops, reductions.

The bounds cover the order of a sum that rounds, a contracted a*b + c, the ulps of ops that are not exact, and a rounding
on the way into another type that may happen earlier or later.
"""
import ctypes
import math

import numpy as np

from elements import (FLOATS, INTS, compute, float_to_int, is_float, low_bit, round_float, saturate, spacing, wrap)


class ModelError(Exception):
    """The program is not well-typed, or leaves its tensors."""


class TooLarge(ModelError):
    """A program of more points than the model has time for."""


# ---- values ----

LAZY = ("literal", "index", "number")


class Val:
    """arr and err broadcast over the axes of the statement; code is a compute type, or lazy with an expression."""

    def __init__(self, code, arr=None, err=None, expr=None):
        self.code, self.arr, self.err, self.expr = code, arr, err, expr


def has_err(*errs):
    return any(e is not None for e in errs)


def bound(e):
    return 0.0 if e is None else e


def times(a, e):
    """|a| * e where no error stays none beside infinities."""
    with np.errstate(all="ignore"):
        return np.where(np.asarray(e) == 0, 0.0, np.abs(a) * e)


def clean(err):
    return np.where(np.isnan(err), np.inf, err)


def join(a, b):
    if "f64" in (a, b):
        return "f64"
    if "f32" in (a, b):
        return "f32"
    lazy = a in LAZY and b in LAZY
    if "number" in (a, b):
        return "number" if lazy else "f32"
    if lazy:
        return "index" if "index" in (a, b) else "literal"
    return "i64" if {"i64", "index"} & {a, b} else "i32"


def settle(code):
    return {"literal": "i32", "index": "i64", "number": "f32"}.get(code, code)


def number_code(code):
    return "i32" if code == "bit" else code


def convert(arr, err, source, target, strict=False):
    """To another compute type. strict: a rounding on the way is open, so that the bound covers its absence."""
    if source == target:
        return arr, err
    if is_float(source):
        if is_float(target):
            r = round_float(target, arr)
            if strict or has_err(err):
                with np.errstate(all="ignore"):
                    moved = np.where(np.isfinite(arr), np.abs(r - arr), 0.0)
                if has_err(err) or np.any(moved > 0):
                    err = np.where(bound(err) > 0, bound(err) + spacing(target, r), bound(err))
                    err = err + (2 * moved if strict else 0)
            return r, err
        r = float_to_int(target, arr)
        if has_err(err):
            err = np.where(bound(err) > 0, np.ceil(bound(err)) + 1, 0.0)
        if strict:
            with np.errstate(all="ignore"):
                open_ = np.where(np.isfinite(arr) & (np.rint(arr) == arr) & (r == arr), 0.0, np.inf)
            if np.any(open_ > 0):
                err = bound(err) + open_
        return r, err
    if is_float(target):
        f = arr.astype(np.float64)
        exact = np.asarray(f.astype(object) == arr.astype(object)) if np.any(np.abs(f) > 2**53) else None
        r = round_float(target, f)
        if exact is not None and not np.all(exact):
            err = bound(err) + np.where(exact.astype(bool), 0.0, 2 * spacing(target, r))
        if strict and np.any(r != f):
            err = bound(err) + np.abs(r - f)
        return r, err
    r = saturate(target, arr)
    if strict and np.any(r != arr):
        err = bound(err) + np.where(r != arr, np.inf, 0.0)
    return r, err


# ---- rounding into tensors ----

def narrow(val, err, elem):
    if is_float(elem):
        if val.dtype != np.float64:
            source = val
            val = val.astype(np.float64)
            if np.any(np.abs(val) > 2**53) and np.any(val.astype(object) != source.astype(object)):
                err = bound(err) + 2 * spacing(elem, val)
        r = round_float(elem, val)
        if err is not None:
            # Within the bound the value may be too large for the type.
            over = np.isinf(round_float(elem, np.abs(val) + err)) & (err > 0)
            err = clean(np.where(over, np.inf, np.where(err > 0, err + spacing(elem, r), 0.0)))
        return np.asarray(r), err
    if val.dtype == np.float64:
        if err is not None:
            err = clean(np.where(err > 0, np.ceil(err) + 1, 0.0))
        return np.asarray(float_to_int(elem, val)), err
    return np.asarray(saturate(elem, val)), err


# ---- reductions ----

def identity(op, code):
    if op == "+=":
        return 0.0 if is_float(code) else 0
    if op == "*=":
        return 1.0 if is_float(code) else 1
    if is_float(code):
        return -np.inf if op == "max=" else np.inf
    return INTS[code][0 if op == "max=" else 1]


def reduce_last(op, code, arr, err, start, start_err):
    """Reduce the last axis of arr into start."""
    shape = start.shape
    cells = int(np.prod(shape, dtype=np.int64))
    n = arr.shape[-1]
    where = np.repeat(np.arange(cells), n)
    val, e = reduce_groups(op, code, arr.reshape(-1), None if err is None else err.reshape(-1), where,
                           start.reshape(-1).copy(), start_err)
    return val.reshape(shape), None if e is None else e.reshape(shape)


def reduce_groups(op, code, arr, err, where, val, verr, chain=None):
    """val[where[i]] op= arr[i], in no particular order. `chain` is that of the tensor, see float_sum."""
    cells = len(val)
    val = val.copy()
    if err is not None or verr is not None:
        total = np.zeros(cells) if verr is None else verr.copy()
        if op in ("max=", "min="):
            np.maximum.at(total, where, bound(err) * np.ones(len(arr)))
        elif op == "+=":
            with np.errstate(all="ignore"):
                np.add.at(total, where, bound(err) * np.ones(len(arr)))
        else:
            touched = (np.bincount(where, (bound(err) * np.ones(len(arr)) > 0).astype(float), minlength=cells) > 0)
            total = np.where(touched | (total > 0), np.inf, 0.0)
        verr = total
    if op == "max=" or op == "min=":
        np.maximum.at(val, where, arr) if op == "max=" else np.minimum.at(val, where, arr)
        return val, verr
    if not is_float(code):
        if op == "+=":
            np.add.at(val, where, arr)
        else:
            with np.errstate(all="ignore"):
                np.multiply.at(val, where, arr)
        return wrap(code, val), verr
    return float_sum(op, code, arr, where, val, verr, chain)


def either(a, b):
    """A value with a bound that covers both."""
    (x, ex), (y, ey) = a, b
    with np.errstate(all="ignore"):
        off = np.where((x == y) | (np.isnan(x) & np.isnan(y)), 0.0, np.abs(x - y))
    if not has_err(ex, ey) and not np.any(off != 0):
        return a
    return x, clean(np.maximum(bound(ex), bound(ey) + off))


def float_sum(op, code, arr, where, val, verr, chain=None):
    """A sum or product of floats. Updates that follow one another are one sum, which a schedule may reassociate as a
    whole: `chain` holds the size, the lowest bit, and the number of all terms since it began, and is brought up to date."""
    cells = len(val)
    digits = FLOATS[code][0]
    count = seen = np.bincount(where, minlength=cells)
    with np.errstate(all="ignore"):
        if op == "*=":
            result = val.copy()
            np.multiply.at(result, where, arr)
            finite = np.isfinite(arr) & (arr != 0)
            odd = np.where(finite, np.abs(arr) / np.ldexp(1.0, np.where(finite, low_bit(arr), 0)), 1.0)
            size = np.where(np.isfinite(val) & (val != 0), np.abs(val), 1.0)
            size = size / np.ldexp(1.0, np.where(size != 0, low_bit(size), 0))
            np.multiply.at(size, where, odd)
            exact = size <= 2.0**digits
            rounding = (count + 1) * 2.0**(1 - digits) * np.abs(result)
            # Whether a part of the product overflows before a zero comes is left open.
            large, small = np.maximum(np.abs(val), 1.0), np.where(val != 0, np.minimum(np.abs(val), 1.0), 1.0)
            np.multiply.at(large, where, np.maximum(np.abs(arr), 1.0))
            np.multiply.at(small, where, np.where(arr != 0, np.minimum(np.abs(arr), 1.0), 1.0))
            wild = ~((large < 2.0**120) & (small > 2.0**-120)) & (count > 0)
            exact = exact & ~wild
            rounding = np.where(wild, np.inf, rounding)
        else:
            size = chain["size"].copy() if chain else np.abs(val)
            np.add.at(size, where, np.abs(arr))
            result = val.copy()
            np.add.at(result, where, arr)
            unit = low_bit(np.where(np.isfinite(val), val, 0.0))
            np.minimum.at(unit, where, low_bit(np.where(np.isfinite(arr), arr, 0.0)))
            if chain:
                unit = np.minimum(unit, chain["unit"])
                seen = count + chain["count"]
            if chain is not None:
                chain.update(size=size, unit=unit, count=seen)
            exact = (size <= np.ldexp(1.0, np.minimum(unit, 900) + digits)) | ~np.isfinite(size)
            rounding = (seen + 2) * 2.0**(1 - digits) * size
        # One addition is rounded in one way only.
        single = seen <= 1
        result = np.where(count > 0, round_float(code, result), result)
        exact = exact | (count == 0) | (single & (verr is None if verr is None else verr == 0))
        if not np.all(exact):
            verr = bound(verr) + np.where(exact, 0.0, clean(rounding))
        elif verr is not None:
            verr = np.where(verr > 0, verr + spacing(code, result) * (count + 1), verr)
    return result, verr


# ---- ops ----

EXACT_NUM = {"abs": 1, "sign": 1, "max": 2, "min": 2, "fma": 3, "relu": 1, "neg": 1, "add": 2, "sub": 2, "mul": 2}


def compare(op, a, b):
    with np.errstate(all="ignore"):
        r = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal,
             "!=": np.not_equal}[op](a.arr, b.arr).astype(np.int64)
        err = None
        if has_err(a.err, b.err):
            both = bound(a.err) + bound(b.err)
            close = (both > 0) & ~(np.abs(a.arr - b.arr) > both)
            err = np.where(close, 1.0, 0.0) + np.zeros(r.shape)
    return Val("bit", r, err)


def int_op(op, v, t):
    a = v[0].arr
    b = v[1].arr if len(v) > 1 else None
    ea, eb = v[0].err, v[1].err if len(v) > 1 else None
    err = None
    with np.errstate(all="ignore"):
        if op in ("+", "add", "-", "sub"):
            r = a + b if op in ("+", "add") else a - b
            err = bound(ea) + bound(eb) if has_err(ea, eb) else None
        elif op in ("*", "mul"):
            r = a * b
            if has_err(ea, eb):
                err = times(a, bound(eb)) + times(b, bound(ea)) + bound(ea) * bound(eb)
        elif op == "fma":
            r = a * b + v[2].arr
            if has_err(ea, eb, v[2].err):
                err = times(a, bound(eb)) + times(b, bound(ea)) + bound(ea) * bound(eb) + bound(v[2].err)
        elif op == "/":
            if np.any(b == 0):
                raise ModelError("integer division by zero")
            r = a // b
            if has_err(ea, eb):
                err = np.where(bound(eb) > 0, np.inf, bound(ea) + np.where(bound(ea) > 0, 1, 0))
        elif op == "bits":
            r = sum((np.maximum(a, 0) >> k > 0).astype(np.int64) for k in range(63))
            err = None if ea is None else np.where(ea > 0, np.inf, 0.0)
        elif op == "shr_rne":
            s = np.clip(b, 1, 63)
            low = a & ((np.int64(1) << s) - 1)
            half = np.int64(1) << (s - 1)
            q = a >> s
            r = q + ((low > half) | ((low == half) & ((q & 1) == 1)))
            r = np.where(b <= 0, a, np.where(b > 63, 0, r))
            err = np.where((bound(ea) > 0) | (bound(eb) > 0), np.inf, 0.0) if has_err(ea, eb) else None
        elif op == "neg":
            r, err = -a, ea
        elif op == "abs":
            r, err = np.abs(a), ea
        elif op == "sign":
            r = np.sign(a)
            err = None if ea is None else np.where(ea > 0, 2.0, 0.0)
        elif op == "relu":
            r, err = np.maximum(a, 0), ea
        else:
            r = np.maximum(a, b) if op == "max" else np.minimum(a, b)
            err = np.maximum(bound(ea), bound(eb)) if has_err(ea, eb) else None
        if err is not None:
            err = clean(np.where(np.abs(r.astype(np.float64)) + err > INTS[t][1], np.where(err > 0, np.inf, err), err))
    return Val(t, wrap(t, r), err)


def float_op(op, v, t):
    a = v[0].arr
    b = v[1].arr if len(v) > 1 else None
    ea, eb = v[0].err, v[1].err if len(v) > 1 else None
    err = None
    with np.errstate(all="ignore"):
        if op in ("+", "add", "-", "sub"):
            full = a + b if op in ("+", "add") else a - b
            err = bound(ea) + bound(eb) if has_err(ea, eb) else None
        elif op in ("*", "mul"):
            full = a * b
            if has_err(ea, eb):
                err = times(a, bound(eb)) + times(b, bound(ea)) + bound(ea) * bound(eb)
            r = round_float(t, full)
            open_ = np.isfinite(full) & ((r != full) if t == "f32" else inexact_product(a, b, full))
            if np.any(open_):
                # The rounding may be left out when a sum follows.
                err = bound(err) + np.where(open_, np.where(np.isinf(r), np.inf, spacing(t, r)), 0.0)
        elif op == "/":
            full = a / b
            if has_err(ea, eb):
                near = np.abs(b) - bound(eb)
                err = np.where(near > 0, (bound(ea) + times(full, bound(eb))) / near, np.inf)
                err = np.where((bound(ea) == 0) & (bound(eb) == 0), 0.0, err)
        elif op == "fma":
            c, ec = v[2].arr, v[2].err
            full = a * b + c
            if has_err(ea, eb, ec):
                err = times(a, bound(eb)) + times(b, bound(ea)) + bound(ea) * bound(eb) + bound(ec)
            p = round_float(t, a * b)
            twice = round_float(t, p + c)
            open_ = np.isfinite(full) & ((p != a * b) | (full != round_float(t, full)) | (t == "f64"))
            if t == "f64":
                open_ = open_ & ~((np.rint(a) == a) & (np.rint(b) == b) & (np.rint(c) == c) &
                                  (np.abs(a * b) + np.abs(c) < 2.0**53))
            if np.any(open_):
                err = bound(err) + np.where(open_, np.abs(twice - full) + spacing(t, full) + spacing(t, p), 0.0)
        elif op == "neg":
            full, err = -a, ea
        elif op == "abs":
            full, err = np.abs(a), ea
        elif op == "sign":
            full = np.sign(a)
            err = None if ea is None else np.where((ea > 0) & ~(np.abs(a) > ea), np.where(np.isinf(ea), ea, 2.0), 0.0)
        elif op == "relu":
            full, err = np.where(np.isnan(a), a, np.maximum(a, 0.0)), ea
        else:
            full = np.maximum(a, b) if op == "max" else np.minimum(a, b)
            err = np.maximum(bound(ea), bound(eb)) if has_err(ea, eb) else None
        r = round_float(t, full)
        if err is not None:
            err = clean(np.where(err > 0, err + spacing(t, r), err) + np.zeros(r.shape))
    return Val(t, r, err)


def inexact_product(a, b, p):
    """Whether a product in f64 was rounded: more than 53 bits between the highest and the lowest."""
    ok = (a != 0) & (b != 0) & np.isfinite(p)
    a, b = np.broadcast_arrays(np.where(ok, a, 1.0), np.where(ok, b, 1.0))
    bits = (np.frexp(a)[1] - low_bit(a)) + (np.frexp(b)[1] - low_bit(b))
    return ok & (bits > 53)


def halves(op, x, lo):
    """zip, unzip_hi, unzip_lo: the halves of the 32 bits of a float."""
    word = np.ascontiguousarray(x.arr, np.float32).view(np.uint32).reshape(x.arr.shape)
    err = None if x.err is None else np.where(x.err > 0, np.inf, 0.0)
    # A NaN keeps no particular bits.
    nan = np.isnan(x.arr)
    if op == "unzip_lo":
        if np.any(nan):
            err = bound(err) + np.where(nan, np.inf, 0.0)
        return Val("i32", (word & 0xffff).astype(np.int64), err)
    if op == "unzip_hi":
        r = np.ascontiguousarray(word & 0xffff0000, np.uint32).view(np.float32).astype(np.float64).reshape(word.shape)
        return Val("f32", np.where(nan, np.nan, r), err)
    if np.any(nan):
        err = bound(err) + np.where(nan, np.inf, 0.0)
    r = (word & 0xffff0000).astype(np.uint32) | (lo.arr & 0xffff).astype(np.uint32)
    if has_err(lo.err):
        err = bound(err) + np.where(lo.err > 0, np.inf, 0.0)
    with np.errstate(all="ignore"):
        r = np.ascontiguousarray(r).view(np.float32).astype(np.float64).reshape(np.shape(r))
        return Val("f32", r, err)


# Of uniform(), see execute.compile_numbers.
numbers_library = None


def uniform(seed, i):
    seed, i = np.broadcast_arrays(seed, i)
    shape = seed.shape
    s, n = np.ascontiguousarray(seed, np.int64), np.ascontiguousarray(i, np.int64)
    u = np.full(s.shape, np.nan, np.float32)
    f = ctypes.CDLL(numbers_library).numbers
    if f(*[ctypes.c_int64(s.size)] + [ctypes.c_void_p(a.ctypes.data) for a in (s, n, u)]):
        raise ModelError("uniform")
    u = u.astype(np.float64)
    if not np.all((u >= 0) & (u < 1) & (u * 2**24 == np.floor(u * 2**24))):
        raise ModelError("uniform gives numbers that are no multiples of 2^-24 in [0, 1)")
    return Val("f32", u.reshape(shape))


def sround(elem, x, u):
    """u in [0, 1) is added to what rounding cuts off, in units of the last place: of |x| for floats, of x for integers."""
    v, ev = x.arr, bound(x.err) + np.zeros(np.shape(x.arr))
    lift = np.where(u.arr > 0, np.minimum(u.arr, 1 - 2.0**-24), 0.0)
    with np.errstate(all="ignore"):
        unit = spacing(elem, v) if is_float(elem) else 1.0
        size = np.abs(v) / unit if is_float(elem) else v
        low = np.floor(size)
        up = low + (size - low + lift >= 1)
        if is_float(elem):
            r = np.where(np.isfinite(v), np.copysign(up * unit, v), v)
            r = np.where(np.abs(r) > FLOATS[elem][2], np.copysign(np.inf, r), r)
        else:
            r = float_to_int(elem, np.where(np.isfinite(v), up, v))
        open_ = (ev > 0) | (bound(u.err) + np.zeros(np.shape(ev)) > 0)
        err = clean(np.where(open_, ev + 2 * unit, 0.0) + np.zeros(np.shape(r))) if np.any(open_) else None
    return Val(compute(elem), np.asarray(r), err)


def sigmoid(x):
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


erf = np.vectorize(math.erf, otypes=[np.float64])
erfc = np.vectorize(math.erfc, otypes=[np.float64])
ROOT = math.sqrt(0.5)
DENSITY = 1 / math.sqrt(2 * math.pi)


def gelu_u(x):
    return math.sqrt(8 / math.pi) * (x + 0.044715 * x**3)


def gelu_du(x):
    return math.sqrt(8 / math.pi) * (1 + 3 * 0.044715 * x**2)


# name: the function, a bound of its slope, ulps allowed
SPECIAL = {
    "exp": (np.exp, None, 4), "log": (np.log, None, 4), "sqrt": (np.sqrt, None, 0),
    "rsqrt": (lambda x: 1 / np.sqrt(x), None, 4), "erf": (erf, 1.2, 8), "tanh": (np.tanh, 1.0, 8),
    "sigmoid": (sigmoid, 0.25, 8), "gelu": (lambda x: 0.5 * x * erfc(-x * ROOT), 1.2, 32),
    "gelu_tanh": (lambda x: x * sigmoid(gelu_u(x)), 1.2, 32), "silu": (lambda x: x * sigmoid(x), 1.2, 16),
    "relu_grad": (lambda x: np.where(np.isnan(x), x, (x > 0).astype(np.float64)), None, 0),
    "gelu_grad": (lambda x: 0.5 * erfc(-x * ROOT) + x * DENSITY * np.exp(-0.5 * x * x), 1.2, 64),
    "gelu_tanh_grad": (lambda x: sigmoid(gelu_u(x)) * (1 + x * gelu_du(x) * sigmoid(-gelu_u(x))), 1.5, 64),
    "silu_grad": (lambda x: sigmoid(x) * (1 + x * sigmoid(-x)), 1.2, 64),
    "sigmoid_grad": (lambda x: sigmoid(x) * sigmoid(-x), 0.25, 16),
    "abs_grad": (np.sign, None, 0), "log_grad": (lambda x: 1 / x, None, 0), "exp_grad": (np.exp, None, 4),
    "sqrt_grad": (lambda x: 0.5 / np.sqrt(x), None, 4), "elu": (lambda x: np.where(x > 0, x, np.expm1(x)), 1.0, 8),
    "tanh_grad": (lambda x: 1 / np.cosh(np.clip(x, -300, 300))**2, 1.0, 64),
    "elu_grad": (lambda x: np.where(x > 0, 1.0, np.exp(x)), 1.0, 8), "sign_grad": (lambda x: np.abs(0.0 * np.sign(x)), None, 0),
    "erf_grad": (lambda x: 2 / math.sqrt(math.pi) * np.exp(-x * x), 1.0, 16),
    "rsqrt_grad": (lambda x: -0.5 / (x * np.sqrt(x)), None, 16),
}


def leaky(op, x, a, t):
    """leaky_relu(x, a): x, or x * a where it is not above 0; or its slope."""
    down = float_op("*", [x, a], t) if op == "leaky_relu" else a
    shape = np.broadcast_shapes(np.shape(x.arr), np.shape(a.arr))
    v, low = np.broadcast_to(x.arr, shape), np.broadcast_to(down.arr, shape)
    positive, nan = v > 0, np.isnan(v)
    r = np.where(nan, v, np.where(positive, v if op == "leaky_relu" else 1.0, low))
    if not has_err(x.err, a.err, down.err):
        return Val(t, r)
    ex, elow = np.broadcast_to(bound(x.err), shape), np.broadcast_to(bound(down.err), shape)
    err = np.where(positive, ex if op == "leaky_relu" else 0.0, elow)
    return Val(t, r, clean(np.where((ex > 0) & ~(np.abs(v) > ex), np.inf, err)))


# The table of K-TanH, E:r:b, as published (arXiv 1909.07729): by the two low bits of the exponent and the three high
# ones of the mantissa.
KTANH = [tuple(map(int, x.split(":"))) for x in (
    "126:2:119 126:4:122 126:4:123 126:4:123 126:6:126 126:6:126 126:6:126 126:6:126 "
    "125:1:1 125:0:-4 125:0:-6 125:0:-7 125:0:-10 125:0:-12 125:0:-15 125:0:-18 "
    "125:0:112 126:1:-4 126:1:-1 126:1:2 126:1:3 126:1:4 126:1:4 126:1:4 "
    "126:0:65 126:1:72 126:1:73 126:1:73 126:2:88 126:2:89 126:2:89 126:4:110").split()]


def ktanh(x):
    """On the words of BF16 numbers."""
    word = (np.ascontiguousarray(round_float("bf16", x), np.float32).view(np.uint32) >> 16).astype(np.int64)
    word = word.reshape(np.shape(x))
    a, sign = word & 0x7fff, word & 0x8000
    row = np.array(KTANH)[(a >> 4) & 31]
    y = (row[..., 0] << 7) + ((a & 127) >> row[..., 1]) + row[..., 2]
    y = np.where(a < 0x3e80, a, np.where(a > 0x4070, 0x3f80, y)) | sign
    r = np.ascontiguousarray((y << 16).astype(np.uint32)).view(np.float32).astype(np.float64).reshape(np.shape(x))
    return np.where(np.isnan(x), np.nan, r)


def table_op(op, v, t):
    """The approximations by tables; those that the table does not settle within the error that it has."""
    x, ex = v.arr, v.err
    exact = op == "ktanh"
    with np.errstate(all="ignore"):
        b = round_float("bf16", x)
        if exact:
            y, err = ktanh(x), None
        else:
            name = op.split("_")[0]
            y = {"ktanh": np.tanh, "ksigmoid": sigmoid, "kswish": lambda z: z * sigmoid(z),
                 "kgelu": lambda z: z * sigmoid(gelu_u(z))}[name](b)
            scale = np.maximum(np.abs(b), 2.0**-120) if name in ("kswish", "kgelu") else 1.0
            err = np.where(np.isfinite(b), 0.02 * scale + np.abs(y) * 2.0**-7, np.inf)
        if has_err(ex):
            err = np.where(ex > 0, bound(err) + 2.2 * (ex + np.abs(x) * 2.0**-8) + 0.04, bound(err))
        return Val(t, np.asarray(y), None if err is None else clean(err + np.zeros(np.shape(y))))


def special(op, v, t):
    if op not in SPECIAL:
        raise ModelError(f"no op {op}")
    f, slope, ulps = SPECIAL[op]
    x, ex = v[0].arr, v[0].err
    with np.errstate(all="ignore"):
        y = f(x)
        r = round_float(t, y)
        err = np.where(np.isfinite(r), ulps * spacing(t, r), 0.0) if ulps else None
        # Results of infinities, and tiny ones that a kernel may flush, are left open.
        if ulps:
            err = np.where(np.isfinite(x), err + 2.0**-126, np.inf)
            err = np.where(np.abs(x) > 80, np.inf, err)
        if ex is not None:
            if slope is None:
                lo, hi = f(x - ex), f(x + ex)
                moved = np.maximum(np.abs(lo - y), np.abs(hi - y))
                # Where anything is possible, so is NaN; and 1 / x has no bound around 0.
                open_ = np.isinf(ex) | ((op == "log_grad") & (np.abs(x) <= ex)) | ~np.isfinite(moved)
                moved = np.where(open_, np.inf, moved + spacing(t, r))
            else:
                moved = slope * ex + spacing(t, r)
            err = bound(err) + np.where(ex > 0, moved, 0.0)
        if err is not None:
            err = clean(err + np.zeros(r.shape))
    return Val(t, r, err)
