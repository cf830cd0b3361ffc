"""How endplates take their load from soft discs."""

from dataclasses import replace

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.case.grid import Grid
from vertaug.mechanics.disc_load import DISC_MPA, FORCE_N, measure_disc_load
from vertaug.mechanics.load_transfer import divide_body
from vertaug.mechanics.model import VertebraModel, nodes_of_faces

SHAPE = (12, 10, 16)
SPACING = (1.0, 1.5, 0.8)
DISC = 3
AREA_MM2 = SHAPE[0] * SPACING[0] * SHAPE[1] * SPACING[1]
CENTRE = np.s_[3:9, 3:7, DISC:-DISC]


def block(bone=200.0):
    """A block of bone with caps of three layers at both ends."""
    moduli = np.broadcast_to(np.asarray(bone, dtype=float), SHAPE).copy()
    filler = np.zeros(SHAPE)
    for end in (slice(0, DISC), slice(-DISC, None)):
        filler[:, :, end], moduli[:, :, end] = 2500.0, 0.0
    every = np.ones(SHAPE, dtype=bool)
    return VertebraModel(
        grid=Grid(shape=SHAPE, affine=np.diag([*SPACING, 1.0])),
        bone_mpa=moduli,
        filler_mpa=filler,
        strength_mpa=np.full(SHAPE, np.inf),
        anisotropic=False,
        superior_nodes=nodes_of_faces(every, upper=True),
        inferior_nodes=nodes_of_faces(every, upper=False),
        height_mm=8.0,
    )


def measure(model, *law):
    return measure_disc_load(model, divide_body(model).cap, *law)


def core(value, around=200.0):
    bone = np.full(SHAPE, around)
    bone[CENTRE] = value
    return bone


def test_discs_as_stiff_as_the_bone_are_pressed_evenly():
    found = measure(block(), 200.0, 0.3)
    height = SHAPE[2] * SPACING[2]
    assert found.stiffness_n_per_mm == pytest.approx(200.0 * AREA_MM2 / height, rel=1e-4)
    assert [plate.name for plate in found.plates] == ["superior", "inferior"]
    for plate in found.plates:
        for pressure in (plate.central_mpa, plate.rim_mpa, plate.peak_mpa):
            assert pressure == pytest.approx(FORCE_N / AREA_MM2, rel=1e-3)
        assert plate.bulge_mm == pytest.approx(0.0, abs=1e-5)
        assert plate.centre_left_mm == pytest.approx(0.0, abs=1e-3)
        assert plate.centre_posterior_mm == pytest.approx(0.0, abs=1e-3)


def test_discs_in_series_with_a_hard_body_are_what_gives_way():
    # discs that cannot widen at the bone and slide at the platen, two of them in series
    found = measure(block(20_000.0), DISC_MPA, 0.0)
    thick = 2 * DISC * SPACING[2]
    assert found.stiffness_n_per_mm == pytest.approx(DISC_MPA * AREA_MM2 / thick, rel=0.01)


def test_cement_inside_a_soft_core_takes_the_bulge_and_draws_pressure_inward():
    soft, propped = (measure(block(core(value))) for value in (50.0, 2000.0))
    assert propped.stiffness_n_per_mm > 1.005 * soft.stiffness_n_per_mm
    for before, after in zip(soft.plates, propped.plates, strict=True):
        assert before.bulge_mm > 0.01
        assert after.bulge_mm < 0.0
        assert after.central_mpa > 1.01 * before.central_mpa
        assert after.rim_mpa < before.rim_mpa
        assert after.peak_mpa > before.peak_mpa


def test_both_endplates_of_a_mirrored_body_are_alike():
    upper, lower = measure(block(core(50.0))).plates
    assert upper.central_mpa == pytest.approx(lower.central_mpa, rel=1e-3)
    assert upper.bulge_mm == pytest.approx(lower.bulge_mm, rel=1e-2)


def test_an_endplate_alone_on_soft_bone_is_named_rightly():
    bone = np.full(SHAPE, 400.0)
    bone[3:9, 3:7, SHAPE[2] // 2 : -DISC] = 20.0
    upper, lower = measure(block(bone)).plates
    assert upper.bulge_mm > 3.0 * abs(lower.bulge_mm)
    assert upper.central_mpa < 0.99 * lower.central_mpa


def test_left_and_posterior_are_measured_alike():
    """The same body lying with left for posterior, voxels and all."""
    bone = np.full(SHAPE, 50.0)
    bone[:, SHAPE[1] // 2 :] = 800.0
    model = block(bone)
    turned = {
        name: np.ascontiguousarray(getattr(model, name).swapaxes(0, 1))
        for name in ("bone_mpa", "filler_mpa", "strength_mpa")
    }
    grid = Grid(
        shape=(SHAPE[1], SHAPE[0], SHAPE[2]),
        affine=np.diag([SPACING[1], SPACING[0], SPACING[2], 1.0]),
    )
    ends = {
        name: getattr(model, name)[:, [1, 0, 2]] for name in ("superior_nodes", "inferior_nodes")
    }
    for one, other in zip(
        measure(model).plates,
        measure(replace(model, grid=grid, **turned, **ends)).plates,
        strict=True,
    ):
        assert one.centre_posterior_mm == pytest.approx(other.centre_left_mm, rel=1e-3)
        assert one.rim_mpa == pytest.approx(other.rim_mpa, rel=1e-3)


@pytest.mark.parametrize(("axis", "name"), [(0, "centre_left_mm"), (1, "centre_posterior_mm")])
def test_pressure_moves_toward_the_stiffer_side(axis, name):
    bone = np.full(SHAPE, 50.0)
    bone[(slice(None),) * axis + (slice(SHAPE[axis] // 2, None),)] = 800.0
    found = measure(block(bone))
    other = {"centre_left_mm", "centre_posterior_mm"} - {name}
    for plate in found.plates:
        assert getattr(plate, name) > 0.1
        assert abs(getattr(plate, other.copy().pop())) < 1e-2


def test_cement_and_bone_of_one_voxel_are_added():
    whole = block(core(900.0))
    half = np.where(whole.bone_mpa == 900.0, 450.0, 0.0)
    split = replace(whole, bone_mpa=whole.bone_mpa - half, filler_mpa=whole.filler_mpa + half)
    caps = divide_body(whole).cap
    one, other = (measure_disc_load(m, caps) for m in (whole, split))
    assert one.stiffness_n_per_mm == pytest.approx(other.stiffness_n_per_mm, rel=1e-6)


def test_what_cannot_be_told_is_none():
    model = block()
    caps = divide_body(model).cap
    assert measure_disc_load(replace(model, anisotropic=True), caps) is None
    assert measure_disc_load(model, np.zeros(SHAPE, dtype=bool)) is None


def test_a_solution_that_did_not_converge_is_none(monkeypatch):
    from vertaug.mechanics import disc_load
    from vertaug.mechanics.elastic import SolverLimits

    limits = SolverLimits(tolerance=1e-9, iterations=1)
    monkeypatch.setattr(disc_load, "SolverLimits", lambda: limits)
    assert measure(block(core(50.0))) is None


@pytest.mark.parametrize("law", [(0.0, 0.45), (-1.0, 0.45), (8.0, 0.5), (8.0, -0.1)])
def test_a_disc_that_is_no_soft_solid_is_refused(law):
    with pytest.raises(InputError, match="disc"):
        measure(block(), *law)
