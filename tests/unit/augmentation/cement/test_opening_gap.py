"""How near cement comes to the ways out of the bone."""

from types import SimpleNamespace

import numpy as np
import pytest

from vertaug.augmentation.cement.opening_gap import measure_opening_gaps
from vertaug.augmentation.cement.openings import LeakPath
from vertaug.case.filling import LEAK_PATHS
from vertaug.case.grid import Grid

SHAPE = (20, 20, 20)


def scene(openings, ways, cement):
    """A box of bone in its own frame; openings and ways as (path, place)."""
    places = np.array([place for _, place in openings], dtype=float).reshape(-1, 3)
    paths = np.array([path for path, _ in openings], dtype=np.uint8)
    grid = Grid(shape=SHAPE, affine=np.eye(4))
    share = np.zeros(SHAPE)
    for cell in cement:
        share[cell] = 0.5
    body = SimpleNamespace(
        grid=grid,
        pore_volume_mm3=np.full(SHAPE, 0.8),
        ways=[
            SimpleNamespace(path=path, mouth_mm=np.array(mouth, float), inner_mm=np.array(inner))
            for path, mouth, inner in ways
        ],
    )
    survey = SimpleNamespace(
        vertebra=SimpleNamespace(
            frame=SimpleNamespace(to_world=lambda p: np.asarray(p, dtype=float))
        ),
        wall=SimpleNamespace(
            points=SimpleNamespace(place_mm=places),
            opened=np.ones(len(places), dtype=bool),
            path=paths,
        ),
    )
    filling = SimpleNamespace(cement_share=share)
    return {gap.path: gap for gap in measure_opening_gaps(body, survey, filling)}


def test_the_gap_counts_from_the_edge_of_the_cement():
    found = scene([(LeakPath.B, (10, 15, 10))], [], [(10, 10, 10)])
    assert list(found) == list(LEAK_PATHS)
    assert found["B"].gap_mm == pytest.approx(4.5)
    assert found["B"].openings == 1


def test_the_nearest_end_of_a_vein_decides():
    found = scene([], [(LeakPath.S, (19, 10, 10), (13.0, 10.0, 10.0))], [(10, 10, 10)])
    assert found["S"].gap_mm == pytest.approx(2.5)


def test_cement_at_an_opening_is_not_negative():
    assert scene([(LeakPath.D, (10, 10, 10))], [], [(10, 10, 10)])["D"].gap_mm == 0.0


def test_open_faces_beside_each_other_are_one_opening():
    faces = [(LeakPath.C, (x, 0, 0)) for x in (0, 1, 2, 12)]
    assert scene(faces, [], [(10, 10, 10)])["C"].openings == 2


def test_without_opening_or_cement_there_is_no_gap():
    assert scene([], [], [(10, 10, 10)])["canal"].gap_mm is None
    found = scene([(LeakPath.B, (10, 15, 10))], [], [])
    assert (found["B"].openings, found["B"].gap_mm) == (1, None)


def test_pores_less_than_half_full_are_no_cement():
    found = scene([(LeakPath.B, (10, 15, 10))], [], [(10, 10, 10)])
    share = np.zeros(SHAPE)
    share[10, 14, 10] = 0.39  # of pores of 0.8
    assert found["B"].gap_mm > 4.0
