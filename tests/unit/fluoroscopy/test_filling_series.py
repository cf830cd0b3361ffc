"""Cement of an injection under the fluoroscope."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from vertaug.augmentation.cement.product import cement_product, product_names
from vertaug.augmentation.cement.radiopacity import xray_material
from vertaug.case.errors import InputError
from vertaug.case.filling import InjectionCurve
from vertaug.case.grid import Grid
from vertaug.case.instrument import needle_of_gauge
from vertaug.case.plan import NeedlePath, PathMargins
from vertaug.case.volume import Scan, ScanInfo
from vertaug.fluoroscopy import (
    CArm,
    Cylinder,
    cannula_in_place,
    filling_matter,
    filling_steps,
    fix_view,
    needle_in_place,
    prepare_patient,
    record,
    show_filling,
    show_view,
)
from vertaug.fluoroscopy.matter import find_window, measure_chords
from vertaug.tissue.ct_attenuation import effective_energy_kev
from vertaug.tissue.material import RADIOPACIFIERS, STEEL, WATER, bone_cement
from vertaug.verification.lobed_filling import lobed_filling

CEMENT = bone_cement(0.2)
ARM = CArm(isocentre_lps_mm=np.zeros(3), pixels=(160, 140), detector_mm=(160.0, 140.0))


@pytest.fixture(scope="module")
def filling():
    """3 ml in a block of 40 x 30 x 26 mm whose axes are turned by 20 degrees."""
    shape = (44, 34, 30)
    c, s = np.cos(np.radians(20.0)), np.sin(np.radians(20.0))
    affine = np.eye(4)
    affine[:3, :3] = [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2.0)
    inside = np.zeros(shape, dtype=bool)
    inside[2:-2, 2:-2, 2:-2] = True
    grid = Grid(shape=shape, affine=affine)
    return lobed_filling(grid, inside, np.where(inside, 0.85, 0.0), [[8, 0, 0], [-8, 0, 0]], 3000.0)


@pytest.fixture(scope="module")
def view():
    hu = np.full((60, 60, 60), -1000, np.int16)
    hu[6:54, 6:54] = 40
    hu[20:40, 20:40, 12:48] = 90
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = -118.0
    scan = Scan(
        hu=hu, grid=Grid(shape=hu.shape, affine=affine), info=ScanInfo(source_format="phantom")
    )
    return fix_view(prepare_patient(scan), ARM)


def needle_path(gauge=11):
    margins = PathMargins(
        canal_mm=3.0,
        pedicle_mm=2.0,
        anterior_wall_mm=8.0,
        posterior_wall_mm=20.0,
        lateral_wall_mm=9.0,
        superior_endplate_mm=9.0,
        inferior_endplate_mm=9.0,
        facet_mm=5.0,
        neighbour_mm=5.0,
    )
    return NeedlePath(
        side="left",
        needle=needle_of_gauge(gauge),
        entry_lps_mm=np.array([47.0, 0.0, 0.0]),
        target_lps_mm=np.array([2.0, 0.0, 0.0]),
        skin_entry_lps_mm=np.array([97.0, 0.0, 0.0]),
        length_mm=45.0,
        skin_depth_mm=50.0,
        axial_angle_deg=0.0,
        sagittal_angle_deg=0.0,
        entry_angle_deg=90.0,
        gertzbein_robbins="A",
        tip_thirds=("middle", "middle", "left"),
        tip_depth_fraction=0.5,
        safe=True,
        violations=(),
        margins=margins,
    )


def volume_mm3(matter):
    part = matter.fraction
    return float(part.values.sum(dtype=np.float64)) * part.grid.voxel_volume_mm3


def test_cement_keeps_its_volume_and_place(filling):
    """On finer cells; what a ray meets is what the coarse field holds, but for the edges."""
    matter = filling_matter(filling.cement_share, filling.grid, CEMENT)
    assert volume_mm3(matter) == pytest.approx(3000.0, rel=1e-4)
    assert matter.fraction.grid.spacing_mm == pytest.approx(0.5)
    values = matter.fraction.values
    points = matter.fraction.grid.to_world(np.argwhere(values > 0))
    where = np.average(points, axis=0, weights=values[values > 0])
    share = filling.cement_share
    source = filling.grid.to_world(np.argwhere(share > 0))
    assert where == pytest.approx(np.average(source, axis=0, weights=share[share > 0]), abs=0.01)
    window = find_window(matter, ARM)
    depth = measure_chords(matter, ARM, window).max()
    longest = share.sum(axis=1).max() * filling.grid.spacing_mm[1]
    assert depth == pytest.approx(longest, rel=0.15)


def test_cement_stands_clear_of_a_needle(filling):
    needles = needle_in_place(needle_path())
    whole = filling_matter(filling.cement_share, filling.grid, CEMENT)
    clear = filling_matter(filling.cement_share, filling.grid, CEMENT, needles)
    axis = np.array([[x, 0.0, 0.0] for x in np.linspace(4.0, 9.0, 10)])
    for matter, full in ((whole, True), (clear, False)):
        place = np.rint(matter.fraction.grid.to_index(axis)).astype(int)
        found = matter.fraction.values[tuple(place.T)]
        assert (found > 0.5).sum() >= 3 if full else (found == 0.0).all()
    assert 0.0 < volume_mm3(whole) - volume_mm3(clear) < 200.0


def test_frames_grow_darker_where_cement_is_and_nowhere_else(view, filling):
    images = show_filling(view, filling, CEMENT)
    assert len(images) == len(filling.frames)
    signals = [view.background, *(image.signal for image in images)]
    for before, after in pairwise(signals):
        assert after.sum() < before.sum()
    first = images[0]
    assert all(image.exposure is first.exposure and image.carm is first.carm for image in images)
    matter = filling_matter(filling.cement_share, filling.grid, CEMENT)
    w = find_window(matter, ARM)
    beside = np.ones(first.grey.shape, dtype=bool)
    beside[w.row - 8 : w.row + w.rows + 8, w.column - 8 : w.column + w.columns + 8] = False
    changed = show_view(view).grey.astype(int) - images[-1].grey.astype(int)
    assert np.abs(changed[beside]).max() <= 3
    assert changed[~beside].max() > 40
    assert changed[~beside].min() >= -6  # the monitor's edge enhancement
    assert "3.00 ml after 60 s" in images[-1].sentence


def test_what_leaked_is_told_and_not_shown(view, filling):
    curve = filling.curve
    leaked = np.zeros_like(curve.leaked_mm3)
    leaked[:, 4] = 0.1 * curve.injected_mm3
    given = {name: getattr(curve, name) for name in InjectionCurve.__dataclass_fields__}
    leaky = replace(filling, curve=InjectionCurve(**{**given, "leaked_mm3": leaked}))
    notes = [image.note for image in show_filling(view, leaky, CEMENT)]
    assert "0.07 ml that left the bone are not shown" in notes[0]
    assert "0.30 ml that left the bone are not shown" in notes[-1]
    assert all("left the bone" not in i.note for i in show_filling(view, filling, CEMENT))


def test_film_runs_evenly_from_nothing_to_all(view, filling):
    needles = cannula_in_place(needle_path(), 2.4, CEMENT)
    steps = list(filling_steps(filling, CEMENT, needles, images=9))
    assert len(steps[0]) == len(needles)
    held = [0.0, *(volume_mm3(step[-1]) for step in steps[1:])]
    assert np.diff(held) == pytest.approx(np.full(8, held[-1] / 8), rel=0.06)
    assert len(list(filling_steps(filling, CEMENT, needles))) == len(filling.frames)
    cine = record(view, steps, np.random.default_rng(2))
    assert len(cine.frames) == 9
    with pytest.raises(InputError, match="at least two images"):
        next(filling_steps(filling, CEMENT, needles, images=1))


def test_cannula_is_the_needle_with_a_bore(view):
    path = needle_path()
    solid, tube = needle_in_place(path), cannula_in_place(path, 2.4)
    assert [c.start_lps_mm.tolist() for c in solid] == [c.start_lps_mm.tolist() for c in tube]
    assert {c.bore_radius_mm for c in tube} == {1.2}
    filled = cannula_in_place(path, 2.4, CEMENT)
    assert [c.material for c in filled] == [STEEL, STEEL, CEMENT, CEMENT]
    assert all(isinstance(c, Cylinder) for c in filled)
    inside = filled[2]
    assert inside.radius_mm == 1.2
    assert inside.displaced_g_per_ml == filled[0].displaced_g_per_ml
    empty, full, rod = (float(show_view(view, m).signal.sum()) for m in (tube, filled, solid))
    assert rod < full < empty


@pytest.mark.parametrize("name", product_names())
def test_products_are_as_opaque_as_their_table_says(name):
    """CT number at the effective energy of 120 kV against the product's own, 12 %."""
    product = cement_product(name)
    material = xray_material(product)
    energy = effective_energy_kev(120.0)
    water = WATER.attenuation_at(energy)
    hu = 1000.0 * (material.attenuation_at(energy) / water - 1.0)
    assert hu == pytest.approx(product.hu_120kv.value, rel=0.12)
    assert material.density_g_per_ml == pytest.approx(product.density_g_per_ml.value, rel=0.03)


def test_unknown_radiopacifiers_are_refused():
    odd = replace(cement_product("low_viscosity"), radiopacifier="WO3")
    with pytest.raises(InputError, match="known radiopacifiers: BaSO4, ZrO2"):
        xray_material(odd)
    with pytest.raises(InputError, match="unknown radiopacifier 'tantalum'"):
        bone_cement(0.2, "tantalum")
    assert set(RADIOPACIFIERS) == {"BaSO4", "ZrO2"}
