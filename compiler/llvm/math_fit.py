#!/usr/bin/env python3
"""Writes math.def: the polynomials of cg_math.c, minimax in the stated weight by Remez exchange.

Needs mpmath (Debian: python3-mpmath). Run as `python3 math_fit.py > math.def`; takes about a minute. Every
fit is on the interval after range reduction, with a little margin, so that rounding of the reduced argument
does not leave it.
"""
from mpmath import mp, mpf, matrix, lu_solve, pi, cos, exp, log, expm1, erf, erfc, sqrt, tanh, findroot

mp.dps = 60


def remez(f, w, lo, hi, degree, rounds=12, points=1200):
    """Coefficients from low to high of P with the least max |w (f - P)| on [lo, hi], and that maximum."""
    lo, hi = mpf(lo), mpf(hi)
    n = degree + 2
    nudge = (hi - lo) * mpf(10) ** -12
    shift = (hi - lo) * mpf(10) ** -9 if lo < 0 else 0

    def nodes(count):
        xs = [(lo + hi) / 2 - (hi - lo) / 2 * cos(pi * mpf(k) / (count - 1)) for k in range(count)]
        xs[0] += nudge
        xs[-1] -= nudge
        return [x + shift for x in xs[:-1]] + [xs[-1]]

    xs, grid = nodes(n), nodes(points + 1)
    fg, wg = [f(x) for x in grid], [w(x) for x in grid]
    for _ in range(rounds):
        a, b = matrix(n, n), matrix(n, 1)
        for i, x in enumerate(xs):
            p = w(x)
            b[i] = f(x) * p
            for j in range(degree + 1):
                a[i, j] = p
                p *= x
            a[i, degree + 1] = (-1) ** i
        s = lu_solve(a, b)
        c = [s[j] for j in range(degree + 1)]

        def value(x):
            r = mpf(0)
            for k in reversed(c):
                r = r * x + k
            return r

        e = [wk * (fk - value(x)) for x, fk, wk in zip(grid, fg, wg)]
        extrema, k = [], 0
        while k < len(grid):
            positive, best = e[k] > 0, k
            while k < len(grid) and (e[k] > 0) == positive:
                if abs(e[k]) > abs(e[best]):
                    best = k
                k += 1
            extrema.append(best)
        while len(extrema) > n:
            extrema.pop(0 if abs(e[extrema[0]]) < abs(e[extrema[-1]]) else -1)
        worst = max(abs(v) for v in e)
        if len(extrema) < n or worst < abs(s[degree + 1]) * mpf("1.01"):
            break
        xs = [grid[k] for k in extrema]
    return c, worst


def rational(f, lo, hi, top, bottom, rounds=14, points=1500):
    """Coefficients in x^2 of P and Q, Q(0) = 1, with the least max |P / Q / f - 1| on [lo, hi], and that maximum.

    The error at the nodes is taken times the Q of the round before, which makes the equations linear."""
    n = top + bottom + 2
    def nodes(count): return [lo + (hi - lo) * (1 - cos(pi * mpf(k) / (count - 1))) / 2 for k in range(count)]
    def value(c, u):
        r = mpf(0)
        for k in reversed(c):
            r = r * u + k
        return r
    xs, grid = nodes(n), nodes(points)
    fg, error, q = [f(x) for x in grid], mpf(0), [mpf(1)]
    for _ in range(rounds):
        for _ in range(6):
            a, b = matrix(n, n), matrix(n, 1)
            for i, x in enumerate(xs):
                u, fx = x * x, f(x)
                for j in range(top + 1):
                    a[i, j] = u**j
                for j in range(1, bottom + 1):
                    a[i, top + j] = -fx * u**j
                a[i, n - 1] = (-1) ** i * fx * value(q, u)
                b[i] = fx
            s = lu_solve(a, b)
            p, q = [s[j] for j in range(top + 1)], [mpf(1)] + [s[top + j] for j in range(1, bottom + 1)]
        e = [value(p, x * x) / value(q, x * x) / fx - 1 for x, fx in zip(grid, fg)]
        extrema, k = [], 0
        while k < len(grid):
            positive, best = e[k] > 0, k
            while k < len(grid) and (e[k] > 0) == positive:
                best = k if abs(e[k]) > abs(e[best]) else best
                k += 1
            extrema.append(best)
        while len(extrema) > n:
            extrema.pop(0 if abs(e[extrema[0]]) < abs(e[extrema[-1]]) else -1)
        error = max(abs(v) for v in e)
        if len(extrema) < n or error < abs(s[n - 1]) * mpf("1.01"):
            break
        xs = [grid[k] for k in extrema]
    return p, q, error


