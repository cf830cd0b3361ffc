from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.cement.heterogeneity import Heterogeneity, draw_heterogeneity
from vertaug.augmentation.cement.needle_track import NeedleTrack
from vertaug.augmentation.cement.openings import LeakPath, WallSetting
from vertaug.augmentation.cement.porous_body import (
    CAVITY_MM2,
    FREE_SPACE_MM2,
    BoneSetting,
    build_porous_body,
    locate_tip,
    open_void,
)
from vertaug.augmentation.cement.survey import survey_bone
from vertaug.augmentation.cement.veins import LeakNetwork
from vertaug.case.errors import InputError
from vertaug.case.instrument import needle_of_gauge
from vertaug.case.spine import Region
from vertaug.numerics.flow_cells import POROUS, SEALED

EVEN = BoneSetting(
    heterogeneity=Heterogeneity(sigma=0.0),
    network=LeakNetwork(veins=0.0, tributaries=0.0, wall_fissures=0.0, endplate_fissures=0.0),
)


@pytest.fixture(scope="module")
def survey(plain, law):
    return survey_bone(plain[0], law, plain[1])


@pytest.fixture(scope="module")
def body(survey):
    return build_porous_body(survey, np.random.default_rng(3))


def mean_thickness(wall, path):
    chosen = wall.path == path
    return float(np.average(wall.thickness_mm[chosen], weights=wall.area_mm2[chosen]))


def test_the_body_is_porous_and_the_arch_is_sealed(plain, survey, body):
    vertebra = plain[0]
    grid = vertebra.regions.grid
    for region, share in ((Region.BODY, 0.9), (Region.ARCH, 0.0)):
        places = grid.to_world(np.argwhere(vertebra.mask(region)))
        index = np.floor(body.grid.to_index(places) + 0.5).astype(int)
        porous = body.cells.region[tuple(index.T)] == POROUS
        assert porous.mean() == pytest.approx(share, abs=0.1)
    assert set(np.unique(body.cells.region)) == {POROUS, SEALED}
    volume = body.in_body.sum() * body.grid.voxel_volume_mm3
    assert volume == pytest.approx(plain[2]["L1"].body_volume_mm3, rel=0.05)


def test_the_shell_is_as_thick_as_it_was_drawn(survey):
    """Drawn: 0.42 mm beside, up to 0.68 mm under the endplates, 40 % unevenness."""
    assert mean_thickness(survey.wall, LeakPath.C) == pytest.approx(0.47, abs=0.1)
    assert mean_thickness(survey.wall, LeakPath.D) == pytest.approx(0.64, abs=0.1)


def test_the_foramen_is_seen_behind_at_mid_height(survey):
    place = survey.wall.points.place_mm[survey.wall.path == LeakPath.B]
    area = survey.wall.foramen_mm2
    assert 8.0 < area < 40.0
    # the faces over it, each whole
    assert survey.wall.area_mm2[survey.wall.path == LeakPath.B].sum() == pytest.approx(
        area, rel=0.5
    )
    assert np.abs(place[:, 0]).max() < 5.0
    assert np.abs(place[:, 2]).max() < 6.0
    said = "the basivertebral foramen is seen in the posterior wall"
    assert any(f"{said}, {area:.0f} mm2" in note for note in survey.notes)


@pytest.mark.parametrize("spacing_mm", [0.75, 1.5, 2.0])
def test_the_foramen_and_what_it_passes_do_not_depend_on_the_cells(plain, law, survey, spacing_mm):
    other = survey_bone(plain[0], law, plain[1], spacing_mm=spacing_mm)
    assert other.wall.foramen_mm2 == pytest.approx(survey.wall.foramen_mm2, rel=0.05)
    found = [
        build_porous_body(s, np.random.default_rng(1), EVEN).conductance_mm3(LeakPath.B)
        for s in (survey, other)
    ]
    assert found[1] == pytest.approx(found[0], rel=0.1)


@pytest.mark.parametrize(
    ("finest", "doubt"),
    [
        (1.0, "a defect, or bone too thin"),
        (3.0, "voxels of 3 mm this may be blur and not a defect"),
    ],
)
def test_a_wall_that_the_ct_does_not_show_is_said(plain, law, survey, finest, doubt):
    assert survey.wall_limit == ""
    spacing = np.array([finest, 1.0, 1.0])
    grid = replace(plain[1], affine=plain[1].affine @ np.diag([*spacing / plain[1].spacing_mm, 1]))
    found = survey_bone(plain[0], law, grid, setting=WallSetting(open_below_mm=0.6))
    area = found.wall.area_mm2[found.wall.opened & (found.wall.path == LeakPath.C)].sum()
    assert "cannot be seen over" in found.wall_limit
    assert f"{area:.0f} mm2 at the sides and in front" in found.wall_limit
    assert doubt in found.wall_limit


