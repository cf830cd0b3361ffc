"""Chords of solids against exact paths, and what matter does to a view."""

import numpy as np
import pytest

from vertaug.case.errors import GeometryError
from vertaug.case.grid import Grid
from vertaug.case.volume import Scan, ScanInfo
from vertaug.fluoroscopy import (
    Beam,
    Box,
    CArm,
    Cylinder,
    Ellipsoid,
    Technique,
    _chord_numba as fast,
    _chord_reference as plain,
    fix_view,
    prepare_patient,
    voxel_matter,
)
from vertaug.fluoroscopy.matter import find_window, measure_chords
from vertaug.fluoroscopy.view import add_matter
from vertaug.tissue.material import STEEL, bone_cement
from vertaug.verification.xray import path_through_ball, path_through_box, path_through_rod


def arm(primary=20.0, secondary=10.0, pixels=(40, 36), side=120.0):
    return CArm(
        isocentre_lps_mm=np.zeros(3),
        primary_angle_deg=primary,
        secondary_angle_deg=secondary,
        detector_mm=(side, side * 0.9),
        pixels=pixels,
    )


def chords(matter, carm):
    image = np.zeros((carm.pixels[1], carm.pixels[0]))
    window = find_window(matter, carm)
    part = measure_chords(matter, carm, window)
    rows = slice(window.row, window.row + window.rows)
    image[rows, window.column : window.column + window.columns] = part
    return image


def compare(image, carm, exact):
    focus, corner, across, down = carm.pixel_rays
    for v in range(image.shape[0]):
        for u in range(image.shape[1]):
            end = corner + u * across + v * down
            assert image[v, u] == pytest.approx(exact(focus, end), abs=1e-6)


@pytest.mark.parametrize("angles", [(0, 0), (20, 10), (90, 0), (-150, -30), (0, 89)])
def test_ball_rod_tube_and_slab_have_exact_chords(angles):
    carm = arm(*angles)
    ball = Ellipsoid(
        centre_lps_mm=np.array([3.0, -2.0, 5.0]), semi_axes_lps_mm=np.eye(3) * 11.0, material=STEEL
    )
    compare(chords(ball, carm), carm, lambda a, b: path_through_ball(a, b, [3.0, -2.0, 5.0], 11.0))
    ends = {"start_lps_mm": np.zeros(3), "end_lps_mm": np.array([0.0, 0.0, 24.0])}
    rod = Cylinder(**ends, radius_mm=7.0)
    compare(chords(rod, carm), carm, lambda a, b: path_through_rod(a, b, 7.0, 24.0))
    tube = Cylinder(**ends, radius_mm=7.0, bore_radius_mm=5.5)
    compare(
        chords(tube, carm),
        carm,
        lambda a, b: path_through_rod(a, b, 7.0, 24.0) - path_through_rod(a, b, 5.5, 24.0),
    )
    slab = Box(centre_lps_mm=np.zeros(3), semi_axes_lps_mm=np.diag([15.0, 4.0, 20.0]))
    half = np.array([15.0, 4.0, 20.0])
    compare(chords(slab, carm), carm, lambda a, b: path_through_box(a, b, -half, half))


def test_a_needle_seen_end_on_is_as_long_as_it_is():
    carm = arm(0.0, 0.0, pixels=(41, 37), side=41.0)
    rod = Cylinder(
        start_lps_mm=np.array([0.0, 60.0, 0.0]), end_lps_mm=np.array([0.0, -20.0, 0.0]),
        radius_mm=1.5,
    )  # fmt: skip
    assert chords(rod, carm)[18, 20] == pytest.approx(80.0, abs=1e-6)


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_compiled_chords_are_those_of_the_reference(kind):
    rng = np.random.default_rng(kind)
    for _ in range(20):
        world = rng.normal(size=(4, 3)) * [[3.0], [3.0], [0.3], [0.3]]
        inverse = rng.normal(size=(3, 4))
        made, exact = np.zeros((5, 6)), np.zeros((5, 6))
        fast.add_chords(world, inverse, kind, 1.0, made)
        plain.add_chords(world, inverse, kind, 1.0, exact)
        np.testing.assert_allclose(made, exact, atol=1e-7)


