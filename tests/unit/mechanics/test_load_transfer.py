"""Who carries an axial load."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.case.grid import Grid
from vertaug.mechanics.cement_bone import ellipsoid_share, with_cement
from vertaug.mechanics.elastic import solve_elastic
from vertaug.mechanics.load_case import LoadCase, Motion
from vertaug.mechanics.load_transfer import (
    divide_body,
    largest_asymmetry,
    measure_transfer,
    peak_energy,
    share_levels,
)
from vertaug.mechanics.model import VertebraModel, nodes_of_faces

SHAPE = (10, 8, 12)


def block(bone=None, caps=2, anisotropic=False):
    bone = np.full(SHAPE, 200.0) if bone is None else np.array(bone, dtype=float)
    filler = np.zeros(SHAPE)
    if caps:
        for end in (slice(0, caps), slice(-caps, None)):
            filler[:, :, end], bone[:, :, end] = 2500.0, 0.0
    every = np.ones(SHAPE, dtype=bool)
    return VertebraModel(
        grid=Grid(shape=SHAPE, affine=np.diag([1.0, 1.5, 0.8, 1.0])),
        bone_mpa=bone,
        filler_mpa=filler,
        strength_mpa=np.full(SHAPE, np.inf),
        anisotropic=anisotropic,
        superior_nodes=nodes_of_faces(every, upper=True),
        inferior_nodes=nodes_of_faces(every, upper=False),
        height_mm=9.6,
    )


@pytest.mark.parametrize("anisotropic", [False, True])
def test_a_homogeneous_column_has_the_same_energy_everywhere(anisotropic):
    model = block(caps=0, anisotropic=anisotropic)
    found = measure_transfer(solve_elastic(model))
    # 1/2 E strain**2 with 0.2 mm over 9.6 mm
    np.testing.assert_allclose(found.energy_mpa, 0.5 * 200.0 * (0.2 / 9.6) ** 2, rtol=1e-4)
    np.testing.assert_allclose(found.axial_n, 200.0 * 0.2 / 9.6 * 1.5, rtol=1e-4)


def test_every_layer_carries_the_force_of_the_platen():
    rng = np.random.default_rng(3)
    for anisotropic in (False, True):
        result = solve_elastic(block(rng.uniform(50.0, 800.0, SHAPE), anisotropic=anisotropic))
        found = measure_transfer(result)
        np.testing.assert_allclose(found.axial_n.sum(axis=(0, 1)), result.reaction_n, rtol=1e-4)
        work = 0.5 * result.reaction_n * 0.2
        volume = 1.0 * 1.5 * 0.8
        assert found.energy_mpa.sum() * volume == pytest.approx(work, rel=1e-4)


def test_a_symmetric_body_carries_half_on_each_side():
    model = block()
    parts = divide_body(model)
    found = measure_transfer(solve_elastic(model))
    assert largest_asymmetry(found, parts) < 1e-5
    levels = share_levels(found, parts)
    assert [level.name for level in levels] == ["superior", "middle", "inferior"]
    for level in levels:
        assert level.left == pytest.approx(0.5, abs=1e-5)
        assert level.shell + level.core == pytest.approx(1.0)
        assert level.cap == 0.0
        assert level.cement == 0.0


def test_the_stiffer_half_carries_more():
    bone = np.full(SHAPE, 100.0)
    bone[5:] = 300.0
    model = block(bone)
    found = measure_transfer(solve_elastic(model))
    # the index grows to the patient's left
    middle = share_levels(found, divide_body(model))[1]
    assert middle.left == pytest.approx(0.75, abs=0.02)
    assert largest_asymmetry(found, divide_body(model)) >= middle.left - 0.5 - 1e-12


def test_shell_and_core_by_depth():
    model = block()
    parts = divide_body(model, shell_mm=1.2)
    layer = parts.core[:, :, 6]
    assert layer.sum() == 8 * 6
    assert not parts.core[0].any()
    assert not (parts.core & parts.shell).any()
    np.testing.assert_array_equal(parts.core | parts.shell, model.bone_mpa > 0.0)
    assert parts.free.tolist() == list(range(2, 10))
    found = share_levels(measure_transfer(solve_elastic(model)), parts)
    assert found[1].core == pytest.approx(48 / 80, abs=0.05)


def test_cement_takes_load_from_the_bone_and_its_energy():
    model = block()
    parts = divide_body(model)
    share = ellipsoid_share(model, model.grid.to_world([2.5, 3.5, 5.5]), 0.02)
    filled = with_cement(model, share)
    before, after = (measure_transfer(solve_elastic(m)) for m in (model, filled))
    cement = filled.filler_mpa > model.filler_mpa
    level = share_levels(after, parts, cement)[1]
    assert level.cement > 2.0 * cement[:, :, 6].mean() > 0.0
    assert level.left < 0.45  # the cement lies right
    assert largest_asymmetry(after, parts) > 0.05 > largest_asymmetry(before, parts)


def test_peak_energy_scales_with_the_square():
    model = block(caps=0)
    found, parts = measure_transfer(solve_elastic(model)), divide_body(model)
    assert peak_energy(found, parts, 3.0) == pytest.approx(9.0 * peak_energy(found, parts))


def test_an_odd_width_halves_its_middle_layer():
    left = divide_body(block()).left
    assert left.sum() == pytest.approx(5.0)
    bone = np.full(SHAPE, 200.0)
    bone[-1] = 0.0
    odd = divide_body(block(bone, caps=0)).left
    assert odd[4] == pytest.approx(0.5)


def test_bending_and_bodies_without_bone_are_refused():
    model = block()
    with pytest.raises(InputError, match="bending"):
        measure_transfer(solve_elastic(model, LoadCase(motion=Motion.BEND_LEFT)))
    empty = replace(model, bone_mpa=np.zeros(SHAPE))
    with pytest.raises(InputError, match="bone"):
        divide_body(empty)
    with pytest.raises(InputError, match="0 mm"):
        divide_body(model, shell_mm=0.0)
