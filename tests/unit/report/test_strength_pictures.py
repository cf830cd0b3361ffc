"""Pictures of a strength in the report."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from vertaug.case.strength_gain import gain_range, two_figures
from vertaug.case.strength_neighbour import IntactNeighbour
from vertaug.mechanics.comparison import StrengthOptions, assess_strength
from vertaug.report import figure_strength
from vertaug.report.strength_pictures import strength_pictures
from vertaug.tissue import calibrate_generic
from vertaug.verification.analytic_vertebra import AnalyticVertebra

OPTIONS = StrengthOptions(spacing_mm=4.0, cement_ml=3.0)


@pytest.fixture(scope="module")
def assessments():
    vertebra, law = AnalyticVertebra(spacing=1.5).spine()["L1"], calibrate_generic(120.0)
    return (
        assess_strength(vertebra, law, OPTIONS),
        assess_strength(vertebra, law, replace(OPTIONS, linear_only=True, cement_ml=None)),
    )


def draw(strength, kyphoplasty=None):
    case = SimpleNamespace(
        strength=strength,
        kyphoplasty_strength=kyphoplasty,
        provenance=SimpleNamespace(case_name="CASE"),
    )
    return strength_pictures(case)


def ending(state, slope):
    """Return a state whose curve ends with a slope, as a share of the elastic stiffness."""
    force, way = np.array(state.curve.force_n), np.asarray(state.curve.displacement_mm)
    force[-1] = force[-2] + slope * state.stiffness_n_per_mm * (way[-1] - way[-2])
    return replace(state, curve=replace(state.curve, force_n=force))


def test_both_procedures_have_their_pictures_and_one_of_all_curves(assessments, monkeypatch):
    drawn = []
    plain = figure_strength.draw_strength_curve

    def listen(curves, height_mm, titles, *, ratio):
        drawn.append(([curve.name for curve in curves], titles))
        return plain(curves, height_mm, titles, ratio=ratio)

    monkeypatch.setattr(figure_strength, "draw_strength_curve", listen)
    first = replace(assessments[0], assumed_cement=False)
    tall = first.height_mm + 2.0
    second = replace(first, after_balloons=True, after_height_mm=tall, cement_ml=3.5)
    pictures = draw(first, second)
    own = ["strength_curve", "map_plastic_strain", "map_strain_energy"]
    assert [p.name for p in pictures] == [
        *own, *(f"kyphoplasty_{name}" for name in own), "comparison_curves",
    ]  # fmt: skip
    names, titles = drawn[-1]
    assert names == ["as it is", "vertebroplasty, 3 ml", "kyphoplasty, 3.5 ml"]
    assert titles[0] == "L1: as it is, after a vertebroplasty and after a kyphoplasty"
    assert titles[1].startswith("After vertebroplasty, with 3 ml of cement: ")
    assert titles[2].startswith("After kyphoplasty, with 3.5 ml of cement: ")
    assert "After balloons, with 3.5 ml of cement, " in pictures[4].caption
    # each body by the same share of its own height is not the same shortening
    assert "same shortening" in pictures[1].caption
    assert "beside as it is: shortened by the same share of its own height, " in pictures[4].caption
    assert "times the shortening" in pictures[2].caption
    assert "times the strain" in pictures[5].caption
    own = f"Where the body is {tall:.1f} mm high (kyphoplasty, 3.5 ml), 1.9 % lie at "
    assert f"{own}{0.019 * tall:.2f} mm." in pictures[6].caption
    assert f"height of the body as it is, {first.height_mm:.1f} mm" in pictures[6].caption
    assert "as it is, " not in pictures[0].caption.partition("Upper axis")[2]
    # the same force in both, at the strain of each body's own height
    force = 0.0068 * first.before.stiffness_n_per_mm * first.height_mm
    strain = 100.0 * force / (second.after.stiffness_n_per_mm * tall)
    assert f"{force / 1000:.2f} kN at {strain:.2f} %" in pictures[5].caption
    # an assumed shape is no vertebroplasty
    assert "comparison_curves" not in [p.name for p in draw(assessments[0], second)]


def test_a_load_where_one_curve_still_rises_is_marked_in_its_column(assessments, monkeypatch):
    drawn = []
    plain = figure_strength.draw_strength_curve

    def listen(curves, height_mm, titles, *, ratio):
        drawn.append((curves, titles))
        return plain(curves, height_mm, titles, ratio=ratio)

    monkeypatch.setattr(figure_strength, "draw_strength_curve", listen)
    found = replace(assessments[0], assumed_cement=False)
    rising, flat = ending(found.after, 0.5), ending(found.after, 0.0)
    before = ending(found.before, 0.0)
    first = replace(found, before=before, after=rising)
    second = replace(found, before=before, after=flat, after_balloons=True)
    *_, picture = draw(first, second)
    curves, titles = drawn[-1]
    marked = [[load.name for load in curve.loads if load.rising] for curve in curves]
    ends = ["load at 1.9 % strain", "greatest load up to 1.9 % strain"]
    assert marked == [[], ends, []]
    assert {load.name for curve in curves for load in curve.loads} >= set(ends)
    line = "The curve after the vertebroplasty still rises at 1.9 % strain: no failure there."
    assert titles[-1] == line
    assert "*: its curve still rises there, no failure" in picture.caption
    near = IntactNeighbour(
        level="L2", height_mm=25.0, stiffness_n_per_mm=1.0, linear_load_n=1.0, rigidity_load_n=None
    )
    draw(replace(first, neighbour=near), replace(second, neighbour=near))
    assert drawn[-1][1][-1] == line
    *_, picture = draw(replace(first, after=flat), second)
    curves, titles = drawn[-1]
    assert "force at 1.9 % strain" in [load.name for load in curves[1].loads]
    assert "*" not in picture.caption
    assert not any("rises" in title for title in titles)


def test_a_crushed_vertebra_has_its_curve_and_its_plastic_strain(assessments):
    curve, failure, energy = draw(assessments[0])
    assert "as it is, with cement (assumed shape, 3 ml, not an injection)" in curve.caption
    assert f"{assessments[0].height_mm:.1f} mm" in curve.caption
    assert "1.9 %" in failure.caption
    assert "lastic strain" in failure.caption
    ends = [s.curve.force_n[-1] / 1000 for s in (assessments[0].before, assessments[0].after)]
    assert f"As it is, {ends[0]:.2f} kN at 1.9 %" in failure.caption
    shape = "With cement (assumed shape, 3 ml, not an injection)"
    assert f"{shape}, {ends[1]:.2f} kN at 1.9 %" in failure.caption
    assert f"same shortening, {two_figures(ends[1] / ends[0])} times the load" in failure.caption
    shares = [100 * level.cement for level in assessments[0].after.levels]
    carried = f"cement carries {min(s for s in shares if s > 0):.0f} to {max(shares):.0f} %"
    assert carried in failure.caption
    assert "nergy" in energy.caption
    assert "0.68 %" in energy.caption
    assert [p.name for p in (failure, energy)] == ["map_plastic_strain", "map_strain_energy"]
    assert all(p.png.startswith(b"\x89PNG") for p in (curve, failure, energy))
    assert "is density" in failure.caption


def test_no_ratio_is_given_to_a_value_that_is_not_usable(assessments, monkeypatch):
    ratios = []
    plain = figure_strength.draw_strength_curve

    def listen(*given, ratio):
        ratios.append(ratio)
        return plain(*given, ratio=ratio)

    monkeypatch.setattr(figure_strength, "draw_strength_curve", listen)
    near = IntactNeighbour(
        level="L2", height_mm=25.0, stiffness_n_per_mm=1.0, linear_load_n=1.0, rigidity_load_n=None
    )
    found = replace(assessments[0], neighbour=near)
    _, failure, energy = draw(found)
    assert ratios == [False]
    assert "same shortening" in failure.caption
    assert "times the load" not in failure.caption
    assert "times the shortening" not in energy.caption


def test_a_linear_computation_shows_energy_and_no_curve(assessments):
    (picture,) = draw(assessments[1])
    assert "0.68 %" in picture.caption
    assert "nergy" in picture.caption


def test_energy_is_shown_under_the_same_force(assessments, monkeypatch):
    from vertaug.report import failure_state, figure_failure

    seen = {}
    monkeypatch.setattr(
        figure_failure,
        "draw_failure_map",
        lambda states, field, at, of: seen.update({field: (states, at, of)}),
    )
    curves = []
    monkeypatch.setattr(
        figure_strength, "draw_strength_curve", lambda *given, ratio: curves.append((*given, ratio))
    )
    draw(assessments[0])
    (before, after), at, of = seen[failure_state.FailureField.ENERGY]
    assert of == "L1"
    found = assessments[0]
    gain = gain_range(found.load_ratios).replace(" times", " times the load")
    shape = "with cement (assumed shape, 3 ml, not an injection)"
    assert curves[0][2][0] == f"L1: {gain}, {shape}"
    assert curves[0][3] is True
    assert [curve.short for curve in curves[0][0]] == ["", "3 ml, assumed shape"]
    assert before.beside == ""
    assert after.beside.startswith("same load, ")
    force = 0.0068 * found.height_mm * found.before.stiffness_n_per_mm
    softer = found.before.stiffness_n_per_mm / found.after.stiffness_n_per_mm
    assert before.title == f"As it is, {force / 1000:.2f} kN at 0.68 %"
    assert after.title.endswith(f"{force / 1000:.2f} kN at {0.68 * softer:.2f} %")
    assert f"under {force / 1000:.2f} kN" in at
    volume = found.before.field.grid.voxel_volume_mm3
    for state, shown in ((found.before, before), (found.after, after)):
        work = 0.5 * force**2 / state.stiffness_n_per_mm
        assert shown.values.sum() * volume == pytest.approx(work, rel=1e-3)
        np.testing.assert_array_equal(shown.density_mg_per_ml, state.field.density_mg_per_ml)
    assert before.cement is None
    np.testing.assert_array_equal(after.cement, found.after.field.cement_share)


def test_a_case_without_strength_has_none():
    assert draw(None) == ()