def test_the_window_holds_all_of_it_and_nothing_off_the_detector():
    carm = arm()
    ball = Ellipsoid(centre_lps_mm=np.array([8.0, 3.0, -6.0]), semi_axes_lps_mm=np.eye(3) * 9.0)
    full = measure_chords(ball, carm, _whole(carm))
    np.testing.assert_array_equal(full > 0, chords(ball, carm) > 0)
    away = Ellipsoid(centre_lps_mm=np.array([300.0, 0.0, 0.0]), semi_axes_lps_mm=np.eye(3))
    assert find_window(away, carm) is None


@pytest.mark.parametrize("kind", ["ball", "box", "rod", "field"])
def test_of_what_reaches_behind_the_focus_the_part_in_front_is_seen(kind):
    """The window holds every chord of it; a needle driver may stand beside the tube."""
    carm = arm(0.0, 0.0)
    middle = carm.focus_lps_mm + 12.0 * carm.right
    matter = {
        "ball": Ellipsoid(centre_lps_mm=middle, semi_axes_lps_mm=np.eye(3) * 15.0),
        "box": Box(centre_lps_mm=middle, semi_axes_lps_mm=np.diag([11.0, 30.0, 4.0])),
        "rod": Cylinder(
            start_lps_mm=carm.focus_lps_mm - 200.0 * carm.receptor + 30.0 * carm.right,
            end_lps_mm=carm.focus_lps_mm + 300.0 * carm.receptor + 12.0 * carm.right,
            radius_mm=2.0,
        ),
        "field": voxel_matter(
            np.ones((20, 40, 9)),
            Grid(shape=(20, 40, 9), affine=_shifted(middle - [12.0, 19.5, 4.0])),
        ),
    }[kind]
    full = measure_chords(matter, carm, _whole(carm))
    assert (full > 0).any()
    np.testing.assert_allclose(chords(matter, carm), full, atol=1e-3)
    if kind == "rod":
        assert find_window(matter, carm).columns < 0.6 * carm.pixels[0]


def test_what_lies_behind_the_focus_is_left_out(view):
    behind = view.carm.focus_lps_mm - 20.0 * view.carm.receptor
    ball = Ellipsoid(centre_lps_mm=behind, semi_axes_lps_mm=np.eye(3) * 5.0)
    assert find_window(ball, view.carm) is None
    np.testing.assert_array_equal(add_matter(view, [ball]), view.background)
    # beside the focus its box reaches to the front, its rays do not
    beside = Ellipsoid(
        centre_lps_mm=behind + 17.0 * view.carm.receptor, semi_axes_lps_mm=np.eye(3) * 2.9
    )
    np.testing.assert_array_equal(add_matter(view, [beside]), view.background)


def _shifted(origin):
    affine = np.eye(4)
    affine[:3, 3] = origin
    return affine


def _whole(carm):
    from vertaug.fluoroscopy.line_integral import Window

    return Window(column=0, row=0, columns=carm.pixels[0], rows=carm.pixels[1])


def test_a_field_of_fractions_weighs_what_its_ball_weighs():
    grid = Grid(shape=(60, 60, 60), affine=np.diag([0.5, 0.5, 0.5, 1.0]))
    centre = grid.to_world([29.5, 29.5, 29.5])
    away = np.linalg.norm(
        grid.to_world(np.stack(np.indices(grid.shape), axis=-1)) - centre, axis=-1
    )
    field = voxel_matter(np.clip((10.0 - away) / 0.5 + 0.5, 0.0, 1.0), grid)
    carm = arm(pixels=(120, 108), side=120.0).centre_on(centre)
    ball = Ellipsoid(centre_lps_mm=centre, semi_axes_lps_mm=np.eye(3) * 10.0)
    voxels, solid = chords(field, carm), chords(ball, carm)
    assert voxels.sum() == pytest.approx(solid.sum(), rel=2e-3)
    # at the rim a voxel is seen as a step: a chord of 2 sqrt(2 r h) for h of half a voxel
    assert abs(voxels - solid).max() < 2 * np.sqrt(2 * 10.0 * 0.25)


