"""Failure loads by definition."""

import numpy as np
import pytest

from vertaug.case.errors import InputError
from vertaug.case.grid import Grid
from vertaug.mechanics.elastic import solve_elastic
from vertaug.mechanics.failure import (
    AT_END,
    GREATEST,
    LINEAR,
    OFFSET,
    LoadedCurve,
    failure_loads,
    failure_loads_of_curve,
    linear_failure,
    main_definition,
)
from vertaug.mechanics.load_case import LoadCase, Motion
from vertaug.mechanics.model import VertebraModel, nodes_of_faces

H, K, TOP = 25.0, 10_000.0, 2_000.0


def curve(x, f, stiffness=K):
    return LoadedCurve(
        displacement_mm=np.asarray(x, float),
        force_n=np.asarray(f, float),
        stiffness_n_per_mm=stiffness,
        height_mm=H,
    )


def loads(x, f):
    return {load.name: load for load in failure_loads_of_curve(curve(x, f))}


def test_a_bilinear_curve_has_every_load_in_closed_form():
    # yields at 0.2 mm, then flat: 0.68 % is 0.17 mm, 1.9 % 0.475 mm
    found = loads([0.0, 0.2, 0.6], [0.0, TOP, TOP])
    assert found[LINEAR.name].force_n == pytest.approx(0.0068 * H * K)
    assert found[AT_END.name].force_n == pytest.approx(TOP)
    assert found[GREATEST.name].force_n == pytest.approx(TOP)
    assert found[OFFSET.name].force_n == pytest.approx(TOP)
    places = {name: load.displacement_mm for name, load in found.items()}
    assert places[LINEAR.name] == pytest.approx(0.0068 * H)
    assert places[AT_END.name] == pytest.approx(0.019 * H)
    assert places[GREATEST.name] == pytest.approx(0.2)
    # the line starts at 0.05 mm and needs 0.2 mm to the top
    assert places[OFFSET.name] == pytest.approx(0.25)


def test_offset_meets_a_curve_that_still_rises():
    # after 0.1 mm a tenth of the slope; the line starts at 0.05 mm
    found = loads([0.0, 0.1, 0.6], [0.0, 1_000.0, 1_500.0])
    # K (x - 0.05) = 1000 + K / 10 (x - 0.1)  ->  x = 1400 / 9000
    assert found[OFFSET.name].force_n == pytest.approx(1_000.0 + 1_000.0 * (1.4 / 9.0 - 0.1))


def test_greatest_load_of_a_curve_that_falls_is_not_the_last_one():
    found = loads([0.0, 0.2, 0.475, 0.6], [0.0, TOP, 1_500.0, 5_000.0])
    assert found[GREATEST.name].force_n == pytest.approx(TOP)
    assert found[AT_END.name].force_n == pytest.approx(1_500.0)


def test_a_force_between_two_points_is_read_on_the_line():
    found = loads([0.0, 0.4, 0.5], [0.0, 1_000.0, 2_000.0])
    assert found[AT_END.name].force_n == pytest.approx(1_750.0)
    assert found[GREATEST.name].force_n == pytest.approx(1_750.0)


def test_a_short_curve_has_no_load_at_its_end_but_says_why():
    found = loads([0.0, 0.02], [0.0, 200.0])
    assert found[AT_END.name].force_n is None
    assert "0.08 %" in found[AT_END.name].reason
    assert found[OFFSET.name].force_n is None
    assert found[OFFSET.name].reason
    assert found[LINEAR.name].force_n is not None


@pytest.mark.parametrize(
    ("x", "f", "words"),
    [
        ([0.0, 0.2, 0.1], [0.0, 1.0, 2.0], "rises"),
        ([0.1, 0.2], [0.0, 1.0], "origin"),
        ([0.0, 0.2], [0.0, np.nan], "not numbers"),
        ([0.0, 0.2], [0.0], "equal length"),
    ],
)
def test_curves_that_are_none_are_refused(x, f, words):
    with pytest.raises(InputError, match=words):
        curve(x, f)
    with pytest.raises(InputError, match="above 0"):
        curve([0.0, 0.2], [0.0, 1.0], stiffness=0.0)


def column(modulus=200.0):
    shape = (4, 4, 8)
    every = np.ones(shape, dtype=bool)
    return VertebraModel(
        grid=Grid(shape=shape, affine=np.eye(4)),
        bone_mpa=np.full(shape, modulus),
        filler_mpa=np.zeros(shape),
        strength_mpa=np.full(shape, 1.5),
        anisotropic=False,
        superior_nodes=nodes_of_faces(every, upper=True),
        inferior_nodes=nodes_of_faces(every, upper=False),
        height_mm=8.0,
    )


def test_a_linear_computation_has_the_linear_load_alone():
    model = column()
    elastic = solve_elastic(model)
    found = failure_loads(elastic, model.height_mm)
    assert [load.force_n is None for load in found] == [False, True, True, True]
    assert all("linear" in load.reason for load in found[1:])
    # E A / L = 400 N/mm
    assert found[0].force_n == pytest.approx(0.0068 * 8.0 * 400.0, rel=1e-5)
    assert main_definition(found) is LINEAR


def test_bending_has_no_failure_load():
    bent = solve_elastic(column(), LoadCase(motion=Motion.FLEXION))
    with pytest.raises(InputError, match="compression"):
        failure_loads(bent, 8.0)


def test_a_column_crushed_has_the_strength_of_its_section():
    from vertaug.mechanics.plastic import crush

    model = column()
    found = failure_loads(solve_elastic(model), model.height_mm, crush(model))
    by_name = {load.name: load.force_n for load in found}
    assert by_name[AT_END.name] == pytest.approx(1.5 * 16.0, rel=1e-3)
    assert by_name[OFFSET.name] == pytest.approx(1.5 * 16.0, rel=1e-3)
    assert main_definition(found) is AT_END


def test_each_definition_is_named_and_sourced():
    names = [d.name for d in (LINEAR, AT_END, GREATEST, OFFSET)]
    assert len(set(names)) == 4
    assert all(d.formula and d.source for d in (LINEAR, AT_END, GREATEST, OFFSET))
    assert linear_failure(K, H).name == LINEAR.name
