from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import beta

shapes = st.floats(0.4, 500)
chances = st.floats(0.001, 0.999)
shares = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)


def binomial_tail(x: float, a: int, b: int) -> float:
    """For whole shapes the beta's cdf is the chance of a or more hits in a + b - 1 tries."""
    tries = a + b - 1
    return sum(
        comb(tries, hits) * x**hits * (1 - x) ** (tries - hits) for hits in range(a, tries + 1)
    )


@pytest.mark.parametrize(
    ("x", "a", "b", "expected"),
    [
        (0.3, 1, 1, 0.3),  # uniform
        (0.3, 3, 1, 0.027),  # x^a
        (0.3, 1, 3, 0.657),  # 1 - (1 - x)^b
        (0.25, 0.5, 0.5, 1 / 3),  # arcsine
        (0.5, 7.5, 7.5, 0.5),  # symmetric
        (0.0, 2, 3, 0.0),
        (1.0, 2, 3, 1.0),
    ],
)
def test_the_cdf_has_its_known_values(x: float, a: float, b: float, expected: float) -> None:
    assert beta.cdf(x, a, b) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("a", "b", "low", "high"), [(23, 12, 55, 76), (29, 6, 74, 90), (16, 7, 57, 81)]
)
def test_the_middle_80_percent_has_its_known_ends(a: int, b: int, low: int, high: int) -> None:
    assert (round(100 * beta.ppf(0.1, a, b)), round(100 * beta.ppf(0.9, a, b))) == (low, high)


@given(x=shares, a=st.integers(1, 60), b=st.integers(1, 60))
def test_the_cdf_of_whole_shapes_is_a_binomial_tail(x: float, a: int, b: int) -> None:
    assert beta.cdf(x, a, b) == pytest.approx(binomial_tail(x, a, b), abs=1e-10)


@given(x=shares, a=shapes, b=shapes)
def test_the_cdf_turned_round_adds_up_to_one(x: float, a: float, b: float) -> None:
    assert beta.cdf(x, a, b) + beta.cdf(1 - x, b, a) == pytest.approx(1.0, abs=1e-9)


@given(x=shares, y=shares, a=shapes, b=shapes)
def test_the_cdf_never_falls(x: float, y: float, a: float, b: float) -> None:
    low, high = sorted((x, y))
    assert beta.cdf(low, a, b) <= beta.cdf(high, a, b) + 1e-11


@settings(max_examples=200)
@given(chance=chances, a=shapes, b=shapes)
def test_the_ppf_undoes_the_cdf(chance: float, a: float, b: float) -> None:
    assert beta.cdf(beta.ppf(chance, a, b), a, b) == pytest.approx(chance, abs=1e-7)