@pytest.mark.parametrize("spacing", [0.75, 1.5, (1.0, 1.25, 0.8)])
def test_any_spacing_gives_the_same_body(plain, law, survey, spacing):
    other = survey_bone(plain[0], law, plain[1], spacing_mm=spacing)
    first, second = (build_porous_body(s, np.random.default_rng(1), EVEN) for s in (survey, other))
    pores = [b.pore_volume_mm3.sum() for b in (first, second)]
    assert pores[1] == pytest.approx(pores[0], rel=0.02)
    walls = [b.conductance_mm3(LeakPath.C, LeakPath.D, LeakPath.CANAL) for b in (first, second)]
    assert walls[1] == pytest.approx(walls[0], rel=0.1)
    areas = [s.wall.area_mm2[s.wall.path == LeakPath.B].sum() for s in (survey, other)]
    assert areas[1] == pytest.approx(areas[0], rel=0.4)


def test_a_turned_ct_gives_the_same_body(plain, turned, law, survey):
    other = survey_bone(turned[0], law, turned[1])
    first, second = (build_porous_body(s, np.random.default_rng(1), EVEN) for s in (survey, other))
    assert second.pore_volume_mm3.sum() == pytest.approx(first.pore_volume_mm3.sum(), rel=0.02)
    walls = [b.conductance_mm3(LeakPath.C, LeakPath.D) for b in (first, second)]
    assert walls[1] == pytest.approx(walls[0], rel=0.1)
    for path in (LeakPath.C, LeakPath.D):
        assert mean_thickness(other.wall, path) == pytest.approx(
            mean_thickness(survey.wall, path), abs=0.05
        )


def test_the_same_seed_gives_the_same_veins_at_any_spacing(plain, law, survey, body):
    coarse = survey_bone(plain[0], law, plain[1], spacing_mm=1.5)
    other = build_porous_body(coarse, np.random.default_rng(3))
    assert len(other.ways) == len(body.ways) > 0
    for one, two in zip(body.ways, other.ways, strict=True):
        assert one.path is two.path
        # a tributary is no wider than the foramen that is seen, whose area has the grid's steps
        loose = 0.1 if one.path is LeakPath.B else 0.0
        assert one.size_mm == pytest.approx(two.size_mm, rel=loose, abs=0.0)
        assert np.linalg.norm(one.mouth_mm - two.mouth_mm) < 4.0
    kinds = {way.path for way in body.ways}
    assert LeakPath.S in kinds


def test_the_scanner_does_not_decide_how_wide_the_drawn_veins_are(plain, law, survey, body):
    coarse = replace(plain[1], affine=plain[1].affine @ np.diag([2.5, 2.5, 2.5, 1.0]))
    spacing = tuple(body.grid.spacing_mm)
    seen = survey_bone(plain[0], law, coarse, spacing_mm=spacing)
    other = build_porous_body(seen, np.random.default_rng(3))
    sizes = [[w.size_mm for w in b.ways if w.kind in ("vein", "fissure")] for b in (body, other)]
    assert max(sizes[0]) > 1.5  # a tributary: no CT shows it
    assert sizes[0] == sizes[1]


def test_draws_repeat_with_their_seed_and_differ_without(survey, body):
    again = build_porous_body(survey, np.random.default_rng(3))
    np.testing.assert_array_equal(again.permeability_mm2, body.permeability_mm2)
    np.testing.assert_array_equal(again.links, body.links)
    other = build_porous_body(survey, np.random.default_rng(4))
    assert (other.permeability_mm2 != body.permeability_mm2).any()


def test_heterogeneity_keeps_the_mean_and_has_its_spread(survey):
    frame, grid = survey.vertebra.frame, survey.bone.grid
    rng = np.random.default_rng(5)
    factor = draw_heterogeneity(Heterogeneity(sigma=1.0, correlation_mm=4.0), frame, grid, rng)
    y = frame.to_local(grid.affine[:3, 3])[1] + np.arange(grid.shape[1])
    factor = factor[:, y < 45.0]  # the field spans the body and its pedicles
    assert factor.mean() == pytest.approx(1.0, abs=0.15)
    assert np.log(factor).std() == pytest.approx(1.0, abs=0.15)
    lagged = np.corrcoef(np.log(factor[:-4]).ravel(), np.log(factor[4:]).ravel())[0, 1]
    assert lagged == pytest.approx(np.exp(-1.0), abs=0.12)
    with pytest.raises(InputError, match="2 to 20 mm"):
        Heterogeneity(correlation_mm=0.5)