def row32(name, c):
    print("POLY(%s, 32," % name)
    for k, v in enumerate(c):
        print("     %s%s" % (mp.nstr(v, 12), ")" if k == len(c) - 1 else ","))


def rows(name, doc, fit32, fit64):
    print("/* %s */" % doc)
    for bits, fit, digits in ((32, fit32, 12), (64, fit64, 20)):
        c, worst = remez(*fit)
        print("/* error %s */" % mp.nstr(worst, 2))
        print("POLY(%s, %d," % (name, bits))
        for k, v in enumerate(c):
            print("     %s%s" % (mp.nstr(v, digits), ")" if k == len(c) - 1 else ","))


def scalar(name, value):
    """A constant as the sum of two floats, and of two doubles."""
    hi32 = mpf(int(mp.nint(value * 2**24 / 2 ** mp.floor(mp.log(value, 2) + 1)))) * 2 ** (
        mp.floor(mp.log(value, 2) + 1) - 24)
    hi64 = mpf(float(value))
    print("SPLIT(%s, %s, %s, %s, %s)" % (name, mp.nstr(hi32, 20), mp.nstr(value - hi32, 12),
                                        mp.nstr(hi64, 20), mp.nstr(value - hi64, 20)))


def scaled_tail(t):
    """Phi(-t) exp(t^2 / 2), of the normal distribution function Phi."""
    return exp(t * t / 2) * erfc(t / sqrt(mpf(2))) / 2


def tail_slope(t):
    """The same of gelu'(-t): Phi(-t) - t phi(t), scaled."""
    return scaled_tail(t) - t / sqrt(2 * pi)


