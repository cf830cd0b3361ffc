"""Bone compacted about a cavity on the cement's grid, beside movements whose answer is known."""

from dataclasses import fields, replace

import numpy as np
import pytest

from vertaug.augmentation.balloon.bone_points import PointGrid, drill, fill_points, inside_share
from vertaug.augmentation.balloon.cavity import cavity_share
from vertaug.augmentation.balloon.surface import capsule
from vertaug.augmentation.bone_shift import shift_of_bone
from vertaug.augmentation.cement.porous_body import (
    CAVITY_MM2,
    build_porous_body,
    open_void,
)
from vertaug.augmentation.cement.survey import survey_bone
from vertaug.augmentation.deflated_bone import DeflatedBone
from vertaug.augmentation.deflated_survey import (
    compact_survey,
    porous_body_after_balloon,
    survey_deflated,
)
from vertaug.case.grid import axis_aligned_grid
from vertaug.numerics.flow_cells import POROUS
from vertaug.numerics.interpolation import extend_nearest
from vertaug.tissue import calibrate_generic
from vertaug.tissue.bone_law import DensityKind, convert_density
from vertaug.verification.analytic_vertebra import AnalyticVertebra

ROTATED = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
KIND = AnalyticVertebra(world_axes=ROTATED, world_origin=np.array([10.0, -20.0, 300.0]))
LOW = np.array([-27.0, -21.0, -18.0])
SHAPE, SPACING = (36, 28, 24), 1.5
MIDDLE = np.array([0.5, -1.0, 0.2])
EVEN = 120.0


@pytest.fixture(scope="module")
def survey():
    return survey_bone(KIND.vertebra(), calibrate_generic(120.0))


@pytest.fixture(scope="module")
def even(survey):
    """The same bone with one density everywhere."""
    same = np.full(survey.bone.grid.shape, EVEN)
    bone = replace(survey.bone, density_mg_per_ml=same, cancellous_mg_per_ml=same)
    return replace(survey, bone=bone)


@pytest.fixture(scope="module")
def voxels():
    corner = KIND.frame().to_world(LOW + 0.5 * SPACING)
    return axis_aligned_grid(corner, ROTATED, SPACING, SHAPE)


@pytest.fixture(scope="module")
def points():
    """Points of bone in the body, without discs."""
    half = [LOW[a] + 0.5 * SPACING * (np.arange(2 * n) + 0.5) for a, n in enumerate(SHAPE)]
    place = np.stack(np.meshgrid(*half, indexing="ij"), axis=-1)
    density = np.where(KIND.body_function(place) < 0.0, 0.12, 0.0)
    return fill_points(PointGrid(shape=SHAPE, spacing_mm=SPACING), density)


def sphere(radius, middle=MIDDLE):
    return capsule(middle - LOW, np.array([0.0, 0.0, 1.0]), 2.0 * radius, radius)


def pressed(points, radius, reach):
    """Bone within ``reach`` of the middle pressed evenly into the shell about a cavity."""
    offset = points.place_mm + LOW - MIDDLE
    away = np.linalg.norm(offset, axis=1)
    shell = (reach**3 - radius**3) / reach**3
    wanted = np.where(away < reach, np.cbrt(radius**3 + shell * away**3), away)
    moved = offset * (wanted / away)[:, None] + MIDDLE - LOW
    place = np.where(away[:, None] < reach, moved, points.place_mm)
    return replace(points, place_mm=place), 1.0 / shell


def deflated(voxels, before, after, cavities, drilled=None):
    """What became of each eighth: bone as its point, beside it as the nearest."""
    shape = tuple(2 * n for n in SHAPE)
    cell = tuple(np.floor(before.place_mm / (0.5 * SPACING)).astype(int).T)
    moved, known = np.zeros((*shape, 3)), np.zeros(shape, dtype=bool)
    moved[cell], known[cell] = after.place_mm - before.place_mm, True
    vertebra = KIND.vertebra()
    return DeflatedBone(
        voxels=voxels,
        moved_mm=extend_nearest(moved, known).astype(np.float32),
        drilled=np.zeros(shape, dtype=bool) if drilled is None else drilled,
        cavities=cavities,
        superior=vertebra.superior.surface,
        inferior=vertebra.inferior.surface,
    )


def compacted(survey, voxels, before, after, cavities, drilled=None):
    return compact_survey(survey, deflated(voxels, before, after, cavities, drilled))[0]


def away_from_middle(grid):
    place = KIND.frame().to_local(grid.to_world(np.moveaxis(np.indices(grid.shape), 0, -1)))
    return np.linalg.norm(place - MIDDLE, axis=-1)


def apparent(density):
    return convert_density(density, DensityKind.K2HPO4, DensityKind.APPARENT)