def test_wall_cells_alone_have_a_way_out_and_each_is_named(body):
    out = body.links > 0.0
    np.testing.assert_array_equal(out, body.path > 0)
    assert (body.cells.region[out] == POROUS).all()
    assert (body.permeability_mm2[body.cells.region == POROUS] > 0.0).all()
    assert body.conductance_mm3() == pytest.approx(
        sum(body.conductance_mm3(p) for p in LeakPath), rel=1e-12
    )
    assert body.cells.ratios == pytest.approx([1.0, 1.0, 4.45 / 3.44])


def test_every_way_out_opens_on_the_surface(body, survey):
    known = np.isfinite(body.exit_lps_mm).all(axis=-1)
    np.testing.assert_array_equal(known, body.links > 0.0)
    frame = survey.vertebra.frame
    wall = frame.to_world(survey.wall.points.place_mm)
    mouths = [frame.to_world(way.mouth_mm) for way in body.ways if way.path is LeakPath.S]
    segmental = body.thin.exit_lps_mm[body.thin.path == LeakPath.S]
    assert len(segmental) > 0
    for exit_mm in segmental:
        assert np.linalg.norm(exit_mm - np.array(mouths), axis=1).min() < 1e-3
    for exit_mm in body.exit_lps_mm[known][::40]:
        assert np.linalg.norm(exit_mm - wall, axis=1).min() < 1e-3


def test_an_intact_shell_is_its_resistance_in_series(survey):
    """Halving the permeability of the shell halves what an intact wall passes."""
    values = survey.setting.shell_permeability
    half = replace(survey.setting, shell_permeability=replace(values, value=0.5 * values.value))
    first, second = (
        build_porous_body(s, np.random.default_rng(1), EVEN)
        for s in (survey, replace(survey, setting=half))
    )
    share = second.conductance_mm3(LeakPath.C) / first.conductance_mm3(LeakPath.C)
    assert share == pytest.approx(0.5, abs=0.01)
    area = survey.wall.area_mm2[survey.wall.path == LeakPath.C].sum()
    by_hand = values.value * area / mean_thickness(survey.wall, LeakPath.C)
    assert first.conductance_mm3(LeakPath.C) == pytest.approx(by_hand, rel=0.4)


def test_gas_of_a_cleft_is_free_space(cleft, law):
    survey = survey_bone(cleft[0], law, cleft[1])
    body = build_porous_body(survey, np.random.default_rng(3))
    free = survey.bone.gas_share[survey.bone.region == POROUS].sum()
    assert 300.0 < free < 800.0
    assert (body.permeability_mm2 > 0.8 * FREE_SPACE_MM2).sum() > 100
    assert any("gas" in note for note in body.notes)


def test_a_void_takes_the_place_of_bone(body):
    share = np.zeros(body.grid.shape)
    i, j, k = np.argwhere(body.in_body).mean(axis=0).astype(int)
    share[i - 4 : i + 5, j - 4 : j + 5, k - 4 : k + 5] = 1.0
    opened = open_void(body, share)
    assert opened.porosity[i, j, k] == 1.0
    assert opened.permeability_mm2[i, j, k] == CAVITY_MM2
    assert opened.pore_volume_mm3[i, j, k] == pytest.approx(1.0)
    assert (opened.links * opened.permeability_mm2).sum() == pytest.approx(
        (body.links * body.permeability_mm2).sum()
    )
    shut = share[tuple(body.thin.cell.T)] > 0.0
    assert (~shut).any()
    assert len(opened.thin.cell) == (~shut).sum()
    assert not share[tuple(opened.thin.cell.T)].any()
    with pytest.raises(InputError, match="shares of 0 to 1"):
        open_void(body, 2.0 * share)


def test_a_needle_leaves_its_track(plain, survey):
    pedicle = plain[0].left_pedicle
    track = NeedleTrack(
        entry_lps_mm=pedicle.isthmus_lps_mm - 18.0 * pedicle.axis,
        tip_lps_mm=pedicle.isthmus_lps_mm + 22.0 * pedicle.axis,
        needle=needle_of_gauge(11),
    )
    body = build_porous_body(survey, np.random.default_rng(1), EVEN, (track,))
    (way,) = [w for w in body.ways if w.path is LeakPath.TRACK]
    distance = np.linalg.norm(plain[0].frame.to_world(way.mouth_mm) - pedicle.isthmus_lps_mm)
    assert distance < 2.5
    along_track = body.thin.path == LeakPath.TRACK
    assert along_track.sum() == 1
    # its mark lies at the entry
    np.testing.assert_allclose(body.thin.exit_lps_mm[along_track][0], track.entry_lps_mm)


