"""Veins drain the bone around them as an exact solution says, in cells of any size."""

import numpy as np
import pytest

from vertaug.augmentation.cement.openings import LeakPath
from vertaug.augmentation.cement.thin_links import link_way
from vertaug.augmentation.cement.way_out import Way
from vertaug.verification.drained_bone import DrainedBone

pytestmark = pytest.mark.verification

PLACES = np.random.default_rng(1).uniform(-0.5, 0.5, (6, 2))


def pressure_ratio(diameter_mm, spacing_mm, offset):
    placed = DrainedBone(diameter_mm=diameter_mm).place(spacing_mm, offset)
    start = np.array([*placed.axis_mm, -0.5 * spacing_mm])
    vein = Way(
        path=LeakPath.S,
        kind="vein",
        mouth_mm=start,
        inner_mm=start + np.array([0.0, 0.0, placed.length_mm]),
        size_mm=diameter_mm,
        own_mm3=1e6,  # all resistance is the bone's
        length_mm=placed.length_mm,
    )
    along, around = (np.arange(16) + 0.5) / 16, (np.arange(16) + 0.5) * np.pi / 8
    cell = np.floor(vein.places_mm(along, around, spacing_mm) / spacing_mm + 0.5).astype(int)
    permeability = np.full(len(cell), placed.problem.permeability_mm2)
    given = (vein, cell, permeability, np.zeros(len(cell)))
    thin = link_way(*given, cell_mm=spacing_mm, exit_lps_mm=start)
    return placed.pressure_ratio(thin.cell, thin.conductance_mm3)


@pytest.mark.parametrize("diameter_mm", [0.6, 1.0, 1.6, 2.25, 3.8])
@pytest.mark.parametrize("spacing_mm", [2.0, 1.5, 1.0, 0.75, 0.5])
def test_a_vein_drains_the_bone_around_it(diameter_mm, spacing_mm):
    found = [pressure_ratio(diameter_mm, spacing_mm, tuple(place)) for place in PLACES]
    assert np.mean(found) == pytest.approx(1.0, abs=0.15)
    assert found == pytest.approx(np.ones(len(found)), abs=0.35)


def test_a_vein_in_the_middle_of_wide_cells_is_exact():
    """All of the bone that the cells leave out is in the link."""
    assert pressure_ratio(0.1, 1.0, (0.0, 0.0)) == pytest.approx(1.0, abs=0.01)
