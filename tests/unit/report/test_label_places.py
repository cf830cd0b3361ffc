"""Places of labels beside their points."""

import numpy as np

from vertaug.report.label_places import place_labels

FRAME = (0.0, 0.0, 200.0, 100.0)


def covered(middle, half, points):
    return (np.abs(np.asarray(points) - middle) < half).all(axis=1)


def test_labels_cover_neither_points_nor_each_other():
    points = [(100.0, 50.0), (108.0, 46.0), (95.0, 58.0)]
    line = np.column_stack([np.arange(0.0, 200.0, 2.0), np.arange(0.0, 100.0, 1.0)])
    places = place_labels(points, [(12.0, 12.0)] * 3, line, FRAME)
    for n, place in enumerate(places):
        assert not covered(place, 6.0, points).any()
        assert not covered(place, 6.0, line).any()
        assert not covered(place, 12.0, places[:n]).any() if n else True


def test_a_label_stays_in_the_frame():
    (place,) = place_labels([(198.0, 99.0)], [(24.0, 12.0)], np.empty((0, 2)), FRAME)
    assert place[0] + 12.0 <= 200.0
    assert place[1] + 6.0 <= 100.0


def test_nothing_to_label():
    assert place_labels([], [], [(1.0, 1.0)], FRAME).shape == (0, 2)