@pytest.mark.parametrize("seed", [3, 4])
def test_without_a_balloon_the_porous_body_is_the_same_bit_for_bit(survey, voxels, points, seed):
    found = compacted(survey, voxels, points, points, ())
    none = cavity_share((), voxels, survey.bone.grid)
    assert not none.any()
    body = porous_body_after_balloon(found, none, np.random.default_rng(seed))
    plain = build_porous_body(survey, np.random.default_rng(seed))
    arrays = 0
    for item in fields(plain):
        one, other = getattr(body, item.name), getattr(plain, item.name)
        if isinstance(one, np.ndarray):
            np.testing.assert_array_equal(one, other)
            arrays += 1
    assert arrays == 8
    for item in fields(plain.thin):
        np.testing.assert_array_equal(getattr(body.thin, item.name), getattr(plain.thin, item.name))
    np.testing.assert_array_equal(body.cells.region, plain.cells.region)
    assert body.notes == plain.notes


def test_gas_carries_no_bone_into_the_rim(even, voxels, points):
    after, _ = pressed(points, 6.0, 9.0)
    gas = np.ones(even.bone.grid.shape)
    filled = replace(even, bone=replace(even.bone, gas_share=gas))
    found = compacted(filled, voxels, points, after, (sphere(6.0),))
    assert np.array_equal(found.bone.cancellous_mg_per_ml, even.bone.cancellous_mg_per_ml)


def test_bone_that_stayed_keeps_its_density_beside_a_cavity(survey, voxels, points):
    """The matter is moved and spread near the cavity only: elsewhere not one bit changes."""
    after, _ = pressed(points, 3.0, 4.0)
    found = compacted(survey, voxels, points, after, (sphere(3.0),))
    grid, reach = survey.bone.grid, 4.0 + 2.0 * 3.0 + 2.0  # two kernels and two cells
    place = KIND.frame().to_local(grid.to_world(np.moveaxis(np.indices(grid.shape), 0, -1)))
    far = (np.abs(place - MIDDLE) > reach).any(axis=-1)
    for name in ("density_mg_per_ml", "cancellous_mg_per_ml"):
        new, old = getattr(found.bone, name), getattr(survey.bone, name)
        assert np.array_equal(new[far], old[far])
        assert (new != old).sum() > 500


def test_bone_pressed_evenly_into_a_shell_is_denser_by_as_much(even, voxels, points):
    after, denser = pressed(points, 7.0, 11.0)
    found = compacted(even, voxels, points, after, (sphere(7.0),))
    away = away_from_middle(even.bone.grid)
    ratio = apparent(found.bone.cancellous_mg_per_ml) / apparent(EVEN)
    shell = (away > 7.5) & (away < 9.0)
    assert denser == pytest.approx(1.347, abs=1e-3)
    assert ratio[shell].mean() == pytest.approx(denser, rel=0.01)
    assert ratio[shell].std() < 0.06
    np.testing.assert_array_equal(found.bone.density_mg_per_ml, found.bone.cancellous_mg_per_ml)


def test_mass_is_kept(even, voxels, points):
    """All that was in the ball is in the shell: the porous bone holds as much as before."""
    cavity = sphere(6.0)
    after, _ = pressed(points, 6.0, 9.0)
    found = compacted(even, voxels, points, after, (cavity,))
    free = 1.0 - cavity_share((cavity,), voxels, even.bone.grid)
    porous = even.bone.region == POROUS
    volume = even.bone.grid.voxel_volume_mm3
    moved = volume * (apparent(found.bone.cancellous_mg_per_ml) * free)[porous].sum()
    start = volume * apparent(EVEN) * porous.sum()
    assert moved == pytest.approx(start, rel=0.003)
    assert start - apparent(EVEN) * 4.0 / 3.0 * np.pi * 6.0**3 < 0.97 * start


def test_bone_drilled_out_before_is_not_pressed_into_the_rim(even, voxels, points):
    """A tube is taken out and nothing moves: the bone about it stays as it was."""
    grid = PointGrid(shape=SHAPE, spacing_mm=SPACING)
    tube = capsule(MIDDLE - LOW, np.array([0.0, 1.0, 0.0]), 15.0, 2.5)
    left = drill(points, tube, grid)
    out = inside_share(tube, PointGrid(shape=(72, 56, 48), spacing_mm=0.5 * SPACING)) >= 0.5
    found = compacted(even, voxels, left, left, (tube,), out)
    share = cavity_share((tube,), voxels, even.bone.grid)
    beside = (share < 0.5) & (even.bone.region == POROUS)
    ratio = apparent(found.bone.cancellous_mg_per_ml) / apparent(EVEN)
    np.testing.assert_allclose(ratio[beside], 1.0, atol=0.2)
    assert ratio[beside & (share > 0.0)].mean() == pytest.approx(1.0, abs=0.02)


