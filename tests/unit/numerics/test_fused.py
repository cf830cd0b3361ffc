import numba
import numpy as np

from vertaug.numerics.fused import fma


@numba.njit
def product(a, b, c):
    return fma(a, b, c)


def test_a_product_is_rounded_once():
    small = 2.0**-30
    assert (1.0 + small) * (1.0 - small) - 1.0 == 0.0
    assert product(1.0 + small, 1.0 - small, -1.0) == -(small**2)


def test_kinds_are_widened():
    found = product(np.float32(1.0 + 2.0**-20), np.float64(1.0 - 2.0**-20), np.float32(-1.0))
    assert found == -(2.0**-40)
    assert isinstance(product(np.float32(2.0), np.float32(3.0), np.float32(1.0)), float)
