from dataclasses import replace

import numpy as np
import pytest

from vertaug.augmentation.cement.needle_track import NeedleTrack, follow_track
from vertaug.augmentation.cement.openings import LeakPath
from vertaug.augmentation.cement.veins import LeakNetwork, SizeDistribution
from vertaug.augmentation.cement.way_out import Way
from vertaug.case.errors import InputError
from vertaug.case.instrument import needle_of_gauge


def vein(size_mm):
    return Way(
        path=LeakPath.S,
        kind="vein",
        mouth_mm=np.zeros(3),
        inner_mm=np.array([6.0, 0.0, 0.0]),
        size_mm=size_mm,
        own_mm3=1.0,
        length_mm=6.0,
    )


def test_bone_that_cells_do_not_resolve_is_that_around_a_line_sink():
    assert vein(1.0).unresolved_bone(4.0) == pytest.approx(2.0 * np.pi / np.log(0.2 * 4.0 / 0.5))
    assert vein(1.0).unresolved_bone(1.0) == np.inf  # wider than what a cell resolves
    slit = replace(vein(1.0), kind="fissure", slit_mm=np.array([0.0, 2.5, 0.0]))
    resolved = np.sqrt(0.2) * 4.0
    assert slit.unresolved_bone(4.0) == pytest.approx(np.pi / np.log(resolved / 0.25))


def test_a_vein_wider_than_a_cell_draws_from_cells_around_it():
    around = np.linspace(0.0, 2.0 * np.pi, 8, endpoint=False)
    along = np.array([0.25, 0.75])
    wide = vein(3.0).places_mm(along, around, 1.0)
    assert wide.shape == (16, 3)
    np.testing.assert_allclose(wide[:, 0], np.repeat([1.5, 4.5], 8), atol=1e-12)
    np.testing.assert_allclose(np.hypot(wide[:, 1], wide[:, 2]), np.sqrt(1.5**2 - 0.3**2))
    np.testing.assert_allclose(wide.mean(axis=0), [3.0, 0.0, 0.0], atol=1e-12)
    thin = vein(0.5).places_mm(along, around, 1.0)
    np.testing.assert_allclose(thin, [[1.5, 0.0, 0.0], [4.5, 0.0, 0.0]])


def test_a_fissure_draws_along_its_slit():
    slit = replace(vein(0.2), kind="fissure", slit_mm=np.array([0.0, 2.5, 0.0]))
    places = slit.places_mm(np.array([0.1, 0.5, 0.9]), np.zeros(1), 1.0)
    np.testing.assert_allclose(places, [[3.0, -2.0, 0.0], [3.0, 0.0, 0.0], [3.0, 2.0, 0.0]])


def test_gap_around_a_needle_by_hand():
    track = NeedleTrack(
        entry_lps_mm=np.array([0.0, 40.0, 0.0]),
        tip_lps_mm=np.zeros(3),
        needle=needle_of_gauge(11),
        gap_mm=0.2,
    )
    inside = np.linspace(0.0, 40.0, 41) <= 15.0
    way = follow_track(track.entry_lps_mm, track.tip_lps_mm, track, inside)
    assert way.path is LeakPath.TRACK
    np.testing.assert_allclose(way.mouth_mm, [0.0, 15.0, 0.0])
    np.testing.assert_allclose(way.exit_mm, [0.0, 40.0, 0.0])
    assert way.own_mm3 == pytest.approx(np.pi * 3.05 * 0.2**3 / (12.0 * 25.0))
    assert follow_track(track.entry_lps_mm, track.tip_lps_mm, track, inside & False) is None


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(InputError, match="0 to 100"):
        LeakNetwork(veins=-1.0)
    with pytest.raises(InputError, match="above 0 and the factor"):
        LeakNetwork(size_factor=-1.0)
    with pytest.raises(InputError, match="median above 0"):
        SizeDistribution(median_mm=0.0, log_sd=0.3, source="")
    with pytest.raises(InputError, match="0 to 2 mm"):
        NeedleTrack(
            entry_lps_mm=np.zeros(3),
            tip_lps_mm=np.ones(3),
            needle=needle_of_gauge(11),
            gap_mm=3.0,
        )
