"""The beta distribution: how likely a true share is, given what was answered.

The regularised incomplete beta function is DLMF 8.17.22, a continued fraction, computed from
the front by the modified Lentz method (I. J. Thompson and A. R. Barnett, "Coulomb and Bessel
functions of complex arguments and order", J. Comput. Phys. 64, 1986, section 4).
"""

from collections.abc import Iterator
from functools import lru_cache
from math import exp, lgamma, log, log1p, sqrt
from statistics import NormalDist

_TINY = 1e-300
_CLOSE = 1e-15
_CLOSE_STEP = 1e-9  # of the way to the nearer end: Newton leaves about its square
_STEPS = 60
_TERMS = 10_000  # far beyond what a form or a year of practice needs
_KEPT = 20_000  # a result asks for a hundred, and cohorts have many results alike
_LEAST = 1e-6


def cdf(x: float, a: float, b: float) -> float:
    """Give the chance that a Beta(a, b) share is at most `x`; `a` and `b` are above 0."""
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    if x > (a + 1) / (a + b + 2):  # beyond it the fraction converges faster from the other end
        return 1.0 - _lower_tail(1.0 - x, b, a)
    return _lower_tail(x, a, b)


@lru_cache(_KEPT)
def ppf(chance: float, a: float, b: float) -> float:
    """Give the share that Beta(a, b) stays below with this chance: the inverse of `cdf`.

    The chance lies between 0 and 1, neither included. Newton's steps from where a normal
    distribution would have it, and halving where a step would leave the bracket.
    """
    low, high = 0.0, 1.0
    x = _normal_guess(chance, a, b)
    for _ in range(_STEPS):
        excess = cdf(x, a, b) - chance
        low, high = (low, x) if excess > 0 else (x, high)
        step = excess / _density(x, a, b)
        inside = low < x - step < high
        x = x - step if inside else (low + high) / 2
        if inside and abs(step) < _CLOSE_STEP * min(x, 1 - x):
            break
    return x


def _normal_guess(chance: float, a: float, b: float) -> float:
    mean = a / (a + b)
    spread = sqrt(mean * (1 - mean) / (a + b + 1))
    return min(max(mean + NormalDist().inv_cdf(chance) * spread, _LEAST), 1 - _LEAST)


def _lower_tail(x: float, a: float, b: float) -> float:
    return exp(a * log(x) + b * log1p(-x) - _log_beta(a, b)) / (a * _fraction(x, a, b))


def _density(x: float, a: float, b: float) -> float:
    return max(exp((a - 1) * log(x) + (b - 1) * log1p(-x) - _log_beta(a, b)), _TINY)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _fraction(x: float, a: float, b: float) -> float:
    """1 + d1/(1 + d2/(1 + ...)) with the coefficients of DLMF 8.17.23."""
    value, upper, lower = 1.0, 1.0, 0.0
    for term in _terms(x, a, b):
        lower = 1.0 / ((1.0 + term * lower) or _TINY)
        upper = (1.0 + term / upper) or _TINY
        value *= upper * lower
        if abs(upper * lower - 1.0) < _CLOSE:
            break
    return value


def _terms(x: float, a: float, b: float) -> Iterator[float]:
    for m in range(_TERMS):
        if m:
            yield m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        yield -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
