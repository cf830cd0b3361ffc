"""The heat of a filling in a patient."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.cement.hardening import HardeningSchedule
from vertaug.augmentation.cement.heat_scene import mixture_of
from vertaug.augmentation.cement.heat_tissue import TISSUES
from vertaug.augmentation.cement.patient_heat import (
    HeatSetting,
    harden_filling,
    scene_of_filling,
    temperature_after_injection,
)
from vertaug.augmentation.cement.product import cement_product
from vertaug.augmentation.cement.survey import survey_bone
from vertaug.case.errors import InputError
from vertaug.case.filling import Extravasation, InjectionCurve
from vertaug.case.spine import Region
from vertaug.tissue.porosity import PorosityLaw
from vertaug.verification.lobed_filling import lobed_filling

LOW = cement_product("low_viscosity")
SHORT = HardeningSchedule(seconds=600.0, first_step_s=2.0, rise_c=3.0)


@pytest.fixture(scope="module")
def survey(plain, law):
    vertebra, scan, _ = plain
    return survey_bone(vertebra, law, scan, spacing_mm=2.0)


def fill(survey, volume_mm3=3000.0):
    bone = survey.bone
    tips = survey.vertebra.frame.to_world([[8.0, -5.0, -1.0], [-8.0, -5.0, -1.0]])
    porosity = PorosityLaw().evaluate(bone.density_mg_per_ml)
    return lobed_filling(bone.grid, bone.in_body, porosity, tips, volume_mm3)


@pytest.fixture(scope="module")
def filling(survey):
    return fill(survey)


@pytest.fixture(scope="module")
def box(survey, filling):
    return scene_of_filling(filling, survey, HeatSetting())


@pytest.fixture(scope="module")
def hardened(survey, filling):
    return harden_filling(filling, survey, LOW, schedule=SHORT)


def lasting(filling, seconds):
    """The same injection in another time."""
    curve = filling.curve
    time = curve.time_s / curve.time_s[-1] * seconds
    given = {name: getattr(curve, name) for name in InjectionCurve.__dataclass_fields__}
    return replace(filling, curve=InjectionCurve(**{**given, "time_s": time}))


def test_box_holds_the_cement_and_the_tissues_around_it(survey, filling, box):
    scene, grid = box
    assert scene.cement.sum() == pytest.approx(filling.cement_share.sum(dtype=np.float64))
    filled = np.argwhere(scene.cement > 0.0)
    assert (filled.min(axis=0) * grid.spacing_mm >= 15.0).all()
    beyond = np.array(grid.shape) - 1 - filled.max(axis=0)
    assert (beyond * grid.spacing_mm >= 15.0).all()
    local = survey.vertebra.frame.to_local(
        grid.to_world(np.moveaxis(np.indices(grid.shape), 0, -1))
    )
    x, y, z = np.moveaxis(local, -1, 0)
    names = np.array(TISSUES)[scene.tissue]
    assert (names[scene.cement > 0.5] == "bone").mean() > 0.95
    canal = names == "canal"
    assert y[canal].min() > y[scene.cement > 0.5].max()
    assert abs(x[canal].mean()) < 1.0
    # through all layers, though the vertebra's own canal ends at its arch
    own = survey.vertebra.mask(Region.CANAL)
    arch = survey.vertebra.frame.to_local(survey.vertebra.regions.grid.to_world(np.argwhere(own)))
    assert z[canal].max() > arch[:, 2].max() + 5.0
    assert z[canal].min() < arch[:, 2].min() - 5.0
    disc = names == "disc"
    for plate, sign in ((survey.vertebra.superior, 1.0), (survey.vertebra.inferior, -1.0)):
        middle = survey.vertebra.frame.to_local(plate.centre_lps_mm)[2]
        assert (disc & (sign * z > sign * middle)).any()
    ends = (np.abs(x) < 5.0) & (np.abs(y) < 5.0)
    assert (names[ends & (z == z.max())] == "bone").mean() > 0.9
    assert (names == "cortex").any()


def test_cement_warms_while_it_comes_in(survey, filling, box):
    """At once it is as cold as a mixture; slowly, what came first is the warmest."""
    scene, grid = box
    setting = HeatSetting()
    body = np.full(grid.shape, 37.0)
    cold = mixture_of(scene, LOW).with_fresh(body, scene.cement, 22.0)
    at_once, slow, slower = (
        temperature_after_injection(lasting(filling, s), scene, grid, LOW, setting)
        for s in (0.01, 60.0, 240.0)
    )
    assert at_once == pytest.approx(cold, abs=0.05)
    weight = scene.cement / scene.cement.sum()
    means = [float((weight * t).sum()) for t in (at_once, slow, slower)]
    assert means[0] + 3.0 < means[1] < means[2] - 1.0 < 37.0
    start = np.rint(filling.grid.to_index(grid.affine[:3, 3])).astype(int)
    cells = np.argwhere(filling.cement_share > 0.5)
    age = filling.age_s[tuple(cells.T)]
    there = slow[tuple((cells - start).T)]
    old, young = age > np.quantile(age, 0.8), age < np.quantile(age, 0.2)
    assert there[old].mean() > there[young].mean() + 5.0
    assert slow.max() <= 37.0 + 1e-9


def test_result_has_the_tissues_of_the_report(hardened):
    names = [tissue.name for tissue in hardened.tissues]
    assert names == ["cement", "canal", "superior_endplate", "inferior_endplate"]
    cement, canal = hardened.tissue("cement"), hardened.tissue("canal")
    assert 60.0 < cement.peak_c < 130.0
    assert 37.0 < canal.peak_c < 42.0
    assert canal.above_45_s == 0.0
    assert 0.0 < hardened.set_s < 600.0
    assert hardened.degree_mean[0] < 0.05
    assert hardened.degree_mean[-1] > 0.5
    assert len(cement.history_c) == len(hardened.times_s)
    assert cement.history_c[0] < 37.0
    assert any("°C in the mean" in note and "at most 0." in note for note in hardened.notes)
    assert any("15 mm or more" in sentence for sentence in hardened.method)


def test_a_larger_box_changes_nothing(survey, filling, hardened):
    wide = harden_filling(filling, survey, LOW, HeatSetting(margin_mm=30.0), SHORT)
    for tissue in hardened.tissues:
        assert wide.tissue(tissue.name).peak_c == pytest.approx(tissue.peak_c, abs=0.05)


def test_more_cement_heats_more_and_older_cement_sets_earlier(survey, filling, hardened):
    more = harden_filling(fill(survey, 6000.0), survey, LOW, schedule=SHORT)
    for name in ("canal", "superior_endplate", "inferior_endplate"):
        assert more.tissue(name).peak_c > hardened.tissue(name).peak_c
    aged = replace(filling, age_s=filling.age_s + 300.0)
    assert harden_filling(aged, survey, LOW, schedule=SHORT).set_s < hardened.set_s - 20.0


def leak(path, volume_mm3, where):
    return Extravasation(
        path=path,
        volume_mm3=volume_mm3,
        first_s=10.0,
        first_injected_mm3=500.0,
        first_lps_mm=where,
        largest_rate_mm3_per_s=5.0,
    )


def test_leaked_cement_lies_where_it_left_and_heats_it(survey, filling, hardened):
    frame = survey.vertebra.frame
    canal, plate = frame.to_world([[0.0, 16.0, 0.0], [0.0, 0.0, 12.0]])
    leaks = (leak("canal", 300.0, canal), leak("D", 100.0, plate), leak("S", 200.0, canal))
    leaky = replace(filling, leaks=leaks)
    scene, grid = scene_of_filling(leaky, survey, HeatSetting())
    held = scene.cement * grid.voxel_volume_mm3
    names = np.array(TISSUES)[scene.tissue]
    assert held[names == "canal"].sum() == pytest.approx(300.0)
    assert held[names == "disc"].sum() == pytest.approx(100.0)
    lump = grid.to_world(np.argwhere((names == "canal") & (scene.cement > 0.0)))
    assert np.linalg.norm(lump - canal, axis=1).max() < 12.0
    found = harden_filling(leaky, survey, LOW, schedule=SHORT)
    assert found.tissue("canal").peak_c > hardened.tissue("canal").peak_c + 3.0
    notes = " ".join(found.notes)
    assert "(0.10 ml by an endplate, 0.30 ml by the posterior wall) lies in this heat" in notes
    assert "left the vertebra (0.20 ml by segmental veins) is not in this heat" in notes


def test_cement_that_is_not_set_in_time_is_told(survey, filling):
    found = harden_filling(filling, survey, LOW, schedule=HardeningSchedule(seconds=20.0))
    assert found.set_s is None
    assert any("not set after" in note for note in found.notes)


def test_an_injection_may_end_in_a_pause(survey, filling):
    """The working time can run out while the syringe is changed: nothing comes in any more."""
    curve = filling.curve
    given = {}
    for name in InjectionCurve.__dataclass_fields__:
        values = getattr(curve, name)
        given[name] = np.concatenate([values, values[-1:]])
    given["time_s"][-1] += 15.0
    paused = replace(filling, curve=InjectionCurve(**given))
    scene, grid = scene_of_filling(paused, survey, HeatSetting())
    start = temperature_after_injection(paused, scene, grid, LOW, HeatSetting())
    before = temperature_after_injection(filling, scene, grid, LOW, HeatSetting())
    cement = scene.cement > 0.5
    assert before[cement].mean() < start[cement].mean() < 37.0


def test_cement_for_which_a_disc_has_no_room_is_told(survey, filling):
    where = survey.vertebra.superior.centre_lps_mm
    leak = Extravasation(
        path="D",
        volume_mm3=60_000.0,
        first_s=1.0,
        first_injected_mm3=10.0,
        first_lps_mm=where,
        largest_rate_mm3_per_s=1.0,
    )
    leaked = filling.curve.leaked_mm3.copy()
    leaked[-1, 3] = 60_000.0
    given = {n: getattr(filling.curve, n) for n in InjectionCurve.__dataclass_fields__}
    curve = InjectionCurve(**{**given, "leaked_mm3": leaked})
    flooded = replace(filling, leaks=(leak,), curve=curve)
    found = harden_filling(flooded, survey, LOW, schedule=HardeningSchedule(seconds=20.0))
    assert any("find no room in their disc or canal" in note for note in found.notes)


def test_faults(survey, filling):
    with pytest.raises(InputError, match="beyond the cement"):
        HeatSetting(margin_mm=5.0)
    affine = np.array(filling.grid.affine)
    affine[:3, 3] += 2.0
    moved = replace(filling, grid=replace(filling.grid, affine=affine))
    with pytest.raises(InputError, match="survey the bone at the spacing"):
        harden_filling(moved, survey, LOW)
    frame = filling.frames[-1]
    empty = replace(frame, cement_share=np.zeros_like(frame.cement_share))
    with pytest.raises(InputError, match="no cement"):
        harden_filling(replace(filling, frames=(empty,)), survey, LOW)