@pytest.fixture(scope="module")
def view():
    hu = np.full((40, 40, 40), -1000, np.int16)
    hu[4:36, 4:36] = 40
    affine = np.diag([5.0, 5.0, 5.0, 1.0])
    affine[:3, 3] = -97.5
    scan = Scan(
        hu=hu, grid=Grid(shape=hu.shape, affine=affine), info=ScanInfo(source_format="phantom")
    )
    technique = Technique(beam=Beam(tube_voltage_kv=80.0))
    return fix_view(prepare_patient(scan), arm(0.0, 0.0, side=150.0), technique)


def test_only_covered_pixels_change_and_dense_is_darker(view):
    ball = {"centre_lps_mm": np.array([10.0, 0.0, 5.0]), "semi_axes_lps_mm": np.eye(3) * 12.0}
    covered = chords(Ellipsoid(**ball), view.carm) > 0
    left = {}
    for name, material in (
        ("steel", STEEL),
        ("cement", bone_cement(0.3)),
        ("pale", bone_cement(0.0)),
    ):
        signal = add_matter(view, [Ellipsoid(**ball, material=material)])
        np.testing.assert_array_equal(signal[~covered], view.background[~covered])
        left[name] = float((signal / view.background)[covered].min())
    assert left["steel"] < left["cement"] < 0.2
    assert left["pale"] > 0.8


def test_air_in_place_of_tissue_lets_more_through_but_never_more_than_all(view):
    from vertaug.tissue.material import Material

    air = Material(name="air", density_g_per_ml=0.0012, parts=(("air", 1.0),), source="test")
    huge = Ellipsoid(
        centre_lps_mm=np.zeros(3), semi_axes_lps_mm=np.diag([40.0, 400.0, 40.0]), material=air
    )
    signal = add_matter(view, [huge])
    middle = signal[18, 20]
    assert view.background[18, 20] < 0.1
    assert 0.9 < middle <= 1.0


def test_overlapping_windows_add_up(view):
    ends = np.array([[-20.0, 0.0, 0.0], [20.0, 0.0, 0.0], [0.0, 20.0, -20.0], [0.0, 20.0, 20.0]])
    a = Cylinder(start_lps_mm=ends[0], end_lps_mm=ends[1], radius_mm=2.0)
    b = Cylinder(start_lps_mm=ends[2], end_lps_mm=ends[3], radius_mm=2.0)
    both = add_matter(view, [a, b])
    np.testing.assert_allclose(both, add_matter(view, [b, a]), rtol=1e-6)
    assert np.all(both <= np.minimum(add_matter(view, [a]), add_matter(view, [b])) * (1 + 1e-6))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Cylinder(start_lps_mm=np.zeros(3), end_lps_mm=np.zeros(3), radius_mm=1.0), "ends"),
        (
            lambda: Cylinder(
                start_lps_mm=np.zeros(3), end_lps_mm=np.ones(3), radius_mm=1.0, bore_radius_mm=1.0
            ),
            "bore",
        ),
        (lambda: Ellipsoid(centre_lps_mm=np.zeros(3), semi_axes_lps_mm=np.zeros((3, 3))), "span"),
        (lambda: Box(centre_lps_mm=np.zeros(2), semi_axes_lps_mm=np.eye(3)), "shape"),
    ],
)
def test_what_is_no_solid_is_refused(make, said):
    with pytest.raises(GeometryError, match=said):
        make()


def test_fractions_lie_between_none_and_all():
    grid = Grid(shape=(2, 2, 2), affine=np.eye(4))
    with pytest.raises(GeometryError, match="fraction"):
        voxel_matter(np.full((2, 2, 2), 1.5), grid)