def main():
    print("/* Written by math_fit.py: POLY(name, bits, coefficients from low to high), and")
    print(" * SPLIT(name, f32 high, f32 low, f64 high, f64 low): a constant as a sum of two. */")
    h = log(2) / 2 * mpf("1.001")
    def curve(r): return (expm1(r) - r) / r**2
    def curve_weight(r): return r**2 / exp(r)
    # In units in the last place, which are half as large below 1.
    def exp_weight(r): return abs(r) * (2 if r < 0 else 1)
    rows("EXP", "(exp(r) - 1) / r on |r| <= ln(2) / 2, weighted for the spacing of floats",
         (lambda r: expm1(r) / r, exp_weight, -h, h, 4), (lambda r: expm1(r) / r, exp_weight, -h, h, 10))
    rows("EXPM1", "(expm1(r) - r) / r^2 on |r| <= ln(2) / 2, weighted for exp",
         (curve, curve_weight, -h, h, 4), (curve, curve_weight, -h, h, 10))

    top = ((sqrt(mpf(2)) - 1) / (sqrt(mpf(2)) + 1)) ** 2 * mpf("1.001")
    def ratio(z):
        s = sqrt(z)
        return (log((1 + s) / (1 - s)) - 2 * s) / s / z
    rows("LOG", "(log((1 + s) / (1 - s)) - 2 s) / s^3 in s^2, relative to 2 s",
         (ratio, lambda z: z / 2, mpf(10) ** -9, top, 3),
         (ratio, lambda z: z / 2, mpf(10) ** -9, top, 6))

    def small(u): return erf(sqrt(u)) / sqrt(u) - 1
    def small_weight(u): return sqrt(u) / erf(sqrt(u))
    edge = mpf("0.93")
    rows("ERF", "erf(x) / x - 1 in x^2 for |x| <= 0.92",
         (small, small_weight, mpf(10) ** -10, edge**2, 6),
         (small, small_weight, mpf(10) ** -10, edge**2, 11))
    def large(x): return log(erfc(x))
    def large_weight(x): return erfc(x) / erf(x)
    rows("ERFC", "log(erfc(x)) for 0.92 <= x <= 4 (f32), 6 (f64), weighted for erf",
         (large, large_weight, mpf("0.91"), mpf(4), 6),
         (large, large_weight, mpf("0.91"), mpf(6), 19))

    p, q, worst = rational(lambda x: tanh(x) / x, mpf("0.001"), mpf("9.02"), 4, 4)
    print("/* tanh(x) / x = P / Q in x^2 for |x| <= 9.02 (f32) */")
    print("/* error %s */" % mp.nstr(worst, 2))
    row32("TANH_TOP", p)
    row32("TANH_BOTTOM", q)

    zero = findroot(tail_slope, mpf("0.7518"))
    def at(a): return lambda q: a * (1 + q) / (1 - q)
    def slope(t):
        return tail_slope(t) / (zero - t) if abs(t - zero) > mpf(10) ** -25 else slope(t + mpf(10) ** -20)
    fits = {}
    for bits, a, end, degree in ((32, mpf(3), mpf("14.6"), 9), (64, mpf(5), mpf("38.8"), 22)):
        t = at(a)
        interval = (-mpf(1), (end - a) / (end + a))
        fits["T", bits] = (lambda q, t=t: scaled_tail(t(q)), lambda q, t=t: 1 / scaled_tail(t(q)),
                           *interval, degree)
        fits["G", bits] = (lambda q, t=t: slope(t(q)), lambda q, t=t: 1 / slope(t(q)),
                           *interval, degree)
    centre = mpf("3.9375")
    def root(s): return (erfc((s + centre) / sqrt(mpf(2))) / 2) ** (mpf(1) / 4)
    c, worst = remez(root, lambda s: 1 / root(s), -centre, mpf("5.0001") - centre, 11, points=300)
    print("/* Phi(-t)^(1/4) in t - 3.9375 for 0 <= t <= 5 (f32); of some places to expand at, the one where")
    print(" * coefficients lose least by rounding */")
    print("/* error %s */" % mp.nstr(worst, 2))
    row32("TAIL_ROOT", c)
    rows("TAIL", "Phi(-t) exp(t^2 / 2) in q = (t - a) / (t + a), a = 3 (f32), 5 (f64)",
         fits["T", 32], fits["T", 64])
    rows("TAIL_GRAD", "(Phi(-t) - t phi(t)) exp(t^2 / 2) / (t0 - t), t0 its zero, in the same q",
         fits["G", 32], fits["G", 64])

    c, a = 2 * sqrt(2 / pi), mpf("0.044715")
    scalar("LN2", log(2))
    scalar("GELU_ZERO", zero)
    # 1 + exp(-t) - t, the factor of silu' that has a zero, and the like of gelu_tanh'.
    t0 = findroot(lambda t: 1 + exp(-t) - t, mpf("1.278"))
    scalar("SILU_ZERO", t0)
    scalar("SILU_ZERO_EXP", exp(-t0))
    # The language writes these two constants as doubles; so does this.
    c, a = mpf(2 * 0.79788456080286535588), mpf(0.044715)
    scalar("GT_C", c)
    scalar("GT_A", a)
    t1 = findroot(lambda t: 1 + exp(-c * (t + a * t**3)) - c * (t + 3 * a * t**3), mpf("0.75"))
    scalar("GT_ZERO", t1)
    scalar("GT_ZERO_EXP", exp(-c * (t1 + a * t1**3)))


main()
