import math
import random
import statistics

import pytest

from vertaug.recovery.registry.interval import mean_of_sums


@pytest.mark.parametrize(
    ("middle", "spread"), [(5.0, 2.0), (1000.0, 0.1), (5900.0, 0.1), (5900.1, 0.0)]
)
def test_the_sd_of_sums_is_right_for_all_that_the_registry_can_hold(middle, spread):
    draw = random.Random(7)
    values = [middle + draw.gauss(0.0, spread) for _ in range(20_000)]
    total = squares = 0.0
    for value in values:  # one after the other, as a database adds
        total += value
        squares += value * value
    found = mean_of_sums(len(values) + 3, len(values), total, squares)
    assert math.isclose(found.mean, statistics.fmean(values), rel_tol=1e-12)
    assert abs(found.sd - statistics.stdev(values)) < 0.01
    assert (found.n, found.missing) == (20_000, 3)


def test_nobody_has_no_mean_and_one_no_sd():
    assert mean_of_sums(4, 0, None, None).mean is None
    assert (mean_of_sums(1, 1, 3.0, 9.0).mean, mean_of_sums(1, 1, 3.0, 9.0).sd) == (3.0, None)