def test_the_cell_of_a_tip(plain, body):
    i, j, k = locate_tip(body, plain[0].frame.to_world([5.0, 0.0, -2.0]))
    assert body.cells.region[i, j, k] == POROUS
    with pytest.raises(InputError, match=r"outside the bone .* \d+\.\d mm from the nearest"):
        locate_tip(body, plain[0].frame.to_world([80.0, 0.0, 0.0]))


def test_what_cannot_be_computed_is_refused(plain, law, survey):
    with pytest.raises(InputError, match="not calibrated"):
        survey_bone(plain[0], None)
    with pytest.raises(InputError, match="to 2 mm"):
        survey_bone(plain[0], law, spacing_mm=3.0)
    with pytest.raises(InputError, match="incomplete"):
        survey_bone(replace(plain[0], complete=False), law)
    setting = WallSetting()
    closed = replace(
        setting,
        shell_permeability=replace(setting.shell_permeability, value=0.0),
        endplate_permeability=replace(setting.endplate_permeability, value=0.0),
    )
    unseen = np.where(survey.wall.path == LeakPath.B, LeakPath.CANAL, survey.wall.path)
    wall = replace(
        survey.wall,
        thickness_mm=np.maximum(survey.wall.thickness_mm, 0.2),
        path=unseen.astype(np.uint8),
        foramen_mm2=0.0,
    )
    none = replace(EVEN, network=replace(EVEN.network, size_factor=0.0))
    with pytest.raises(InputError, match="no boundary to displace marrow"):
        build_porous_body(
            replace(survey, setting=closed, wall=wall), np.random.default_rng(1), none
        )


def test_tributaries_run_from_the_foramen_to_the_middle_of_the_body(survey):
    network = replace(EVEN.network, tributaries=4.0, size_factor=4.0)
    body = build_porous_body(survey, np.random.default_rng(3), replace(EVEN, network=network))
    seen = survey.wall.path == LeakPath.B
    foramen = survey.wall.points.place_mm[seen].mean(axis=0)
    widest = np.sqrt(4.0 / np.pi * survey.wall.foramen_mm2)
    depth = np.ptp(survey.wall.points.place_mm[:, 1])
    shown, *tributaries = body.ways
    assert shown.size_mm == pytest.approx(widest)
    assert len(tributaries) > 0
    for way in tributaries:
        assert way.path is LeakPath.B
        np.testing.assert_allclose(way.mouth_mm, foramen, atol=1.5)
        assert np.linalg.norm(way.inner_mm - way.mouth_mm) == pytest.approx(0.5 * depth)
        assert way.inner_mm[1] < way.mouth_mm[1] - 0.3 * depth
        assert way.size_mm <= widest
    assert (body.thin.path == LeakPath.B).all()
    assert np.ptp(body.thin.cell[:, 1]) * body.grid.spacing_mm[1] > 0.3 * depth
    with pytest.raises(InputError, match="share of 0 to 1"):
        LeakNetwork(tributary_reach=0.0)


def test_a_network_of_no_size_leaves_the_foramen_that_the_ct_shows(survey):
    none = replace(EVEN.network, tributaries=6.0, size_factor=0.0)
    body = build_porous_body(survey, np.random.default_rng(3), replace(EVEN, network=none))
    (shown,) = body.ways
    assert shown.path is LeakPath.B
    assert shown.foramen_share == pytest.approx(1.0)


def test_ways_through_a_foramen_share_it(survey):
    """Were the foramen all that resists, they would pass together what it passes."""
    narrow = replace(EVEN.network, tributaries=6.0, size_factor=4.0, foramen_length_mm=1e4)
    body = build_porous_body(survey, np.random.default_rng(3), replace(EVEN, network=narrow))
    foramen = survey.wall.foramen_mm2
    alone = foramen**2 / (8.0 * np.pi * narrow.foramen_length_mm)
    through = [way for way in body.ways if way.path is LeakPath.B]
    assert len(through) > 2
    assert sum(way.own_mm3 for way in through) == pytest.approx(alone, rel=0.01)
    assert sum(way.foramen_share for way in through) == pytest.approx(1.0, rel=0.01)
    # what one holds does not depend on the others
    shown, length = through[0], narrow.foramen_length_mm + 0.5 * narrow.vein_reach_mm
    assert shown.room_mm3 == pytest.approx(foramen * length)