def test_a_wall_that_moves_a_little_does_not_grow_denser(even, voxels, points):
    """The upper half rises by 0.6 mm: what is above it moves along; the gap thins out."""
    place = points.place_mm.copy()
    top = place[:, 2] + LOW[2] > 6.0
    place[top, 2] += 0.6
    found = compacted(even, voxels, points, replace(points, place_mm=place), ())
    grid = even.bone.grid
    z = KIND.frame().to_local(grid.to_world(np.moveaxis(np.indices(grid.shape), 0, -1)))[..., 2]
    at_top = (even.bone.region == POROUS) & (z > 10.5) & even.bone.in_body
    ratio = apparent(found.bone.cancellous_mg_per_ml) / apparent(EVEN)
    np.testing.assert_allclose(ratio[at_top], 1.0, atol=0.02)
    gap = even.bone.in_body & (np.abs(z - 6.3) < 0.6) & (ratio < 1.5)
    assert ratio[gap].mean() < 0.9


def test_densities_stay_within_those_of_fat_and_of_solid_bone(even, voxels, points):
    after, _ = pressed(points, 6.0, 9.0)
    shape = even.bone.grid.shape
    odd = replace(
        even.bone,
        density_mg_per_ml=np.full(shape, -100.0),
        cancellous_mg_per_ml=np.full(shape, 900.0),
    )
    found = compacted(replace(even, bone=odd), voxels, points, after, (sphere(6.0),))
    solid = convert_density(1900.0, DensityKind.APPARENT, DensityKind.K2HPO4)
    assert found.bone.cancellous_mg_per_ml.max() == pytest.approx(solid)
    assert (found.bone.density_mg_per_ml == -100.0).all()


def test_the_notes_tell_of_the_cavity_and_of_what_lies_outside(survey, voxels, points):
    outside = sphere(4.0, np.array([24.0, 0.0, 0.0]))
    found = compacted(survey, voxels, points, points, (outside,))
    first, last = found.notes[-2:]
    assert found.notes[:-2] == survey.notes
    share = cavity_share((outside,), voxels, survey.bone.grid)
    lost = share[survey.bone.region != POROUS].sum()
    inside = share[survey.bone.region == POROUS].sum()
    assert f"a cavity of {inside / 1000.0:.1f} ml" in first
    assert f"{lost / 1000.0:.2f} ml of the cavity lie outside" in last
    assert found.wall is survey.wall


def test_the_wall_is_surveyed_where_the_bone_has_gone(survey, voxels, points):
    """The upper half rises by 3 mm, in a frame that is not that of the CT."""
    place = points.place_mm.copy()
    place[place[:, 2] + LOW[2] > 4.0, 2] += 3.0
    shift = shift_of_bone(KIND.vertebra(), voxels, points, place)
    found = survey_deflated(KIND.vertebra(), calibrate_generic(120.0), shift)
    for sign, rise in ((1.0, 3.0), (-1.0, 0.0)):
        ends = []
        for one in (survey, found):
            at = one.wall.points
            local, out = at.place_mm, sign * at.outward[:, 2]
            inner = (np.abs(local[:, 0]) < 8.0) & (np.abs(local[:, 1]) < 6.0) & (out > 0.8)
            ends.append(local[inner, 2].mean())
        assert ends[1] - ends[0] == pytest.approx(rise, abs=0.15)
    assert "at the wall it moved by at most 3.0 mm" in found.notes[-1]
    more = (found.bone.region == POROUS).sum() - (survey.bone.region == POROUS).sum()
    section = (survey.bone.in_body & (survey.bone.region == POROUS)).any(axis=2).sum()
    assert more == pytest.approx(3.0 * section, rel=0.1)


def test_the_cavity_is_open_and_its_rim_is_tight(even, voxels, points):
    after, _ = pressed(points, 6.0, 9.0)
    cavity = (sphere(6.0),)
    found = compacted(even, voxels, points, after, cavity)
    share = cavity_share(cavity, voxels, even.bone.grid)
    body = porous_body_after_balloon(found, share, np.random.default_rng(3))
    plain = build_porous_body(even, np.random.default_rng(3))
    away = away_from_middle(even.bone.grid)
    np.testing.assert_allclose(body.permeability_mm2[away < 4.5], CAVITY_MM2, rtol=1e-3)
    rim = (away > 6.9) & (away < 7.8) & (share == 0.0)
    tighter = body.permeability_mm2[rim] / plain.permeability_mm2[rim]
    assert (body.porosity[rim] < plain.porosity[rim]).all()
    assert 0.3 < tighter.min() < tighter.max() < 0.7
    opened = open_void(build_porous_body(found, np.random.default_rng(3)), share)
    assert np.array_equal(body.permeability_mm2, opened.permeability_mm2)
    gained = (body.pore_volume_mm3 - plain.pore_volume_mm3).sum()
    solid = 1.0 - plain.porosity[rim].mean()
    pressed_in = 4.0 / 3.0 * np.pi * 6.0**3 * solid
    assert gained == pytest.approx(0.0, abs=0.1 * pressed_in)
