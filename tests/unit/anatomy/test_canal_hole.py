"""The hole of a shadow, against filling holes and labelling them."""

import numpy as np
from scipy.ndimage import binary_fill_holes, gaussian_filter, label

from vertaug.anatomy.canal import _main_hole


def largest_filled_hole(shadow, y):
    labels, count = label(binary_fill_holes(shadow) & ~shadow)
    behind = [n for n in range(1, count + 1) if y[np.nonzero(labels == n)[1]].mean() > 0]
    areas = [int((labels == n).sum()) for n in behind]
    return labels == behind[int(np.argmax(areas))] if behind else None


def test_it_is_the_largest_filled_hole_behind_the_body():
    noise = np.random.default_rng(0)
    found = 0
    for _ in range(60):
        field = gaussian_filter(noise.normal(size=(50, 60)), noise.uniform(0.7, 3.0))
        shadow = field > noise.uniform(-0.1, 0.1)
        y = np.linspace(-30.0, 30.0, 60) + noise.uniform(-20.0, 20.0)
        expected, hole = largest_filled_hole(shadow, y), _main_hole(shadow, y)
        assert (hole is None) == (expected is None)
        if hole is not None:
            np.testing.assert_array_equal(hole, expected)
            found += 1
    assert 20 < found < 60
