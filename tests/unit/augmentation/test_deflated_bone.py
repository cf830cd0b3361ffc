"""Where the bone went, from points that moved as is known."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from vertaug.augmentation.balloon.bone_points import PointGrid, drill, fill_points
from vertaug.augmentation.balloon.shape import measure_shape
from vertaug.augmentation.balloon.surface import capsule
from vertaug.augmentation.deflated_bone import deflated_bone
from vertaug.case.grid import axis_aligned_grid
from vertaug.verification.analytic_vertebra import AnalyticVertebra

KIND = AnalyticVertebra()
LOW, SHAPE, SPACING = np.array([-30.0, -24.0, -21.0]), (40, 32, 28), 1.5
GRID = PointGrid(shape=SHAPE, spacing_mm=SPACING)


@pytest.fixture(scope="module")
def vertebra():
    return KIND.vertebra()


@pytest.fixture(scope="module")
def bone(vertebra):
    """Points of the body, drilled for one balloon, with one point of a disc."""
    half = [LOW[a] + 0.5 * SPACING * (np.arange(2 * n) + 0.5) for a, n in enumerate(SHAPE)]
    place = np.stack(np.meshgrid(*half, indexing="ij"), axis=-1)
    density = np.where(KIND.body_function(place) < 0.0, 0.12, 0.0)
    density[0, 0, 0] = 0.12
    elastic = np.zeros_like(density)
    elastic[0, 0, 0] = 6.0
    folded = capsule(-LOW, np.array([0.0, 1.0, 0.0]), 12.0, 2.0)
    whole = fill_points(GRID, density, elastic)
    voxels = axis_aligned_grid(
        vertebra.frame.to_world(LOW + 0.5 * SPACING), vertebra.frame.axes, SPACING, SHAPE
    )
    return SimpleNamespace(
        points=drill(whole, folded, GRID), voxels=voxels, whole=whole, folded=folded
    )


def treated(bone, moved_mm):
    points = replace(bone.points, place_mm=bone.points.place_mm + moved_mm)
    return SimpleNamespace(
        bone=bone, emptied=SimpleNamespace(points=points), folded=(bone.folded,), cavities=()
    )


def test_each_eighth_moved_as_its_point_and_beside_bone_as_the_nearest(vertebra, bone):
    place = bone.points.place_mm
    moved = 0.01 * place @ np.array([[1.0, 0.2, 0.0], [0.0, 1.0, 0.3], [0.1, 0.0, 1.0]])
    found = deflated_bone(vertebra, treated(bone, moved))
    own = bone.points.elastic_mpa == 0.0
    cell = tuple(np.floor(place[own] / (0.5 * SPACING)).astype(int).T)
    np.testing.assert_allclose(found.moved_mm[cell], moved[own], atol=1e-6)
    # a disc says nothing of bone: in its place the corner of the body counts
    away = np.linalg.norm(place[own] - place[~own][0], axis=1)
    nearest = moved[own][away < away.min() + 1e-9]
    assert np.abs(nearest - found.moved_mm[0, 0, 0]).max(axis=1).min() < 1e-6


def test_drilled_is_what_the_balloon_took_out(vertebra, bone):
    found = deflated_bone(vertebra, treated(bone, 0.0))
    side = 0.5 * SPACING
    cells = [
        {tuple(c) for c in np.floor(points.place_mm / side).astype(int)}
        for points in (bone.whole, bone.points)
    ]
    gone = cells[0] - cells[1]
    assert gone
    marked = {tuple(c) for c in np.argwhere(found.drilled)}
    assert gone == marked & cells[0]


def test_endplates_move_as_the_shape_is_measured(vertebra, bone):
    place = bone.points.place_mm
    moved = np.zeros_like(place)
    moved[:, 2] = np.where(place[:, 2] > -LOW[2], 1.25, -0.5)
    treatment = treated(bone, moved)
    found = deflated_bone(vertebra, treatment)
    shape = measure_shape(vertebra, bone.voxels, bone.points, treatment.emptied.points)
    for after, plate, rise in (
        (found.superior, vertebra.superior, shape.lift.height_mm),
        (found.inferior, vertebra.inferior, -shape.sink.height_mm),
    ):
        change = after.height_mm - plate.surface.height_mm
        np.testing.assert_allclose(change, rise, atol=1e-9)
    assert np.nanmedian(found.superior.height_mm - vertebra.superior.surface.height_mm) == (
        pytest.approx(1.25, abs=1e-6)
    )


def test_endplates_stay_where_nothing_moved(vertebra, bone):
    found = deflated_bone(vertebra, treated(bone, 0.0))
    np.testing.assert_array_equal(found.superior.height_mm, vertebra.superior.surface.height_mm)
    np.testing.assert_array_equal(found.inferior.height_mm, vertebra.inferior.surface.height_mm)
    assert not found.moved_mm.any()


@pytest.mark.parametrize("columns", [(4, 0), (-4, 0), (0, 3), (2, -3)])
def test_bone_that_moves_sideways_brings_its_height_along(vertebra, bone, columns):
    """Also at a rim that falls away: its slope must not lift a column above all bone."""
    before = with_rim(vertebra.superior.surface)
    rimmed = replace(vertebra, superior=replace(vertebra.superior, surface=before))
    step = [axis[1] - axis[0] for axis in (before.u_mm, before.v_mm)]
    moved = np.array([columns[0] * step[0], columns[1] * step[1], 0.5])
    after = deflated_bone(rimmed, treated(bone, moved)).superior.height_mm
    came = np.roll(before.height_mm, columns, axis=(0, 1)) + 0.5
    known = np.isfinite(before.height_mm)
    both = known & np.isfinite(came)
    assert both.sum() > 0.7 * known.sum()
    np.testing.assert_allclose(after[both], came[both], atol=1e-6)
    # from beside the surface comes the height of its nearest column
    np.testing.assert_array_equal(np.isfinite(after), known)
    assert after[known].max() <= np.nanmax(before.height_mm) + 0.5 + 1e-6
    assert after[known].min() >= np.nanmin(before.height_mm) + 0.5 - 1e-6


def test_bone_that_moves_by_part_of_a_column_comes_from_between(vertebra, bone):
    before = vertebra.superior.surface
    step = before.u_mm[1] - before.u_mm[0]
    after = deflated_bone(vertebra, treated(bone, np.array([0.25 * step, 0.0, 0.0])))
    h = before.height_mm
    came = np.full_like(h, np.nan)
    came[1:] = 0.75 * h[1:] + 0.25 * h[:-1]
    both = np.isfinite(came)
    np.testing.assert_allclose(after.superior.height_mm[both], came[both], atol=1e-6)


def with_rim(field):
    """Return a height map whose outermost columns lie 8 mm lower, as at a real body's edge."""
    seen = np.isfinite(field.height_mm)
    rim = seen & ~binary_erosion(seen)
    return replace(field, height_mm=np.where(rim, field.height_mm - 8.0, field.height_mm))
